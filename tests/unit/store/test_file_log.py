"""A run's log in one file: many writers, crashes, damage, and the order of what readers see."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from stepwell.base.errors import Corrupted, NotFound
from stepwell.store import file_log
from stepwell.store.file_log import FileLog
from stepwell.store.framing import frame

if TYPE_CHECKING:
    from pathlib import Path

SEED = 20240611

WRITER = """
import os, random, sys
from stepwell.store.file_log import FileLog
path, writer, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
dice = random.Random(writer)
log = FileLog(path)
for number in range(count):
    payload = f"{writer} {number} {'x' * dice.choice([0, 10, 300, 5000, 70000])}".encode()
    locator, = log.append([payload])
    os.write(1, f"{number} {locator}\\n".encode())
"""


def start_writer(path: Path, writer: int, count: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", WRITER, str(path), str(writer), str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def payloads_of(log: FileLog) -> list[bytes]:
    return [payload for _, payload in log.read()[0]]


def test_many_processes_append_at_once_and_every_record_is_whole_and_in_its_writers_order(tmp_path: Path) -> None:
    path = tmp_path / "run" / "log"
    writers = [start_writer(path, writer, 60) for writer in range(4)]
    acknowledged = [process.communicate()[0].decode().splitlines() for process in writers]
    assert [process.returncode for process in writers] == [0] * 4
    log = FileLog(str(path))
    seen: dict[int, list[int]] = {}
    for payload in payloads_of(log):
        writer, number, _ = payload.decode().split(" ")
        seen.setdefault(int(writer), []).append(int(number))
    assert seen == {writer: list(range(60)) for writer in range(4)}
    assert log.damaged == 0
    for writer, lines in enumerate(acknowledged):
        for line in lines:
            number, locator = line.split(" ")
            assert log.read_one(locator).decode().startswith(f"{writer} {number} ")
    log.close()


def test_killing_writers_at_random_moments_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    dice = random.Random(SEED)
    path = tmp_path / "log"
    writers = [start_writer(path, writer, 100_000) for writer in range(6)]
    acknowledged: dict[int, list[str]] = {}
    for writer, process in enumerate(writers):
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(dice.randrange(1, 120))]
        os.kill(process.pid, signal.SIGKILL)
        lines += process.communicate()[0].splitlines(keepends=True)
        acknowledged[writer] = [line.decode() for line in lines if line.endswith(b"\n")]
    log = FileLog(str(path))
    seen: dict[int, list[int]] = {}
    for payload in payloads_of(log):
        writer_text, number, _ = payload.decode().split(" ")
        seen.setdefault(int(writer_text), []).append(int(number))
    for writer, lines in acknowledged.items():
        assert len(lines) >= 1
        assert seen[writer] == list(range(len(seen[writer]))), f"seed {SEED}"
        # One more than acknowledged may be there: written, and killed before it could say so.
        assert len(seen[writer]) - len(lines) in (0, 1), f"seed {SEED}"
        assert all(log.read_one(line.split()[1]) for line in lines)
    log.close()


@pytest.mark.parametrize("kept", range(len(frame(b'{"a":1}'))))
def test_a_record_cut_off_at_any_byte_hides_no_neighbour(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "log"
    log = FileLog(str(path))
    log.append([b"before"])
    _, cursor = log.read()
    torn = frame(b'{"a":1}')[:kept]
    with path.open("ab") as file:
        file.write(torn)
    waiting, waiting_cursor = log.read(cursor)
    assert waiting == []
    (locator,) = log.append([b"after"])
    found = [payload for _, payload in log.read(waiting_cursor)[0]]
    # With every byte but the last newline there, the neighbour's newline completes the record.
    assert found == ([b'{"a":1}', b"after"] if kept == len(torn) == len(frame(b'{"a":1}')) - 1 else [b"after"])
    assert log.read_one(locator) == b"after"
    log.close()


def test_an_unfinished_last_line_is_left_until_it_is_finished(tmp_path: Path) -> None:
    path = tmp_path / "log"
    record = frame(b"slow")
    path.write_bytes(frame(b"first") + record[:8])
    log = FileLog(str(path))
    records, cursor = log.read()
    assert [payload for _, payload in records] == [b"first"]
    assert log.read(cursor) == ([], cursor)
    with path.open("ab") as file:
        file.write(record[8:])
    assert [payload for _, payload in log.read(cursor)[0]] == [b"slow"]
    assert log.damaged == 0
    log.close()


def test_any_flipped_bit_costs_at_most_its_own_record(tmp_path: Path) -> None:
    path = tmp_path / "log"
    payloads = [b"zero", b'{"one": 1}', b"two"]
    log = FileLog(str(path))
    locators = log.append(payloads)
    whole = path.read_bytes()
    for position in range(len(whole) * 8):
        data = bytearray(whole)
        data[position // 8] ^= 1 << position % 8
        path.write_bytes(data)
        found = payloads_of(log)
        assert set(found) <= set(payloads)
        assert len(found) >= 2, position
        missing = [number for number, payload in enumerate(payloads) if payload not in found]
        for number in missing:
            with pytest.raises((Corrupted, NotFound)):
                log.read_one(locators[number])
    log.close()


def test_a_changed_payload_is_reported_as_corrupted_with_the_place(tmp_path: Path) -> None:
    path = tmp_path / "log"
    log = FileLog(str(path))
    (locator,) = log.append([b"hello"])
    path.write_bytes(path.read_bytes().replace(b"hello", b"hallo"))
    with pytest.raises(Corrupted, match="has changed") as caught:
        log.read_one(locator)
    assert str(path) in caught.value.message
    assert "resume" in caught.value.hint
    assert log.read()[0] == []
    assert log.damaged == 1
    log.close()


def test_a_log_longer_than_a_chunk_is_read_right_whatever_falls_on_the_border(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = FileLog(str(tmp_path / "log"))
    payloads = [b"%d" % number * (number % 7) for number in range(60)]
    locators = log.append(payloads)
    for chunk in (1, 2, 3, 7, 64, 1000):
        monkeypatch.setattr(file_log, "_CHUNK", chunk)
        assert log.read()[0] == list(zip(locators, payloads, strict=True))
    log.close()


def test_a_log_that_became_shorter_than_the_cursor_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "log"
    log = FileLog(str(path))
    log.append([b"a", b"b"])
    _, cursor = log.read()
    path.write_bytes(b"")
    with pytest.raises(Corrupted, match="were read from it before"):
        log.read(cursor)
    log.close()


def test_a_payload_of_two_lines_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    log = FileLog(str(tmp_path / "log"))
    with pytest.raises(ValueError, match="one line"):
        log.append([b"good", b"bad\nline"])
    assert log.read() == ([], "")


def test_appending_goes_on_in_a_new_file_when_the_old_one_was_deleted(tmp_path: Path) -> None:
    path = tmp_path / "run" / "log"
    log = FileLog(str(path))
    log.append([b"old"])
    path.unlink()
    path.parent.rmdir()
    log.append([b"new"])
    assert payloads_of(FileLog(str(path))) == [b"new"]
    log.close()


def test_a_forked_child_appends_to_its_parents_log_with_locators_of_its_own(tmp_path: Path) -> None:
    script = f"""
import os
from stepwell.store.file_log import FileLog
log = FileLog({str(tmp_path / "log")!r})
log.append([b"parent"])
children = []
for child in range(4):
    pid = os.fork()
    if pid == 0:
        for number in range(100):
            payload = b"%d/%d" % (child, number)
            locator, = log.append([payload])
            if log.read_one(locator) != payload:
                os._exit(1)
        os._exit(0)
    children.append(pid)
assert all(os.waitpid(pid, 0)[1] == 0 for pid in children)
assert len(log.read()[0]) == 401
"""
    subprocess.run([sys.executable, "-c", script], check=True)


class LogAgainstModel(RuleBasedStateMachine):
    """Appends, torn writes and reads in any order, against a plain list."""

    @initialize()
    def begin(self) -> None:
        import tempfile

        self.folder = tempfile.TemporaryDirectory()
        self.path = f"{self.folder.name}/deep/log"
        self.writers = [FileLog(self.path), FileLog(self.path)]
        self.reader = FileLog(self.path)
        self.model: list[bytes] = []
        self.followed: list[bytes] = []
        self.cursor = ""

    @rule(
        writer=st.integers(0, 1),
        payloads=st.lists(st.binary(max_size=40).filter(lambda data: b"\n" not in data), max_size=4),
    )
    def append(self, writer: int, payloads: list[bytes]) -> None:
        locators = self.writers[writer].append(payloads)
        assert [self.reader.read_one(locator) for locator in locators] == payloads
        self.model += payloads

    @rule(payload=st.binary(max_size=30).filter(lambda data: b"\n" not in data), cut=st.integers(1, 100))
    def crash_in_the_middle(self, payload: bytes, cut: int) -> None:
        # At least the last byte of the payload, or its head, is missing: such a record never counts.
        torn = frame(payload)[: -2 - cut]
        os.makedirs(f"{self.folder.name}/deep", exist_ok=True)
        with open(self.path, "ab") as file:
            file.write(torn)

    @rule(limit=st.one_of(st.none(), st.integers(1, 200)))
    def follow(self, limit: int | None) -> None:
        records, self.cursor = self.reader.read(self.cursor, limit)
        self.followed += [payload for _, payload in records]
        assert self.followed == self.model[: len(self.followed)]
        if limit is None:
            assert self.followed == self.model

    @rule(writer=st.integers(0, 1))
    def reopen(self, writer: int) -> None:
        self.writers[writer].close()

    @invariant()
    def a_new_reader_sees_everything(self) -> None:
        log = FileLog(self.path)
        assert [payload for _, payload in log.read()[0]] == self.model
        log.close()

    def teardown(self) -> None:
        for log in (*self.writers, self.reader):
            log.close()
        self.folder.cleanup()


TestLogAgainstModel = LogAgainstModel.TestCase
TestLogAgainstModel.settings = settings(max_examples=60, stateful_step_count=25, deadline=None, derandomize=True)
