#!/usr/bin/env python3
"""Compares holidays.csv with two published lists of Japanese national holidays.

    python3 -m venv venv && venv/bin/pip install holidays==0.109 jpholiday==1.0.3
    venv/bin/python core/data/check_holidays.py

Ends with status 1 and the days that differ when the lists disagree. Needed only when the table is
changed; the test suite checks the table against the rules of the law by itself.
"""

import csv
import datetime
import pathlib
import sys

import holidays
import jpholiday

FIRST_YEAR, LAST_YEAR = 2019, 2035


def main() -> int:
    table = pathlib.Path(__file__).with_name("holidays.csv")
    with table.open(encoding="utf-8", newline="") as file:
        ours = {datetime.date.fromisoformat(row["date"]) for row in csv.DictReader(file)}
    years = range(FIRST_YEAR, LAST_YEAR + 1)
    lists = {
        "holidays": set(holidays.Japan(years=years)),
        "jpholiday": {day for year in years for day, _ in jpholiday.year_holidays(year)},
    }
    status = 0
    for name, theirs in lists.items():
        missing, extra = sorted(theirs - ours), sorted(ours - theirs)
        print(f"{name}: {len(theirs)} days, ours {len(ours)}, missing {len(missing)}, extra {len(extra)}")
        for day in missing + extra:
            print(f"  {day}: {'missing here' if day in theirs else 'only here'}")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
