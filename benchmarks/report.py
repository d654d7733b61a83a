"""Write the table: `RESULTS.md` for readers, `.bench/results.json` for programs."""

from __future__ import annotations

import json
import os
import platform
import re
from pathlib import Path

from cases import Profile
from measure import Measured
from rows import Row
from session import Results, Sample
from systems import METAFLOW, STEPWELL

HEAD = """# Benchmarks

Written by `make bench` (profile `{profile}`). The same flows, run by Stepwell {stepwell} and by Metaflow {metaflow},
alternating in one session, each in its own environment. CPU time, memory and files are medians; wall time is the least
of the repeats, as whatever else ran on the machine could only add to it.

| | |
|---|---|
| date | {date} |
| machine | {machine} |
| system | {system} |
| Python | {python} |
| load when it started / ended | {load_before} / {load_after} |

CPU is user and system time of the whole process tree, processes that were detached from it included. Memory is sampled
in runs of their own. "Times better" compares the two on this machine in this session: it is the number to trust, as
the absolute times depend on the machine and on what else runs on it. The budgets are those of the design.

"""


def write_report(path: Path, profile: Profile, results: Results, found: list[Row]) -> None:
    """Write the table to `path` and its raw numbers beside the work folders."""
    head = HEAD.format(
        profile=profile.name,
        stepwell=STEPWELL.version(),
        metaflow=METAFLOW.version(),
        date=results.date,
        machine=_machine(),
        system=f"{platform.system()} {platform.release().split('-')[0]}",
        python=platform.python_version(),
        load_before=f"{results.load[0]:.1f}",
        load_after=f"{results.load[1]:.1f}",
    )
    path.write_text(head + table(found) + _missing(results), encoding="utf-8")


def table(found: list[Row]) -> str:
    """The rows as a Markdown table."""
    lines = [
        "| what | unit | Metaflow | Stepwell | times better | budget | met | notes |",
        "|---|---|--:|--:|--:|--:|---|---|",
    ]
    for row in found:
        ratio = _ratio(row.ratio)
        sign = "≥" if row.more else "≤"
        budget = "" if row.budget is None else f"{sign} {_number(row.budget)}"
        met = {None: "", True: "yes", False: "**no**"}[row.met]
        cells = (row.what, row.unit, _number(row.metaflow), _number(row.stepwell), ratio, budget, met, row.note)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def write_numbers(path: Path, results: Results) -> None:
    """Every sample, unrounded."""
    entries = [
        {
            "case": case,
            "system": system,
            "tasks": results.tasks[case, system],
            "samples": [
                {
                    "wall": s.cost.wall,
                    "cpu": s.cost.cpu,
                    "peak": s.cost.peak,
                    "launcher_peak": s.cost.launcher_peak,
                    "files": s.files,
                    "values": s.cost.values,
                }
                for s in samples
            ],
        }
        for (case, system), samples in results.samples.items()
    ]
    numbers = {"date": results.date, "load": results.load, "cases": entries}
    path.write_text(json.dumps(numbers, indent=1), encoding="utf-8")


def read_numbers(path: Path) -> Results:
    """What `write_numbers` has written."""
    numbers = json.loads(path.read_text(encoding="utf-8"))
    results = Results(date=numbers["date"], load=tuple(numbers["load"]))
    for entry in numbers["cases"]:
        key = entry["case"], entry["system"]
        results.tasks[key] = entry["tasks"]
        samples = [(sample.pop("files"), Measured(**sample)) for sample in entry["samples"]]
        results.samples[key] = [Sample(cost, files) for files, cost in samples]
    return results


def _missing(results: Results) -> str:
    if not results.faults:
        return ""
    lines = [f"* {case} on {system}: {fault.splitlines()[0]}" for (case, system), fault in results.faults.items()]
    return "\nDid not run:\n\n" + "\n".join(lines) + "\n"


def _ratio(ratio: float | None) -> str:
    if ratio is None:
        return ""
    if ratio >= 1000:
        return "over 1,000"
    return f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.1f}"


def _number(number: float | None) -> str:
    if number is None:
        return ""
    if abs(number) >= 100:
        return f"{number:,.0f}"
    return f"{number:.1f}" if abs(number) >= 10 else f"{number:.2f}".rstrip("0").rstrip(".")


def _machine() -> str:
    cpus = re.findall(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} x {cpus[0] if cpus else platform.machine()}, {memory:.0f} GiB"
