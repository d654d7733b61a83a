"""From the records of a run log to rows of the index: a pure function, the same for every database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from stepwell.documents.run import RunEnded, TagChange, TaskStarted
from stepwell.documents.task import TaskResult
from stepwell.records.rows import path_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stepwell.documents.run import LogRecord, RunHeader
    from stepwell.documents.task import ErrorRecord

ERROR_LENGTH = 200


class StepSummary(Struct):
    """What a batch says about one step."""

    started_at: float = 0.0
    finished_at: float = 0.0
    peak_memory: int = 0


class Rows(Struct):
    """The rows of a stretch of a run log, in the column order of the tables but without the run's number.

    Attributes:
        started: Rows of tasks that began; they never replace a result.
        results: Rows of tasks that ended; the first result of an attempt counts.
        artifacts: Rows of what those tasks produced.
        steps: Summaries in order of appearance.
        tags: `(added, tag)` in order: true for an added tag, false for a removed one.
        ended: Status, time and reason, when the run ended.
        seen: The attempts that have a result in this batch.
    """

    started: list[tuple[Any, ...]] = field(default_factory=list)
    results: list[tuple[Any, ...]] = field(default_factory=list)
    artifacts: list[tuple[Any, ...]] = field(default_factory=list)
    steps: dict[str, StepSummary] = field(default_factory=dict)
    tags: list[tuple[bool, str]] = field(default_factory=list)
    ended: tuple[str, float, str] | None = None
    seen: set[tuple[str, int, int]] = field(default_factory=set)


def rows_of(run_id: int, records: Iterable[tuple[str, LogRecord]]) -> Rows:
    """Turn log records into rows.

    Args:
        run_id: The index's number for the run; it leads every row.
        records: Pairs of locator and record, in the order of the log.
    """
    rows = Rows()
    for locator, record in records:
        if isinstance(record, TaskResult):
            _add_result(rows, run_id, locator, record)
        elif isinstance(record, TaskStarted):
            _add_start(rows, run_id, locator, record)
        elif isinstance(record, TagChange):
            rows.tags.extend((False, tag) for tag in record.remove)
            rows.tags.extend((True, tag) for tag in record.add)
        elif isinstance(record, RunEnded):
            rows.ended = (record.status, record.at, record.reason)
    return rows


def _add_result(rows: Rows, run_id: int, locator: str, result: TaskResult) -> None:
    step, task, attempt = result.step, result.task, result.attempt
    if (step, task, attempt) in rows.seen:
        return
    rows.seen.add((step, task, attempt))
    usage = result.usage
    rows.results.append(
        (
            run_id,
            step,
            task,
            attempt,
            path_text(result.path),
            result.outcome,
            result.started_at or None,
            result.finished_at or None,
            locator,
            usage.peak_memory,
            usage.wall,
            usage.cpu_user + usage.cpu_system,
            result.label,
            foreach_index(result),
            origin_text(result),
            error_text(result.error) if result.error is not None else "",
        )
    )
    rows.artifacts.extend(
        (run_id, step, task, attempt, name, ref.digest, ref.type, ref.size) for name, ref in result.artifacts.items()
    )
    summary = _summary(rows, step, result.started_at)
    summary.finished_at = max(summary.finished_at, result.finished_at)
    if result.outcome == "succeeded" or (result.error is not None and result.error.kind == "memory"):
        summary.peak_memory = max(summary.peak_memory, usage.peak_memory)


def _add_start(rows: Rows, run_id: int, locator: str, record: TaskStarted) -> None:
    path = path_text(record.path)
    rows.started.append((run_id, record.step, record.task, record.attempt, path, record.at or None, locator))
    _summary(rows, record.step, record.at)


def _summary(rows: Rows, step: str, started_at: float) -> StepSummary:
    summary = rows.steps.get(step)
    if summary is None:
        summary = rows.steps[step] = StepSummary(started_at=started_at)
    elif started_at and (not summary.started_at or started_at < summary.started_at):
        summary.started_at = started_at
    return summary


def foreach_index(result: TaskResult) -> int | None:
    """The position in the innermost foreach, None outside one."""
    for frame in reversed(result.frames):
        if frame.kind != "branch":
            return frame.index
    return None


def origin_text(result: TaskResult) -> str:
    """`run/step/task/attempt` of the result that a cloned one stands for, else an empty string."""
    origin = result.origin
    return f"{origin.run}/{origin.step}/{origin.task}/{origin.attempt}" if origin is not None else ""


def error_text(error: ErrorRecord) -> str:
    """Type and first line of an error, short enough for a list."""
    first = error.message.strip().partition("\n")[0]
    kind = error.type.rpartition(".")[2] or error.kind
    return (f"{kind}: {first}" if first else kind)[:ERROR_LENGTH]


def run_number(run: str) -> int:
    """The number that orders runs: the id itself, or -1 for ids that are not numbers."""
    return int(run) if run.isascii() and run.isdigit() and len(run) < 19 else -1


def tag_rows(run_id: int, header: RunHeader) -> list[tuple[int, str, str]]:
    """The tags that a run starts with; a tag that is both stays a system tag."""
    system = dict.fromkeys(header.system_tags)
    user = (tag for tag in dict.fromkeys(header.tags) if tag not in system)
    return [*((run_id, tag, "system") for tag in system), *((run_id, tag, "user") for tag in user)]
