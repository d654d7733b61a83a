"""Storing values: what a task calls for every artifact that it set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepwell.artifacts.container import frame, length_of
from stepwell.artifacts.fingerprint import digests_of_large, fingerprint
from stepwell.artifacts.items import ItemPacker, items_of
from stepwell.artifacts.modules import modules_in
from stepwell.artifacts.preview import preview, shape_of
from stepwell.artifacts.registry import Registry
from stepwell.documents.refs import ArtifactRef, ItemsRef

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stepwell.artifacts.protocol import Blobs
    from stepwell.base.buffers import Buffer
    from stepwell.base.errors import ArtifactError
    from stepwell.documents.refs import BlobRef

INLINE = 4096


class ArtifactWriter:
    """Writes values to a blob store; what is small stays in the reference.

    Args:
        blobs: The datastore's blob store.
        registry: The serializers; the built-in ones and the installed ones by default.

    Attributes:
        bytes_written: Bytes stored so far by this writer, inline ones included; blobs that the datastore had already
            do not count.
    """

    def __init__(self, blobs: Blobs, registry: Registry | None = None) -> None:
        self._blobs = blobs
        self._registry = registry or Registry()
        self.bytes_written = 0

    def store(self, name: str, value: Any) -> ArtifactRef:
        """Store a value.

        Args:
            name: The artifact's name, for error messages.
            value: Anything that a serializer takes. It is not kept, and no more than its stream is copied.

        Returns:
            The reference, with all that readers may want to know without loading the value.

        Raises:
            ArtifactError: When the value, or a part of it, cannot be written; names the part.
            StoreError: When the datastore refuses the bytes.
        """
        try:
            serializer, encoded = self._registry.encode(value)
        except Exception as error:
            raise _refused(f"artifact `{name}`", f"self.{name}", value, error) from error
        parts, large = frame(encoded)
        blobs = [self._put([buffer]) for buffer in large]
        inline = None
        if not blobs and sum(map(length_of, parts)) <= INLINE:
            inline = b"".join(parts)
            self.bytes_written += len(inline)
        else:
            blobs.insert(0, self._put(parts))
        stream, buffers = encoded
        kind = type(value)
        return ArtifactRef(
            digest=fingerprint(serializer.name, encoded, [blob.digest for blob in blobs[1:]]),
            serializer=serializer.name,
            type=f"{kind.__module__}.{kind.__qualname__}",
            size=sum(map(length_of, stream)) + sum(map(length_of, buffers)),
            inline=inline,
            blobs=tuple(blobs),
            preview=preview(value),
            shape=shape_of(value),
            modules=() if serializer.name == "json" else modules_in(stream),
        )

    def store_items(self, iterable: Iterable[Any], name: str = "") -> ItemsRef:
        """Store the items of a foreach so that each can be read by itself.

        Args:
            iterable: Anything iterable; a mapping gives its items as pairs. It is gone through once and never held
                as a whole.
            name: The artifact's name, for error messages.

        Raises:
            ArtifactError: When an item cannot be written; names it by its index.
            StoreError: When the datastore refuses the bytes.
        """

        def failed(index: int, item: Any, error: Exception) -> ArtifactError:
            path = f"self.{name}[{index}]" if name else f"item {index}"
            subject = f"item {index} of the foreach over `self.{name}`" if name else f"foreach item {index}"
            return _refused(subject, path, item, error)

        packer = ItemPacker(self._registry, lambda buffer: self._put([buffer]))
        packer.add_all(items_of(iterable), failed)
        count, parts, buffers = packer.finish()
        if sum(map(length_of, parts)) <= INLINE:
            inline = b"".join(parts)
            self.bytes_written += len(inline)
            return ItemsRef(count=count, inline=inline, buffers=tuple(buffers))
        return ItemsRef(count=count, blob=self._put(parts), buffers=tuple(buffers))

    def describe(self, value: Any) -> tuple[str, str, list[str]]:
        """What storing the value would give, without storing it.

        Returns:
            The name of the serializer, the digest of the value, and the digests of its large buffers.

        Raises:
            Exception: Whatever the value's own methods raise.
        """
        serializer, encoded = self._registry.encode(value)
        large = digests_of_large(encoded)
        return serializer.name, fingerprint(serializer.name, encoded, large), large

    def _put(self, parts: Sequence[Buffer]) -> BlobRef:
        before = self._blobs.bytes_written
        ref = self._blobs.put(parts)
        self.bytes_written += self._blobs.bytes_written - before
        return ref


def _refused(subject: str, path: str, value: Any, error: Exception) -> ArtifactError:
    # Imported here: most runs never need it, and it needs cloudpickle.
    from stepwell.artifacts.refusal import refusal

    return refusal(subject, path, value, error)
