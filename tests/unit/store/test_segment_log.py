"""Logs of segments: no order of clocks and listings loses or repeats a record."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from stepwell.base.errors import StoreFull
from stepwell.store.memory import MemoryStore
from stepwell.store.segment_log import SegmentLog

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stepwell.base.buffers import Buffer


def payloads(log: SegmentLog, cursor: str = "") -> list[bytes]:
    return [payload for _, payload in log.read(cursor)[0]]


def test_order_within_a_writer_survives_a_clock_that_runs_backwards(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([5_000, 4_000, 4_000, 1, 9_000])
    monkeypatch.setattr(time, "time_ns", lambda: next(times))
    log = SegmentLog(MemoryStore(), "log")
    for number in range(5):
        log.append([b"%d" % number])
    assert payloads(log) == [b"0", b"1", b"2", b"3", b"4"]


def test_a_writer_whose_clock_is_behind_is_not_overlooked(monkeypatch: pytest.MonkeyPatch) -> None:
    store = MemoryStore()
    ahead, behind, reader = (SegmentLog(store, "log") for _ in range(3))
    monkeypatch.setattr(time, "time_ns", lambda: 10**18)
    ahead.append([b"ahead"])
    _, cursor = reader.read()
    monkeypatch.setattr(time, "time_ns", lambda: 10**9)
    behind.append([b"behind"])
    records, cursor = reader.read(cursor)
    assert [payload for _, payload in records] == [b"behind"]
    assert reader.read(cursor) == ([], cursor)


def test_a_segment_that_is_listed_late_is_read_late_and_once() -> None:
    class SlowListing(MemoryStore):
        hidden = -1

        def children(self, prefix: str) -> list[str]:
            names = super().children(prefix)
            return [name for number, name in enumerate(names) if number != self.hidden]

    store = SlowListing()
    log = SegmentLog(store, "log")
    for number in range(4):
        log.append([b"%d" % number])
    store.hidden = 1
    records, cursor = log.read()
    assert [payload for _, payload in records] == [b"0", b"2", b"3"]
    store.hidden = -1
    assert payloads(log, cursor) == [b"1"]


def test_the_cursor_grows_with_writers_and_not_with_appends() -> None:
    log = SegmentLog(MemoryStore(), "log")
    for _ in range(200):
        log.append([b"x"])
    assert len(log.read()[1]) < 40


def test_a_damaged_segment_costs_only_its_own_records() -> None:
    store = MemoryStore()
    log = SegmentLog(store, "log")
    log.append([b"a"])
    log.append([b"b"])
    log.append([b"c"])
    store.put(sorted(store.keys("log/"))[1], [b"\nrubbish"])
    assert payloads(log) == [b"a", b"c"]
    assert log.damaged == 1


def test_foreign_keys_beside_the_segments_are_ignored() -> None:
    store = MemoryStore()
    store.put("log/readme.txt", [b"hello"])
    assert SegmentLog(store, "log").read() == ([], "")


def test_a_failed_append_leaves_the_log_usable() -> None:
    class FullOnce(MemoryStore):
        full = True

        def put_new(self, key: str, parts: Sequence[Buffer]) -> None:
            if self.full:
                raise StoreFull("no space")
            super().put_new(key, parts)

    store = FullOnce()
    log = SegmentLog(store, "log")
    with pytest.raises(StoreFull):
        log.append([b"lost"])
    store.full = False
    log.append([b"kept"])
    records, cursor = log.read()
    assert [payload for _, payload in records] == [b"kept"]
    assert log.read(cursor) == ([], cursor)
