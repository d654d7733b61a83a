"""The ports of the store: what a storage must be able to do.

Made for object stores: a key is written whole, atomically and either create-only or as a replacement; nothing is
renamed, and nothing but an `AppendLog` grows. Listing exists for house-keeping and rebuilding and is never needed
to find something on the normal path.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stepwell.base.buffers import Buffer


class AppendLog(Protocol):
    """A sequence of records that several writers may append to at once, whole record by whole record.

    A record that was cut off by a crash is skipped by readers; it never hides its neighbours.
    """

    def append(self, payloads: Sequence[bytes]) -> list[str]:
        """Add records, durable against the death of this process when the call returns.

        Returns:
            A locator for each payload, for `read_one`.

        Raises:
            StoreFull: No space; none or some of the payloads were added.
            StoreReadOnly: No permission.
        """

    def read(self, cursor: str = "", limit: int | None = None) -> tuple[list[tuple[str, bytes]], str]:
        """Everything after the cursor.

        Args:
            cursor: Where an earlier read ended; empty for the beginning.
            limit: Stop after about so many bytes, to go on from the cursor; None for all. At least one record is
                returned when there is one.

        Returns:
            Pairs of locator and payload in order, and the cursor to go on from.
        """

    def read_one(self, locator: str) -> bytes:
        """The payload at a locator.

        Raises:
            NotFound: The locator does not name a whole record.
            Corrupted: The record's checksum is wrong.
        """

    def sync(self) -> None:
        """Make what was appended durable against loss of power, where the storage can."""

    def close(self) -> None:
        """Release the handle; the log may be opened again."""


class Store(Protocol):
    """A storage addressed by keys such as `flows/TrainFlow/7/run.json`; slashes separate, nothing else has meaning."""

    url: str

    def get(self, key: str) -> bytes:
        """The whole content.

        Raises:
            NotFound: No such key.
        """

    def get_range(self, key: str, start: int, length: int) -> bytes:
        """At most `length` bytes from `start`; fewer at the end of the content."""

    def size(self, key: str) -> int | None:
        """Bytes of the content, None when there is no such key."""

    def put(self, key: str, parts: Sequence[Buffer]) -> None:
        """Write the concatenation of the parts, atomically, replacing what is there."""

    def put_new(self, key: str, parts: Sequence[Buffer]) -> None:
        """Write the concatenation of the parts if, and only if, the key does not exist.

        Raises:
            AlreadyExists: The key is there; its content was not touched.
        """

    def delete(self, key: str) -> None:
        """Remove the key; nothing happens when it is not there."""

    def keys(self, prefix: str) -> Iterator[str]:
        """All keys below a prefix that ends in a slash, in no order. For house-keeping only: it may be slow."""

    def children(self, prefix: str) -> list[str]:
        """The distinct next components below a prefix that ends in a slash, sorted. For house-keeping only."""

    def local_path(self, key: str) -> str | None:
        """The path of the file that holds the key, for storages that are file systems; None otherwise."""

    def open_log(self, key: str) -> AppendLog:
        """Open an append log for reading and writing; it is created by the first append."""

    def check_writable(self) -> None:
        """Raise `StoreReadOnly` or `StoreFull` with a cure when nothing could be written."""
