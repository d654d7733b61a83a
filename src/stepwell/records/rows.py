"""What the index answers with: one small frozen struct per kind of row."""

from __future__ import annotations

from typing import Literal, NamedTuple

from msgspec import Struct

TaskStatus = Literal["running", "succeeded", "failed", "cancelled"]


class RunRow(Struct, frozen=True):
    """One run.

    Attributes:
        id: The index's own number for the run; it may change when the index is rebuilt.
        number: The run id as a number, or -1 when it is not one.
        created_at: Seconds since the epoch.
        status: `running`, `succeeded`, `failed` or `cancelled`; a run whose process is gone reads as `failed`.
        finished_at: Seconds since the epoch, None while the run is running.
        reason: Why it ended as it did; empty for a success.
        cursor: How far the run log has been indexed.
        origin_run: The run that this one resumes.
        code: Digest of the code snapshot.
        owner: The process of the run, as JSON.
    """

    id: int
    flow: str
    run: str
    number: int
    created_at: float
    user: str
    namespace: str | None
    status: TaskStatus
    finished_at: float | None
    reason: str
    cursor: str
    origin_run: str | None
    code: str
    owner: str


class StepRow(Struct, frozen=True):
    """One step of a run, in so far as anything of it has begun.

    Attributes:
        position: Order of first appearance in the run, from 0.
        started_at: Earliest start of its tasks, seconds since the epoch; 0 when unknown.
        finished_at: Latest end of its tasks so far; 0 when none has ended.
        peak_memory: Largest peak memory of its tasks, bytes.
    """

    step: str
    position: int
    started_at: float
    finished_at: float
    peak_memory: int


class TaskRow(Struct, frozen=True):
    """One attempt of one task.

    Attributes:
        path: Split indices from the outside in, joined by commas; see `path_of`.
        locator: Where the run log holds the result; for a running task, its start.
        peak_memory: Bytes.
        wall: Seconds.
        cpu: Seconds, user and system together.
        label: Short text of the foreach item.
        foreach_index: Position in the innermost foreach, None outside one or while the task runs.
        origin: For a task cloned by resume, `run/step/task/attempt` of what it stands for.
        error: Type and first line of what went wrong.
    """

    step: str
    task: int
    attempt: int
    path: str
    status: TaskStatus
    started_at: float | None
    finished_at: float | None
    locator: str
    peak_memory: int
    wall: float
    cpu: float
    label: str
    foreach_index: int | None
    origin: str
    error: str


class ArtifactRow(Struct, frozen=True):
    """An artifact that an attempt produced; what it inherited is not repeated.

    Attributes:
        digest: Identity of the value.
        type: Qualified type name.
        size: Bytes of the serialised value.
    """

    step: str
    task: int
    attempt: int
    name: str
    digest: str
    type: str
    size: int


class FinishedResult(NamedTuple):
    """A success that a resume may clone: `path` names the same logical task in every run."""

    step: str
    path: tuple[int, ...]
    task: int
    attempt: int
    locator: str


def path_text(path: tuple[int, ...]) -> str:
    """A task's path as the index keeps it."""
    return ",".join(map(str, path))


def path_of(text: str) -> tuple[int, ...]:
    """The path back from its text."""
    return tuple(map(int, text.split(","))) if text else ()
