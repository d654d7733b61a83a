"""A store in the memory of this process, for tests and for trying things out."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from stepwell.base.buffers import byte_view
from stepwell.base.errors import AlreadyExists, NotFound
from stepwell.store.keys import check_key, check_prefix
from stepwell.store.segment_log import SegmentLog

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stepwell.base.buffers import Buffer

# What `memory://name` means to every caller in this process; there is nowhere else that it could stand.
_contents: dict[str, dict[str, bytes]] = {}
_lock = threading.Lock()


class MemoryStore:
    """A `Store` in a dictionary. Stores of the same name in one process share their content.

    Args:
        name: The name; an empty one is private to this object.

    Attributes:
        url: `memory://name`.
    """

    def __init__(self, name: str = "") -> None:
        self.url = f"memory://{name}"
        with _lock:
            self._content = _contents.setdefault(name, {}) if name else {}

    @classmethod
    def from_url(cls, url: str, *, durable: bool = False) -> MemoryStore:
        """The store that a `memory://` URL names; memory is never durable."""
        del durable
        return cls(url.removeprefix("memory://").strip("/"))

    def __repr__(self) -> str:
        return f"MemoryStore({self.url!r})"

    def get(self, key: str) -> bytes:
        """The whole content; `NotFound` when there is no such key."""
        try:
            return self._content[check_key(key)]
        except KeyError:
            raise NotFound(f"`{self.url}` has no key `{key}`") from None

    def get_range(self, key: str, start: int, length: int) -> bytes:
        """At most `length` bytes from `start`; fewer at the end of the content."""
        return self.get(key)[start : start + length]

    def size(self, key: str) -> int | None:
        """Bytes of the content, None when there is no such key."""
        content = self._content.get(check_key(key))
        return None if content is None else len(content)

    def put(self, key: str, parts: Sequence[Buffer]) -> None:
        """Write the concatenation of the parts, replacing what is there."""
        content = b"".join(byte_view(part) for part in parts)
        with _lock:
            self._content[check_key(key)] = content

    def put_new(self, key: str, parts: Sequence[Buffer]) -> None:
        """Write the concatenation of the parts; `AlreadyExists` when the key is there."""
        content = b"".join(byte_view(part) for part in parts)
        with _lock:
            if check_key(key) in self._content:
                raise AlreadyExists(f"`{self.url}` has the key `{key}` already")
            self._content[key] = content

    def delete(self, key: str) -> None:
        """Remove the key; nothing happens when it is not there."""
        with _lock:
            self._content.pop(check_key(key), None)

    def keys(self, prefix: str) -> Iterator[str]:
        """All keys below a prefix that ends in a slash, in no order."""
        check_prefix(prefix)
        with _lock:
            found = [key for key in self._content if key.startswith(prefix)]
        return iter(found)

    def children(self, prefix: str) -> list[str]:
        """The distinct next components below a prefix that ends in a slash, sorted."""
        return sorted({key[len(prefix) :].partition("/")[0] for key in self.keys(prefix)})

    def local_path(self, key: str) -> None:
        """None: there is no file."""
        check_key(key)

    def open_log(self, key: str) -> SegmentLog:
        """The append log at a key, as segments."""
        return SegmentLog(self, key)

    def check_writable(self) -> None:
        """Nothing to check."""
