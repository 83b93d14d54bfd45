"""What the reports say that does not fit together. Numbers as printed, never repaired.

Each check is computed again when the files are made; `holds` is what the reports' numbers give, not what they should.
"""

from .published import (
    DIAGNOSIS_KINDS, EDR_INSTALLED, EDR_REVIEWED, EDR_VERDICTS, FIRMS_APPLIED, FIRMS_PROVIDED, FUNNEL, PLATFORM_FIRMS,
    UTM_ALERTS, UTM_INSTALLED_TEXT, UTM_REMOVED_TEXT, WAF_DETECTIONS, WAF_DETECTIONS_TEXT, WEB_FIRMS,
)
from .yaml_text import Line, Row

RELATIONS = {
    "equals": lambda left, right: left == right,
    "sum_equals": lambda left, right: sum(left) == sum(right),
    "sum_at_least": lambda left, right: sum(left) >= sum(right),
}


def check(name, left, relation, right, holds, unit="count"):
    assert RELATIONS[relation](left, right) is holds, f"{name}: {left} {relation} {right} is not {holds}"
    return Row(name=name, left=Line(left), relation=relation, right=Line(right), unit=unit, holds=holds)


def said(what, source, *values):
    return Row(what=what, source=source, values=Line(values))


def entry(code, ja, en, published, treatment_ja, treatment_en, checks):
    return {"id": code, "what": {"ja": ja, "en": en}, "published": published,
            "treatment": {"ja": treatment_ja, "en": treatment_en}, "checks": checks}


def okinawa_services():
    applied = [numbers[0] for numbers in FUNNEL.values()]
    provided = [numbers[2] for numbers in FUNNEL.values()]
    asked = [numbers[0] for numbers in DIAGNOSIS_KINDS.values()]
    got = [numbers[2] for numbers in DIAGNOSIS_KINDS.values()]
    verdicts, waf = list(EDR_VERDICTS.values()), [count for *_, count in WAF_DETECTIONS]
    utm_applied, utm_not, utm_provided = FUNNEL["UTM"]
    return [
        entry(
            "C-1", "UTMの設置件数と提供件数が合わない", "UTM: installed in the text, provided in the tables",
            [said("applied, not provided, provided", "O-tab 3/7", utm_applied, utm_not, utm_provided),
             said("installed", "O§7.3.1 text", UTM_INSTALLED_TEXT),
             said("removed after installation", "O§7.3.1 text", UTM_REMOVED_TEXT),
             said("rows of the alert table", "O-tab 8", len(UTM_ALERTS))],
            "表（15社）を基準とし、設置後の取り外しは「未設置」と別の結果として扱う。",
            "The tables are the base: 15 active. Installed then removed (2) is an outcome of its own, never installed (12) another.",
            [check("table: provided and not provided make applied", [utm_provided, utm_not], "sum_equals", [utm_applied], True),
             check("text: installed less removed is provided", [utm_provided, UTM_REMOVED_TEXT], "sum_equals",
                   [UTM_INSTALLED_TEXT], False),
             check("text: never installed (29 less 18) and removed make not provided", [11, UTM_REMOVED_TEXT],
                   "sum_equals", [utm_not], False),
             check("the alert table has one row for each UTM provided", [len(UTM_ALERTS)], "equals", [utm_provided], True)]),
        entry(
            "C-2", "EISSの端末数が本文と表で異なる", "EDR endpoints: text and table",
            [said("endpoints installed", "O§7.3.3 text", EDR_INSTALLED),
             said("none, suspected, feared, total", "O§7.3.3 table", *verdicts, 521),
             said("endpoints reviewed", "O§7.3.3 text", EDR_REVIEWED)],
            "導入台数（523）と期間中に報告した台数（521）を別々に持ち、請求は宣言した時点の台数で行う。",
            "Installed and reporting are two numbers; billing names the snapshot that it uses.",
            [check("the verdicts make the table's total", verdicts, "sum_equals", [521], True),
             check("the verdicts make the text's total", verdicts, "sum_equals", [EDR_INSTALLED], False),
             check("suspected and feared were all reviewed", verdicts[1:], "sum_equals", [EDR_REVIEWED], True)]),
        entry(
            "C-3", "WAFの検知件数の合計が表と合わない", "WAF detections: text and sum of the table",
            [said("detections", "O§7.3.2 text", WAF_DETECTIONS_TEXT), said("detections by policy", "O-tab 11", *waf)],
            "明細の合計と照合し、一致しない報告書は発行しない。",
            "A report's total is reconciled with its rows; one that differs is not published.",
            [check("the rows make the text's total", waf, "sum_equals", [WAF_DETECTIONS_TEXT], False),
             check("the difference is 1,562", [WAF_DETECTIONS_TEXT, 1562], "sum_equals", waf, True)]),
        entry(
            "C-4", "コールセンターの総計と内訳が合わない", "Call centre: totals and rows",
            [said("call centre, total and rows", "O-tab 17", 24, 8, 34, 14),
             said("other visits, total and rows", "O-tab 17", 19, 3, 21)],
            "件数は記録から数え、手で入力しない。",
            "Counters are counted from records, never typed.",
            [check("call centre rows make the total", [8, 34, 14], "sum_equals", [24], False),
             check("other visit rows make the total", [3, 21], "sum_equals", [19], False),
             check("the visits' rows make the total printed for the call centre", [3, 21], "sum_equals", [24], True)]),
        entry(
            "C-5", "診断の企業数と種類別件数が異なる", "Diagnosis: firms and kinds",
            [said("firms applied and provided", "O-tab 3", 60, 47),
             said("web and platform applied", "O-tab 13", *asked), said("web and platform provided", "O-tab 13", *got)],
            "企業数と件数を別に数える（両方申込んだ企業がある）。",
            "Firms and services are counted apart; the report explains it: some firms took both.",
            [check("kinds applied make firms applied", asked, "sum_equals", [60], False),
             check("kinds provided make firms provided", got, "sum_equals", [47], False),
             check("with 16 firms that asked for both", asked, "sum_equals", [60, 16], True),
             check("with 9 firms that got both", got, "sum_equals", [47, 9], True)]),
        entry(
            "C-6", "企業数とサービス別件数が異なる", "Applications: firms and services",
            [said("firms applied and provided", "O§3.5", FIRMS_APPLIED, FIRMS_PROVIDED),
             said("applied by service", "O-tab 3", *applied), said("provided by service", "O-tab 3", *provided)],
            "企業数と件数を別に数える（報告書に注記あり）。",
            "Firms and services are counted apart; the report says so in a note.",
            [check("services applied make firms applied", applied, "sum_equals", [FIRMS_APPLIED], False),
             check("services provided make firms provided", provided, "sum_equals", [FIRMS_PROVIDED], False),
             check("services applied are 203", applied, "sum_equals", [203], True),
             check("services provided are 138", provided, "sum_equals", [138], True)]),
        entry(
            "C-7", "プラットフォーム診断の企業数が表と合わない", "Platform diagnosis: firms by severity",
            [said("firms by severity, urgent to low", "O-tab 16", *PLATFORM_FIRMS.values()),
             said("firms diagnosed", "O-tab 13", 23), said("web firms by severity", "O-tab 15", *WEB_FIRMS.values())],
            "企業は最も高い危険度で一度だけ数え、合計が企業数と一致しなければ報告しない。",
            "A firm counts once, at its worst severity, and the rows must make the firms.",
            [check("platform rows make the firms", list(PLATFORM_FIRMS.values()), "sum_equals", [23], False),
             check("web rows make the firms", list(WEB_FIRMS.values()), "sum_equals", [33], True)]),
    ]


def okinawa_meetings():
    return [
        entry(
            "C-8", "説明会・報告会の人数が不自然", "Briefings: persons fewer than firms, more came than applied",
            [said("webinar 2020-10-05: firms and persons applied", "O-tab 4", 9, 5),
             said("Chubu 2020-10-02: persons applied and came", "O-tab 4", 11, 12),
             said("results meeting: firms and persons applied, firms and persons came", "O-tab 5", 14, 16, 15, 17)],
            "入力時に人数≧企業数を検査し、当日参加は明示する。",
            "Persons are at least firms, checked on entry; walk-ins are entered as such.",
            [check("webinar 2020-10-05: persons applied are at least firms applied", [5], "sum_at_least", [9], False),
             check("Chubu: persons applied are at least persons that came", [11], "sum_at_least", [12], False),
             check("results meeting: firms applied are at least firms that came", [14], "sum_at_least", [15], False),
             check("results meeting: persons applied are at least persons that came", [16], "sum_at_least", [17], False)]),
        entry(
            "C-9", "議事次第・参照・図番号の誤り", "Agenda, chapter reference, figure number, one number for two mailings",
            [said("results meeting ends, agenda ends (minutes of the day)", "O§6.1", 960, 970),
             said("chapter named by chapter 10, chapter meant", "O§10", 8, 9),
             said("figures 6 to 9 as numbered", "O§3.2", 6, 8, 9),
             said("leaflets to the Naha chamber, mails of the general bureau", "O§4.3, §4.4.2", 4570, 4570)],
            "ソフトウェアの扱いはなし（記録のみ）。",
            "Nothing to treat; kept as found.",
            [check("the agenda ends with the meeting", [970], "equals", [960], False, "minutes"),
             check("chapter 10 names the chapter it means", [8], "equals", [9], False, "chapter"),
             check("the figures are numbered without a gap", [6, 8, 9], "equals", [6, 7, 8, 9], False, "figure"),
             check("two different mailings have the same number", [4570], "equals", [4570], True)]),
    ]


def kumamoto():
    return [
        entry(
            "C-10", "インシデント対応の有無が記録とアンケートで異なる", "Incident response: operator's log and survey",
            [said("responses other than offline UTM, on-site responses", "N§3.8, §4.1.1", 0, 0),
             said("calls about offline UTMs", "N§3.8", 3),
             said("firms that report a response; fully recovered; not recovered; no recovery", "N-fig 53/57", 3, 1, 1, 1)],
            "請求には利用者の申告だけでなく事業者の記録を求める。",
            "A claim needs the operator's evidence, not only the insured's statement.",
            [check("firms that report a response and responses logged", [3], "equals", [0], False),
             check("firms that report a response and calls about offline UTMs", [3], "equals", [3], True),
             check("data recoveries reported and recoveries logged", [1, 1], "sum_equals", [0], False)]),
        entry(
            "C-11", "訓練の母数が異なる", "Training: firms that answered and firms that sent",
            [said("answers, each taken as ten mails", "N-fig 46-49", 90), said("firms that sent, sent one mail, sent as an exercise",
                                                                            "N§4.3.1", 60, 47, 13)],
            "指標と一緒に母数を保存する。",
            "A rate is stored with its denominator.",
            [check("answers and firms that sent", [90], "equals", [60], False),
             check("one mail and exercises make the firms that sent", [47, 13], "sum_equals", [60], True)]),
        entry(
            "C-12", "継続意向と有償継続の件数が異なる", "Continuation: survey and orders",
            [said("permille that want to continue, answers", "N-fig 74", 180, 82), said("firms that continue, of", "N§3.7, §5.2", 53, 105)],
            "意向と注文を別に扱う。なお§3.7は「決めた」、§5.2は「意向を得た」と書く。",
            "An intention is not an order. N§3.7 says the 53 decided, N§5.2 that they intend to.",
            [check("firms that want to continue (18 % of 82 is 15) and that continue", [15], "equals", [53], False)]),
        entry(
            "C-13", "割合の表記が本文と図で異なる", "Percentages: text and figures",
            [said("no awareness work", "N-fig 44, N§4.3.1", 620, 630), said("believe in the risk", "N§5.1, twice", 700, 600),
             said("insurance considered: total and parts", "N-fig 39", 183, 80, 110),
             said("budget before, all parts", "N-fig 37", 380, 450, 100, 30, 30, 20)],
            "割合ではなく件数を保存し、丸めは一度だけ行う。",
            "Counts are stored, not percentages; rounding happens once.",
            [check("no awareness work: figure and text", [620], "equals", [630], False, "permille"),
             check("believe in the risk: both places of one section", [700], "equals", [600], False, "permille"),
             check("insurance considered: parts make the total", [80, 110], "sum_equals", [183], False, "permille"),
             check("budget before: parts make the whole", [380, 450, 100, 30, 30, 20], "sum_equals", [1000], False, "permille")]),
        entry(
            "C-14", "母集団が資料ごとに異なる", "Populations: briefings, surveys, participants",
            [said("firms at the two briefings", "N§2.4", 51, 32), said("firms that answered the first survey", "N§3.1", 147),
             said("participants", "N§1.2.2", 105), said("answers of surveys 2 to 4", "N§3.2", 104, 90, 82)],
            "集計ごとに母数を持つ（個別説明を受けた企業も回答した）。",
            "Each figure carries its population; firms briefed one by one answered too.",
            [check("briefings make the first survey", [51, 32], "sum_equals", [147], False),
             check("participants and answers of survey 2", [105], "equals", [104], False),
             check("participants and answers of survey 3", [105], "equals", [90], False),
             check("participants and answers of survey 4", [105], "equals", [82], False)]),
        entry(
            "C-15", "図番号の参照が誤っている", "Figure references are wrong",
            [said("figures named", "N§3.2 text", 9, 10, 11, 12), said("figures meant", "N§3.2", 13, 14, 15, 16)],
            "ソフトウェアの扱いはなし（記録のみ）。",
            "Nothing to treat; kept as found.",
            [check("the text names the figures it means", [9, 10, 11, 12], "equals", [13, 14, 15, 16], False, "figure")]),
        entry(
            "C-16", "税込・税抜の別が書かれていない", "Tax: neither report says whether prices include it",
            [said("price per month, per year", "N§5.2", 16500, 198000),
             said("prices per month", "O§9.2", 10000, 15000, 30000)],
            "価格は税区分を必ず持つ。16,500円は15,000円に10％を足した額なので税込と読む（推定）。沖縄の価格は税抜とみなす（仮定）。",
            "A price carries its tax mode. 16,500 is 15,000 and 10 %, so it is read as tax included (inferred); "
            "Okinawa's are taken as tax excluded (assumed).",
            [check("15,000 and 10 % make 16,500", [15000, 1500], "sum_equals", [16500], True, "yen"),
             check("twelve months make the year", [16500] * 12, "sum_equals", [198000], True, "yen")]),
    ]


def contradictions():
    entries = okinawa_services() + okinawa_meetings() + kumamoto()
    assert [e["id"] for e in entries] == [f"C-{n}" for n in range(1, 17)]
    return {"contradictions": entries}
