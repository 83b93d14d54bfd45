"""Who applied for what, and what became of it, so that every total of O-tab 3, 7, 10, 12 and 13 is met."""

from .published import DIAGNOSIS_KINDS, FIRMS_APPLIED, FIRMS_PROVIDED, FUNNEL
from .random_source import RandomSource

# Services in the order in which a firm's row lists them.
ITEMS = ["UTM", "CLOUD_WAF", "EDR", "DIAGNOSIS_WEB", "DIAGNOSIS_PLATFORM"]

# reason -> (where it is found, how the provider simulation makes it happen); O§3.5, §7.3.
REASONS = {
    "UTM": {
        "EXISTING_UTM_FOUND_ON_SITE": ("PROVISIONING", "EXISTING_DEVICE_ON_SITE"),
        "SCHEDULE_NOT_FIXED": ("PROVISIONING", "VISIT_NEVER_SCHEDULED"),
        "VISIT_REFUSED_COVID": ("PROVISIONING", "VISIT_REFUSED"),
        "NO_EXECUTIVE_APPROVAL": ("PREFLIGHT", "REFUSED_AT_PREFLIGHT"),
        "UPSTREAM_CONFLICT": ("AFTER_INSTALL", "INTERNET_LOST_AFTER_INSTALL"),
        "PARTIAL_TERMINALS_OFFLINE": ("AFTER_INSTALL", "TERMINALS_OFFLINE_AFTER_INSTALL"),
    },
    "CLOUD_WAF": {
        "ALREADY_HAS_WAF": ("PREFLIGHT", "REFUSED_AT_PREFLIGHT"),
        "ADVISED_ENABLE_EXISTING": ("PREFLIGHT", "REFUSED_AT_PREFLIGHT"),
        "NAMESERVER_CHANGE_TOO_RISKY": ("PREFLIGHT", "REFUSED_AT_PREFLIGHT"),
        "USER_DID_NOT_DO_DNS": ("PROVISIONING", "CUSTOMER_NEVER_ACTS"),
        "MISCONFIG_ROLLED_BACK": ("PROVISIONING", "CUSTOMER_ROLLS_BACK"),
        "SUBDOMAIN_REDIRECT_WORK_REFUSED": ("PROVISIONING", "THIRD_PARTY_REFUSES"),
    },
    "EDR": {
        "UNSUPPORTED_OS_MAC": ("PREFLIGHT", "REFUSED_AT_PREFLIGHT"),
        "AGENT_NOT_INSTALLED_BY_USER": ("PROVISIONING", "CUSTOMER_NEVER_ACTS"),
        "INSTALL_FAILED_NO_INFO": ("PROVISIONING", "INSTALL_FAILS"),
    },
    "DIAGNOSIS_WEB": {
        "NO_CONSENT_FROM_MAINTAINER": ("PREFLIGHT", "REFUSED_AT_PREFLIGHT"),
        "NO_LOGIN_INFO": ("PROVISIONING", "CUSTOMER_NEVER_ACTS"),
        "TARGET_SITE_NOT_BUILT_IN_PERIOD": ("PROVISIONING", "SITE_NOT_READY"),
    },
    "DIAGNOSIS_PLATFORM": {
        "NO_CONSENT_FROM_MAINTAINER": ("PREFLIGHT", "REFUSED_AT_PREFLIGHT"),
        "NO_LOGIN_INFO": ("PROVISIONING", "CUSTOMER_NEVER_ACTS"),
    },
}
# Of the consents that are missing so many are not refused: the maintainer never answers, which only waiting shows.
N_CONSENTS_NEVER_ANSWERED = 2
CONSENT_NEVER_ANSWERED = ("PROVISIONING", "CUSTOMER_NEVER_ACTS")

# The reports list reasons without counts. What O-tab 18 names as the trouble with a service weighs more.
HEAVY_REASONS = {"USER_DID_NOT_DO_DNS": 4, "AGENT_NOT_INSTALLED_BY_USER": 3, "NO_CONSENT_FROM_MAINTAINER": 4}

# Published as single cases (O§7.3.1): one removal each. Assumed: two firms without approval (O only lists the reason).
UTM_FIXED = {"UPSTREAM_CONFLICT": 1, "PARTIAL_TERMINALS_OFFLINE": 1, "NO_EXECUTIVE_APPROVAL": 2}

# Of those provided, so many did not go smoothly. Generated; the first is published as "some firms" (O§7.3.2).
NOT_SMOOTH = {
    "UTM": {"SLOW_PROVIDER": 2, "FAILS_ONCE": 1, "DUPLICATE_CALLBACK": 1, "OUTCOME_UNKNOWN_ONCE": 1},
    "CLOUD_WAF": {"OPERATOR_CHANGES_DNS": 2, "CUSTOMER_ACTS_LATE": 2},
    "EDR": {"CUSTOMER_ACTS_LATE": 9, "SLOW_PROVIDER": 3, "FAILS_ONCE": 2, "DUPLICATE_CALLBACK": 3,
            "OUTCOME_UNKNOWN_ONCE": 1},
    "DIAGNOSIS_WEB": {"CUSTOMER_ACTS_LATE": 4, "FAILS_ONCE": 1},
    "DIAGNOSIS_PLATFORM": {"CUSTOMER_ACTS_LATE": 3, "DUPLICATE_CALLBACK": 1},
}


class Applications:
    """provided[item] and refused[item] are sets of firm numbers; reasons and happenings are by (item, firm)."""

    def __init__(self, seed):
        random = RandomSource(seed, "applications")
        self.provided = {item: set() for item in ITEMS}
        self.refused = {item: set() for item in ITEMS}
        self.reason = {}
        self.happening = {}
        self._draw_provided(random)
        self._draw_refused(random)
        self._draw_reasons(RandomSource(seed, "reasons"))
        self._draw_happenings(RandomSource(seed, "happenings"))

    def applied(self, firm):
        return [item for item in ITEMS if firm in self.provided[item] or firm in self.refused[item]]

    def _draw_provided(self, random):
        everybody = random.shuffled(range(1, FIRMS_APPLIED + 1))
        self.served = everybody[:FIRMS_PROVIDED]
        self.unserved = sorted(everybody[FIRMS_PROVIDED:])
        n = {service: numbers[2] for service, numbers in FUNNEL.items()}
        with_edr, without_edr = self.served[: n["EDR"]], self.served[n["EDR"] :]
        # Every served firm without EDR gets exactly one of the others; what is left goes to firms with EDR.
        alone = {"DIAGNOSIS": without_edr[:24], "UTM": without_edr[24:31], "CLOUD_WAF": without_edr[31:]}
        # The first has the whole bundle (359,000 yen in the first year, just under 30,000 a month).
        self.whole_bundle = with_edr[0]
        rest = {service: random.shuffled(with_edr[1:]) for service in alone}
        got = {
            service: alone[service] + [self.whole_bundle] + rest[service][: n[service] - len(alone[service]) - 1]
            for service in alone
        }
        self.provided["EDR"] = set(with_edr)
        self.provided["UTM"] = set(got["UTM"])
        self.provided["CLOUD_WAF"] = set(got["CLOUD_WAF"])
        self.diagnosed = [self.whole_bundle] + random.shuffled(f for f in got["DIAGNOSIS"] if f != self.whole_bundle)

    def _draw_refused(self, random):
        kinds = iter(self.unserved_in_random_order(random))
        # First application of the fourteen firms that got nothing.
        self.no_approval = [next(kinds) for _ in range(UTM_FIXED["NO_EXECUTIVE_APPROVAL"])]
        first = {"EDR": [next(kinds) for _ in range(6)], "CLOUD_WAF": [next(kinds) for _ in range(3)]}
        first["DIAGNOSIS"] = list(kinds)
        first["UTM"] = self.no_approval
        others = [firm for firm in range(1, FIRMS_APPLIED + 1) if firm not in self.no_approval]
        diagnosed = set(self.diagnosed)
        for service in ["UTM", "CLOUD_WAF", "EDR"]:
            free = [f for f in others if f not in self.provided[service] and f not in first[service]]
            self.refused[service] = set(first[service] + random.shuffled(free)[: FUNNEL[service][1] - len(first[service])])
        free = [f for f in others if f not in diagnosed and f not in first["DIAGNOSIS"]]
        undiagnosed = first["DIAGNOSIS"] + random.shuffled(free)[: FUNNEL["DIAGNOSIS"][1] - len(first["DIAGNOSIS"])]
        self._draw_diagnosis_kinds(random.shuffled(undiagnosed))

    def unserved_in_random_order(self, random):
        return random.shuffled(self.unserved)

    def _draw_diagnosis_kinds(self, undiagnosed):
        """45 + 31 applications of 60 firms: 16 firms asked for both. 33 + 23 of 47 provided: 9 firms got both."""
        both_asked = sum(numbers[0] for numbers in DIAGNOSIS_KINDS.values()) - FUNNEL["DIAGNOSIS"][0]
        both_got = sum(numbers[2] for numbers in DIAGNOSIS_KINDS.values()) - FUNNEL["DIAGNOSIS"][2]
        half_web, half_platform = 3, 2  # asked for both, got one: generated
        neither = both_asked - both_got - half_web - half_platform
        got = iter(self.diagnosed)

        def take(count, source):
            return {next(source) for _ in range(count)}

        both = take(both_got, got)
        web_not_platform = take(half_web, got)
        platform_not_web = take(half_platform, got)
        web_only = take(DIAGNOSIS_KINDS["DIAGNOSIS_WEB"][2] - both_got - half_web, got)
        platform_only = set(got)
        failed = iter(undiagnosed)
        both_failed = take(neither, failed)
        web_failed = take(DIAGNOSIS_KINDS["DIAGNOSIS_WEB"][1] - neither - half_platform, failed)
        platform_failed = set(failed)
        self.provided["DIAGNOSIS_WEB"] = both | web_not_platform | web_only
        self.provided["DIAGNOSIS_PLATFORM"] = both | platform_not_web | platform_only
        self.refused["DIAGNOSIS_WEB"] = both_failed | web_failed | platform_not_web
        self.refused["DIAGNOSIS_PLATFORM"] = both_failed | platform_failed | web_not_platform

    def _draw_reasons(self, random):
        """Each reason of a service is drawn at least once, the rest by weight."""
        for item in ["UTM", "CLOUD_WAF", "EDR"]:
            fixed = UTM_FIXED if item == "UTM" else {}
            open_reasons = [reason for reason in REASONS[item] if reason not in fixed]
            firms = random.shuffled(sorted(self.refused[item] - set(self.no_approval)))
            drawn = [reason for reason, count in fixed.items() if reason != "NO_EXECUTIVE_APPROVAL" for _ in range(count)]
            weights = [HEAVY_REASONS.get(reason, 1) for reason in open_reasons]
            counts = random.split(len(firms) - len(drawn), weights, least=1)
            drawn += [reason for reason, count in zip(open_reasons, counts) for _ in range(count)]
            for firm, reason in zip(firms, drawn):
                self.reason[item, firm] = reason
        for firm in self.no_approval:
            self.reason["UTM", firm] = "NO_EXECUTIVE_APPROVAL"
        self._draw_diagnosis_reasons(random)

    def _draw_diagnosis_reasons(self, random):
        """One reason for a firm: a maintainer that refuses, refuses both kinds."""
        web, platform = self.refused["DIAGNOSIS_WEB"], self.refused["DIAGNOSIS_PLATFORM"]
        got_one = (web | platform) & (self.provided["DIAGNOSIS_WEB"] | self.provided["DIAGNOSIS_PLATFORM"])
        for firm in random.shuffled(sorted(got_one)):
            self.reason["DIAGNOSIS_WEB" if firm in web else "DIAGNOSIS_PLATFORM", firm] = "NO_LOGIN_INFO"
        both, alone = sorted(web & platform), sorted((web ^ platform) - got_one)
        must_have = iter(["TARGET_SITE_NOT_BUILT_IN_PERIOD", "NO_CONSENT_FROM_MAINTAINER", "NO_LOGIN_INFO"])
        for firm in random.shuffled(firm for firm in alone if firm in web):
            reasons = [(reason, HEAVY_REASONS.get(reason, 1)) for reason in REASONS["DIAGNOSIS_WEB"]]
            self.reason["DIAGNOSIS_WEB", firm] = next(must_have, None) or random.pick_weighted(reasons)
        reasons = [(reason, HEAVY_REASONS.get(reason, 1)) for reason in REASONS["DIAGNOSIS_PLATFORM"]]
        for firm in both + [firm for firm in alone if firm in platform]:
            reason = random.pick_weighted(reasons)
            for item in ("DIAGNOSIS_WEB", "DIAGNOSIS_PLATFORM"):
                if firm in self.refused[item]:
                    self.reason[item, firm] = reason
        asked = sorted({f for (_, f), reason in self.reason.items() if reason == "NO_CONSENT_FROM_MAINTAINER"})
        self.unanswered = set(random.shuffled(asked)[:N_CONSENTS_NEVER_ANSWERED])

    def _draw_happenings(self, random):
        for item in ITEMS:
            firms = random.shuffled(sorted(self.provided[item]))
            words = [word for word, count in NOT_SMOOTH[item].items() for _ in range(count)]
            for position, firm in enumerate(firms):
                self.happening[item, firm] = words[position] if position < len(words) else "NORMAL"

    def found(self, item, firm):
        """(where it is found, how it happens) of something that was not provided."""
        if self.reason[item, firm] == "NO_CONSENT_FROM_MAINTAINER" and firm in self.unanswered:
            return CONSENT_NEVER_ANSWERED
        return REASONS[item][self.reason[item, firm]]
