"""What a task tells about itself besides its artifacts: errors, metadata, environment."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from stepwell.client.client_object import ClientObject
    from stepwell.documents.run import RunHeader
    from stepwell.documents.task import ErrorRecord, TaskResult


class TaskException:
    """Why a task failed.

    Attributes:
        type: Qualified name of the exception's type, or what happened instead, such as `signal` or `memory`.
        message: The exception's text.
        traceback: As Python prints it, without frames of the framework; may be empty.
        exception: Always None: the exception object itself is not kept, so that reading never executes anything.
        hint: What to do about it; may be empty.
    """

    __slots__ = ("exception", "hint", "message", "traceback", "type")

    def __init__(self, error: ErrorRecord) -> None:
        self.type: str = error.type or error.kind
        self.message: str = error.message
        self.traceback: str = error.traceback
        self.exception: None = None
        self.hint: str = error.hint

    def __str__(self) -> str:
        return self.traceback or f"{self.type}: {self.message}"

    def __repr__(self) -> str:
        return f"<TaskException {self.type}: {self.message}>"


class Metadata(NamedTuple):
    """A fact about an attempt of a task."""

    name: str
    value: str
    created_at: datetime
    type: str
    task: ClientObject[Any]


def metadata_of(result: TaskResult, task: ClientObject[Any]) -> list[Metadata]:
    """The facts of one attempt."""
    at = datetime.fromtimestamp(result.finished_at)
    usage = result.usage
    facts: dict[str, str] = {
        "attempt": str(result.attempt),
        "attempt_ok": str(result.outcome == "succeeded"),
        "host": result.host,
        "pid": str(result.pid) if result.pid else "",
        "wall-seconds": f"{usage.wall:.6g}",
        "cpu-seconds": f"{usage.cpu_user + usage.cpu_system:.6g}",
        "peak-memory-bytes": str(usage.peak_memory),
        "foreach-indices": ",".join(str(frame.index) for frame in result.frames if frame.kind != "branch"),
        "foreach-label": result.label,
    }
    if result.origin is not None:
        facts["origin-run-id"] = result.origin.run
        facts["origin-task-id"] = str(result.origin.task)
    if result.transition is not None and result.transition.case is not None:
        facts["switch-case"] = result.transition.case
    facts.update(result.metadata)
    return [Metadata(name, value, at, name, task) for name, value in facts.items() if value]


def environment_of(header: RunHeader) -> dict[str, Any]:
    """The environment that a run's tasks had."""
    return {
        "type": "local",
        "flow_name": header.flow,
        "script": header.code.source,
        "username": header.user,
        "platform": header.platform,
        "python_version": header.python,
        "stepwell_version": header.stepwell,
        "production_token": None,
        "use_r": False,
    }
