"""Was a value changed in place? Asked for every artifact that a step read and did not set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stepwell.artifacts.reader import ArtifactReader
    from stepwell.artifacts.writer import ArtifactWriter
    from stepwell.documents.refs import ArtifactRef


def is_unchanged(ref: ArtifactRef, value: Any, writer: ArtifactWriter, reader: ArtifactReader) -> bool:
    """True when a value is what its reference says.

    Nothing is stored. Costs microseconds for small plain values, a hash at memory speed for large buffers; other Python
    objects are pickled again.

    Args:
        ref: Where the value was loaded from.
        value: What `reader.load(ref)` gave, after user code had it; or whatever stands in its place now.
        writer: A writer with the serializers that the value would be stored with.
        reader: A reader of the same datastore.
    """
    try:
        serializer, digest, large = writer.describe(value)
        if digest == ref.digest:
            return True
        if len(large) == len(ref.blobs[1:]) and large != [blob.digest for blob in ref.blobs[1:]]:
            return False
        if serializer == "json" and ref.serializer == "json":
            return False
        # Loading by itself may change how a value pickles, though not what it is: equal strings become one object or
        # two, an array that was a slice becomes whole. What a fresh copy looks like decides.
        fresh_serializer, fresh_digest, _ = writer.describe(reader.load(ref))
    except Exception:  # noqa: BLE001 - it cannot be written as it is now; storing it will say why
        return False
    return (serializer, digest) == (fresh_serializer, fresh_digest)
