"""The identity of a value: a digest over what it is written as, wherever the bytes end up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blake3 import blake3

from stepwell.artifacts.container import LARGE, length_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stepwell.artifacts.protocol import Encoded


def fingerprint(serializer: str, encoded: Encoded, large: Sequence[str]) -> str:
    """BLAKE3-256, hexadecimal, over the serializer's name, the stream, and every buffer.

    Args:
        serializer: Name of the serializer.
        encoded: What it wrote.
        large: Digests of the buffers of 1 MiB and more, in order, so that these are read once only.
    """
    stream, buffers = encoded
    head = f"{serializer} {sum(map(length_of, stream))} {len(buffers)}\n".encode()
    if len(stream) == 1 and not buffers and length_of(stream[0]) < 4096:
        return blake3(head + stream[0]).hexdigest()
    hasher = blake3(head)
    for part in stream:
        hasher.update(part)
    given = iter(large)
    for buffer in buffers:
        length = length_of(buffer)
        hasher.update(length.to_bytes(8, "little"))
        if length >= LARGE:
            hasher.update(bytes.fromhex(next(given)))
        else:
            hasher.update(buffer)
    return hasher.hexdigest()


def digests_of_large(encoded: Encoded) -> list[str]:
    """Digests of the buffers that would be blobs of their own; the same that the blob store names them by."""
    return [blake3(buffer).hexdigest() for buffer in encoded.buffers if length_of(buffer) >= LARGE]
