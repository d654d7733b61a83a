"""An append log for storages in which nothing grows: every append is a new object.

The objects stand below the log's key and are called `<time>-<writer>-<number>`: nanoseconds when they were made, a
random name that each open log takes for itself, and its count. Two writers can never choose the same name, and
create-only writes prove it. Within one writer, time never runs backwards and the count always grows, so the names
are in the order of the appends whatever the machine's clock does; between writers the order is that of their clocks.

A segment of a slow writer, or of one whose clock is behind, may appear with a name before those that a reader has
seen. So a cursor is no place in the order of names: it tells which segments were seen, as `writer:0-4` ranges of
counts. Nothing is read twice and nothing is lost, whatever is listed when. Its length grows with the number of
writers, not of appends.
"""

from __future__ import annotations

import os
import re
import threading
import time
from typing import TYPE_CHECKING

from stepwell.base.errors import AlreadyExists, NotFound, StoreError
from stepwell.store.file_log import record_at
from stepwell.store.framing import HEAD, TAIL, frame, scan
from stepwell.store.keys import check_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stepwell.store.protocol import Store

_NAME = re.compile(r"([0-9]{20})-([0-9a-f]{16})-([0-9]{8,})\Z")
_LOCATOR = re.compile(r"([0-9]{20}-[0-9a-f]{16}-[0-9]{8,}):([0-9]{1,18})\+([0-9]{1,18})\Z")
_SEEN = re.compile(r"([0-9a-f]{16}):([0-9]+(?:-[0-9]+)?(?:\.[0-9]+(?:-[0-9]+)?)*)\Z")


class SegmentLog:
    """An `AppendLog` of one object per append.

    Locators are `segment:offset+length` of the payload. The object may be used by several threads and, after a
    fork, by the child.

    Args:
        store: Where the segments go.
        key: The log's key; segments are called `key/<name>`.

    Attributes:
        damaged: Lines that `read` has skipped so far because they are no whole records.
    """

    def __init__(self, store: Store, key: str) -> None:
        self.damaged = 0
        self._store = store
        self._key = check_key(key)
        self._begin_writer()

    def append(self, payloads: Sequence[bytes]) -> list[str]:
        """Add records as one segment; see `AppendLog.append`."""
        if not payloads:
            return []
        frames = [frame(payload) for payload in payloads]
        if self._owner != os.getpid():
            self._begin_writer()
        with self._lock:
            name = self._put(frames)
        locators, position = [], 0
        for item in frames:
            locators.append(f"{name}:{position + HEAD}+{len(item) - HEAD - TAIL}")
            position += len(item)
        return locators

    def read(self, cursor: str = "", limit: int | None = None) -> tuple[list[tuple[str, bytes]], str]:
        """Everything after the cursor, or about `limit` bytes of it; see `AppendLog.read`."""
        seen = _parse_cursor(cursor)
        found: list[tuple[str, bytes]] = []
        size = 0
        for name in self._store.children(f"{self._key}/"):
            match = _NAME.match(name)
            if match is None or int(match[3]) in seen.setdefault(match[2], set()):
                continue
            if limit is not None and size >= limit:
                break
            try:
                data = self._store.get(f"{self._key}/{name}")
            except NotFound:
                # Deleted between listing and reading.
                continue
            # A segment was written as a whole: what has no newline at its end is damage, not work in progress.
            part = scan(data + b"\n", 0)
            found += [(f"{name}:{offset}+{len(payload)}", payload) for offset, payload in part.records]
            self.damaged += part.damaged
            size += len(data)
            seen[match[2]].add(int(match[3]))
        return found, _write_cursor(seen)

    def read_one(self, locator: str) -> bytes:
        """The payload at a locator; see `AppendLog.read_one`."""
        match = _LOCATOR.match(locator)
        missing = NotFound(
            f"`{locator}` names no record of `{self._key}`", hint="`stepwell records rebuild` makes the index anew"
        )
        if match is None or int(match[2]) < HEAD:
            raise missing
        length = int(match[3])
        data = self._store.get_range(f"{self._key}/{match[1]}", int(match[2]) - HEAD, HEAD + length + TAIL)
        return record_at(data, length, locator, self._key, missing)

    def sync(self) -> None:
        """Nothing to do: a segment is as durable as its store makes it."""

    def close(self) -> None:
        """Nothing to release."""

    def _begin_writer(self) -> None:
        self._owner = os.getpid()
        self._lock = threading.Lock()
        self._writer = os.urandom(8).hex()
        self._count = 0
        self._last_time = 0

    def _put(self, frames: list[bytes]) -> str:
        while True:
            self._last_time = max(time.time_ns(), self._last_time + 1)
            name = f"{self._last_time:020d}-{self._writer}-{self._count:08d}"
            # A number is used once, even when its write seemed to fail: it may have arrived all the same.
            self._count += 1
            try:
                self._store.put_new(f"{self._key}/{name}", frames)
            except AlreadyExists:
                continue
            return name


def _parse_cursor(cursor: str) -> dict[str, set[int]]:
    seen: dict[str, set[int]] = {}
    for item in cursor.split(",") if cursor else ():
        match = _SEEN.match(item)
        if match is None:
            raise StoreError(f"`{item}` is no place in a log", hint="`stepwell records rebuild` makes the index anew")
        counts = seen.setdefault(match[1], set())
        for stretch in match[2].split("."):
            first, _, last = stretch.partition("-")
            counts.update(range(int(first), int(last or first) + 1))
    return seen


def _write_cursor(seen: dict[str, set[int]]) -> str:
    items = []
    for writer, counts in sorted(seen.items()):
        stretches: list[list[int]] = []
        for count in sorted(counts):
            if stretches and stretches[-1][1] == count - 1:
                stretches[-1][1] = count
            else:
                stretches.append([count, count])
        if stretches:
            text = ".".join(f"{first}" if first == last else f"{first}-{last}" for first, last in stretches)
            items.append(f"{writer}:{text}")
    return ",".join(items)
