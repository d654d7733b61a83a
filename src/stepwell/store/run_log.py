"""A run's log as documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepwell.base.errors import Corrupted
from stepwell.documents.codec import decode_record, encode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stepwell.documents.run import LogRecord
    from stepwell.store.protocol import AppendLog

_BATCH = 1 << 22


class RunLog:
    """The records of one run: results, starts, tags, the end. Tasks, the run loop and readers append to it.

    Args:
        log: The log below.

    Attributes:
        unreadable: Records that `read` has skipped so far because this version knows no such document.
    """

    def __init__(self, log: AppendLog) -> None:
        self._log = log
        self.unreadable = 0

    def append(self, records: Sequence[LogRecord]) -> list[str]:
        """Add records, all in one write; durable against the death of this process when the call returns.

        Returns:
            A locator for each record, for `get` and for `ResultRef.locator`.

        Raises:
            StoreFull: No space; none or some of the records were added.
            StoreReadOnly: No permission.
        """
        return self._log.append([encode(record) for record in records])

    def read(self, cursor: str = "", limit: int | None = None) -> tuple[list[tuple[str, LogRecord]], str]:
        """Everything after the cursor.

        Args:
            cursor: Where an earlier read ended; empty for the beginning.
            limit: Stop after about so many bytes, to go on from the cursor; None for all.

        Returns:
            Pairs of locator and record in order, and the cursor to go on from.
        """
        found, cursor = self._log.read(cursor, limit)
        records: list[tuple[str, LogRecord]] = []
        for locator, payload in found:
            try:
                records.append((locator, decode_record(payload)))
            except Corrupted:
                # Its checksum is right: a later version wrote it, and what it says is new since then.
                self.unreadable += 1
        return records, cursor

    def batches(self, cursor: str = "", size: int = _BATCH) -> Iterator[tuple[list[tuple[str, LogRecord]], str]]:
        """What `read` returns, in turns of about `size` bytes, so that a long log needs little memory."""
        while True:
            records, after = self.read(cursor, size)
            if after == cursor:
                return
            cursor = after
            yield records, cursor

    def get(self, locator: str) -> LogRecord:
        """The record at a locator.

        Raises:
            NotFound: The locator does not name a whole record.
            Corrupted: The record has changed since it was written.
        """
        return decode_record(self._log.read_one(locator))

    def sync(self) -> None:
        """Make what was appended, by anybody, durable against loss of power, where the storage can."""
        self._log.sync()

    def close(self) -> None:
        """Release the handle; the log may be used again."""
        self._log.close()
