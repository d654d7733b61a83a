"""Keeping the index in step with the run logs.

Each run has a cursor: how far its log has been indexed. A stretch of log is added only in a transaction that finds the
cursor where the stretch begins, so that everything is added once and in order, whoever does it and however often.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from stepwell.base.errors import Corrupted, NotFound, StepwellError
from stepwell.records import queries
from stepwell.records.database import Busy
from stepwell.records.ingest import rows_of
from stepwell.records.writing import delete_run, insert_rows, insert_run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from sqlite3 import Connection

    from stepwell.documents.run import LogRecord, RunHeader
    from stepwell.records.database import Database
    from stepwell.records.rows import RunRow
    from stepwell.store.datastore import Datastore

# Seconds that a run loop waits for the index. It has better things to do, and the log has everything already.
HASTE = 0.02
# Bytes of log that are indexed in one transaction, some 5,000 tasks: others get their turn in between.
STRETCH = 1 << 22
# Records that wait for the index at most; beyond that they are read again from the log.
WAITING = 20_000


class _Queue(Struct):
    """What a run loop has handed over and the index does not have yet."""

    header: RunHeader | None = None
    start: str = ""
    end: str = ""
    records: list[tuple[str, LogRecord]] = field(default_factory=list)
    dropped: bool = False
    unfinished: bool = False


class Follower:
    """Adds to the index what the datastore has and it has not.

    Args:
        datastore: The truth.
        database: The index.
    """

    def __init__(self, datastore: Datastore, database: Database) -> None:
        self._datastore = datastore
        self._database = database
        self._queues: dict[tuple[str, str], _Queue] = {}
        self._local = datastore.local_path("records.db") is not None

    # -- the writer of a run

    def register(self, header: RunHeader) -> bool:
        """Add a run that has just begun; False when it has to wait."""
        queue = self._queues.setdefault((header.flow, header.run), _Queue())
        queue.header, queue.unfinished = header, True
        return self.flush(HASTE)

    def add(self, flow: str, run: str, records: Sequence[tuple[str, LogRecord]], cursor: str) -> bool:
        """Add the next stretch of a run's log; False when it has to wait."""
        queue = self._queues.setdefault((flow, run), _Queue())
        queue.end, queue.unfinished = cursor, True
        if records and queue.records and records[0][0] == queue.records[0][0]:
            # The caller has kept what had to wait, and hands it over again.
            queue.records = []
        if queue.dropped or len(queue.records) + len(records) > WAITING:
            queue.records, queue.dropped = [], True
        else:
            queue.records.extend(records)
        return self.flush(HASTE)

    def flush(self, wait: float) -> bool:
        """Add what waits; False when the index could not be had within so many seconds."""
        for (flow, run), queue in self._queues.items():
            if not queue.unfinished:
                continue
            try:
                if queue.dropped or not self._add_queue(flow, run, queue, wait):
                    self.refresh(flow, run, wait)
            except (Busy, StepwellError):
                # The run goes on: whoever reads the index next completes it from the log.
                return False
            queue.start, queue.records, queue.dropped, queue.unfinished = queue.end, [], False, False
        return True

    def _add_queue(self, flow: str, run: str, queue: _Queue, wait: float) -> bool:
        """Add the records if the index is just where they begin."""

        def work(connection: Connection) -> bool:
            row = queries.find_run(connection, flow, run)
            if row is None and queue.header is not None:
                insert_run(connection, queue.header)
                row = queries.find_run(connection, flow, run)
            if row is None or row.cursor != queue.start:
                return row is not None and row.cursor == queue.end
            if queue.end != queue.start:
                insert_rows(connection, row.id, rows_of(row.id, queue.records), queue.end)
            return True

        return self._database.write(work, wait)

    # -- readers

    def refresh(self, flow: str, run: str, wait: float | None = None) -> RunRow | None:
        """The row of a run after its whole log has been indexed; None when there is no such run.

        Raises:
            Busy: The index was not had in time; never with full patience.
        """
        row = self._database.read(lambda connection: queries.find_run(connection, flow, run))
        if row is None:
            try:
                header = self._datastore.header(flow, run)
            except NotFound:
                return None
            row = self._insert([header], wait)
        if row is None or not self.is_behind(row):
            return row
        if not self._log_was_cut(row):
            try:
                return self._index_rest(row, wait)
            except Corrupted:
                # The log is shorter than what was read from it: it is another one.
                pass
        self._database.write(lambda connection: delete_run(connection, flow, run), wait)
        return self._begin_again(flow, run, wait)

    def discover(self, flow: str) -> None:
        """Make the runs of a flow known that the index does not know, and forget those that were deleted."""
        # In this order: a run that is made between the two looks must not pass for a deleted one.
        known = {row[0] for row in self._database.read(lambda c: c.execute(queries.RUN_IDS, (flow,)).fetchall())}
        there = self._datastore.runs(flow)
        for run in known.difference(there):
            self._database.write(lambda connection, run=run: delete_run(connection, flow, run))  # type: ignore[misc]
        headers = []
        for run in there:
            if run not in known:
                try:
                    headers.append(self._datastore.header(flow, run))
                except (NotFound, Corrupted):
                    continue
        if headers:
            self._insert(headers, None)

    def refresh_stale(self, flow: str) -> list[str]:
        """Index the rest of every run of a flow whose log has grown; their ids."""
        pairs = self._database.read(lambda connection: connection.execute(queries.RUN_CURSORS, (flow,)).fetchall())
        stale = [run for run, cursor in pairs if self._log_differs(flow, run, cursor)]
        for run in stale:
            self.refresh(flow, run)
        return stale

    def _insert(self, headers: Sequence[RunHeader], wait: float | None) -> RunRow | None:
        """Add runs; the row of the last."""

        def work(connection: Connection) -> RunRow | None:
            for header in headers:
                insert_run(connection, header)
            return queries.find_run(connection, headers[-1].flow, headers[-1].run)

        return self._database.write(work, wait)

    def _index_rest(self, row: RunRow, wait: float | None) -> RunRow | None:
        log = self._datastore.run_log(row.flow, row.run)
        try:
            current: RunRow | None = row
            while current is not None:
                records, end = log.read(current.cursor, STRETCH)
                if end == current.cursor:
                    return current
                current = self._add_stretch(current, records, end, wait)
            return None
        finally:
            log.close()

    def _add_stretch(
        self, row: RunRow, records: Sequence[tuple[str, LogRecord]], end: str, wait: float | None
    ) -> RunRow | None:
        def work(connection: Connection) -> RunRow | None:
            now = queries.find_run(connection, row.flow, row.run)
            if now is None or now.cursor != row.cursor:
                return now
            insert_rows(connection, now.id, rows_of(now.id, records), end)
            return queries.find_run(connection, row.flow, row.run)

        return self._database.write(work, wait)

    def _begin_again(self, flow: str, run: str, wait: float | None) -> RunRow | None:
        try:
            row = self._insert([self._datastore.header(flow, run)], wait)
        except NotFound:
            return None
        return self._index_rest(row, wait) if row is not None else None

    def is_behind(self, row: RunRow) -> bool:
        """False when the run's log certainly ends where the index does."""
        return self._log_differs(row.flow, row.run, row.cursor)

    def _log_differs(self, flow: str, run: str, cursor: str) -> bool:
        return not self._local or self._log_size(flow, run) != int(cursor or 0)

    def _log_was_cut(self, row: RunRow) -> bool:
        return self._local and self._log_size(row.flow, row.run) < int(row.cursor or 0)

    def _log_size(self, flow: str, run: str) -> int:
        return self._datastore.store.size(f"flows/{flow}/{run}/log") or 0
