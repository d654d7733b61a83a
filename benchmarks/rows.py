"""The rows of the table: what is made of the measured cases, and the budget that each is held against."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from session import Results, Sample

MEGABYTE = 1e6
ARRAY_MB = 2**26 * 8 / MEGABYTE


# A figure for each system by name; None where it was not measured.
Costs = dict[str, float | None]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table. `budget` is for Stepwell; `more` says that more is better."""

    what: str
    unit: str
    costs: Costs
    budget: float | None = None
    more: bool = False
    note: str = ""

    @property
    def stepwell(self) -> float | None:
        return self.costs.get("stepwell")

    @property
    def metaflow(self) -> float | None:
        return self.costs.get("metaflow")

    @property
    def ratio(self) -> float | None:
        """How many times better Stepwell is, or None where one of the two is missing."""
        if not self.stepwell or not self.metaflow or self.stepwell <= 0 or self.metaflow <= 0:
            return None
        return self.stepwell / self.metaflow if self.more else self.metaflow / self.stepwell

    @property
    def met(self) -> bool | None:
        """Whether the budget is kept, or None where there is none or nothing was measured."""
        if self.budget is None or self.stepwell is None:
            return None
        return self.stepwell >= self.budget if self.more else self.stepwell <= self.budget


@dataclass(frozen=True)
class Figure:
    """What is read from a sample, and how one number is made of the repeats.

    CPU time, memory and files are medians. Wall time is the least of the repeats: whatever else runs on the machine can
    only add to it.
    """

    read: Callable[[Sample], float]
    least: bool = False

    def of(self, results: Results, case: str, system: str) -> float | None:
        """The number for one case and system, or None where it was not run."""
        return (results.least if self.least else results.median)(case, system, self.read)


WALL = Figure(lambda sample: sample.cost.wall * 1000, least=True)
CPU = Figure(lambda sample: sample.cost.cpu * 1000)
PEAK = Figure(lambda sample: sample.cost.peak / MEGABYTE)
LAUNCHER_PEAK = Figure(lambda sample: sample.cost.launcher_peak / MEGABYTE)
FILES = Figure(lambda sample: sample.files)


def printed(name: str, scale: float = 1.0) -> Figure:
    """A number that the measured program printed itself."""
    return Figure(lambda sample: sample.cost.values[name] * scale, least=not name.endswith("cpu"))


def rows(results: Results) -> list[Row]:
    """Every row, in the order of the table."""
    return [
        *_starts(results),
        *_per_task(results),
        *_memory(results),
        *_array(results),
        *_resume_and_list(results),
        *_long(results),
    ]


def _pair(results: Results, case: str, read: Figure) -> Costs:
    return {system: read.of(results, case, system) for system in ("stepwell", "metaflow")}


def _slope(results: Results, few: str, many: str, read: Figure) -> Costs:
    """The cost of one more task: the difference of two cases by the difference of their numbers of tasks."""
    slopes: Costs = {}
    for system in ("stepwell", "metaflow"):
        more = results.tasks.get((many, system), 0) - results.tasks.get((few, system), 0)
        slopes[system] = _difference(read.of(results, many, system), read.of(results, few, system), more)
    return slopes


def _difference(high: float | None, low: float | None, parts: int) -> float | None:
    return None if high is None or low is None or not parts else (high - low) / parts


def _starts(results: Results) -> list[Row]:
    found = [
        Row(what="a bare `python -c pass`, for scale", unit="ms wall", costs=_pair(results, "python", WALL)),
        Row(
            what="import of what a flow file imports",
            unit="ms wall",
            budget=60,
            note="in the process, without the start of Python",
            costs=_pair(results, "import", printed("wall", 1000)),
        ),
        Row(what="the same", unit="ms CPU", costs=_pair(results, "import", printed("cpu", 1000))),
    ]
    for case, what, budget in (
        ("help", "`flow.py --help`", 150.0),
        ("show", "`flow.py show`", 150.0),
        ("run", "`run` of start → end", 250.0),
    ):
        found.append(Row(what=what, unit="ms wall", budget=budget, costs=_pair(results, case, WALL)))
        found.append(Row(what="the same", unit="ms CPU", costs=_pair(results, case, CPU)))
    for read, unit, limit in ((WALL, "ms wall", 10.0), (CPU, "ms CPU", None)):
        short, long = _pair(results, "run", read), _pair(results, "chain", read)
        step = {name: _difference(long[name], short[name], 10) for name in short}
        found.append(
            Row(
                what="one more step in a chain" if limit else "the same",
                unit=unit,
                budget=limit,
                note="(12 steps - 2 steps) / 10",
                costs=step,
            )
        )
    return found


def _per_task(results: Results) -> list[Row]:
    sizes = _sizes(results, "foreach-n")
    with_numpy = _sizes(results, "numpy-n")
    return [
        Row(
            what="one no-op foreach task",
            unit="ms CPU",
            budget=6,
            note=sizes,
            costs=_slope(results, "foreach-1", "foreach-n", CPU),
        ),
        Row(
            what="the same", unit="ms wall", note="two at a time", costs=_slope(results, "foreach-1", "foreach-n", WALL)
        ),
        Row(
            what="one repetition of a no-op step (a switch that leads back to it)",
            unit="ms CPU",
            note=f"to be held against a step in a chain; {_sizes(results, 'repeat-n')}",
            costs=_slope(results, "repeat-1", "repeat-n", CPU),
        ),
        Row(
            what="the same",
            unit="ms wall",
            budget=10,
            note="one after another",
            costs=_slope(results, "repeat-1", "repeat-n", WALL),
        ),
        Row(
            what="one no-op task of a gang",
            unit="ms CPU",
            note=f"to be held against a foreach task; {_sizes(results, 'gang-n')}",
            costs=_slope(results, "gang-1", "gang-n", CPU),
        ),
        Row(
            what="one no-op foreach task, numpy and pandas imported by the flow",
            unit="ms CPU",
            budget=18,
            note=with_numpy,
            costs=_slope(results, "numpy-1", "numpy-n", CPU),
        ),
        Row(what="the same", unit="ms wall", note="two at a time", costs=_slope(results, "numpy-1", "numpy-n", WALL)),
        Row(
            what="files and folders written per trivial task",
            unit="files",
            budget=3,
            note=sizes,
            costs=_slope(results, "foreach-1", "foreach-n", FILES),
        ),
    ]


def _memory(results: Results) -> list[Row]:
    return [
        Row(
            what="peak memory of `run` of start → end",
            unit="MB",
            note="proportional set sizes of the whole tree",
            costs=_pair(results, "run-memory", PEAK),
        ),
        Row(
            what="peak memory of the no-op foreach",
            unit="MB",
            note=_sizes(results, "foreach-memory"),
            costs=_pair(results, "foreach-memory", PEAK),
        ),
    ]


def _array(results: Results) -> list[Row]:
    # The least of the repeats: on a virtual machine, memory that the host has not given yet costs a second for each
    # 512 MB, at whoever touches it first, and that is not the system's doing.
    least_cpu = Figure(CPU.read, least=True)
    speeds: Costs = {}
    for system in ("stepwell", "metaflow"):
        more = _difference(least_cpu.of(results, "array-kept", system), least_cpu.of(results, "array-none", system), 1)
        # A difference within the noise says only "faster than can be seen".
        speeds[system] = None if more is None else ARRAY_MB / (max(more, 10) / 1000)
    return [
        Row(
            what="persist a 512 MB array",
            unit="MB per CPU-second",
            budget=1000,
            more=True,
            note="CPU of a run that keeps it less that of one that does not; least of the repeats",
            costs=speeds,
        ),
        Row(
            what="the first use of it in the next step",
            unit="ms wall",
            budget=20,
            costs=_pair(results, "array-kept", printed("first_use_seconds", 1000)),
        ),
    ]


def _resume_and_list(results: Results) -> list[Row]:
    tasks = {system: results.tasks.get(("list", system)) or 1 for system in ("stepwell", "metaflow")}
    found = [
        Row(
            what="`resume` of a foreach of 500 that failed at its join",
            unit="ms wall",
            budget=300,
            note=_sizes(results, "resume"),
            costs=_scaled(results, "resume", WALL, 500),
        ),
        Row(what="the same", unit="ms CPU", note=_sizes(results, "resume"), costs=_scaled(results, "resume", CPU, 500)),
    ]
    for name, what, budget in (
        ("list", "list 10,000 tasks with their states", 200.0),
        ("values", "load the small artifact of each of 10,000 tasks", None),
    ):
        for kind in ("wall", "cpu"):
            scaled = {
                system: None if cost is None else cost * 10_000 / tasks[system]
                for system, cost in _pair(results, "list", printed(f"{name}_{kind}", 1000)).items()
            }
            found.append(
                Row(
                    what=what if kind == "wall" else "the same",
                    unit=f"ms {kind if kind == 'wall' else 'CPU'}",
                    budget=budget if kind == "wall" else None,
                    note=f"client API, in the process; {_sizes(results, 'list')}",
                    costs=scaled,
                )
            )
    return found


def _scaled(results: Results, case: str, read: Figure, to: int) -> Costs:
    """Metaflow's cost above that of a bare start → end run, scaled to `to` tasks. Stepwell's is never scaled."""
    costs = _pair(results, case, read)
    tasks = results.tasks.get((case, "metaflow"), to)
    cost, base = costs["metaflow"], read.of(results, "run", "metaflow")
    if cost is not None and base is not None and tasks != to:
        costs["metaflow"] = base + max(cost - base, 0) * to / tasks
    return costs


def _long(results: Results) -> list[Row]:
    found = []
    base = CPU.of(results, "foreach-1", "stepwell")
    for (case, system), tasks in sorted(results.tasks.items(), key=lambda item: item[1]):
        if not case.startswith("long-") or system != "stepwell" or base is None:
            continue
        total = CPU.of(results, case, system)
        elapsed = WALL.of(results, case, system)
        peak = LAUNCHER_PEAK.of(results, case, system)
        if total is None or elapsed is None:
            continue
        found += [
            Row(
                what=f"foreach of {tasks:,} tasks: one task",
                unit="ms CPU",
                budget=6,
                costs={"stepwell": (total - base) / tasks},
                note=f"{elapsed / 1000:.0f} s in all",
            ),
            Row(
                what=f"foreach of {tasks:,} tasks: peak memory of the run's own process",
                unit="MB",
                budget=300,
                costs={"stepwell": peak},
            ),
        ]
    return found


def _sizes(results: Results, case: str) -> str:
    stepwell, metaflow = (results.tasks.get((case, system), 0) for system in ("stepwell", "metaflow"))
    if not metaflow or stepwell == metaflow:
        return f"{stepwell:,} tasks"
    return f"{stepwell:,} tasks; Metaflow {metaflow:,}, scaled"
