"""From a task's path to its row and its result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepwell.documents.refs import ResultRef

if TYPE_CHECKING:
    from stepwell.client.session import ClientSession
    from stepwell.records.rows import TaskRow


def find_result(session: ClientSession, names: tuple[str, ...], attempt: int | None) -> TaskRow | None:
    """The row of an attempt.

    Args:
        session: Where to look.
        names: Flow, run, step, task.
        attempt: Which attempt; None for the last.
    """
    flow, run, step, task = names
    if not (task.isascii() and task.isdigit()) or str(int(task)) != task or len(task) > 18:
        return None
    rows = session.records.attempts(flow, run, step, int(task))
    if attempt is not None:
        rows = [row for row in rows if row.attempt == attempt]
    return rows[-1] if rows else None


def reference(run: str, row: TaskRow) -> ResultRef:
    """Where the result of an attempt stands."""
    return ResultRef(run, row.step, row.task, row.attempt, row.locator)
