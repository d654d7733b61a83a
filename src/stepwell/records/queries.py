"""The statements that read the index. Each goes through a key or an index, whatever the size of the tables."""
# The statements are put together from constants of this module; every value is bound.
# ruff: noqa: S608

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepwell.records.rows import ArtifactRow, FinishedResult, RunRow, StepRow, TaskRow, path_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from sqlite3 import Connection

_RUN = (
    "id, flow, run, number, created_at, user, namespace, status, finished_at, reason, cursor, origin_run, code, owner"
)
_TASK = (
    "step, task, attempt, path, status, started_at, finished_at, locator, peak_memory, wall, cpu, label, "
    "foreach_index, origin, error"
)
_HAS_TAG = "EXISTS (SELECT 1 FROM tags WHERE tags.run_id = runs.id AND tags.tag = ?)"

ONE_RUN = f"SELECT {_RUN} FROM runs WHERE flow = ? AND run = ?"
HEADER = "SELECT header FROM runs WHERE flow = ? AND run = ?"
RUN_IDS = "SELECT run FROM runs WHERE flow = ?"
RUN_CURSORS = "SELECT run, cursor FROM runs WHERE flow = ?"
FLOWS = "SELECT flow FROM runs GROUP BY flow ORDER BY flow"
FIRST_RUN_AT = "SELECT created_at FROM runs WHERE flow = ? ORDER BY number LIMIT 1"
LATEST_NUMBER = "SELECT max(number) FROM runs WHERE flow = ?"
TAGS = "SELECT tag, kind FROM tags WHERE run_id = ?"
STEPS = "SELECT step, position, started_at, finished_at, peak_memory FROM steps WHERE run_id = ?"
TASK_ATTEMPTS = f"SELECT {_TASK} FROM tasks WHERE run_id = ? AND step = ? AND task = ? ORDER BY attempt"
TASKS_DOWN = (
    f"SELECT {_TASK} FROM tasks WHERE run_id = ? AND step = ? AND task < ? ORDER BY task DESC, attempt DESC LIMIT ?"
)
TASKS_UP = f"SELECT {_TASK} FROM tasks WHERE run_id = ? AND step = ? AND task > ? ORDER BY task, attempt LIMIT ?"
# Not `status = ?`: SQLite would then put the value into the second condition and not see that the index fits.
_STATUS = "status <> 'succeeded' AND status >= ?1 AND status <= ?1"
UNSUCCESSFUL = f"SELECT {_TASK} FROM tasks WHERE run_id = ?2 AND {_STATUS} ORDER BY status, step, task LIMIT ?3"
UNSUCCESSFUL_OF_STEP = (
    f"SELECT {_TASK} FROM tasks WHERE run_id = ?2 AND {_STATUS} AND step = ?4 ORDER BY status, step, task LIMIT ?3"
)
SUCCEEDED = (
    "SELECT step, path, task, attempt, locator FROM tasks WHERE run_id = ? AND status = 'succeeded' "
    "ORDER BY step, task, attempt"
)
# The last attempt of each task speaks for it.
COUNTS = (
    "SELECT step, status, count(*) FROM tasks AS t WHERE run_id = ? AND NOT EXISTS (SELECT 1 FROM tasks AS later "
    "WHERE later.run_id = t.run_id AND later.step = t.step AND later.task = t.task AND later.attempt > t.attempt) "
    "GROUP BY step, status"
)
ARTIFACTS = (
    "SELECT step, task, attempt, name, digest, type, size FROM artifacts "
    "WHERE run_id = ? AND step = ? AND task = ? AND attempt = ? ORDER BY name"
)
STEP_HAS_TASK = "SELECT 1 FROM tasks WHERE run_id = ? AND step = ? LIMIT 1"
NEWEST_SUCCESSES = "SELECT id FROM runs WHERE flow = ? AND status = 'succeeded' ORDER BY number DESC LIMIT ?"
PEAKS = "SELECT step, peak_memory FROM steps WHERE run_id = ?"

# Above every task id, for the first page from the end.
LAST_TASK = 2**62


def runs_page(
    *, statuses: Sequence[str], user: str | None, tags: Sequence[str], before: int | None, limit: int, flow: str
) -> tuple[str, list[Any]]:
    """The statement and its values for a page of a flow's runs, newest first."""
    conditions, values = ["flow = ?"], [flow]
    parameters: list[Any] = values
    if before is not None:
        conditions.append("number < ?")
        parameters.append(before)
    if statuses:
        conditions.append(f"status IN ({', '.join('?' * len(statuses))})")
        parameters.extend(statuses)
    if user is not None:
        conditions.append("user = ?")
        parameters.append(user)
    conditions.extend(_HAS_TAG for _ in tags)
    parameters.extend(tags)
    parameters.append(limit)
    return f"SELECT {_RUN} FROM runs WHERE {' AND '.join(conditions)} ORDER BY number DESC, id DESC LIMIT ?", parameters


def find_run(connection: Connection, flow: str, run: str) -> RunRow | None:
    """The row of a run."""
    row = connection.execute(ONE_RUN, (flow, run)).fetchone()
    return RunRow(*row) if row is not None else None


def select_runs(connection: Connection, statement: str, values: Sequence[Any]) -> list[RunRow]:
    """Rows of runs for a statement of `runs_page`."""
    return [RunRow(*row) for row in connection.execute(statement, values)]


def tags_of(connection: Connection, run_id: int) -> tuple[frozenset[str], frozenset[str]]:
    """User tags and system tags."""
    pairs = connection.execute(TAGS, (run_id,)).fetchall()
    user = frozenset(tag for tag, kind in pairs if kind == "user")
    return user, frozenset(tag for tag, kind in pairs if kind == "system")


def steps_of(connection: Connection, run_id: int) -> list[StepRow]:
    """The steps of a run in order of first appearance."""
    rows = [StepRow(*row) for row in connection.execute(STEPS, (run_id,))]
    return sorted(rows, key=lambda row: row.position)


def attempts_of(connection: Connection, run_id: int, step: str, task: int) -> list[TaskRow]:
    """All attempts of a task, first to last."""
    return [TaskRow(*row) for row in connection.execute(TASK_ATTEMPTS, (run_id, step, task))]


def newest_tasks(connection: Connection, run_id: int, step: str, before: int | None, limit: int) -> list[TaskRow]:
    """A page of tasks from the highest id downwards, each with its last attempt."""
    before = LAST_TASK if before is None else before
    page: list[TaskRow] = []
    last = -1
    for row in connection.execute(TASKS_DOWN, (run_id, step, before, limit)):
        if row[1] != last:
            last = row[1]
            page.append(TaskRow(*row))
    return page


def oldest_tasks(connection: Connection, run_id: int, step: str, after: int, limit: int) -> list[TaskRow]:
    """A page of tasks from the lowest id upwards, each with its last attempt."""
    rows = connection.execute(TASKS_UP, (run_id, step, after, limit)).fetchall()
    if len(rows) == limit and rows[0][1] != rows[-1][1]:
        # The last task may have further attempts beyond the page: it belongs to the next one.
        cut = rows[-1][1]
        rows = [row for row in rows if row[1] != cut]
    return [TaskRow(*row) for row in {row[1]: row for row in rows}.values()]


def unsuccessful_tasks(connection: Connection, run_id: int, status: str, step: str | None, limit: int) -> list[TaskRow]:
    """Attempts with a status other than `succeeded`, of one step or of all."""
    if step is None:
        found = connection.execute(UNSUCCESSFUL, (status, run_id, limit))
    else:
        found = connection.execute(UNSUCCESSFUL_OF_STEP, (status, run_id, limit, step))
    return [TaskRow(*row) for row in found]


def finished_results(connection: Connection, run_id: int) -> list[FinishedResult]:
    """The success of each task that has one; the last, should there be several."""
    found = {
        (row[0], row[2]): FinishedResult(row[0], path_of(row[1]), row[2], row[3], row[4])
        for row in connection.execute(SUCCEEDED, (run_id,))
    }
    return list(found.values())


def count_tasks(connection: Connection, run_id: int) -> dict[str, dict[str, int]]:
    """Step to status to number of tasks."""
    counts: dict[str, dict[str, int]] = {}
    for step, status, number in connection.execute(COUNTS, (run_id,)):
        counts.setdefault(step, {})[status] = number
    return counts


def artifacts_of(connection: Connection, run_id: int, step: str, task: int, attempt: int) -> list[ArtifactRow]:
    """What an attempt produced, by name."""
    return [ArtifactRow(*row) for row in connection.execute(ARTIFACTS, (run_id, step, task, attempt))]


def step_peaks(connection: Connection, flow: str, runs: int) -> dict[str, int]:
    """Largest peak memory per step over the newest successful runs, bytes; without steps that were not measured."""
    peaks: dict[str, int] = {}
    for run_id in connection.execute(NEWEST_SUCCESSES, (flow, runs)).fetchall():
        for step, peak in connection.execute(PEAKS, run_id):
            if peak > peaks.get(step, 0):
                peaks[step] = peak
    return peaks
