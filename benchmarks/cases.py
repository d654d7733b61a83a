"""What is run: each case is one command on one flow, with sizes and repeats for each system.

A size that differs between the systems is one that would take Metaflow too long; the rows that use such a case divide
by the number of tasks.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Side:
    """How one system runs a case. No side at all means that the case is left out for that system."""

    repeats: int
    tasks: int = 0


@dataclass(frozen=True, kw_only=True)
class Case:
    """One command. `{tasks}` in its arguments is replaced by the side's number of tasks."""

    name: str
    flow: str | None = None
    arguments: tuple[str, ...] = ()
    stepwell: Side | None = None
    metaflow: Side | None = None
    environment: dict[str, str] = field(default_factory=dict)
    # Arguments and environment of a command that is run first, in the same folder, and not measured.
    before: tuple[str, ...] = ()
    before_environment: dict[str, str] = field(default_factory=dict)
    before_fails: bool = False
    # Run this script of flows/ in place of the flow as the measured command, after `before`.
    script: str | None = None
    sample_memory: bool = False


# Both systems run as many tasks at a time as the machines at hand have cores.
FOREACH = ("run", "--max-workers", "2", "--tasks", "{tasks}")
TASKS = ("run", "--tasks", "{tasks}")
# It refuses a foreach of more than 100 otherwise.
METAFLOW_ONLY = ("--max-num-splits", "1000000")


@dataclass(frozen=True, kw_only=True)
class Profile:
    """How much is run. `quick` is for trying the suite out; its table says so."""

    name: str
    repeats: int
    foreach: Side
    foreach_metaflow: Side
    gang: Side
    numpy: Side
    numpy_metaflow: Side
    resume: Side
    resume_metaflow: Side
    listed: Side
    listed_metaflow: Side
    array: Side
    array_metaflow: Side
    long: tuple[int, ...] = ()


QUICK = Profile(
    name="quick",
    repeats=3,
    foreach=Side(repeats=2, tasks=100),
    foreach_metaflow=Side(repeats=1, tasks=10),
    gang=Side(repeats=2, tasks=50),
    numpy=Side(repeats=2, tasks=50),
    numpy_metaflow=Side(repeats=1, tasks=5),
    resume=Side(repeats=2, tasks=500),
    resume_metaflow=Side(repeats=1, tasks=20),
    listed=Side(repeats=2, tasks=2000),
    listed_metaflow=Side(repeats=1, tasks=20),
    array=Side(repeats=2),
    array_metaflow=Side(repeats=1),
)
FULL = Profile(
    name="full",
    repeats=7,
    foreach=Side(repeats=5, tasks=500),
    foreach_metaflow=Side(repeats=3, tasks=20),
    gang=Side(repeats=5, tasks=100),
    numpy=Side(repeats=5, tasks=200),
    numpy_metaflow=Side(repeats=2, tasks=10),
    resume=Side(repeats=5, tasks=500),
    resume_metaflow=Side(repeats=1, tasks=500),
    listed=Side(repeats=5, tasks=10_000),
    listed_metaflow=Side(repeats=1, tasks=500),
    array=Side(repeats=7),
    array_metaflow=Side(repeats=1),
)


def cases(profile: Profile) -> list[Case]:
    """Every case of a profile, in the order in which they run."""
    many = Side(repeats=profile.repeats)
    one, one_metaflow = (Side(repeats=side.repeats, tasks=1) for side in (profile.foreach, profile.foreach_metaflow))
    fail = {"BENCH_FAIL": "1"}
    found = [
        Case(name="python", arguments=("-c", "pass"), stepwell=many, metaflow=many),
        Case(name="import", script="import_package.py", stepwell=many, metaflow=many),
        Case(name="help", flow="start_end.py", arguments=("--help",), stepwell=many, metaflow=many),
        Case(name="show", flow="start_end.py", arguments=("show",), stepwell=many, metaflow=many),
        Case(name="run", flow="start_end.py", arguments=("run",), stepwell=many, metaflow=many),
        Case(
            name="run-memory", flow="start_end.py", arguments=("run",), sample_memory=True, stepwell=many, metaflow=many
        ),
        Case(name="chain", flow="chain.py", arguments=("run",), stepwell=many, metaflow=many),
        Case(name="foreach-1", flow="foreach.py", arguments=FOREACH, stepwell=one, metaflow=one_metaflow),
        Case(
            name="foreach-n",
            flow="foreach.py",
            arguments=FOREACH,
            stepwell=profile.foreach,
            metaflow=profile.foreach_metaflow,
        ),
        Case(
            name="foreach-memory",
            flow="foreach.py",
            arguments=FOREACH,
            stepwell=Side(repeats=1, tasks=profile.foreach.tasks),
            metaflow=Side(repeats=1, tasks=profile.foreach_metaflow.tasks),
            sample_memory=True,
        ),
        Case(name="repeat-1", flow="repeat.py", arguments=TASKS, stepwell=one, metaflow=one_metaflow),
        Case(
            name="repeat-n",
            flow="repeat.py",
            arguments=TASKS,
            stepwell=profile.foreach,
            metaflow=profile.foreach_metaflow,
        ),
        # Without Metaflow, which starts a gang with the first `python` on the path, not with its own.
        Case(name="gang-1", flow="gang.py", arguments=TASKS, stepwell=one),
        Case(name="gang-n", flow="gang.py", arguments=TASKS, stepwell=profile.gang),
        Case(name="numpy-1", flow="foreach_numpy.py", arguments=FOREACH, stepwell=one, metaflow=one_metaflow),
        Case(
            name="numpy-n",
            flow="foreach_numpy.py",
            arguments=FOREACH,
            stepwell=profile.numpy,
            metaflow=profile.numpy_metaflow,
        ),
        Case(
            name="array-none",
            flow="big_array.py",
            arguments=("run",),
            stepwell=profile.array,
            metaflow=profile.array_metaflow,
        ),
        Case(
            name="array-kept",
            flow="big_array.py",
            arguments=("run",),
            environment={"BENCH_KEEP": "1"},
            stepwell=profile.array,
            metaflow=profile.array_metaflow,
        ),
        Case(
            name="resume",
            flow="artifacts.py",
            arguments=("resume", "--max-workers", "2"),
            before=FOREACH,
            before_environment=fail,
            before_fails=True,
            stepwell=profile.resume,
            metaflow=profile.resume_metaflow,
        ),
        Case(
            name="list",
            flow="artifacts.py",
            script="list_tasks.py",
            before=FOREACH,
            stepwell=profile.listed,
            metaflow=profile.listed_metaflow,
        ),
    ]
    found += [
        Case(
            name=f"long-{tasks}",
            flow="foreach.py",
            arguments=FOREACH,
            stepwell=Side(repeats=1, tasks=tasks),
            sample_memory=True,
        )
        for tasks in profile.long
    ]
    return found
