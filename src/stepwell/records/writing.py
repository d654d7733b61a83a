"""The statements that change the index; the caller holds the transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepwell.documents.codec import encode
from stepwell.records.ingest import run_number, tag_rows

if TYPE_CHECKING:
    from sqlite3 import Connection

    from stepwell.documents.run import RunHeader
    from stepwell.records.ingest import Rows, StepSummary

_INSERT_RUN = """
INSERT INTO runs (flow, run, number, created_at, user, namespace, status, finished_at, reason, cursor, origin_run,
                  code, owner, header)
VALUES (?, ?, ?, ?, ?, ?, 'running', NULL, '', '', ?, ?, ?, ?)
ON CONFLICT (flow, run) DO NOTHING"""

_INSERT_STARTED = """
INSERT INTO tasks (run_id, step, task, attempt, path, status, started_at, finished_at, locator, peak_memory, wall,
                   cpu, label, foreach_index, origin, error)
VALUES (?, ?, ?, ?, ?, 'running', ?, NULL, ?, 0, 0, 0, '', NULL, '', '')
ON CONFLICT (run_id, step, task, attempt) DO NOTHING"""

_INSERT_RESULT = """
INSERT INTO tasks (run_id, step, task, attempt, path, status, started_at, finished_at, locator, peak_memory, wall,
                   cpu, label, foreach_index, origin, error)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (run_id, step, task, attempt) DO UPDATE SET
    path = excluded.path, status = excluded.status, finished_at = excluded.finished_at,
    started_at = coalesce(excluded.started_at, tasks.started_at), locator = excluded.locator,
    peak_memory = excluded.peak_memory, wall = excluded.wall, cpu = excluded.cpu, label = excluded.label,
    foreach_index = excluded.foreach_index, origin = excluded.origin, error = excluded.error
WHERE tasks.status = 'running'"""

_INSERT_ARTIFACT = """
INSERT INTO artifacts (run_id, step, task, attempt, name, digest, type, size) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (run_id, step, task, attempt, name) DO NOTHING"""

_INSERT_STEP = """
INSERT INTO steps (run_id, step, position, started_at, finished_at, peak_memory)
VALUES (?, ?, (SELECT count(*) FROM steps WHERE run_id = ?), ?, ?, ?)
ON CONFLICT (run_id, step) DO UPDATE SET
    started_at = CASE WHEN steps.started_at = 0 THEN excluded.started_at
                      WHEN excluded.started_at = 0 THEN steps.started_at
                      WHEN excluded.started_at < steps.started_at THEN excluded.started_at
                      ELSE steps.started_at END,
    finished_at = CASE WHEN excluded.finished_at > steps.finished_at THEN excluded.finished_at
                       ELSE steps.finished_at END,
    peak_memory = CASE WHEN excluded.peak_memory > steps.peak_memory THEN excluded.peak_memory
                       ELSE steps.peak_memory END"""

_LOCATOR = "SELECT locator FROM tasks WHERE run_id = ? AND step = ? AND task = ? AND attempt = ?"


def insert_run(connection: Connection, header: RunHeader) -> None:
    """Add a run that has just begun, with its first tags; nothing happens when it is there."""
    values = (
        header.flow,
        header.run,
        run_number(header.run),
        header.created_at,
        header.user,
        header.namespace,
        header.origin_run,
        header.code.digest,
        encode(header.owner).decode(),
        encode(header).decode(),
    )
    if connection.execute(_INSERT_RUN, values).rowcount != 1:
        return
    (run_id,) = connection.execute("SELECT id FROM runs WHERE flow = ? AND run = ?", values[:2]).fetchone()
    connection.executemany("INSERT INTO tags (run_id, tag, kind) VALUES (?, ?, ?)", tag_rows(run_id, header))


def delete_run(connection: Connection, flow: str, run: str) -> None:
    """Forget everything about a run."""
    found = connection.execute("SELECT id FROM runs WHERE flow = ? AND run = ?", (flow, run)).fetchone()
    if found is None:
        return
    for table in ("tags", "steps", "tasks", "artifacts"):
        connection.execute(f"DELETE FROM {table} WHERE run_id = ?", found)  # noqa: S608 - names from the line above
    connection.execute("DELETE FROM runs WHERE id = ?", found)


def insert_rows(connection: Connection, run_id: int, rows: Rows, cursor: str) -> None:
    """Add a stretch of a run's log and move the run's cursor to its end."""
    if rows.started:
        connection.executemany(_INSERT_STARTED, rows.started)
    if rows.results:
        written = connection.executemany(_INSERT_RESULT, rows.results).rowcount
        artifacts = rows.artifacts
        if written != len(rows.results):
            # An attempt had two results: its task's own, and one by the run loop that thought it dead.
            artifacts = _artifacts_of_first_results(connection, rows)
        connection.executemany(_INSERT_ARTIFACT, artifacts)
    for step, summary in rows.steps.items():
        _insert_step(connection, run_id, step, summary)
    for added, tag in rows.tags:
        if added:
            connection.execute(
                "INSERT INTO tags (run_id, tag, kind) VALUES (?, ?, 'user') ON CONFLICT (run_id, tag) DO NOTHING",
                (run_id, tag),
            )
        else:
            connection.execute("DELETE FROM tags WHERE run_id = ? AND tag = ? AND kind = 'user'", (run_id, tag))
    if rows.ended is not None:
        connection.execute(
            "UPDATE runs SET status = ?, finished_at = ?, reason = ? WHERE id = ?", (*rows.ended, run_id)
        )
    connection.execute("UPDATE runs SET cursor = ? WHERE id = ?", (cursor, run_id))


def _insert_step(connection: Connection, run_id: int, step: str, summary: StepSummary) -> None:
    values = (run_id, step, run_id, summary.started_at, summary.finished_at, summary.peak_memory)
    connection.execute(_INSERT_STEP, values)


def _artifacts_of_first_results(connection: Connection, rows: Rows) -> list[tuple[object, ...]]:
    """The artifacts whose result is the one that the index keeps."""
    kept = {
        result[:4] for result in rows.results if connection.execute(_LOCATOR, result[:4]).fetchone()[0] == result[8]
    }
    return [row for row in rows.artifacts if row[:4] in kept]
