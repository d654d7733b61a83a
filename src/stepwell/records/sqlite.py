"""The index in SQLite."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import msgspec

from stepwell.base.clock import SystemClock
from stepwell.documents.codec import decode_header
from stepwell.records import queries
from stepwell.records.following import Follower
from stepwell.records.status import is_gone

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stepwell.base.clock import Clock
    from stepwell.documents.run import LogRecord, RunHeader
    from stepwell.records.database import Database
    from stepwell.records.rows import ArtifactRow, FinishedResult, RunRow, StepRow, TaskRow, TaskStatus
    from stepwell.store.datastore import Datastore

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
        self._follower.discover(flow)
        (number,) = self._database.read(lambda c: c.execute(queries.LATEST_NUMBER, (flow,)).fetchone())
        return max(number or 0, 0)

    def latest_run(self, flow: str, user: str | None = None) -> str | None:
        """The id of a flow's newest run, of any user or of one."""
        self._follower.discover(flow)
        statement, values = queries.runs_page(flow=flow, statuses=(), user=user, tags=(), before=None, limit=1)
        rows = self._database.read(lambda connection: queries.select_runs(connection, statement, values))
        return rows[0].run if rows else None

    def step_peak_memory(self, flow: str) -> dict[str, int]:
        """Step to its largest peak memory over the last few successful runs, bytes; without unknown steps."""
        self._follower.discover(flow)
        statement, values = queries.runs_page(
            flow=flow, statuses=(), user=None, tags=(), before=None, limit=PEAK_LOOK_BACK
        )
        for row in self._database.read(lambda connection: queries.select_runs(connection, statement, values)):
            self._follower.refresh(flow, row.run)
        return self._database.read(lambda connection: queries.step_peaks(connection, flow, PEAK_RUNS))

    def finished_results(self, flow: str, run: str) -> list[FinishedResult]:
        """The success of every task that has one, by step and task id; what a resume may clone."""
        row = self._follower.refresh(flow, run)
        if row is None:
            return []
        return self._database.read(lambda connection: queries.finished_results(connection, row.id))

    # -- keeping up

    def refresh(self, flow: str, run: str) -> RunRow | None:
        """Index what a run's log has beyond the index; the run's row, None when there is no such run."""
        row = self._follower.refresh(flow, run)
        return self._settled(row) if row is not None else None

    def refresh_all(self, flow: str | None = None) -> None:
        """Index everything that the datastore has, of one flow or of all."""
        for name in [flow] if flow is not None else self.flows():
            self._follower.discover(name)
            self._follower.refresh_stale(name)

    # -- questions

    def flows(self) -> list[str]:
        """Names of the flows that have runs, sorted."""
        return [flow for flow in self.datastore.flows() if self.latest_run_number(flow) or self.latest_run(flow)]

    def run(self, flow: str, run: str) -> RunRow | None:
        """A run as it is now, None when there is no such run."""
        return self.refresh(flow, run)

    def first_run_at(self, flow: str) -> float | None:
        """When the flow's oldest run began, seconds since the epoch; None when it has no runs."""
        self._follower.discover(flow)
        found = self._database.read(lambda c: c.execute(queries.FIRST_RUN_AT, (flow,)).fetchone())
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
        self._follower.discover(flow)
        if tags or status is not None:
            self._follower.refresh_stale(flow)
        # A run whose process is gone is still `running` in the table.
        statuses = () if status is None else ("failed", "running") if status == "failed" else (status,)
        while True:
            statement, values = queries.runs_page(
                flow=flow, statuses=statuses, user=user, tags=tags, before=before, limit=page
            )
            rows = self._database.read(lambda c, s=statement, v=values: queries.select_runs(c, s, v))  # type: ignore[misc]
            for row in rows:
                current = self._follower.refresh(flow, row.run) if self._follower.is_behind(row) else row
                if current is None:
                    continue
                settled = self._settled(current)
                if status is None or settled.status == status:
                    yield settled
            if len(rows) < page:
                return
            before = rows[-1].number

    def tags(self, flow: str, run: str) -> tuple[frozenset[str], frozenset[str]]:
        """User tags and system tags of a run as they are now; both empty when there is no such run."""
        row = self._follower.refresh(flow, run)
        if row is None:
            return frozenset(), frozenset()
        return self._database.read(lambda connection: queries.tags_of(connection, row.id))

    def steps(self, flow: str, run: str) -> list[StepRow]:
        """The steps of a run that have begun, in order of first appearance."""
        row = self._follower.refresh(flow, run)
        if row is None:
            return []
        return self._database.read(lambda connection: queries.steps_of(connection, row.id))

    def count_tasks(self, flow: str, run: str) -> dict[str, dict[str, int]]:
        """Step to status to number of tasks, each counted by its last attempt."""
        row = self._follower.refresh(flow, run)
        if row is None:
            return {}
        return self._database.read(lambda connection: queries.count_tasks(connection, row.id))

    def attempts(self, flow: str, run: str, step: str, task: int) -> list[TaskRow]:
        """All attempts of a task, first to last; empty when there is no such task."""
        row = self._follower.refresh(flow, run)
        if row is None:
            return []
        return self._database.read(lambda connection: queries.attempts_of(connection, row.id, step, task))

    def tasks(self, flow: str, run: str, step: str, *, before: int | None = None, limit: int = PAGE) -> list[TaskRow]:
        """Tasks of a step from the highest id downwards, each with its last attempt.

        Args:
            flow: The flow's name.
            run: The run's id.
            step: The step's name.
            before: Only tasks with a smaller id: the last one of the page before.
            limit: The most attempts looked at; a page is shorter when tasks were retried, and empty only at the end.
        """
        row = self._follower.refresh(flow, run)
        if row is None:
            return []
        return self._database.read(
            lambda connection: queries.newest_tasks(connection, row.id, step, before, max(limit, 1))
        )

    def iter_tasks(self, flow: str, run: str, step: str, *, page: int = PAGE) -> Iterator[TaskRow]:
        """All tasks of a step from the lowest id upwards, each with its last attempt."""
        row = self._follower.refresh(flow, run)
        after = -1
        while row is not None:
            run_id, floor = row.id, after
            rows = self._database.read(lambda c, r=run_id, f=floor: queries.oldest_tasks(c, r, step, f, page))  # type: ignore[misc]
            if not rows:
                return
            yield from rows
            after = rows[-1].task

    def unsuccessful_tasks(
        self, flow: str, run: str, status: TaskStatus, *, step: str | None = None, limit: int = PAGE
    ) -> list[TaskRow]:
        """Attempts that are running, failed or cancelled, by step and task id; found at once among many others."""
        row = self._follower.refresh(flow, run)
        if row is None:
            return []
        return self._database.read(lambda c: queries.unsuccessful_tasks(c, row.id, status, step, limit))

    def artifacts(self, flow: str, run: str, step: str, task: int, attempt: int) -> list[ArtifactRow]:
        """What an attempt produced, by name, without what it inherited."""
        row = self._follower.refresh(flow, run)
        if row is None:
            return []
        return self._database.read(lambda connection: queries.artifacts_of(connection, row.id, step, task, attempt))

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
