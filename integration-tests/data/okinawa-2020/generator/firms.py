"""The 116 firms: attributes that fit what became of their applications."""

from datetime import date, timedelta

from .applications import ITEMS
from .published import (
    DIAGNOSIS_KINDS, EDR_INSTALLED, EDR_REPORTING, FIRMS_APPLIED, FUNNEL, HAS_AV_PERCENT, HAS_UTM_PERCENT,
    KUMAMOTO_EMPLOYEES, KUMAMOTO_INDUSTRY, UTM_ALERTS,
)
from .random_source import RandomSource
from .yaml_text import Line, Row, row

# The least number that EDR is sold for (O§9.2); kept for the pilot too, so that each row can be quoted.
LEAST_ENDPOINTS = 5
# O-fig 42: 7 % can pay 30,000 yen a month or more. Below that only "10,000 to 30,000, ideally up to 10,000" is known.
SMALL_BUDGETS = [(5_000, 12), (8_000, 15), (10_000, 28), (15_000, 17), (20_000, 16), (25_000, 12)]
LARGE_BUDGETS = [30_000, 30_000, 40_000, 50_000]
# Weekdays that were holidays while orders were placed.
HOLIDAYS = {date(2020, 9, 21), date(2020, 9, 22), date(2020, 11, 3), date(2020, 11, 23)}
DAYS_UNTIL_ACTIVE = {"UTM": (3, 21), "CLOUD_WAF": (2, 14), "EDR": (1, 10), "DIAGNOSIS_WEB": (7, 30),
                     "DIAGNOSIS_PLATFORM": (7, 30)}


def firm_id(number):
    return f"F{number:03d}"


class Firms:
    def __init__(self, seed, applications):
        self.applications = applications
        self.random = RandomSource(seed, "firms")
        self.numbers = range(1, FIRMS_APPLIED + 1)
        self._draw_party()
        self._draw_endpoints()
        self._draw_survey()
        self._draw_dates()

    def _exactly(self, percent, firms):
        """So many per hundred of the firms, rounded, drawn without repeats."""
        firms = list(firms)
        return set(self.random.shuffled(firms)[: (len(firms) * percent + 50) // 100])

    def _draw_party(self):
        random, given = self.random, self.applications
        self.industry = {f: random.pick_weighted([(code, n) for code, _, n in KUMAMOTO_INDUSTRY]) for f in self.numbers}
        with_utm = sorted(given.provided["UTM"])
        self.alert_row = dict(zip(with_utm, UTM_ALERTS))
        for firm, (_, industry, _) in self.alert_row.items():
            self.industry[firm] = industry
        # N-fig 6 without the two firms above 300 people.
        bands = [((low, high), n) for low, high, n in KUMAMOTO_EMPLOYEES if high and high <= 200]
        self.employees = {f: random.between(*random.pick_weighted(bands)) for f in self.numbers}
        for firm in given.provided["EDR"] | given.refused["EDR"]:
            self.employees[firm] = max(self.employees[firm], LEAST_ENDPOINTS - 1)
        # O-tab 4: two firms joined after the briefing on each island; a UTM was set up on both (O§3.2.1).
        drawn = random.shuffled(f for f in with_utm if f != given.whole_bundle)
        others = random.shuffled(f for f in given.served if f not in with_utm)
        self.island = {drawn[0]: "ISHIGAKI", others[0]: "ISHIGAKI", drawn[1]: "MIYAKOJIMA", others[1]: "MIYAKOJIMA"}

    def _draw_endpoints(self):
        random, given = self.random, self.applications
        self.windows, self.mac, self.linux = {}, {}, {}
        for firm in self.numbers:
            computers = max(1, self.employees[firm] * random.between(40, 90) // 100)
            self.windows[firm], self.mac[firm] = computers, random.between(1, 2) if random.chance(15) else 0
            self.linux[firm] = random.between(1, 2) if random.chance(10) else 0
            if firm in given.provided["EDR"] | given.refused["EDR"]:
                self.windows[firm] = max(LEAST_ENDPOINTS, computers)
            if given.reason.get(("EDR", firm)) == "UNSUPPORTED_OS_MAC":
                self.windows[firm], self.mac[firm] = 0, computers
        self.windows[given.whole_bundle] = LEAST_ENDPOINTS
        self._draw_installed()

    def _draw_installed(self):
        """523 agents over 68 firms, at least five each, never more than the firm has computers with Windows."""
        random, given = self.random, self.applications
        self.installed = {firm: LEAST_ENDPOINTS for firm in sorted(given.provided["EDR"])}
        for _ in range(EDR_INSTALLED - LEAST_ENDPOINTS * len(self.installed)):
            room = [(f, min(self.windows[f] - n, 20)) for f, n in self.installed.items() if self.windows[f] > n]
            self.installed[random.pick_weighted(room)] += 1
        self.reporting = dict(self.installed)
        # The two that never reported (C-2) are in two firms that got EDR and nothing else.
        lone = [f for f in self.installed if self.installed[f] > LEAST_ENDPOINTS and self.provided_items(f) == ["EDR"]]
        self.silent = random.shuffled(lone)[: EDR_INSTALLED - EDR_REPORTING]
        for firm in self.silent:
            self.reporting[firm] -= 1

    def provided_items(self, firm):
        return [item for item in ITEMS if firm in self.applications.provided[item]]

    def _draw_survey(self):
        random, given = self.random, self.applications
        asked_utm = given.provided["UTM"] | given.refused["UTM"]
        asked_site = given.provided["CLOUD_WAF"] | given.refused["CLOUD_WAF"]
        asked_site |= given.provided["DIAGNOSIS_WEB"] | given.refused["DIAGNOSIS_WEB"]
        self.has_av = self._exactly(HAS_AV_PERCENT, self.numbers)
        self.has_utm = self._exactly(HAS_UTM_PERCENT, (f for f in self.numbers if f not in asked_utm))
        self.has_website = {f for f in self.numbers if f in asked_site or random.chance(55)}
        # Of the eight sites behind a WAF: two need the 20 GB plan and one the 50 GB plan.
        protected = [f for f in sorted(given.provided["CLOUD_WAF"]) if f not in given.provided["UTM"]]
        self.busy = dict(zip(random.shuffled(protected), [(101, 200), (101, 200), (201, 480)]))
        self.waf, self.dns, self.traffic, self.upstream = {}, {}, {}, {}
        for firm in self.numbers:
            self.waf[firm] = self._waf(firm)
            self.dns[firm] = self._dns(firm)
            self.traffic[firm] = self._traffic(firm)
            self.upstream[firm] = random.pick_weighted([("NOT_NEEDED", 60), ("AGREED", 25), ("UNKNOWN", 15)])
            if given.reason.get(("UTM", firm)) == "UPSTREAM_CONFLICT":
                self.upstream[firm] = "UNKNOWN"
        self.consent = {firm: self._consent(firm) for firm in self.numbers}
        rich = random.shuffled(f for f in self.numbers if f != given.whole_bundle)[: FIRMS_APPLIED * 7 // 100 - 1]
        self.budget = {f: random.pick_weighted(SMALL_BUDGETS) for f in self.numbers}
        self.budget.update({f: random.pick(LARGE_BUDGETS) for f in rich})
        self.budget[given.whole_bundle] = 30_000

    def _waf(self, firm):
        given = self.applications
        by_reason = {"ALREADY_HAS_WAF": "ACTIVE", "ADVISED_ENABLE_EXISTING": "PRESENT_OFF"}
        if firm in given.refused["CLOUD_WAF"]:
            return by_reason.get(given.reason["CLOUD_WAF", firm], "NONE")
        if firm in given.provided["CLOUD_WAF"] or firm not in self.has_website:
            return "NONE"
        return self.random.pick_weighted([("NONE", 80), ("ACTIVE", 12), ("PRESENT_OFF", 8)])

    def _dns(self, firm):
        reason = self.waf_reason(firm)
        if firm not in self.has_website:
            return "NONE"
        if reason == "SUBDOMAIN_REDIRECT_WORK_REFUSED":
            return "MAINTAINER"
        if self.applications.happening.get(("CLOUD_WAF", firm)) == "OPERATOR_CHANGES_DNS":
            return "OPERATOR_WITH_WAIVER"
        return self.random.pick_weighted([("CUSTOMER", 60), ("MAINTAINER", 40)])

    def _traffic(self, firm):
        if firm not in self.has_website:
            return "0"
        band = self.random.pick_weighted([((3, 99), 75), ((101, 200), 15), ((201, 480), 10)])
        if firm in self.applications.provided["CLOUD_WAF"]:
            band = self.busy.get(firm, (3, 99))
        tenths = self.random.between(*band)
        return f"{tenths // 10}.{tenths % 10}"

    def _consent(self, firm):
        given = self.applications
        reasons = [given.reason.get((item, firm)) for item in DIAGNOSIS_KINDS]
        if not any(item in DIAGNOSIS_KINDS for item in given.applied(firm)):
            return "NOT_ASKED"
        if "NO_CONSENT_FROM_MAINTAINER" in reasons:
            return "ASKED" if firm in given.unanswered else "REFUSED"
        return self.random.pick_weighted([("GIVEN", 70), ("NOT_NEEDED", 30)])

    def _draw_dates(self):
        random = self.random
        first, last = date(2020, 9, 16), date(2020, 11, 30)
        days = [first + timedelta(n) for n in range((last - first).days + 1)]
        days = [day for day in days if day.weekday() < 5 and day not in HOLIDAYS]
        self.ordered_on = {f: random.pick(days) for f in self.numbers}
        self.active_after = {}
        self.removed_after = {}
        for item in ITEMS:
            for firm in sorted(self.applications.provided[item]):
                self.active_after[item, firm] = random.between(*DAYS_UNTIL_ACTIVE[item])
        for (item, firm), reason in sorted(self.applications.reason.items()):
            # O§7.3.1: one lost the internet "after a while", repeatedly; the other called on the day after.
            if reason in ("UPSTREAM_CONFLICT", "PARTIAL_TERMINALS_OFFLINE"):
                self.active_after[item, firm] = random.between(*DAYS_UNTIL_ACTIVE[item])
                self.removed_after[item, firm] = random.between(9, 20) if reason == "UPSTREAM_CONFLICT" else 1

    def active_on(self, item, firm):
        return self.ordered_on[firm] + timedelta(self.active_after[item, firm])

    def preflight(self, item, firm):
        """The reason that the survey alone gives to refuse, or None. The README states the same rules."""
        if item == "UTM":
            if firm in self.has_utm:
                return "EXISTING_UTM_FOUND_ON_SITE"
            return "NO_EXECUTIVE_APPROVAL" if firm in self.applications.no_approval else None
        if item == "CLOUD_WAF":
            by_waf = {"ACTIVE": "ALREADY_HAS_WAF", "PRESENT_OFF": "ADVISED_ENABLE_EXISTING"}
            too_risky = self.waf_reason(firm) == "NAMESERVER_CHANGE_TOO_RISKY"
            return by_waf.get(self.waf[firm], "NAMESERVER_CHANGE_TOO_RISKY" if too_risky else None)
        if item == "EDR":
            return None if self.windows[firm] else "UNSUPPORTED_OS_MAC"
        return "NO_CONSENT_FROM_MAINTAINER" if self.consent[firm] == "REFUSED" else None

    def waf_reason(self, firm):
        return self.applications.reason.get(("CLOUD_WAF", firm))

    def outcome(self, item, firm):
        given = self.applications
        key = (item, firm)
        if firm in given.provided[item]:
            agents = {"installed": self.installed[firm], "reporting": self.reporting[firm]} if item == "EDR" else {}
            return row(service=item, provided=True, how_it_happens=given.happening[key],
                       active_after_days=self.active_after[key], **agents)
        found_in, happens = given.found(item, firm)
        return row(service=item, provided=False, reason=given.reason[key], found_in=found_in, how_it_happens=happens,
                   active_after_days=self.active_after.get(key), removed_after_days=self.removed_after.get(key))

    def applicant(self, firm):
        given = self.applications
        return {
            "id": firm_id(firm),
            "name": Row(ja=f"沖縄商事 {firm:03d}", en=f"Okinawa Firm {firm:03d}"),
            "industry": self.industry[firm],
            "employees": self.employees[firm],
            "endpoints": Row(windows=self.windows[firm], mac=self.mac[firm], linux=self.linux[firm]),
            "site": Row(prefecture="47", remote_island=self.island.get(firm, "NONE")),
            "has_av": firm in self.has_av,
            "has_website": firm in self.has_website,
            "has_utm": firm in self.has_utm,
            "waf": self.waf[firm],
            "dns_control": self.dns[firm],
            "domain_shared": self.waf_reason(firm) == "NAMESERVER_CHANGE_TOO_RISKY",
            "subdomain_work_needed": self.waf_reason(firm) == "SUBDOMAIN_REDIRECT_WORK_REFUSED",
            "upstream_maintainer": self.upstream[firm],
            "maintainer_consent": self.consent[firm],
            "executive_approval": firm not in given.no_approval,
            "monthly_traffic_gb": self.traffic[firm],
            "budget_monthly_yen": self.budget[firm],
            "ordered_on": self.ordered_on[firm].isoformat(),
            "applied": Line(given.applied(firm)),
            "outcomes": [self.outcome(item, firm) for item in given.applied(firm)],
        }

    def check(self):
        """Every published total, and that the survey says no exactly where the outcome was found by it."""
        given = self.applications
        for service in ("UTM", "CLOUD_WAF", "EDR"):
            counted = (len(given.provided[service] | given.refused[service]), len(given.refused[service]),
                       len(given.provided[service]))
            assert counted == FUNNEL[service], f"{service}: {counted} is not {FUNNEL[service]}"
        for kind, numbers in DIAGNOSIS_KINDS.items():
            counted = (len(given.provided[kind] | given.refused[kind]), len(given.refused[kind]), len(given.provided[kind]))
            assert counted == numbers, f"{kind}: {counted} is not {numbers}"
        got = given.provided["DIAGNOSIS_WEB"] | given.provided["DIAGNOSIS_PLATFORM"]
        asked = got | given.refused["DIAGNOSIS_WEB"] | given.refused["DIAGNOSIS_PLATFORM"]
        assert (len(asked), len(asked - got), len(got)) == FUNNEL["DIAGNOSIS"], "firms with a diagnosis"
        applied = [{"DIAGNOSIS" if i.startswith("DIAG") else i for i in given.applied(f)} for f in self.numbers]
        assert all(applied) and sum(map(len, applied)) == 203, "203 applications of 116 firms"
        provided = [{"DIAGNOSIS" if i.startswith("DIAG") else i for i in self.provided_items(f)} for f in self.numbers]
        assert sum(map(len, provided)) == 138 and sum(map(bool, provided)) == 102, "138 provided to 102 firms"
        assert sum(self.installed.values()) == EDR_INSTALLED, "agents installed"
        assert sum(self.reporting.values()) == EDR_REPORTING, "agents reporting"
        for item in ITEMS:
            for firm in sorted(given.refused[item]):
                found_in, _ = given.found(item, firm)
                expected = given.reason[item, firm] if found_in == "PREFLIGHT" else None
                assert self.preflight(item, firm) == expected, f"{firm_id(firm)} {item}: survey and outcome differ"
            for firm in sorted(given.provided[item]):
                assert self.preflight(item, firm) is None, f"{firm_id(firm)} {item}: provided though the survey says no"
        assert max(self.active_on(*key) for key in self.active_after) <= date(2020, 12, 31), "active in the pilot"
