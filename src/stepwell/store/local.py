"""A store in a folder.

A key is a file below the root. A file is written under a hidden name beside its place and then moved there, so that
no reader ever sees half of one. Folders are made when they are needed and may vanish again at any moment.
"""
# Paths are text here: a `Path` object costs more than the system call that it is made for.

from __future__ import annotations

import errno
import itertools
import os
from typing import TYPE_CHECKING

from stepwell.base.buffers import byte_view
from stepwell.base.errors import AlreadyExists, StoreError
from stepwell.store.file_log import FileLog
from stepwell.store.keys import check_key, check_prefix
from stepwell.store.os_errors import store_error

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stepwell.base.buffers import Buffer

_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_READ = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_TRIES = 100
_GATHER_BELOW = 1 << 16
_PIECE = 1 << 20
_NO_LINKS = {errno.EPERM, errno.EMLINK, errno.ENOSYS, getattr(errno, "EOPNOTSUPP", -1), getattr(errno, "ENOTSUP", -1)}

_hidden_names = itertools.count()
_link = os.link


class LocalStore:
    """A `Store` on a folder of this machine.

    Args:
        root: The folder. It is made by the first write.
        durable: True to make every file durable against loss of power before it appears; costs a disk write each.

    Attributes:
        url: `file:///absolute/path`.
        root: The folder as an absolute path.
    """

    def __init__(self, root: str | os.PathLike[str], *, durable: bool = False) -> None:
        self.root = os.path.abspath(os.fspath(root))
        self.url = url_of_path(self.root)
        self.durable = durable

    @classmethod
    def from_url(cls, url: str, *, durable: bool = False) -> LocalStore:
        """The store that a `file://` URL names."""
        return cls(path_of_url(url), durable=durable)

    def __repr__(self) -> str:
        return f"LocalStore({self.root!r})"

    def get(self, key: str) -> bytes:
        """The whole content; `NotFound` when there is no such key."""
        path = self._path(key)
        try:
            with open(path, "rb", buffering=0) as file:
                return file.readall()
        except OSError as error:
            raise store_error(error, path, writing=False) from error

    def get_range(self, key: str, start: int, length: int) -> bytes:
        """At most `length` bytes from `start`; fewer at the end of the content."""
        path = self._path(key)
        try:
            with open(path, "rb") as file:
                # A length beyond the end would be allocated in full before anything is read.
                length = min(length, os.fstat(file.fileno()).st_size - start)
                file.seek(start)
                return file.read(max(length, 0))
        except OSError as error:
            raise store_error(error, path, writing=False) from error

    def size(self, key: str) -> int | None:
        """Bytes of the content, None when there is no such key."""
        path = self._path(key)
        try:
            return os.stat(path).st_size
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise store_error(error, path, writing=False) from error

    def put(self, key: str, parts: Sequence[Buffer]) -> None:
        """Write the concatenation of the parts, atomically, replacing what is there."""
        path = self._path(key)
        try:
            for last in _turns():
                hidden = self._write_hidden(path, parts)
                try:
                    os.replace(hidden, path)
                except FileNotFoundError:
                    # Somebody removed the whole folder in between.
                    if last:
                        raise
                    continue
                except BaseException:
                    _remove_quietly(hidden)
                    raise
                break
            if self.durable:
                _sync_folder(path)
        except OSError as error:
            raise store_error(error, path, writing=True) from error

    def put_new(self, key: str, parts: Sequence[Buffer]) -> None:
        """Write the concatenation of the parts; `AlreadyExists` when the key is there."""
        path = self._path(key)
        try:
            for last in _turns():
                hidden = self._write_hidden(path, parts)
                try:
                    _move_to_free_name(hidden, path)
                except FileNotFoundError:
                    if last:
                        raise
                    continue
                finally:
                    _remove_quietly(hidden)
                break
            if self.durable:
                _sync_folder(path)
        except FileExistsError as error:
            raise AlreadyExists(f"`{path}` exists already") from error
        except OSError as error:
            raise store_error(error, path, writing=True) from error

    def delete(self, key: str) -> None:
        """Remove the key, and the folders that became empty by it; nothing happens when it is not there."""
        path = self._path(key)
        try:
            _remove_quietly(_claim_of(path), missing_only=True)
            os.unlink(path)
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            raise store_error(error, path, writing=True) from error
        folder = os.path.dirname(path)
        while len(folder) > len(self.root):
            try:
                os.rmdir(folder)
            except OSError:
                return
            folder = os.path.dirname(folder)

    def keys(self, prefix: str) -> Iterator[str]:
        """All keys below a prefix that ends in a slash, in no order; files that are being written are left out."""
        folders = [check_prefix(prefix)]
        while folders:
            folder = folders.pop()
            for entry in self._entries(folder):
                if entry.is_dir():
                    folders.append(f"{folder}{entry.name}/")
                else:
                    yield f"{folder}{entry.name}"

    def children(self, prefix: str) -> list[str]:
        """The distinct next components below a prefix that ends in a slash, sorted."""
        return sorted(entry.name for entry in self._entries(check_prefix(prefix)))

    def local_path(self, key: str) -> str:
        """The path of the file that holds the key, or would."""
        return self._path(key)

    def open_log(self, key: str) -> FileLog:
        """The append log at a key; it is created by the first append."""
        return FileLog(self._path(key), durable=self.durable)

    def exists(self) -> bool:
        """True when the root is there."""
        return os.path.isdir(self.root)

    def prepare(self) -> None:
        """Make the root, and keep version control out of it.

        Raises:
            StoreFull: No space.
            StoreReadOnly: No permission.
        """
        note = f"{self.root}/.gitignore"
        try:
            os.makedirs(self.root, exist_ok=True)
            if not os.listdir(self.root):
                with open(note, "w", encoding="utf-8") as file:
                    file.write("*\n")
        except OSError as error:
            raise store_error(error, self.root, writing=True) from error

    def check_writable(self) -> None:
        """Raise `StoreReadOnly` or `StoreFull` with a cure when nothing could be written."""
        try:
            os.makedirs(self.root, exist_ok=True)
            # Not empty: on a full disk an empty file can often still be made.
            _remove_quietly(self._write_hidden(f"{self.root}/probe", [bytes(4096)]))
        except OSError as error:
            raise store_error(error, self.root, writing=True) from error

    def _path(self, key: str) -> str:
        return f"{self.root}/{check_key(key)}"

    def _entries(self, prefix: str) -> list[os.DirEntry[str]]:
        folder = f"{self.root}/{prefix}"
        try:
            with os.scandir(folder) as entries:
                return [entry for entry in entries if not entry.name.startswith(".")]
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise store_error(error, folder, writing=False) from error

    def _write_hidden(self, path: str, parts: Sequence[Buffer]) -> str:
        """Write the parts to a new hidden file beside `path` and return its name; leaves nothing when it fails."""
        folder = os.path.dirname(path)
        for last in _turns():
            hidden = f"{folder}/.new-{os.getpid()}-{next(_hidden_names)}"
            try:
                descriptor = os.open(hidden, _CREATE, 0o666)
            except FileNotFoundError:
                if last:
                    raise
                _make_folder(folder)
                continue
            except FileExistsError:
                # Left by a process of the same number that was killed, or of another machine.
                if last:
                    raise
                continue
            break
        try:
            try:
                write_all(descriptor, parts)
                if self.durable:
                    os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except BaseException:
            _remove_quietly(hidden)
            raise
        return hidden


def write_all(descriptor: int, parts: Sequence[Buffer]) -> None:
    """Write the parts one after the other; large ones are not copied, small ones are gathered."""
    small: list[memoryview] = []
    gathered = 0
    for part in parts:
        view = byte_view(part)
        if len(view) < _GATHER_BELOW:
            small.append(view)
            gathered += len(view)
            if gathered < _PIECE:
                continue
            view = memoryview(b"")
        if small:
            _write_view(descriptor, memoryview(b"".join(small)))
            small, gathered = [], 0
        _write_view(descriptor, view)
    if small:
        _write_view(descriptor, small[0] if len(small) == 1 else memoryview(b"".join(small)))


def _write_view(descriptor: int, view: memoryview) -> None:
    start, end = 0, len(view)
    while start < end:
        start += os.write(descriptor, view[start : start + _PIECE])


def url_of_path(path: str) -> str:
    """The `file://` URL of an absolute path."""
    try:
        path.encode()
    except UnicodeEncodeError:
        from urllib.parse import quote_from_bytes

        return "file://" + quote_from_bytes(os.fsencode(path))
    text = path.replace("\\", "/").replace("%", "%25").replace("#", "%23").replace("?", "%3F")
    return f"file://{text}" if text.startswith("/") else f"file:///{text}"


def path_of_url(url: str) -> str:
    """The path that a `file://` URL names.

    Raises:
        StoreError: It names another machine or no absolute path.
    """
    path = url.removeprefix("file://")
    if path.startswith("localhost/"):
        path = path.removeprefix("localhost")
    if path == url or not path.startswith("/"):
        raise StoreError(f"`{url}` names no folder of this machine", hint="write it as `file:///absolute/path`")
    if "%" in path:
        from urllib.parse import unquote

        path = unquote(path, errors="surrogateescape")
    # `/C:/data` on Windows
    return path[1:] if os.name == "nt" and path[2:3] == ":" else path


def _turns() -> Iterator[bool]:
    """Turns of a loop that must end; True in the last one."""
    return (turn == _TRIES - 1 for turn in range(_TRIES))


def _make_folder(folder: str) -> None:
    try:
        os.makedirs(folder, exist_ok=True)
    except FileNotFoundError:
        # A parent was removed while its child was made; the caller tries again.
        return


def _move_to_free_name(hidden: str, path: str) -> None:
    """Give a finished file its name; `FileExistsError` when the name is taken. The hidden name may stay behind."""
    try:
        _link(hidden, path)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        _move_by_claim(hidden, path)


def _move_by_claim(hidden: str, path: str) -> None:
    """The same where files cannot have two names: whoever creates the claim file may move, all others came too late.

    A claim stays for ever. A process that dies between claim and move leaves a name that nobody can take any more,
    which costs a name but never shows half a file and never lets two writers win.
    """
    os.close(os.open(_claim_of(path), _CREATE, 0o666))
    if os.path.lexists(path):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path)
    os.replace(hidden, path)


def _claim_of(path: str) -> str:
    folder, name = os.path.split(path)
    return f"{folder}/.claim-{name}"


def _remove_quietly(path: str, *, missing_only: bool = False) -> None:
    try:
        os.unlink(path)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError:
        if missing_only:
            raise


def _sync_folder(path: str) -> None:
    """Make the names in a file's folder durable, where folders can be synced."""
    try:
        descriptor = os.open(os.path.dirname(path), _READ)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    except OSError:
        return
    finally:
        os.close(descriptor)
