"""Keeps the records index up with the run's log, in batches, and never lets it hold the run up."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stepwell.documents.run import LogRecord, RunHeader
    from stepwell.records.sqlite import Records
    from stepwell.store.datastore import RunLog


class IndexWriter:
    """Reads the log forward and hands what it read to the index.

    Args:
        log: The run's log.
        records: The index.
        header: The run.
    """

    def __init__(self, log: RunLog, records: Records, header: RunHeader) -> None:
        self._log = log
        self._records = records
        self._flow = header.flow
        self._run = header.run
        self._cursor = ""
        self._pending: list[tuple[str, LogRecord]] = []

    def read(self) -> list[tuple[str, LogRecord]]:
        """What is new in the log since the last read; remembered for the index."""
        new, self._cursor = self._log.read(self._cursor)
        self._pending += new
        return new

    def write(self) -> None:
        """Index what was read; if the index is busy, it waits for the next time."""
        if self._pending and self._records.ingest(self._flow, self._run, self._pending, self._cursor):
            self._pending = []

    def finish(self) -> None:
        """Index everything, waiting for the index if need be. What cannot be indexed is found in the log by readers."""
        self.read()
        self.write()
        self._records.flush(10.0)
