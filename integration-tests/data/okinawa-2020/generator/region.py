"""Recruiting, call centre, Kumamoto's participants and its three offline UTMs, and the four companies of O-fig 2."""

from datetime import datetime, timedelta, timezone

from .published import (
    ASSUMED_DAMAGE, BRIEFINGS_OKINAWA, BRIEFINGS_OKINAWA_TOTAL, FIRMS_APPLIED, FIRMS_PROVIDED, FUNNEL,
    KUMAMOTO_CAPITAL, KUMAMOTO_EMPLOYEES, KUMAMOTO_FIRMS, KUMAMOTO_INDUSTRY, KUMAMOTO_LEGAL_FORM,
    RESULTS_MEETING_OKINAWA,
)
from .yaml_text import Row, row

JAPAN = timezone(timedelta(hours=9))


def instant(text):
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=JAPAN)


def counted(permille):
    """The number of firms behind a published percentage of 105; checked to print as that percentage again."""
    count = (permille * KUMAMOTO_FIRMS + 500) // 1000
    assert (count * 2000 + KUMAMOTO_FIRMS) // (2 * KUMAMOTO_FIRMS) == permille, f"{permille} permille of 105"
    return count


def kumamoto():
    parts = {
        "legal_form": [Row(code=c, ja=ja, permille=p, firms=counted(p)) for c, ja, p in KUMAMOTO_LEGAL_FORM],
        "industry": [Row(code=c, ja=ja, permille=p, firms=counted(p)) for c, ja, p in KUMAMOTO_INDUSTRY],
        "capital_yen": [
            row(above=low - 1 if low else None, up_to=high, permille=p, firms=counted(p)) for low, high, p in KUMAMOTO_CAPITAL
        ],
        "employees": [row(low=low, high=high, permille=p, firms=counted(p)) for low, high, p in KUMAMOTO_EMPLOYEES],
    }
    for name, rows in parts.items():
        assert sum(r["firms"] for r in rows) == KUMAMOTO_FIRMS, f"{name} does not make 105"
    damage = [row(up_to_yen=high, percent=percent) for high, percent in ASSUMED_DAMAGE]
    assert sum(r["percent"] for r in damage) == 100
    return {"n_firms": KUMAMOTO_FIRMS, "n_paid_after_trial": 53, **parts,
            "assumed_damage": {"n_answers": 104, "median_yen": 1_000_000, "bands": damage}}


def briefing(numbers, online):
    names = ["firms_applied", "persons_applied", "firms_came", "persons_came"]
    return {**dict(zip(names, numbers)), "firms_joined": numbers[4], "online": Row(zip(names, online))}


def recruiting():
    for position in range(5):
        column = sum(r[4 + position] for r in BRIEFINGS_OKINAWA)
        assert column == BRIEFINGS_OKINAWA_TOTAL[position], f"O-tab 4, column {position}"
    okinawa = {
        "web_page_opened_on": "2020-09-07",
        "contacts": Row(telephone_calls=200, direct_mails=1800, visits=50, subcontractors_of_okinawa_electric=30),
        "leaflets": [
            Row(ja="那覇商工会議所会員への会報誌", en="Naha chamber of commerce, members' magazine", copies=4570),
            Row(ja="AIKATA会員への会報誌", en="AIKATA, members' magazine", copies=90),
        ],
        "mail_magazines": [
            Row(ja="沖縄県総合事務局", en="Okinawa general bureau", mails=4570),
            Row(ja="那覇商工会議所", en="Naha chamber of commerce", mails=800),
            Row(ja="ISCO", en="ISCO", mails=1200),
            Row(ja="沖縄県産業振興公社", en="Okinawa industry promotion corporation", mails=8100),
        ],
        "briefings": [
            Row(held_on=day, ja=ja, en=en, form=form, **briefing(numbers, online))
            for day, ja, en, form, *numbers, online in BRIEFINGS_OKINAWA
        ],
        "briefings_total": Row(zip(
            ["firms_applied", "persons_applied", "firms_came", "persons_came", "firms_joined"], BRIEFINGS_OKINAWA_TOTAL)),
        "results_meeting": Row(held_on="2021-01-15", **briefing(RESULTS_MEETING_OKINAWA[:5], RESULTS_MEETING_OKINAWA[5])),
        "funnel": {
            "firms": Row(applied=FIRMS_APPLIED, provided=FIRMS_PROVIDED),
            "services": [
                Row(service=s, applied=a, not_provided=n, provided=p) for s, (a, n, p) in FUNNEL.items()
            ],
        },
    }
    assert all(a - n == p for a, n, p in FUNNEL.values())
    kumamoto_funnel = {
        "briefings": [
            Row(held_on="2020-09-25", firms_came=51, persons_came=56),
            Row(held_on="2020-10-14", firms_came=32, persons_came=34),
        ],
        "n_firms_at_briefings": 83,
        "results_meeting": Row(held_on="2021-01-15", firms_came=31, persons_came=31),
        "funnel": Row(answered_first_survey=147, joined=105, paid=53),
        "hot_line": Row(information_calls=22, joined=5),
        "surveys": [
            Row(survey=1, n_answers=147, from_on="2020-09-27", to_on="2020-11-20"),
            Row(survey=2, n_answers=104, from_on="2020-10-16", to_on="2020-12-18"),
            Row(survey=3, n_answers=90, from_on="2020-11-06", to_on="2020-12-18"),
            Row(survey=4, n_answers=82, from_on="2020-11-18", to_on="2020-12-18"),
        ],
    }
    assert 51 + 32 == 83
    return {"okinawa": okinawa, "kumamoto": kumamoto_funnel}


def call_centre():
    okinawa = {
        "calendar": "WEEKDAYS_9_17",
        "categories": [
            Row(code="CALL_CENTRE", ja="事務局コールセンター対応", en="Office and call centre", total_as_published=24),
            Row(code="INCIDENT", ja="インシデント対応", en="Incident response", total_as_published=0),
            Row(code="OTHER_VISIT", ja="その他訪問対応", en="Other visits", total_as_published=19),
        ],
        "rows": [
            Row(category="CALL_CENTRE", code="DEVICE_SETUP_ENQUIRY", ja="セキュリティ機器設置等の問合せ",
                en="Question about a device's set-up", count=8),
            Row(category="CALL_CENTRE", code="SECURITY_ADVICE", ja="セキュリティ対応の相談", en="Advice on security", count=34),
            Row(category="CALL_CENTRE", code="OTHER", ja="その他", en="Other", count=14),
            Row(category="INCIDENT", code="REMOTE", ja="電話及びリモートによるインシデント対応",
                en="Incident response by telephone or remotely", count=0),
            Row(category="INCIDENT", code="ON_SITE", ja="訪問によるインシデント対応（駆け付け）", en="On-site response", count=0),
            Row(category="OTHER_VISIT", code="DEVICE_TROUBLE", ja="機器設置等のトラブル対応", en="Trouble with a device", count=3),
            Row(category="OTHER_VISIT", code="SETUP_SUPPORT", ja="その他（セキュリティ機器の導入・設置支援等）",
                en="Other: help with setting devices up", count=21),
        ],
    }
    kumamoto_calls = {
        "calendar": "DAILY_9_21_EXCEPT_YEAR_END",
        "rows": [
            Row(code="INFORMATION_CALL", ja="参加を検討するための情報収集", en="Asked about taking part", count=22),
            Row(code="JOINED_AFTER_CALL", ja="そのうち参加", en="Of these joined", count=5),
            Row(code="OFFLINE_UTM_CALL", ja="オフラインUTMの電話連絡", en="Call about an offline UTM", count=3),
            Row(code="CC_CALLBACK_RESPONSE", ja="C&Cコールバック超過への対応", en="C&C callbacks above the limit", count=0),
            Row(code="AV_UNRESOLVED_RESPONSE", ja="ウイルス自動解決不可への対応", en="Virus not resolved by itself", count=0),
            Row(code="ON_SITE", ja="駆付け対応", en="On-site response", count=0),
        ],
    }
    return {"okinawa": okinawa, "kumamoto": kumamoto_calls}


def offline(code, number, industry, last_seen, offline_seconds, called_at, restored_after_minutes, en):
    """Evaluated when the UTM has been silent for `offline_seconds`; mail goes at once, the call when phones are open."""
    seen = instant(last_seen)
    evaluated = seen + timedelta(seconds=offline_seconds)
    called = evaluated if called_at is None else instant(called_at)
    fires = offline_seconds >= 86_400
    return row(
        id=code, name=Row(ja=f"熊本商事 {number:03d}", en=f"Kumamoto Firm {number:03d}"), industry=industry,
        service="UTM", last_seen_at=seen.isoformat(), evaluated_at=evaluated.isoformat(), offline_seconds=offline_seconds,
        is_offline_24h=fires, mail_at=evaluated.isoformat() if fires else None, call_at=called.isoformat() if fires else None,
        restored_at=(called + timedelta(minutes=restored_after_minutes)).isoformat() if fires else None, case=en)


def offline_utms():
    utms = [
        offline("K001", 1, "D", "2020-10-14 10:00:00", 86_400, None, 25, "silent for 24:00:00 to the second, phones open"),
        offline("K002", 2, "P", "2020-11-02 14:20:00", 86_400, None, 40, "a national holiday, on which these phones are open"),
        offline("K003", 3, "I", "2020-12-11 02:40:00", 86_400, "2020-12-12 09:00:00", 55,
                "at night: mail at once, the call at nine, on a Saturday"),
    ]
    boundary = [
        offline("K004", 4, "R", "2020-10-20 11:00:00", 86_399, None, 0, "one second short of 24 hours: nobody is called"),
        offline("K005", 5, "L", "2020-12-28 15:20:00", 86_400, "2021-01-04 09:00:00", 30,
                "in the year-end closure: mail at once, the call on 4 January"),
    ]
    assert len(utms) == 3 and all(u["is_offline_24h"] for u in utms)
    assert all("2020-09-16" <= u["evaluated_at"][:10] <= "2020-12-31" for u in utms)
    return {"n_calls": 3, "utms": utms, "boundary_cases": boundary}


def fig2_companies():
    def company(code, industry, has_av, has_website, has_utm, diagnosis, year_yen):
        first_year = Row(
            initial=10_000 if not has_utm else 0, monthly=(0 if has_utm else 10_000) + (10_000 if has_website else 0),
            yearly=9_000, one_off=100_000 if diagnosis != "NONE" else 0)
        assert first_year["initial"] + 12 * first_year["monthly"] + first_year["yearly"] + first_year["one_off"] == year_yen
        return {
            "id": code, "name": Row(ja=f"{code}社", en=f"Company {code}"),
            "has_av": has_av, "has_website": has_website, "has_utm": has_utm,
            "industry": industry, "employees": 8, "endpoints": Row(windows=5, mac=0, linux=0),
            "waf": "NONE", "dns_control": "CUSTOMER" if has_website else "NONE",
            "monthly_traffic_gb": "8.0" if has_website else "0", "budget_monthly_yen": 30_000,
            "expected": Row(UTM=not has_utm, CLOUD_WAF=has_website, EDR=True, DIAGNOSIS=diagnosis != "NONE", SURVEY=True),
            "expected_diagnosis": diagnosis,
            "expected_price_yen": first_year, "expected_first_year_yen": year_yen,
        }

    return {"companies": [
        company("A", "I", True, True, True, "DIAGNOSIS_WEB", 229_000),
        company("B", "D", True, True, False, "DIAGNOSIS_WEB", 359_000),
        company("C", "A", True, False, False, "DIAGNOSIS_PLATFORM", 239_000),
        company("D", "R", False, False, False, "NONE", 139_000),
    ]}
