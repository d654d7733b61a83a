"""What the reading commands answer with: documents that `--json` prints and text is made from.

They are part of the public interface: fields are added in later versions, never removed or given another meaning.
Times are seconds since the epoch, durations seconds, sizes bytes.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field


class RunAnswer(Struct, frozen=True, kw_only=True):
    """A run in a list.

    Attributes:
        status: `running`, `succeeded`, `failed` or `cancelled`.
        reason: Why it ended as it did; empty for a success.
        finished_at: None while it runs.
        duration: Until now while it runs.
        origin_run: The run that it resumes.
    """

    pathspec: str
    flow: str
    run: str
    status: str
    reason: str
    user: str
    namespace: str | None
    created_at: float
    finished_at: float | None
    duration: float
    tags: list[str]
    system_tags: list[str]
    parameters: dict[str, Any]
    origin_run: str | None


class FlowAnswer(Struct, frozen=True, kw_only=True):
    """A flow in a list, with its newest run."""

    flow: str
    runs: int
    latest: RunAnswer


class StepAnswer(Struct, frozen=True, kw_only=True):
    """A step of a run.

    Attributes:
        tasks: Number of its tasks so far.
        counts: Status to number of tasks, each by its last attempt.
        started_at: None while no task has begun.
        finished_at: Latest end so far.
        peak_memory: Largest peak memory of its tasks.
    """

    pathspec: str
    step: str
    doc: str
    next: list[str]
    tasks: int
    counts: dict[str, int]
    started_at: float | None
    finished_at: float | None
    peak_memory: int


class TaskAnswer(Struct, frozen=True, kw_only=True):
    """A task by its last attempt.

    Attributes:
        attempt: Number of that attempt, from 0.
        label: Short text of the foreach item.
        index: Position in the innermost foreach.
        error: What went wrong, in one line.
        origin: For a reused task, the pathspec and attempt that it stands for.
    """

    pathspec: str
    task: int
    attempt: int
    status: str
    label: str
    index: int | None
    started_at: float | None
    finished_at: float | None
    wall: float
    cpu: float
    peak_memory: int
    error: str
    origin: str


class ArtifactAnswer(Struct, frozen=True, kw_only=True):
    """An artifact, described without loading it.

    Attributes:
        type: Qualified type name.
        shape: Dimensions of arrays and tables, the length of sized collections.
        preview: One line to recognise the value by.
        digest: Equal digests mean equal stored bytes.
        inherited: False when the task itself set it; None when that was not looked up.
        modules: Top-level modules that loading it needs.
    """

    pathspec: str
    name: str
    type: str
    size: int
    shape: list[int]
    preview: str
    digest: str
    serializer: str
    inherited: bool | None
    modules: list[str]


class RunDetail(Struct, frozen=True, kw_only=True):
    """Everything about one run; `started_by` is the task whose step started it, empty when none did."""

    run: RunAnswer
    doc: str
    command: list[str]
    python: str
    stepwell: str
    platform: str
    code: str
    git: dict[str, Any] | None
    steps: list[StepAnswer]
    failed: list[TaskAnswer]
    started_by: str = ""


class StepDetail(Struct, frozen=True, kw_only=True):
    """One step and its tasks; `left_out` tells how many tasks beyond the limit there are."""

    step: StepAnswer
    tasks: list[TaskAnswer]
    left_out: int


class TaskDetail(Struct, frozen=True, kw_only=True):
    """Everything about one task.

    Attributes:
        attempts: All attempts, first to last.
        inputs: Pathspecs of the tasks that led here.
        output: Bytes that the last attempt printed, by stream.
        error: The error of the last attempt: kind, type, message, traceback, hint.
    """

    task: TaskAnswer
    attempts: list[TaskAnswer]
    inputs: list[str]
    artifacts: list[ArtifactAnswer]
    output: dict[str, int]
    error: dict[str, Any] | None
    metadata: dict[str, str] = field(default_factory=dict)
