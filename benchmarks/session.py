"""Run the cases of a profile on both systems, alternating, and keep what each run cost."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from cases import METAFLOW_ONLY, Case
from measure import Measured, become_reaper, files_below, measure
from systems import METAFLOW, ROOM, STEPWELL, System


@dataclass(frozen=True)
class Sample:
    """One measured run, and the number of files in its folder afterwards."""

    cost: Measured
    files: int


@dataclass
class Results:
    """All samples of a session, by case and system."""

    samples: dict[tuple[str, str], list[Sample]] = field(default_factory=dict)
    tasks: dict[tuple[str, str], int] = field(default_factory=dict)
    faults: dict[tuple[str, str], str] = field(default_factory=dict)
    date: str = ""
    load: tuple[float, float] = (0.0, 0.0)

    def median(self, case: str, system: str, read: Callable[[Sample], float]) -> float | None:
        """The median over the repeats, or None where the case did not run on that system."""
        samples = self.samples.get((case, system))
        return statistics.median(map(read, samples)) if samples else None

    def least(self, case: str, system: str, read: Callable[[Sample], float]) -> float | None:
        """The least over the repeats, or None where the case did not run on that system."""
        samples = self.samples.get((case, system))
        return min(map(read, samples)) if samples else None


def run_session(cases: list[Case], keep: bool = False) -> Results:
    """Run everything. A case that fails is reported and leaves its rows empty; the others go on."""
    become_reaper()
    results = Results(date=dt.datetime.now(dt.UTC).strftime("%Y-%m-%d"))
    load = os.getloadavg()[0]
    for case in cases:
        sides = [(system, side) for system, side in ((STEPWELL, case.stepwell), (METAFLOW, case.metaflow)) if side]
        for system, side in sides:
            results.tasks[case.name, system.name] = side.tasks
        prepared: dict[str, Path] = {}
        for repeat in range(max(side.repeats for _, side in sides)):
            for system, side in sides:
                key = case.name, system.name
                if repeat >= side.repeats or key in results.faults:
                    continue
                try:
                    sample = _run_once(case, system, side.tasks, repeat, prepared)
                except RuntimeError as fault:
                    results.faults[key] = str(fault)
                    print(f"{case.name} on {system.name} FAILED\n{fault}", file=sys.stderr)
                    continue
                results.samples.setdefault(key, []).append(sample)
                if not (keep or case.script):
                    # What it wrote leaves the page cache with it, so that the next repeat finds the machine as it was.
                    shutil.rmtree(_folder(case, system, repeat))
                cost = sample.cost
                print(
                    f"{case.name:<15} {system.name:<9} wall {cost.wall:8.3f} s  cpu {cost.cpu:8.3f} s", file=sys.stderr
                )
        if not keep:
            shutil.rmtree(ROOM / "work" / case.name, ignore_errors=True)
    results.load = load, os.getloadavg()[0]
    return results


def _run_once(case: Case, system: System, tasks: int, repeat: int, prepared: dict[str, Path]) -> Sample:
    folder = _folder(case, system, repeat)
    # A script that only reads is run again on what the first repeat prepared.
    reuse = case.script is not None and system.name in prepared
    folder = prepared[system.name] if reuse else folder
    if not reuse:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        prepared[system.name] = folder
        if case.flow:
            system.copy_flow(case.flow, folder)
        if case.before:
            measure(
                _command(case, system, case.before, tasks),
                cwd=folder,
                environment=system.variables(case.before_environment),
                expect=None if case.before_fails else 0,
            )
    if case.script:
        command = [system.python, str(system.copy_flow(case.script, folder))]
    else:
        command = _command(case, system, case.arguments, tasks)
    cost = measure(command, cwd=folder, environment=system.variables(case.environment), sample=case.sample_memory)
    return Sample(cost, files_below(folder))


def _folder(case: Case, system: System, repeat: int) -> Path:
    return ROOM / "work" / case.name / f"{system.name}-{repeat}"


def _command(case: Case, system: System, arguments: tuple[str, ...], tasks: int) -> list[str]:
    given = [argument.format(tasks=tasks) for argument in arguments]
    if system is METAFLOW and "--tasks" in (*arguments, *case.before):
        given += METAFLOW_ONLY
    return [system.python, *([case.flow] if case.flow else []), *given]
