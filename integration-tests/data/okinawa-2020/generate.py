#!/usr/bin/env python3
"""Makes the files of this folder, or checks them.

    python3 generate.py           writes the files
    python3 generate.py --check   changes nothing; fails when a file differs or a total is not the report's

Needs Python 3.9 or later and nothing else. The same seed gives the same bytes.
"""

import sys
from pathlib import Path

sys.dont_write_bytecode = True

from generator import comments, contradictions, monitoring, region  # noqa: E402
from generator.applications import Applications  # noqa: E402
from generator.firms import Firms  # noqa: E402
from generator.scenario import Scenario  # noqa: E402
from generator.yaml_text import document  # noqa: E402

SEED = 20200916
HERE = Path(__file__).resolve().parent


def files():
    applications = Applications(SEED)
    firms = Firms(SEED, applications)
    firms.check()
    scenario = Scenario(SEED, firms)
    made = {
        "applicants.yaml": {"firms": [firms.applicant(f) for f in firms.numbers]},
        "fig2-companies.yaml": region.fig2_companies(),
        "utm-alerts.yaml": monitoring.utm_alerts(firms),
        "waf-detections.yaml": monitoring.waf_detections(SEED, firms),
        "edr-verdicts.yaml": monitoring.edr_verdicts(SEED, firms),
        "diagnosis-findings.yaml": monitoring.diagnosis_findings(
            SEED, firms, scenario.paying["EDR_DIAGNOSED"], set(scenario.paying.values())),
        "kumamoto-offline-utm.yaml": region.offline_utms(),
        "kumamoto.yaml": region.kumamoto(),
        "call-centre.yaml": region.call_centre(),
        "recruiting.yaml": region.recruiting(),
        "contradictions.yaml": contradictions.contradictions(),
        "scenario.yaml": scenario.document(),
    }
    assert made.keys() == comments.OF.keys(), "each file has a comment and each comment a file"
    return {name: document(comments.OF[name].format(seed=SEED), value) for name, value in made.items()}


def main(arguments):
    if arguments not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    if not __debug__:
        print("the totals are checked by assertions: run it without -O", file=sys.stderr)
        return 2
    made = files()
    if not arguments:
        for name, text in made.items():
            (HERE / name).write_bytes(text.encode("utf-8"))
        return 0
    differing = [
        name for name, text in made.items()
        if not (HERE / name).is_file() or (HERE / name).read_bytes() != text.encode("utf-8")
    ]
    unknown = sorted(path.name for path in HERE.glob("*.yaml") if path.name not in made)
    for name in differing:
        print(f"{name}: differs from what the generator makes; change the generator and run it", file=sys.stderr)
    for name in unknown:
        print(f"{name}: not made by the generator", file=sys.stderr)
    return 1 if differing or unknown else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
