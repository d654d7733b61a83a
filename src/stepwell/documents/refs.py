"""References: how one document names a blob, a value, or another task's result."""

from __future__ import annotations

from msgspec import Struct


class BlobRef(Struct, frozen=True, array_like=True):
    """A blob of the datastore, named by the BLAKE3-256 digest (hex) of its content, with its size in bytes."""

    digest: str
    size: int


class ArtifactRef(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A stored value, with everything that a reader may want to know without loading it.

    Attributes:
        digest: Identity of the value: equal digests mean equal stored bytes.
        serializer: Registry name of what wrote it, for example `json`, `pickle`, `cloudpickle`.
        type: Qualified type name, for example `builtins.int` or `pandas.core.frame.DataFrame`.
        size: Bytes of the serialised value, large buffers included.
        inline: The serialised bytes themselves when they are small.
        blobs: The blobs that hold it otherwise; the first is the container, others are large buffers.
        preview: One line to recognise the value by, at most 200 characters.
        shape: Dimensions, for arrays and tables; length, for sized collections.
        modules: Top-level modules that must be importable to load it.
    """

    digest: str
    serializer: str
    type: str
    size: int
    inline: bytes | None = None
    blobs: tuple[BlobRef, ...] = ()
    preview: str = ""
    shape: tuple[int, ...] = ()
    modules: tuple[str, ...] = ()


class ResultRef(Struct, frozen=True, array_like=True):
    """Names one attempt's result and says where its document stands.

    Attributes:
        run: Run id within the same flow.
        step: Step name.
        task: Task id, 0 for the `_parameters` task.
        attempt: Attempt number, from 0.
        locator: Where the run log holds the document, in the log's own terms (for a local log `offset+length`);
            a hint that makes reading one seek. Readers fall back to the index when it is empty.
    """

    run: str
    step: str
    task: int
    attempt: int
    locator: str = ""


class ItemsRef(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The items of a foreach, stored so that one task can read one item.

    Attributes:
        count: Number of items.
        inline: Offsets and bytes together, when small.
        blob: The blob that holds them otherwise.
    """

    count: int
    inline: bytes | None = None
    blob: BlobRef | None = None
    buffers: tuple[BlobRef, ...] = ()
