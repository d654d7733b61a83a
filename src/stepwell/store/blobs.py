"""Blobs: immutable content, named by its digest.

A blob is written once and never changed, so two writers of the same one cannot disagree, and a map of its file
stays good for as long as somebody holds it, even when the blob is deleted meanwhile.
"""
# Paths are text here: a `Path` object costs more than the system call that it is made for.

from __future__ import annotations

import errno
import sys
from typing import TYPE_CHECKING, Any

from blake3 import blake3

from stepwell.base.buffers import byte_view
from stepwell.base.digest import digest_of
from stepwell.base.errors import Corrupted, NotFound
from stepwell.documents.refs import BlobRef
from stepwell.store.os_errors import store_error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stepwell.base.buffers import Buffer
    from stepwell.store.protocol import Store

# Below this, reading costs no more than mapping, needs no descriptor, and the content is verified.
_MAP_FROM = 1 << 17
_KEEP_NO_DESCRIPTOR: dict[str, Any] = {"trackfd": False} if sys.version_info >= (3, 13) else {}


def blob_key(digest: str) -> str:
    """Where a blob stands in the store."""
    return f"blobs/{digest[:2]}/{digest}"


class BlobStore:
    """Content-addressed bytes in a store.

    Args:
        store: Where they are kept.

    Attributes:
        bytes_written: Bytes that `put` really wrote; those of blobs that were there already do not count.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.bytes_written = 0

    def put(self, parts: Sequence[Buffer]) -> BlobRef:
        """Keep the concatenation of the parts, unless it is there already.

        The parts are read, hashed and written where they are: nothing is copied.

        Returns:
            The blob's name.

        Raises:
            StoreFull: No space; nothing was left behind.
            StoreReadOnly: No permission.
        """
        hasher = blake3()
        size = 0
        views = [byte_view(part) for part in parts]
        for view in views:
            hasher.update(view)
            size += len(view)
        ref = BlobRef(hasher.hexdigest(), size)
        if not self.has(ref):
            self._store.put(blob_key(ref.digest), views)
            self.bytes_written += size
        return ref

    def has(self, ref: BlobRef) -> bool:
        """True when the blob is there with the right size; its content is not looked at."""
        return self._store.size(blob_key(ref.digest)) == ref.size

    def get(self, ref: BlobRef) -> bytes:
        """The content, verified in full.

        Raises:
            NotFound: The blob is not there.
            Corrupted: Its bytes are not those that were written.
        """
        try:
            data = self._store.get(blob_key(ref.digest))
        except NotFound as error:
            raise self._missing(ref) from error
        if len(data) != ref.size or digest_of(data) != ref.digest:
            raise self._corrupted(ref, len(data))
        return data

    def map(self, ref: BlobRef) -> memoryview:
        """The content as memory that the caller may write to without changing the blob.

        A large blob in a local file is mapped copy-on-write: pages are read when they are touched, and only the size
        is checked (`verify` reads all of it). Everything else is read and verified in full.

        Raises:
            NotFound: The blob is not there.
            Corrupted: Its size, or its content where that was read, is not what was written.
        """
        path = self._store.local_path(blob_key(ref.digest)) if ref.size >= _MAP_FROM else None
        if path is None:
            return memoryview(bytearray(self.get(ref)))
        import mmap

        try:
            with open(path, "rb", buffering=0) as file:
                size = file.seek(0, 2)
                if size != ref.size:
                    raise self._corrupted(ref, size)
                return memoryview(mmap.mmap(file.fileno(), size, access=mmap.ACCESS_COPY, **_KEEP_NO_DESCRIPTOR))
        except FileNotFoundError as error:
            raise self._missing(ref) from error
        except OSError as error:
            if error.errno not in (errno.EMFILE, errno.ENODEV):
                raise store_error(error, path, writing=False) from error
        # Before Python 3.13 a map keeps a descriptor, and some file systems map nothing: memory does as well.
        return memoryview(bytearray(self.get(ref)))

    def verify(self, ref: BlobRef) -> None:
        """Read all of the blob and compare it with its name.

        Raises:
            NotFound: The blob is not there.
            Corrupted: Its bytes are not those that were written.
        """
        found = self._store.size(blob_key(ref.digest))
        if found is None:
            raise self._missing(ref)
        hasher = blake3()
        start = 0
        while part := self._store.get_range(blob_key(ref.digest), start, 1 << 24):
            hasher.update(part)
            start += len(part)
        if start != ref.size or hasher.hexdigest() != ref.digest:
            raise self._corrupted(ref, start)

    def _place(self, ref: BlobRef) -> str:
        key = blob_key(ref.digest)
        return self._store.local_path(key) or f"{self._store.url}/{key}"

    def _missing(self, ref: BlobRef) -> NotFound:
        return NotFound(
            f"blob `{ref.digest}` is not in the datastore: there is no `{self._place(ref)}`",
            hint="restore the file from a copy of the datastore, or run the step that made it again",
        )

    def _corrupted(self, ref: BlobRef, size: int) -> Corrupted:
        place = self._place(ref)
        what = "its content has changed" if size == ref.size else f"it has {size} bytes, not {ref.size}"
        return Corrupted(
            f"blob `{ref.digest}` is damaged: {what} since it was written to `{place}`",
            hint=f"delete `{place}`, then restore it from a copy or run the step that made it again",
        )
