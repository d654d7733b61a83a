"""What happens in a run, as it happens: for the terminal, for `--json`, later for the web UI."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from stepwell.documents.run import RunStatus
from stepwell.documents.task import ErrorRecord, Outcome


class RunBegan(Struct, frozen=True, kw_only=True, tag="run-began"):
    """The run has its id; nothing was executed yet."""

    at: float
    flow: str
    run: str
    user: str
    datastore: str
    pid: int
    origin_run: str | None = None


class TasksCloned(Struct, frozen=True, kw_only=True, tag="tasks-cloned"):
    """Finished tasks of the origin run were taken over; counts by step."""

    at: float
    origin_run: str
    steps: dict[str, int]


class TaskBegan(Struct, frozen=True, kw_only=True, tag="task-began"):
    """An attempt was launched."""

    at: float
    step: str
    task: int
    attempt: int
    pid: int = 0


class TaskEnded(Struct, frozen=True, kw_only=True, tag="task-ended"):
    """An attempt is over; `retry_in` is the wait in seconds when another attempt follows, None when none does."""

    at: float
    step: str
    task: int
    attempt: int
    outcome: Outcome
    wall: float
    peak_memory: int = 0
    label: str = ""
    error: ErrorRecord | None = None
    retry_in: float | None = None
    branches: int | None = None


class LogText(Struct, frozen=True, kw_only=True, tag="log"):
    """Whole lines that an attempt printed; undecodable bytes are shown as replacement characters."""

    at: float
    step: str
    task: int
    attempt: int
    stream: Literal["stdout", "stderr"]
    text: str


class Notice(Struct, frozen=True, kw_only=True, tag="notice"):
    """Something that the user should know, with what to do about it."""

    at: float
    level: Literal["info", "warning", "error"]
    message: str
    hint: str = ""


class StepProgress(Struct, frozen=True, kw_only=True):
    """Counts of one step's tasks. `total` is what is known so far and grows as splits are seen."""

    step: str
    total: int = 0
    running: int = 0
    succeeded: int = 0
    failed: int = 0
    reused: int = 0


class Progress(Struct, frozen=True, kw_only=True, tag="progress"):
    """Where the run stands; sent a few times a second at the most."""

    at: float
    elapsed: float
    steps: tuple[StepProgress, ...]


class FailedTask(Struct, frozen=True, kw_only=True):
    """A task that failed for good."""

    step: str
    task: int
    attempts: int
    error: ErrorRecord
    label: str = ""


class RunFinished(Struct, frozen=True, kw_only=True, tag="run-finished"):
    """The run is over: the summary. `failures` has the first real failure first."""

    at: float
    flow: str
    run: str
    status: RunStatus
    wall: float
    cpu: float = 0.0
    peak_memory: int = 0
    peak_step: str = ""
    steps: tuple[StepProgress, ...] = ()
    failures: tuple[FailedTask, ...] = ()
    failed_tasks: int = 0
    reason: str = ""
    resumable: bool = field(default=False)


RunEvent = RunBegan | TasksCloned | TaskBegan | TaskEnded | LogText | Notice | Progress | RunFinished
