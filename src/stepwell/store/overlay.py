"""Blobs of one datastore on top of those of another: what is not here is read from below, nothing is written there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blake3 import blake3

from stepwell.base.buffers import byte_view
from stepwell.base.errors import NotFound
from stepwell.documents.refs import BlobRef
from stepwell.store.blobs import BlobStore
from stepwell.store.datastore import Datastore, open_datastore

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stepwell.base.buffers import Buffer
    from stepwell.store.protocol import Store

# The key under which a store names the datastore that it stands on.
_ORIGIN = "stands-on"


class OverlayBlobs(BlobStore):
    """A blob store over another one.

    Args:
        store: Where new blobs are kept.
        below: Is read when a blob is not there.

    Attributes:
        keep: False forgets new blobs: they get their names, and their content is dropped.
    """

    def __init__(self, store: Store, below: BlobStore) -> None:
        super().__init__(store)
        self._below = below
        self.keep = True

    def put(self, parts: Sequence[Buffer]) -> BlobRef:
        """Keep the concatenation of the parts, or only name it."""
        if self.keep:
            return super().put(parts)
        hasher, size = blake3(), 0
        for view in map(byte_view, parts):
            hasher.update(view)
            size += len(view)
        return BlobRef(hasher.hexdigest(), size)

    def get(self, ref: BlobRef) -> bytes:
        """The content, verified in full."""
        return super().get(ref) if self.has(ref) else self._lower(ref).get(ref)

    def map(self, ref: BlobRef) -> memoryview:
        """The content as memory that the caller may write to without changing the blob."""
        return super().map(ref) if self.has(ref) else self._lower(ref).map(ref)

    def verify(self, ref: BlobRef) -> None:
        """Read all of the blob and compare it with its name."""
        if self.has(ref):
            super().verify(ref)
        else:
            self._lower(ref).verify(ref)

    def _lower(self, ref: BlobRef) -> BlobStore:
        if not self._below.has(ref):
            raise NotFound(
                f"blob `{ref.digest}` was not kept",
                hint="the task ran on trial; `spin --persist` keeps large values too",
            )
        return self._below


def overlay(store: Store, below: Datastore) -> Datastore:
    """A datastore that reads the blobs of another one too; everything new goes to its own store."""
    datastore = Datastore(store)
    datastore.blobs = OverlayBlobs(store, below.blobs)
    return datastore


def open_overlay(folder: str) -> Datastore:
    """A datastore in a folder that says itself which one it stands on; see `mark_overlay`.

    Raises:
        NotFound: There is none.
    """
    datastore = open_datastore(folder, create=False)
    try:
        origin = datastore.store.get(_ORIGIN).decode()
    except NotFound:
        return datastore
    return overlay(datastore.store, open_datastore(origin, create=False))


def mark_overlay(store: Store, below: Datastore) -> None:
    """Note in a store which datastore it stands on."""
    store.put(_ORIGIN, [below.url.encode()])
