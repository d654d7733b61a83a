"""Compare Stepwell with Metaflow and write `benchmarks/RESULTS.md`: `make bench`, or `python benchmarks/run.py --help`.

Linux only: memory and CPU time of a tree of processes are read from /proc.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path

from cases import FULL, QUICK, cases
from report import read_numbers, table, write_numbers, write_report
from rows import rows
from session import run_session
from systems import ROOM, set_up


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few repeats and small sizes: to try the suite out")
    parser.add_argument("--long", action="store_true", help="also a foreach of 1,000, 10,000 and 100,000 tasks")
    parser.add_argument("--only", action="append", metavar="CASE", help="run these cases only; may be repeated")
    parser.add_argument("--skip", action="append", default=[], choices=["stepwell", "metaflow"], help="leave one out")
    parser.add_argument("--keep", action="store_true", help="keep the folders of the runs under .bench/work")
    parser.add_argument("--no-set-up", action="store_true", help="use the environments as they are")
    parser.add_argument("--output", type=Path, help="default: RESULTS.md for a whole run, nothing for a part of it")
    parser.add_argument("--last", action="store_true", help="run nothing: write the table of the last session again")
    options = parser.parse_args()

    profile = QUICK if options.quick else FULL
    if options.long:
        profile = dataclasses.replace(profile, long=(1_000, 10_000, 100_000))
    if not (options.no_set_up or options.last):
        set_up()
    chosen = [case for case in cases(profile) if not options.only or case.name in options.only]
    if "stepwell" in options.skip:
        chosen = [dataclasses.replace(case, stepwell=None) for case in chosen]
    if "metaflow" in options.skip:
        chosen = [dataclasses.replace(case, metaflow=None) for case in chosen]
    chosen = [case for case in chosen if case.stepwell or case.metaflow]

    results = read_numbers(ROOM / "results.json") if options.last else run_session(chosen, keep=options.keep)
    found = [row for row in rows(results) if row.stepwell is not None or row.metaflow is not None]
    print(table(found))
    if not options.last:
        write_numbers(ROOM / "results.json", results)
    whole = not (options.only or options.skip or options.quick)
    output = options.output or (Path(__file__).parent / "RESULTS.md" if whole else None)
    if output:
        write_report(output, profile, results, found)
        print(f"written to {output}", file=sys.stderr)
    return 1 if results.faults else 0


if __name__ == "__main__":
    sys.exit(main())
