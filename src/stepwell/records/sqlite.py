"""The index in SQLite."""

from __future__ import annotations

import itertools
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from stepwell.base.clock import SystemClock
from stepwell.documents.codec import decode_header
from stepwell.records import queries
from stepwell.records.following import Follower
from stepwell.records.status import is_gone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from sqlite3 import Connection

    from stepwell.base.clock import Clock
    from stepwell.documents.run import LogRecord, RunHeader
    from stepwell.records.database import Database
    from stepwell.records.rows import ArtifactRow, FinishedResult, RunRow, StepRow, TaskRow, TaskStatus
    from stepwell.store.datastore import Datastore

T = TypeVar("T")

PAGE = 1000
# How many successful runs speak for a step's memory, and how many runs are looked at to find them.
PEAK_RUNS = 3
PEAK_LOOK_BACK = 12


class Records:
    """Runs, steps, tasks, tags and artifacts of a datastore, through an SQLite index.

    Whatever asks about a run first indexes what its log has beyond the index; a list first looks for runs that other
    processes made. All of it is cheap when nothing has changed: one look at the size of a file per run.

    Args:
        datastore: The truth.
        database: The index beside it.
        clock: Tells how long a run on another machine has been silent.
    """

    def __init__(self, datastore: Datastore, database: Database, clock: Clock | None = None) -> None:
        self.datastore = datastore
        self._database = database
        self._follower = Follower(datastore, database)
        self._clock = clock or SystemClock()

    def close(self) -> None:
        """Close the database; it opens again when it is needed."""
        self._database.close()

    # -- for the process that runs a flow

    def register_run(self, header: RunHeader) -> bool:
        """Add a run that has just begun.

        Returns:
            False when the index is busy: the run is then added with one of the next calls.
        """
        return self._follower.register(header)

    def ingest(self, flow: str, run: str, records: Sequence[tuple[str, LogRecord]], cursor: str) -> bool:
        """Add the next stretch of a run's log, as `RunLog.read` returned it.

        Never waits and never fails: what cannot be added now is added by a later call, or by whoever asks about the
        run next, since the log has it.

        Args:
            flow: The flow's name.
            run: The run's id.
            records: Pairs of locator and record: all that lie between the last call's cursor and this one's.
            cursor: Where the records end.

        Returns:
            False when the index is busy or cannot be used.
        """
        return self._follower.add(flow, run, records, cursor)

    def flush(self, timeout: float) -> bool:
        """Add what still waits, trying for so many seconds; False when that was not enough."""
        return self._follower.flush(timeout)

    def latest_run_number(self, flow: str) -> int:
        """The highest run id of a flow as a number, 0 when it has no runs."""
        found = self._ask_flow(flow, lambda c: c.execute(queries.LATEST_NUMBER, (flow,)).fetchone())
        return max(found[0] or 0, 0)

    def latest_run(self, flow: str, user: str | None = None) -> str | None:
        """The id of a flow's newest run, of any user or of one."""
        rows = self._newest(flow, user, 1)
        return rows[0].run if rows else None

    def step_peak_memory(self, flow: str) -> dict[str, int]:
        """Step to its largest peak memory over the last few successful runs, bytes; without unknown steps."""

        def ask() -> dict[str, int]:
            for row in self._newest(flow, None, PEAK_LOOK_BACK):
                self._follower.refresh(flow, row.run)
            return self._database.read(lambda connection: queries.step_peaks(connection, flow, PEAK_RUNS))

        return self._consistently(ask)

    def _newest(self, flow: str, user: str | None, limit: int) -> list[RunRow]:
        statement, values = queries.runs_page(flow=flow, statuses=(), user=user, tags=(), before=None, limit=limit)
        return self._ask_flow(flow, lambda connection: queries.select_runs(connection, statement, values))

    def finished_results(self, flow: str, run: str) -> list[FinishedResult]:
        """The success of every task that has one, by step and task id; what a resume may clone."""
        return self._ask(flow, run, queries.finished_results) or []

    # -- keeping up

    def refresh(self, flow: str, run: str) -> RunRow | None:
        """Index what a run's log has beyond the index; the run's row, None when there is no such run."""

        def ask() -> RunRow | None:
            row = self._follower.refresh(flow, run)
            return self._settled(row) if row is not None else None

        return self._consistently(ask)

    def refresh_all(self, flow: str | None = None) -> None:
        """Index everything that the datastore has, of one flow or of all."""

        def work() -> None:
            for name in [flow] if flow is not None else self.flows():
                self._follower.discover(name)
                self._follower.refresh_stale(name)

        self._consistently(work)

    # -- questions

    def flows(self) -> list[str]:
        """Names of the flows that have runs, sorted."""
        # A folder without a run is left by a process that died while it made its first one.
        return [flow for flow in self.datastore.flows() if self._is_known(flow) or self.latest_run(flow) is not None]

    def _is_known(self, flow: str) -> bool:
        return self._database.read(lambda c: c.execute(queries.FIRST_RUN_AT, (flow,)).fetchone()) is not None

    def run(self, flow: str, run: str) -> RunRow | None:
        """A run as it is now, None when there is no such run."""
        return self.refresh(flow, run)

    def first_run_at(self, flow: str) -> float | None:
        """When the flow's oldest run began, seconds since the epoch; None when it has no runs."""
        found = self._ask_flow(flow, lambda c: c.execute(queries.FIRST_RUN_AT, (flow,)).fetchone())
        return found[0] if found is not None else None

    def run_status(self, flow: str, run: str) -> TaskStatus | None:
        """`running`, `succeeded`, `failed` or `cancelled`; None when there is no such run."""
        row = self.refresh(flow, run)
        return row.status if row is not None else None

    def header(self, flow: str, run: str) -> RunHeader:
        """What was known when the run started.

        Raises:
            NotFound: There is no such run.
        """
        found = self._database.read(lambda c: c.execute(queries.HEADER, (flow, run)).fetchone())
        return decode_header(found[0].encode()) if found is not None else self.datastore.header(flow, run)

    def runs(
        self,
        flow: str,
        *,
        tags: Sequence[str] = (),
        status: TaskStatus | None = None,
        user: str | None = None,
        before: int | None = None,
        limit: int = PAGE,
    ) -> list[RunRow]:
        """A flow's runs, newest first.

        Args:
            flow: The flow's name.
            tags: Only runs that have all of these, user or system tags.
            status: Only runs with this status.
            user: Only this user's runs.
            before: Only runs with a smaller number: the last one of the page before.
            limit: The most rows.
        """
        rows = self.iter_runs(flow, tags=tags, status=status, user=user, before=before, page=min(limit, PAGE))
        return list(itertools.islice(rows, limit))

    def iter_runs(
        self,
        flow: str,
        *,
        tags: Sequence[str] = (),
        status: TaskStatus | None = None,
        user: str | None = None,
        before: int | None = None,
        page: int = PAGE,
    ) -> Iterator[RunRow]:
        """What `runs` returns, one page after the other without an end."""
        # A run whose process is gone is still `running` in the table.
        statuses = () if status is None else ("failed", "running") if status == "failed" else (status,)
        while True:
            select = queries.runs_page(flow=flow, statuses=statuses, user=user, tags=tags, before=before, limit=page)
            filtered = bool(tags) or status is not None
            found = self._consistently(partial(self._page_of_runs, flow, select, filtered=filtered))
            yield from (row for row in found if status is None or row.status == status)
            if len(found) < page:
                return
            before = found[-1].number

    def _page_of_runs(self, flow: str, select: tuple[str, list[Any]], *, filtered: bool) -> list[RunRow]:
        self._follower.discover(flow)
        if filtered:
            # What is not indexed yet may change which runs there are to show.
            self._follower.refresh_stale(flow)
        rows = self._database.read(lambda connection: queries.select_runs(connection, *select))
        current = [self._follower.refresh(flow, row.run) if self._follower.is_behind(row) else row for row in rows]
        return [self._settled(row) for row in current if row is not None]

    def tags(self, flow: str, run: str) -> tuple[frozenset[str], frozenset[str]]:
        """User tags and system tags of a run as they are now; both empty when there is no such run."""
        return self._ask(flow, run, queries.tags_of) or (frozenset(), frozenset())

    def steps(self, flow: str, run: str) -> list[StepRow]:
        """The steps of a run that have begun, in order of first appearance."""
        return self._ask(flow, run, queries.steps_of) or []

    def count_tasks(self, flow: str, run: str) -> dict[str, dict[str, int]]:
        """Step to status to number of tasks, each counted by its last attempt."""
        return self._ask(flow, run, queries.count_tasks) or {}

    def attempts(self, flow: str, run: str, step: str, task: int) -> list[TaskRow]:
        """All attempts of a task, first to last; empty when there is no such task."""
        return self._ask(flow, run, lambda c, run_id: queries.attempts_of(c, run_id, step, task)) or []

    def tasks(self, flow: str, run: str, step: str, *, before: int | None = None, limit: int = PAGE) -> list[TaskRow]:
        """Tasks of a step from the highest id downwards, each with its last attempt.

        Args:
            flow: The flow's name.
            run: The run's id.
            step: The step's name.
            before: Only tasks with a smaller id: the last one of the page before.
            limit: The most attempts looked at; a page is shorter when tasks were retried, and empty only at the end.
        """
        return (
            self._ask(flow, run, lambda c, run_id: queries.newest_tasks(c, run_id, step, before, max(limit, 1))) or []
        )

    def iter_tasks(self, flow: str, run: str, step: str, *, page: int = PAGE) -> Iterator[TaskRow]:
        """All tasks of a step from the lowest id upwards, each with its last attempt."""
        after = -1
        while True:
            rows = self._ask(flow, run, partial(queries.oldest_tasks, step=step, after=after, limit=page))
            if not rows:
                return
            yield from rows
            after = rows[-1].task

    def unsuccessful_tasks(
        self, flow: str, run: str, status: TaskStatus, *, step: str | None = None, limit: int = PAGE
    ) -> list[TaskRow]:
        """Attempts that are running, failed or cancelled, by step and task id; found at once among many others."""
        return self._ask(flow, run, lambda c, run_id: queries.unsuccessful_tasks(c, run_id, status, step, limit)) or []

    def artifacts(self, flow: str, run: str, step: str, task: int, attempt: int) -> list[ArtifactRow]:
        """What an attempt produced, by name, without what it inherited."""
        return self._ask(flow, run, lambda c, run_id: queries.artifacts_of(c, run_id, step, task, attempt)) or []

    def _ask(self, flow: str, run: str, query: Callable[[Connection, int], T]) -> T | None:
        """The answer to a question about a run after its log has been indexed; None when there is no such run."""

        def ask() -> T | None:
            row = self._follower.refresh(flow, run)
            return self._database.read(lambda connection: query(connection, row.id)) if row is not None else None

        return self._consistently(ask)

    def _ask_flow(self, flow: str, query: Callable[[Connection], T]) -> T:
        """The answer to a question about a flow after all of its runs are known."""

        def ask() -> T:
            self._follower.discover(flow)
            return self._database.read(query)

        return self._consistently(ask)

    def _consistently(self, work: Callable[[], T]) -> T:
        """The outcome of work during which the database stayed the same: a new one has other rows, or none yet."""
        while True:
            # Opening the database is no change of it.
            self._database.read(lambda connection: connection)
            generation = self._database.generation
            outcome = work()
            if self._database.generation == generation:
                return outcome

    # -- house-keeping

    def clear(self) -> None:
        """Remove all rows; they come back from the datastore."""
        self._database.clear()

    def _settled(self, row: RunRow) -> RunRow:
        """The row, with the status that a run without an end really has."""
        if row.status != "running":
            return row
        if not self._why_gone(row):
            return row
        # It may have written its end between the look at the log and the look at the process.
        latest = self._follower.refresh(row.flow, row.run) or row
        if latest.status != "running":
            return latest
        reason = self._why_gone(latest)
        if not reason:
            return latest
        return msgspec.structs.replace(latest, status="failed", finished_at=self._last_sign(latest), reason=reason)

    def _why_gone(self, row: RunRow) -> str:
        return is_gone(row, last_sign=lambda: self._last_sign(row), now=self._clock.now())

    def _last_sign(self, row: RunRow) -> float:
        """The time of the last thing that is known of a run."""
        steps = self._database.read(lambda connection: queries.steps_of(connection, row.id))
        return max([row.created_at, *(max(step.started_at, step.finished_at) for step in steps)])
