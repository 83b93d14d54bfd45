"""What the services found: published totals, and a generated share of them for each firm."""

from .firms import firm_id
from .published import (
    EDR_FALSE_POSITIVE_REASONS, EDR_INSTALLED, EDR_REPORTING, EDR_REVIEWED, EDR_VERDICTS, PLATFORM_FINDINGS,
    PLATFORM_FIRMS, UTM_ALERT_KINDS, UTM_ALERTS, WAF_DETECTIONS, WAF_DETECTIONS_TEXT, WEB_FINDINGS, WEB_FIRMS,
)
from .random_source import RandomSource
from .yaml_text import Row, row

LAST_DAY = "2021-01-25"
SEVERITIES = ["URGENT", "HIGH", "MEDIUM", "LOW"]


def utm_alerts(firms):
    rows, totals = [], dict.fromkeys(UTM_ALERT_KINDS, 0)
    for firm, (number, industry, counts) in sorted(firms.alert_row.items(), key=lambda pair: pair[1][0]):
        for kind, count in zip(UTM_ALERT_KINDS, counts):
            totals[kind] += count
        rows.append(Row(row=number, firm=firm_id(firm), industry=industry, alerts=Row(zip(UTM_ALERT_KINDS, counts)),
                        watched_from=firms.active_on("UTM", firm).isoformat(), watched_until=LAST_DAY))
    assert len(rows) == len(UTM_ALERTS) == 15
    assert totals["BAD_SITE_BLOCK"] == 207 and totals["MALWARE"] == 8 and totals["OTHER"] == 49
    assert sum(totals.values()) == 264
    verdicts = Row((kind, "FALSE_POSITIVE" if kind == "OTHER" else "BLOCKED_AUTO") for kind in UTM_ALERT_KINDS)
    return {"n_total": 264, "n_incidents": 0, "totals": Row(totals), "verdicts": verdicts, "firms": rows}


def waf_detections(seed, firms):
    random = RandomSource(seed, "waf")
    protected = sorted(firms.applications.provided["CLOUD_WAF"])
    total = sum(count for *_, count in WAF_DETECTIONS)
    assert total == 28661 and total - WAF_DETECTIONS_TEXT == 1562
    weights = [random.between(1, 12) for _ in protected]
    shares = random.split(total, weights, least=40)
    policies = [
        row(policy=code, ja=ja, en=en, detections=count, intent="RECONNAISSANCE" if "SCANNER" in code else "NOT_STATED")
        for code, ja, en, count in WAF_DETECTIONS
    ]
    rows = [
        Row(firm=firm_id(f), detections=n, watched_from=firms.active_on("CLOUD_WAF", f).isoformat(),
            watched_until=LAST_DAY)
        for f, n in zip(protected, shares)
    ]
    assert sum(shares) == total and len(rows) == 8
    return {"n_total_in_text": WAF_DETECTIONS_TEXT, "n_total_of_rows": total, "policies": policies, "firms": rows}


def edr_verdicts(seed, firms):
    random = RandomSource(seed, "edr")
    served = sorted(firms.installed)
    agents = [firm for firm in served for _ in range(firms.reporting[firm])]
    drawn = random.shuffled(agents)
    n_feared, n_suspected = EDR_VERDICTS["FEARED"], EDR_VERDICTS["SUSPECTED"]
    feared, suspected, none = drawn[:n_feared], drawn[n_feared : n_feared + n_suspected], drawn[n_feared + n_suspected :]
    assert len(none) == EDR_VERDICTS["NONE"] and len(agents) == EDR_REPORTING == sum(EDR_VERDICTS.values())
    rows = [
        Row(firm=firm_id(f), installed=firms.installed[f], reporting=firms.reporting[f], no_sign=none.count(f),
            suspected=suspected.count(f), feared=feared.count(f))
        for f in served
    ]
    assert all(r["no_sign"] + r["suspected"] + r["feared"] == r["reporting"] for r in rows) and len(rows) == 68
    counts = random.split(EDR_REVIEWED, [1] * len(EDR_FALSE_POSITIVE_REASONS), least=1)
    reasons = [
        Row(reason=code, ja=ja, en=en, endpoints=n) for (code, ja, en), n in zip(EDR_FALSE_POSITIVE_REASONS, counts)
    ]
    assert sum(counts) == n_feared + n_suspected == EDR_REVIEWED
    return {
        "n_installed": EDR_INSTALLED, "n_reporting": EDR_REPORTING,
        "verdicts": Row(EDR_VERDICTS),
        "review": {"n_reviewed": EDR_REVIEWED, "n_false_positive": EDR_REVIEWED, "n_infected": 0, "reasons": reasons},
        "firms": rows,
    }


def _highest(random, firms, counts, first, spared):
    """Each firm's worst severity; `first` has the worst of all, those in `spared` have not."""
    others = random.shuffled(f for f in firms if f != first)
    n_urgent = counts["URGENT"] - (first in firms)
    urgent = [f for f in others if f not in spared][:n_urgent]
    order = ([first] if first in firms else []) + urgent + [f for f in others if f not in urgent]
    worst = [severity for severity in SEVERITIES for _ in range(counts[severity])]
    assert len(worst) == len(order), f"{len(worst)} severities for {len(order)} firms"
    return dict(zip(order, worst))


def _share(random, worst, findings):
    """Hands the findings to firms that may have them: none is worse than the firm's worst, and each firm has that."""
    given = {}
    for severity in SEVERITIES:
        may_have = [f for f, w in worst.items() if SEVERITIES.index(w) <= SEVERITIES.index(severity)]
        must_have = [f for f, w in worst.items() if w == severity]
        pieces = random.shuffled(
            category for s, category, _, _, count in findings if s == severity for _ in range(count))
        for position, category in enumerate(pieces):
            firm = must_have[position] if position < len(must_have) else random.pick(may_have)
            given[firm, severity, category] = given.get((firm, severity, category), 0) + 1
        assert len(pieces) >= len(must_have)
    return given


def diagnosis_findings(seed, firms, urgent_firm, paying):
    """`urgent_firm` has an urgent platform finding, which the what-if claim about an open finding needs.

    The other paying firms have none, so that no other claim meets that exclusion.
    """
    random = RandomSource(seed, "findings")
    parts = {}
    tables = [("web", "DIAGNOSIS_WEB", WEB_FIRMS, WEB_FINDINGS, 298),
              ("platform", "DIAGNOSIS_PLATFORM", PLATFORM_FIRMS, PLATFORM_FINDINGS, 126)]
    for name, item, severities, findings, total in tables:
        diagnosed = sorted(firms.applications.provided[item])
        counts = dict(severities)
        # C-7: the platform rows make 24 firms of 23. Which row is one too many is not known; LOW gives one up.
        counts["LOW"] -= sum(counts.values()) - len(diagnosed)
        first = urgent_firm if item == "DIAGNOSIS_PLATFORM" else None
        worst = _highest(random, diagnosed, counts, first, paying)
        given = _share(random, worst, findings)
        assert sum(given.values()) == sum(n for *_, n in findings) == total
        rows = [
            {
                "firm": firm_id(f), "worst": worst[f],
                "findings": [
                    Row(severity=s, category=c, count=given[f, s, c])
                    for s, c, *_ in findings if (f, s, c) in given
                ],
            }
            for f in diagnosed
        ]
        assert all(r["findings"] and r["findings"][0]["severity"] == r["worst"] for r in rows)
        parts[name] = {
            "n_firms_diagnosed": len(diagnosed),
            "n_firms_by_worst_severity": Row(severities),
            "n_findings": total,
            "findings": [Row(severity=s, category=c, ja=ja, en=en, count=n) for s, c, ja, en, n in findings],
            "firms": rows,
        }
    assert sum(WEB_FIRMS.values()) == 33 and sum(PLATFORM_FIRMS.values()) == 24
    return parts
