"""What stands at the head of each file: where its columns come from."""

GENERATED = "\n\nMade by generate.py (seed {seed}); do not edit. Keys and codes: README.md."

OF = {
    "applicants.yaml": """The 116 firms that applied in Okinawa, and what became of each application.

published: the totals of each service (O-tab 3, 7, 10, 12, 13), 523 and 521 endpoints (O§7.3.3), the list of reasons
  (O§3.5, §7.3), one removal each for UPSTREAM_CONFLICT and PARTIAL_TERMINALS_OFFLINE, the latter on the day after
  (O§7.3.1), the industry of the fifteen firms with a UTM (O-tab 8), two firms from each island (O-tab 4)
derived: that 16 firms asked for both diagnoses and 9 got both; that 12 firms never had a UTM installed
generated: everything else, from published distributions where there are any (README.md names them)""",
    "fig2-companies.yaml": """The four companies of O-fig 2: what they have, and what they are to be offered.

published: has_av, has_website, has_utm, expected
derived: expected_diagnosis (no website, no web diagnosis), expected prices (O§9.2, tax excluded)
generated: everything else; the least profile that can be quoted""",
    "utm-alerts.yaml": """Alerts of the fifteen firms with a UTM (O-tab 8).

published: row, industry, alerts; that all were blocked, none was an incident, and OTHER was over-detection (O§7.3.1)
derived: totals, verdicts
generated: firm (which firm of applicants.yaml is which row), watched_from, watched_until""",
    "waf-detections.yaml": """Detections of the cloud WAF (O-tab 11).

published: policies, n_total_in_text; that scanning is reconnaissance and that every site was attacked (O§7.3.2)
derived: n_total_of_rows; it is not the total in the text (C-3)
generated: firms (their shares make n_total_of_rows)""",
    "edr-verdicts.yaml": """Verdicts of the light EDR (O§7.3.3).

published: n_installed, n_reporting, verdicts, n_reviewed, n_false_positive, n_infected, the five reasons
generated: endpoints by reason, firms""",
    "diagnosis-findings.yaml": """Findings of the diagnoses (O-tab 15, 16).

published: findings, n_firms_by_worst_severity, n_firms_diagnosed (O-tab 13)
derived: n_findings
generated: firms. The platform rows make 24 firms of 23 (C-7); firms has one LOW less.""",
    "kumamoto-offline-utm.yaml": """Kumamoto's three UTMs that were offline for 24 hours and the calls about them (N§3.8).

published: that there were three calls; the limit of 24 hours; the hours of mail and telephone (N§2.5)
generated: everything else. boundary_cases did not happen: they show both sides of each limit.""",
    "kumamoto.yaml": """Kumamoto's 105 participants, as counts only (N-fig 3 to 6), and the damage that they assume (N-fig 38).

published: permille and percent, n_answers, median_yen, n_paid_after_trial (N§5.2)
derived: firms (the only counts of 105 that print as these percentages)""",
    "call-centre.yaml": """Calls and visits (O-tab 17, N§3.8).

published: everything. Okinawa's totals are as printed and are not the sums of the rows (C-4).""",
    "recruiting.yaml": """How the firms were found (O§4, O-tab 3, 4, 5; N§2.4, §3.1, §3.2, §3.8, §5.2).

published: everything. Odd numbers of persons are as printed (C-8).""",
    "contradictions.yaml": """What the reports say that does not fit together, C-1 to C-16.

published: values
derived: left and right of each check use published values, and differences that the check's name gives
holds: what the numbers give; a check that does not hold is the contradiction, one that holds explains it""",
    "scenario.yaml": """The demo's year.

published: trial dates and kumamoto_usable_until (N§1.2.1), recruiting and results meeting (O§4.4.1, §6.1), 102, 105 and
  53 firms, prices (O§9.2). "A few" of Okinawa's firms go on (O§9.2).
assumed: that Okinawa's trial has Kumamoto's dates, paid_from, the insurer, cover_terms, conditions, exclusions,
  heavy_claim
generated: converted (six firms, one for each shape of bundle)
what-if: claims; neither pilot had a loss""",
}
OF = {name: text + GENERATED for name, text in OF.items()}
