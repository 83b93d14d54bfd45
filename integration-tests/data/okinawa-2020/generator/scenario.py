"""The demo's year: dates, who goes on paying, assumed cover terms, and what-if claims (the pilots had no loss)."""

from calendar import monthrange
from fractions import Fraction

from .firms import firm_id
from .random_source import RandomSource
from .yaml_text import Line, Row, row

# Neither report gives any of these. The README says how each was chosen.
COVER_TERMS = {
    "mark": "ASSUMED",
    "in_force_from": "2021-02-01",
    "in_force_until": "2022-01-31",
    "premium_payer": "OPERATOR",
    "premium_monthly_yen": 80,
    "sublimits": [
        Row(cover="ON_SITE_RESPONSE", per_occurrence_yen=100_000),
        Row(cover="VIRUS_REMOVAL", per_occurrence_yen=50_000),
    ],
    "occurrence_limit_yen": 150_000,
    "certificate_annual_limit_yen": 300_000,
    "programme_annual_aggregate_yen": 5_000_000,
    "deductible_yen": 0,
    "coinsurance_rate": "1.00",
    "waiting_period_days": 0,
    "notice_within_days": 30,
    "evidence_max_age_hours": 24,
    "urgent_finding_open_max_days": 30,
}
CONDITIONS = [
    ("CERTIFICATE_IN_FORCE_AT_LOSS", "事故の時点で加入証が有効であること", "The certificate was in force when the loss happened"),
    ("SERVICE_ACTIVE_AT_LOSS", "事故の時点で対象サービスが稼働していること", "The service was active when the loss happened"),
    ("UTM_PROTECTING_AT_LOSS", "事故の時点でUTMがバイパスされていないこと", "The UTM was not bypassed when the loss happened"),
    ("EVIDENCE_FRESH_AT_LOSS", "事故前24時間以内に稼働の記録があること",
     "The service gave a sign of life in the 24 hours before the loss"),
    ("SOC_VERDICT_ACTION_NEEDED", "SOCが対応必要と判断していること", "The SOC's verdict is that a person has to act"),
    ("NOTICE_IN_TIME", "事故から30日以内に通知されていること", "The loss was notified within 30 days"),
]
EXCLUSIONS = [
    ("URGENT_FINDING_LEFT_OPEN", "診断で見つかった危険度「緊急」の脆弱性を30日を超えて放置していた場合",
     "An urgent finding of a diagnosis had been left open for more than 30 days"),
    ("KNOWN_BEFORE_COVER", "補償の開始前に被保険者が認識していた事故", "The insured knew of the loss before the cover began"),
]
BOOK = {"certificates": 102, "months": 12}
RATING = {"target_loss_ratio": "0.60", "credibility": "0.30"}


def yearly_price(services, endpoints, traffic_gb, diagnoses):
    """Initial, monthly, yearly and one-off yen by O§9.2, without tax."""
    tenths = int(traffic_gb.replace(".", ""))
    waf = 10_000 if tenths <= 100 else 15_000 if tenths <= 200 else 30_000
    utm = "UTM" in services
    return Row(initial=10_000 if utm else 0, monthly=(10_000 if utm else 0) + (waf if "CLOUD_WAF" in services else 0),
               yearly=1_800 * endpoints if "EDR" in services else 0, one_off=100_000 * diagnoses)


class Scenario:
    def __init__(self, seed, firms):
        self.firms = firms
        self.random = RandomSource(seed, "scenario")
        self._choose_paying()

    def _choose_paying(self):
        """"A few" go on (O§9.2): six, one for each shape of bundle that the claims and invoices need."""
        firms, given = self.firms, self.firms.applications
        self.paying = {"WHOLE": given.whole_bundle, "EDR": firms.silent[0]}
        utm, waf, edr = (given.provided[s] for s in ("UTM", "CLOUD_WAF", "EDR"))
        mid_tier = {f for f in waf if 100 < int(firms.traffic[f].replace(".", "")) <= 200}
        undiagnosed = set(firms.numbers) - given.provided["DIAGNOSIS_WEB"] - given.provided["DIAGNOSIS_PLATFORM"]
        for shape, candidates in [
            ("UTM_EDR", (utm & edr) - waf),
            ("EDR_DIAGNOSED", (given.provided["DIAGNOSIS_PLATFORM"] & edr) - utm - waf),
            ("UTM", (utm - edr - waf) & undiagnosed),
            ("WAF", mid_tier - utm),
        ]:
            free = sorted(candidates - set(self.paying.values()))
            assert free, f"no firm for the paying shape {shape}"
            self.paying[shape] = self.random.pick(free)

    def converted(self):
        rows = []
        for shape in ["WHOLE", "UTM_EDR", "EDR_DIAGNOSED", "UTM", "EDR", "WAF"]:
            firm = self.paying[shape]
            services = [s for s in ("UTM", "CLOUD_WAF", "EDR") if firm in self.firms.applications.provided[s]]
            traffic, endpoints = self.firms.traffic[firm], self.firms.installed.get(firm, 0)
            diagnoses = 1 if shape == "WHOLE" else 0
            price = yearly_price(services, endpoints, traffic, diagnoses)
            rows.append({
                "firm": firm_id(firm), "services": Line(services), "edr_endpoints": endpoints if "EDR" in services else 0,
                "waf_traffic_gb": traffic if "CLOUD_WAF" in services else "0", "diagnoses": diagnoses,
                "expected_price_yen": price,
                "expected_first_year_yen": price["initial"] + 12 * price["monthly"] + price["yearly"] + price["one_off"],
            })
        assert rows[0]["expected_first_year_yen"] == 359_000, "the whole bundle is 29,916.67 yen a month"
        return rows

    def claim(self, code, shape, ja, en, service, alert, loss_at, notified_at, requested, outcome, paid, **more):
        kind, verdict = alert
        costs = [Row(cover=cover, loss_yen=yen) for cover, yen in requested]
        expected = row(outcome=outcome, payable_yen=sum(paid.values()),
                       payable_by_cover=Row(paid), failed=Line(more.get("failed", [])), missing=Line(more.get("missing", [])))
        return {
            "id": code, "mark": "WHAT_IF", "firm": firm_id(self.paying[shape]), "title": {"ja": ja, "en": en},
            "service": service, "alert": Row(kind=kind, blocked=False, soc_verdict=verdict, detected_at=loss_at),
            "loss_at": loss_at, "notified_at": notified_at, "evidence": Row(more.get("evidence", {})),
            "requested": costs, "expected": expected,
        }

    def claims(self):
        reported_on = self.firms.active_on("DIAGNOSIS_PLATFORM", self.paying["EDR_DIAGNOSED"])
        finding_since = f"{reported_on.isoformat()}T17:00:00+09:00"
        return [
            self.claim("W-A", "UTM_EDR", "マルウェア通信の検知後の駆け付け", "On-site response after malware traffic",
                       "UTM", ("INTERNAL_MALWARE_COMMS", "ACTION_NEEDED"), "2021-03-09T10:20:00+09:00",
                       "2021-03-10T09:30:00+09:00", [("ON_SITE_RESPONSE", 60_000)], "ELIGIBLE", {"ON_SITE_RESPONSE": 60_000},
                       evidence={"utm_last_seen_at": "2021-03-09T10:15:00+09:00"}),
            self.claim("W-B", "WHOLE", "ウイルス駆除が支払限度額を超えた", "Virus removal above its sublimit",
                       "EDR", ("AV_UNRESOLVED", "ACTION_NEEDED"), "2021-04-20T13:05:00+09:00", "2021-04-21T11:00:00+09:00",
                       [("ON_SITE_RESPONSE", 80_000), ("VIRUS_REMOVAL", 120_000)], "ELIGIBLE",
                       {"ON_SITE_RESPONSE": 80_000, "VIRUS_REMOVAL": 50_000},
                       evidence={"edr_last_seen_at": "2021-04-20T12:50:00+09:00"}),
            self.claim("W-C1", "UTM_EDR", "UTMをバイパス中の事故、通知も遅れた", "Loss while the UTM was bypassed, notified late",
                       "UTM", ("MALWARE", "ACTION_NEEDED"), "2021-06-15T16:40:00+09:00", "2021-08-02T10:00:00+09:00",
                       [("ON_SITE_RESPONSE", 70_000)], "NOT_ELIGIBLE", {},
                       failed=["UTM_PROTECTING_AT_LOSS", "NOTICE_IN_TIME"],
                       evidence={"utm_last_seen_at": "2021-06-15T16:35:00+09:00",
                                 "utm_bypassed_from": "2021-06-07T09:00:00+09:00",
                                 "utm_bypassed_until": "2021-06-30T18:00:00+09:00"}),
            self.claim("W-C2", "WAF", "補償開始前の事故", "Loss before the cover began",
                       "CLOUD_WAF", ("WAF_DETECTION", "ACTION_NEEDED"), "2021-01-28T11:10:00+09:00",
                       "2021-02-03T09:15:00+09:00", [("ON_SITE_RESPONSE", 50_000)], "NOT_ELIGIBLE", {},
                       failed=["CERTIFICATE_IN_FORCE_AT_LOSS", "SERVICE_ACTIVE_AT_LOSS", "EVIDENCE_FRESH_AT_LOSS",
                               "KNOWN_BEFORE_COVER"],
                       evidence={"waf_last_seen_at": "2021-01-25T23:55:00+09:00",
                                 "service_ended_at": "2021-01-26T00:00:00+09:00",
                                 "service_resumed_at": "2021-02-01T00:00:00+09:00"}),
            self.claim("W-D", "EDR", "稼働の記録がない端末の事故", "Loss on an endpoint that never gave a sign of life",
                       "EDR", ("EDR_VERDICT", "ACTION_NEEDED"), "2021-07-14T09:45:00+09:00", "2021-07-14T15:00:00+09:00",
                       [("VIRUS_REMOVAL", 40_000)], "REFER", {}, missing=["EVIDENCE_FRESH_AT_LOSS"]),
            self.claim("W-E", "EDR_DIAGNOSED", "緊急の脆弱性を放置していた", "An urgent finding had been left open",
                       "EDR", ("AV_UNRESOLVED", "ACTION_NEEDED"), "2021-05-18T14:30:00+09:00", "2021-05-19T10:00:00+09:00",
                       [("ON_SITE_RESPONSE", 90_000), ("VIRUS_REMOVAL", 45_000)], "NOT_ELIGIBLE", {},
                       failed=["URGENT_FINDING_LEFT_OPEN"],
                       evidence={"edr_last_seen_at": "2021-05-18T14:10:00+09:00", "urgent_finding_open_since": finding_since}),
            self.claim("W-F", "UTM", "5千万円の大事故", "The heavy claim: 50 million yen",
                       "UTM", ("MALWARE", "ACTION_NEEDED"), "2021-09-16T05:30:00+09:00", "2021-09-16T09:10:00+09:00",
                       [("ON_SITE_RESPONSE", 500_000), ("VIRUS_REMOVAL", 1_000_000), ("FORENSICS", 3_500_000),
                        ("CALL_CENTRE", 8_500_000), ("LEGAL", 1_000_000), ("BUSINESS_INTERRUPTION", 35_500_000)],
                       "ELIGIBLE", {"ON_SITE_RESPONSE": 100_000, "VIRUS_REMOVAL": 50_000},
                       evidence={"utm_last_seen_at": "2021-09-16T05:25:00+09:00"}),
            self.claim("W-G1", "WHOLE", "同じ加入証で二度目の事故", "A second loss under the same certificate",
                       "EDR", ("AV_UNRESOLVED", "ACTION_NEEDED"), "2021-10-05T10:00:00+09:00", "2021-10-05T17:00:00+09:00",
                       [("ON_SITE_RESPONSE", 150_000), ("VIRUS_REMOVAL", 50_000)], "ELIGIBLE",
                       {"ON_SITE_RESPONSE": 100_000, "VIRUS_REMOVAL": 50_000},
                       evidence={"edr_last_seen_at": "2021-10-05T09:40:00+09:00"}),
            self.claim("W-G2", "WHOLE", "三度目の事故で年間限度額に達した", "The third loss reaches the yearly limit",
                       "UTM", ("INTERNAL_MALWARE_COMMS", "ACTION_NEEDED"), "2021-11-24T15:20:00+09:00",
                       "2021-11-25T09:00:00+09:00", [("ON_SITE_RESPONSE", 60_000)], "ELIGIBLE", {"ON_SITE_RESPONSE": 20_000},
                       evidence={"utm_last_seen_at": "2021-11-24T15:15:00+09:00"}),
        ]

    def projection(self, claims):
        """What one heavy claim does to next year's premium: premium x (1 - Z + Z x loss ratio / target), rounded up."""
        premium = COVER_TERMS["premium_monthly_yen"]
        income = BOOK["certificates"] * BOOK["months"] * premium
        heavy = next(c for c in claims if c["id"] == "W-F")
        loss = sum(cost["loss_yen"] for cost in heavy["requested"])
        assert loss == 50_000_000
        rows = []
        for case, paid in [("NO_LOSS", 0), ("AS_COVERED", heavy["expected"]["payable_yen"]),
                           ("UP_TO_PROGRAMME_AGGREGATE", COVER_TERMS["programme_annual_aggregate_yen"]), ("UNLIMITED", loss)]:
            z, target = Fraction(RATING["credibility"]), Fraction(RATING["target_loss_ratio"])
            ratio = Fraction(paid, income)
            following = premium * (1 - z + z * ratio / target)
            rows.append(Row(case=case, paid_yen=paid, loss_ratio_permille=paid * 1000 // income,
                            next_premium_monthly_yen=-(-following.numerator // following.denominator)))
        return {"mark": "ASSUMED", "claim": "W-F", "loss_yen": loss, "book": Row(BOOK, premium_yen=income),
                "rating": Row(RATING), "cases": rows}

    def check(self, claims):
        """The expected payments again, from the terms: sublimits first, then what is left of the yearly limit."""
        sublimits = {s["cover"]: s["per_occurrence_yen"] for s in COVER_TERMS["sublimits"]}
        left = {}
        for claim in sorted(claims, key=lambda c: c["loss_at"]):
            expected, firm = claim["expected"], claim["firm"]
            if expected["outcome"] != "ELIGIBLE":
                assert expected["payable_yen"] == 0 and (expected["failed"] or expected["missing"])
                continue
            left.setdefault(firm, COVER_TERMS["certificate_annual_limit_yen"])
            for cost in claim["requested"]:
                payable = min(cost["loss_yen"], sublimits.get(cost["cover"], 0), left[firm])
                assert payable == expected["payable_by_cover"].get(cost["cover"], 0), claim["id"]
                left[firm] -= payable

    def document(self):
        claims = self.claims()
        self.check(claims)
        return {
            "programme": {
                "recruiting_okinawa_from": "2020-09-07",
                "trial_from": "2020-09-16", "trial_until": "2021-01-25",
                "kumamoto_usable_until": "2020-12-31",
                "results_meeting_on": "2021-01-15",
                "paid_from": "2021-02-01",
                "month_ends": Line(f"2021-{month:02d}-{monthrange(2021, month)[1]:02d}" for month in range(2, 13)),
                "time_zone": "Asia/Tokyo",
            },
            "operators": [
                Row(code="OGS", region="OKINAWA", ja="沖電グローバルシステムズ", en="Okiden Global Systems", provided=102, paying=6),
                Row(code="NTT_WEST", region="KUMAMOTO", ja="NTT西日本", en="NTT West", provided=105, paying=53),
            ],
            "insurer": Row(mark="ASSUMED", code="INSURER_A", ja="保険会社A（仮）", en="Insurer A (assumed)"),
            "converted": self.converted(),
            "cover_terms": COVER_TERMS,
            "conditions": [Row(code=c, ja=ja, en=en) for c, ja, en in CONDITIONS],
            "exclusions": [Row(code=c, ja=ja, en=en) for c, ja, en in EXCLUSIONS],
            "claims": claims,
            "heavy_claim": self.projection(claims),
        }
