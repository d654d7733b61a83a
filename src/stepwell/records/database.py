"""The SQLite file: opening, sharing, noticing damage and disappearance, and doing without it if need be.

Invariants: whoever opens, creates or sets aside the file does so under a lock file, so that a write-ahead log never
meets a database that it does not belong to. A database is never replaced in place. Every failure of SQLite ends in a
working connection or in `Busy`; nothing is lost, because nothing is stored here alone.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import sqlite3
import threading
from typing import TYPE_CHECKING, TypeVar

from stepwell.base.errors import RecordsError
from stepwell.records.schema import SCHEMA_VERSION, creation, removal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")

# How long a reader waits for other writers. A write takes milliseconds, so this ends only for a stopped process.
PATIENCE = 30.0

_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT}
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}


class Busy(Exception):
    """Another process holds the write lock for longer than the caller wanted to wait."""


class Database:
    """A connection to the index that mends itself.

    Args:
        path: The file, or None for an index in memory.
        create: Make the file when it is missing; otherwise the index then lives in memory.
        notice: Is told, in one sentence, when the file was damaged or could not be used.
        patience: Seconds to wait for other processes; then work goes on in memory.

    Attributes:
        generation: Grows whenever another database takes the place of the last: what was read before may be gone.
        in_memory: True when the index has no file.
        read_only: True when the file can only be read.
    """

    def __init__(
        self,
        path: str | None,
        *,
        create: bool = True,
        notice: Callable[[str], None] | None = None,
        patience: float = PATIENCE,
    ) -> None:
        self.path = path
        self._patience = patience
        self._create = create
        self._notice = notice
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._pid = 0
        self._abandoned: list[sqlite3.Connection] = []
        self._wait = -1.0
        self._guard = threading.RLock()
        self.generation = 0
        self.in_memory = path is None
        self.read_only = False

    def connection(self, wait: float | None = None) -> sqlite3.Connection:
        """The open connection; opened anew when the file was deleted or replaced, or when this is a forked child.

        Args:
            wait: Seconds to wait for other processes; None for patience.
        """
        wait = self._patience if wait is None else wait
        if self._connection is not None:
            if self._pid != os.getpid():
                # Closing it here would touch the parent's write-ahead log.
                self._abandoned.append(self._connection)
                self._connection = None
            elif not self.in_memory and self._identity != _identity(self.path):
                self.close()
        if self._connection is None:
            self._connection = self._open()
            self.generation += 1
            self._pid, self._wait = os.getpid(), -1.0
        if wait != self._wait:
            self._connection.execute(f"PRAGMA busy_timeout = {int(wait * 1000)}")
            self._wait = wait
        return self._connection

    def close(self) -> None:
        """Close the connection; the next use opens it again."""
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    def __del__(self) -> None:
        if getattr(self, "_connection", None) is not None and self._pid == os.getpid():
            self.close()

    def read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """The answer to a query, whatever has to be mended first.

        Raises:
            RecordsError: Nothing helps.
        """
        with self._guard:
            for trial in itertools.count():
                try:
                    return query(self.connection())
                except sqlite3.Error as error:
                    self._recover(error, trial, None)
        raise AssertionError

    def write(self, work: Callable[[sqlite3.Connection], T], wait: float | None = None) -> T:
        """Do work in one transaction that holds the write lock.

        Args:
            work: Is called with the connection, again after a failure; an exception takes everything back.
            wait: Seconds to wait for the lock before `Busy` says that it was not had; None for patience.

        Raises:
            Busy: Another process holds the lock.
            RecordsError: Nothing helps.
        """
        with self._guard:
            for trial in itertools.count():
                try:
                    return self._transact(work, wait)
                except sqlite3.Error as error:
                    self._recover(error, trial, wait)
        raise AssertionError

    def _transact(self, work: Callable[[sqlite3.Connection], T], wait: float | None) -> T:
        connection = self.connection(wait)
        if self.read_only:
            self.to_memory("")
            connection = self.connection(wait)
        connection.execute("BEGIN IMMEDIATE")
        try:
            result = work(connection)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                with contextlib.suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
            raise
        return result

    def _recover(self, error: sqlite3.Error, trial: int, wait: float | None) -> None:
        """Get back to a working connection after an error, for the `trial`-th time."""
        code = getattr(error, "sqlite_errorcode", None)
        code = code & 0xFF if code is not None else sqlite3.SQLITE_ERROR
        if code in _BUSY and wait is not None:
            raise Busy from error
        if trial > 2 or isinstance(error, (sqlite3.ProgrammingError, sqlite3.IntegrityError)):
            raise RecordsError(
                f"the records index cannot be used: {error}",
                hint="`stepwell records rebuild` makes it anew from the datastore; nothing is lost",
            ) from error
        if self.in_memory:
            self.close()
        elif trial == 2 or code in _BUSY:
            self.to_memory(f"the records index cannot be used ({error}); reading the datastore instead")
        elif self._identity == _identity(self.path) and (code in _DAMAGE or _lacks_tables(error)):
            self._set_aside(str(error))
        else:
            self.close()

    def to_memory(self, message: str) -> None:
        """Go on with an index in memory: a copy of the file where it can be read, else an empty one."""
        copy = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        try:
            if self._connection is None or self.in_memory:
                raise sqlite3.OperationalError("nothing to copy")
            self._connection.backup(copy)
        except sqlite3.Error:
            copy.close()
            copy = _new_memory()
        self.close()
        self._connection, self._pid, self.in_memory, self.read_only = copy, os.getpid(), True, False
        self.generation += 1
        if message:
            self._say(message)

    def clear(self) -> None:
        """Remove all rows, and make the tables of this version."""
        self.write(_recreate)

    # -- opening

    def _open(self) -> sqlite3.Connection:
        if self.path is None or self.in_memory:
            return _new_memory()
        folder = os.path.dirname(self.path)
        if not os.access(folder, os.W_OK) or (os.path.exists(self.path) and not os.access(self.path, os.W_OK)):
            return self._open_for_reading()
        if not self._create and not os.path.exists(self.path):
            self.in_memory = True
            return _new_memory()
        try:
            with self._lock():
                return self._open_locked()
        except OSError as error:
            self.in_memory = True
            self._say(f"the records index `{self.path}` cannot be written ({error}); reading the datastore instead")
            return _new_memory()

    def _open_locked(self) -> sqlite3.Connection:
        assert self.path is not None
        if not os.path.exists(self.path):
            _create_file(self.path)
        try:
            connection = _open_current(self.path)
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", None)
            if code is None or code & 0xFF not in _DAMAGE:
                raise
            self._move(str(error))
            _create_file(self.path)
            connection = _open_current(self.path)
        self._identity = _identity(self.path)
        return connection

    def _open_for_reading(self) -> sqlite3.Connection:
        assert self.path is not None
        self.read_only = True
        self._identity = _identity(self.path)
        if os.path.exists(self.path):
            from pathlib import Path

            # The plain form sees what other processes have just written; the immutable one needs no file beside it.
            for options in ("mode=ro", "mode=ro&immutable=1"):
                try:
                    connection = _connect(f"{Path(self.path).absolute().as_uri()}?{options}", uri=True)
                    if _version(connection) == SCHEMA_VERSION:
                        connection.execute("SELECT count(*) FROM (SELECT 1 FROM runs LIMIT 1)").fetchone()
                        return connection
                    connection.close()
                except sqlite3.Error:
                    continue
        self.in_memory, self.read_only = True, False
        return _new_memory()

    # -- damage

    def _set_aside(self, why: str) -> None:
        """Move the damaged file away, unless somebody else has done so; the next use makes a new one."""
        mine = self._identity
        self.close()
        try:
            with self._lock():
                if mine is None or mine == _identity(self.path):
                    self._move(why)
        except OSError:
            self.to_memory(f"the records index `{self.path}` is damaged ({why}) and cannot be moved aside")

    def _move(self, why: str) -> None:
        assert self.path is not None
        number = 1
        while os.path.exists(f"{self.path}.damaged-{number}"):
            number += 1
        aside = f"{self.path}.damaged-{number}"
        for suffix in ("", "-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                os.rename(self.path + suffix, aside + suffix)
        self._say(
            f"the records index was damaged ({why}); it was moved to `{aside}` and is made anew from the datastore"
        )

    def _say(self, message: str) -> None:
        if self._notice is not None:
            self._notice(message)
        else:
            import logging

            logging.getLogger(__name__).warning("%s", message)

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        """Exclude other processes from opening the file. Where there are no file locks, trust in luck and in repair."""
        try:
            import fcntl
        except ImportError:
            yield
            return
        descriptor = os.open(f"{self.path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            with contextlib.suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _connect(path: str, *, uri: bool = False) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=PATIENCE, isolation_level=None, check_same_thread=False, cached_statements=256, uri=uri
    )
    try:
        # The last commits may be lost with the power, which does no harm: they are in the run logs.
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA cache_size = -32000")
    except BaseException:
        connection.close()
        raise
    return connection


def _open_current(path: str) -> sqlite3.Connection:
    """Open a file, with the tables of this version: those of another one are replaced by empty ones."""
    connection = _connect(path)
    try:
        if _version(connection) != SCHEMA_VERSION:
            connection.execute("BEGIN IMMEDIATE")
            if _version(connection) != SCHEMA_VERSION:
                _recreate(connection)
            connection.execute("COMMIT")
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def _new_memory() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False, cached_statements=256)
    for statement in creation():
        connection.execute(statement)
    return connection


def _create_file(path: str) -> None:
    """Make an empty index beside its place and move it there whole; remains of an earlier one go first."""
    for suffix in ("-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path + suffix)
    fresh = f"{path}.{os.getpid()}.new"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(fresh)
    connection = sqlite3.connect(fresh, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        for statement in creation():
            connection.execute(statement)
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode = WAL").fetchone()
    except sqlite3.Error as error:
        raise OSError(str(error)) from error
    finally:
        connection.close()
    os.replace(fresh, path)


def _recreate(connection: sqlite3.Connection) -> None:
    for statement in [*removal(), *creation()]:
        connection.execute(statement)


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    # The version stands in the first page; this reads a second one, and with it the write-ahead log.
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return int(version)


def _identity(path: str | None) -> tuple[int, int] | None:
    try:
        status = os.stat(path or "")
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _lacks_tables(error: sqlite3.Error) -> bool:
    text = str(error)
    return text.startswith(("no such table", "no such column")) or "has no column named" in text or "UTF-8" in text
