"""An append log in one local file, to which any number of processes append at once.

A record goes to the file in one `write` on a descriptor opened with O_APPEND, which local file systems carry out as a
whole: no lock is taken and no writer can block another. It is not so between machines that share a network file
system; a run's tasks on several machines need a store with segments (`SegmentLog`).
"""
# Paths are text here: a `Path` object costs more than the system call that it is made for.

from __future__ import annotations

import os
import re
import threading
from typing import TYPE_CHECKING

from stepwell.base.errors import Corrupted, NotFound, StoreError
from stepwell.store.framing import HEAD, TAIL, frame, is_whole, scan
from stepwell.store.os_errors import store_error

if TYPE_CHECKING:
    from collections.abc import Sequence

_COMMON = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND | _COMMON
_READ = os.O_RDONLY | _COMMON
_CHUNK = 1 << 20
_TRIES = 100
_LOCATOR = re.compile(r"([0-9]{1,18})\+([0-9]{1,18})\Z")


class FileLog:
    """An `AppendLog` in one file.

    Locators are `offset+length` of the payload in bytes, cursors are byte offsets as text. The object may be used by
    several threads and, after a fork, by the child.

    Args:
        path: The file; it and its folder are made by the first append.
        durable: True to make each append durable against loss of power before it returns.

    Attributes:
        damaged: Lines that `read` has skipped so far because they are no whole records.
    """

    def __init__(self, path: str, *, durable: bool = False) -> None:
        self.path = path
        self.damaged = 0
        self._durable = durable
        self._append_fd = -1
        self._read_fd = -1
        self._owner = os.getpid()
        self._lock = threading.Lock()

    def __del__(self) -> None:
        self.close()

    def append(self, payloads: Sequence[bytes]) -> list[str]:
        """Add records in one write; see `AppendLog.append`."""
        frames = [frame(payload) for payload in payloads]
        if not frames:
            return []
        self._after_fork()
        with self._lock:
            try:
                locators = self._write(self._writable(), frames)
                if self._durable:
                    os.fsync(self._append_fd)
            except OSError as error:
                raise store_error(error, self.path, writing=True) from error
        return locators

    def read(self, cursor: str = "", limit: int | None = None) -> tuple[list[tuple[str, bytes]], str]:
        """Everything after the cursor, or about `limit` bytes of it; see `AppendLog.read`."""
        start = self._offset(cursor)
        found: list[tuple[str, bytes]] = []
        try:
            descriptor = self._readable()
            if descriptor < 0:
                return found, cursor
            position, pending, budget = start, b"", limit
            while chunk := read_at(descriptor, position + len(pending), max(_CHUNK, len(pending))):
                data = pending + chunk if pending else chunk
                part = scan(data, position)
                found += [(f"{offset}+{len(payload)}", payload) for offset, payload in part.records]
                self.damaged += part.damaged
                pending = data[part.end - position :]
                if budget is not None and part.end - start >= budget:
                    position = part.end
                    break
                position = part.end
            else:
                self._check_not_shorter(descriptor, start)
        except OSError as error:
            raise store_error(error, self.path, writing=False) from error
        return found, str(position)

    def read_one(self, locator: str) -> bytes:
        """The payload at a locator; see `AppendLog.read_one`."""
        match = _LOCATOR.match(locator)
        missing = NotFound(
            f"`{locator}` names no record of `{self.path}`", hint="`stepwell records rebuild` makes the index anew"
        )
        if match is None:
            raise missing
        start, length = int(match[1]) - HEAD, int(match[2])
        try:
            descriptor = self._readable()
            if descriptor < 0 or start < 0 or start + HEAD + length > os.fstat(descriptor).st_size:
                raise missing
            data = read_at(descriptor, start, HEAD + length + TAIL)
        except OSError as error:
            raise store_error(error, self.path, writing=False) from error
        return record_at(data, length, locator, self.path, missing)

    def sync(self) -> None:
        """Make what was appended, by anybody, durable against loss of power."""
        self._after_fork()
        try:
            descriptor = self._append_fd if self._append_fd >= 0 else self._readable()
            if descriptor >= 0:
                getattr(os, "fdatasync", os.fsync)(descriptor)
        except OSError as error:
            raise store_error(error, self.path, writing=True) from error

    def close(self) -> None:
        """Release the descriptors; the log may be used again."""
        # A destructor may come here before the constructor was through.
        for name in ("_append_fd", "_read_fd"):
            descriptor = getattr(self, name, -1)
            setattr(self, name, -1)
            if descriptor >= 0:
                os.close(descriptor)

    def _after_fork(self) -> None:
        # The child shares the file position with its parent, and the position after a write is how a record's
        # place is known; the lock may be held by a thread that the child does not have.
        if self._owner != os.getpid():
            self._owner = os.getpid()
            self._lock = threading.Lock()
            if self._append_fd >= 0:
                os.close(self._append_fd)
                self._append_fd = -1

    def _writable(self) -> int:
        if self._append_fd >= 0:
            if os.fstat(self._append_fd).st_nlink:
                return self._append_fd
            # The file was deleted under us; what went there would be lost.
            os.close(self._append_fd)
            self._append_fd = -1
        self._append_fd = open_to_append(self.path)
        return self._append_fd

    def _readable(self) -> int:
        if self._read_fd < 0:
            try:
                self._read_fd = os.open(self.path, _READ)
            except (FileNotFoundError, NotADirectoryError):
                return -1
        return self._read_fd

    def _offset(self, cursor: str) -> int:
        if not cursor:
            return 0
        if not (cursor.isascii() and cursor.isdigit()):
            raise StoreError(
                f"`{cursor}` is no place in `{self.path}`", hint="`stepwell records rebuild` makes the index anew"
            )
        return int(cursor)

    def _check_not_shorter(self, descriptor: int, start: int) -> None:
        size = os.fstat(descriptor).st_size
        if size < start:
            raise Corrupted(
                f"`{self.path}` has {size} bytes, but {start} were read from it before",
                hint="the file was cut or replaced; `stepwell records rebuild` makes the index anew",
            )

    @staticmethod
    def _write(descriptor: int, frames: list[bytes]) -> list[str]:
        """Write all frames.

        A write that stops short (disk full, size limit) may be followed by another process's record, so what was cut
        is never continued: the frame is written again as a whole, and its stump is skipped by readers.
        """
        locators: list[str] = []
        stumps = 0
        while len(locators) < len(frames):
            rest = frames[len(locators) :]
            written = os.write(descriptor, rest[0] if len(rest) == 1 else b"".join(rest))
            end = os.lseek(descriptor, 0, os.SEEK_CUR)
            position = end - written
            before = len(locators)
            for item in rest:
                # The newline at the end may be missing: the record counts all the same.
                if position + len(item) - TAIL > end:
                    break
                locators.append(f"{position + HEAD}+{len(item) - HEAD - TAIL}")
                position += len(item)
            if position > end and len(locators) == len(frames):
                os.write(descriptor, b"\n")
            stumps += len(locators) == before
            if stumps > 3:
                raise OSError("the file takes no more bytes")
        return locators


def record_at(data: bytes, length: int, locator: str, place: str, missing: NotFound) -> bytes:
    """The payload of the record that `data` should be, from its newline in front on.

    Raises:
        NotFound: There is no record's beginning; this is `missing`.
        Corrupted: The checksum is wrong.
    """
    line = data[1 : HEAD + length]
    ends = data[HEAD + length : HEAD + length + TAIL]
    if data[:1] != b"\n" or line[8:9] != b" " or len(line) != HEAD - 1 + length or b"\n" in line or ends not in b"\n":
        raise missing
    if not is_whole(line):
        raise Corrupted(
            f"the record at `{locator}` of `{place}` has changed since it was written",
            hint="restore the file from a copy, or run the task again (`resume`)",
        )
    return line[HEAD - 1 :]


def open_to_append(path: str) -> int:
    """A descriptor that appends to a file, which is made, with its folder, when it is not there.

    Raises:
        OSError: As the system says.
    """
    for turn in range(_TRIES):
        try:
            return os.open(path, _APPEND, 0o666)
        except FileNotFoundError:
            if turn == _TRIES - 1:
                raise
            try:
                os.makedirs(os.path.dirname(path), exist_ok=True)
            except FileNotFoundError:
                # A parent was removed while its child was made.
                continue
    raise AssertionError


if hasattr(os, "pread"):

    def read_at(descriptor: int, offset: int, length: int) -> bytes:
        """Up to `length` bytes from an offset of an open file."""
        return os.pread(descriptor, length, offset)

else:
    _position_lock = threading.Lock()

    def read_at(descriptor: int, offset: int, length: int) -> bytes:
        """Up to `length` bytes from an offset of an open file."""
        with _position_lock:
            os.lseek(descriptor, offset, os.SEEK_SET)
            return os.read(descriptor, length)
