"""Events of a run that was made up, for tests of what shows them."""

from __future__ import annotations

from stepwell.documents.events import (
    FailedTask,
    LogText,
    Progress,
    RunBegan,
    RunFinished,
    StepProgress,
    TaskBegan,
    TaskEnded,
)
from stepwell.documents.graph import GraphDocument, GraphNode
from stepwell.documents.task import ErrorRecord

T = 1_700_000_000.0

GRAPH = GraphDocument(
    flow="TrainFlow",
    doc="",
    start="start",
    end="end",
    steps=(
        GraphNode(name="start", type="split-foreach", next=("fit",), foreach="xs", matching_join="pick"),
        GraphNode(name="fit", type="linear", next=("pick",)),
        GraphNode(name="pick", type="join", next=("end",), is_join=True),
        GraphNode(name="end", type="end"),
    ),
)

ERROR = ErrorRecord(
    kind="exception",
    type="builtins.ValueError",
    message="no such column\nsecond line",
    traceback='Traceback (most recent call last):\n  File "train.py", line 41, in fit\n    model.fit(x)\n'
    "ValueError: no such column\nsecond line\n",
    hint="look at the columns",
)


def began(**changes) -> RunBegan:
    values = {"at": T, "flow": "TrainFlow", "run": "7", "user": "ada", "datastore": "file:///p/.stepwell", "pid": 9}
    return RunBegan(**{**values, **changes})


def task_began(step, task, at=1.0, attempt=0, pid=0) -> TaskBegan:
    return TaskBegan(at=T + at, step=step, task=task, attempt=attempt, pid=pid)


def task_ended(step, task, at=2.0, **changes) -> TaskEnded:
    values = {"attempt": 0, "outcome": "succeeded", "wall": 1.0}
    return TaskEnded(at=T + at, step=step, task=task, **{**values, **changes})


def log(text, at=1.5, step="start", task=1, stream="stdout") -> LogText:
    return LogText(at=T + at, step=step, task=task, attempt=0, stream=stream, text=text)


def progress(at, **steps) -> Progress:
    return Progress(at=T + at, elapsed=at, steps=counts(**steps))


def counts(**steps) -> tuple[StepProgress, ...]:
    return tuple(StepProgress(step=step, **numbers) for step, numbers in steps.items())


def finished(**changes) -> RunFinished:
    values = {
        "at": T + 31,
        "flow": "TrainFlow",
        "run": "7",
        "status": "succeeded",
        "wall": 31.0,
        "cpu": 60.0,
        "peak_memory": 512 * 2**20,
        "peak_step": "fit",
        "steps": counts(
            start={"total": 1, "succeeded": 1},
            fit={"total": 10_000, "succeeded": 9_000, "reused": 1_000},
            pick={"total": 1, "succeeded": 1},
            end={"total": 1, "succeeded": 1},
        ),
    }
    return RunFinished(**{**values, **changes})


def failed_run(**changes) -> RunFinished:
    values = {
        "status": "failed",
        "steps": counts(
            start={"total": 1, "succeeded": 1}, fit={"total": 10, "succeeded": 7, "failed": 2}, pick={}, end={}
        ),
        "failures": (
            FailedTask(step="fit", task=3, attempts=2, error=ERROR, label="svm"),
            FailedTask(step="fit", task=5, attempts=1, error=ErrorRecord(kind="memory", message="killed for memory")),
        ),
        "failed_tasks": 2,
        "resumable": True,
    }
    return finished(**{**values, **changes})
