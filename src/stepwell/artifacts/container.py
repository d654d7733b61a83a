"""The framing of stored values: one container with the stream and the small buffers; large buffers beside it.

    magic   buffers   stream length   digest of table and stream   table   stream   padding, buffer, padding, buffer …
    8       u64       u64             32 bytes                      16 each

A table entry is the offset and length of a buffer, 64-byte aligned so that mapped memory can be used in place. A
buffer of 1 MiB or more is a blob of its own, shared by every value that holds the same bytes; its entry has the
number of that blob and the top bit set. A value without buffers needs no container: it is its bare stream.

Table and stream are verified whenever a value is loaded; buffers only when a blob is read as bytes.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from blake3 import blake3

from stepwell.base.errors import Corrupted

if TYPE_CHECKING:
    from collections.abc import Callable

    from stepwell.artifacts.protocol import Encoded
    from stepwell.base.buffers import Buffer

MAGIC = b"\x93SWC\x01\r\n\x00"
LARGE = 1 << 20
ALIGNMENT = 64
_HEAD = struct.Struct("<8sQQ32s")
_OUTSIDE = 1 << 63
_ZEROS = bytes(ALIGNMENT)


def length_of(buffer: Buffer) -> int:
    """Bytes of a buffer, whatever its item size."""
    return buffer.nbytes if isinstance(buffer, memoryview) else len(buffer)


def frame(encoded: Encoded, first_blob: int = 0) -> tuple[list[Buffer], list[Buffer]]:
    """Lay out an encoded value.

    Args:
        encoded: The value.
        first_blob: The number of the first large buffer among those of the reference.

    Returns:
        The parts of the container (or bare stream), and the large buffers that become blobs, in order.
    """
    stream, buffers = encoded
    if not buffers and stream and not MAGIC.startswith(bytes(stream[0][: len(MAGIC)])):
        return stream, []
    stream_length = sum(map(length_of, stream))
    end = _HEAD.size + 16 * len(buffers) + stream_length
    table: list[int] = []
    tail: list[Buffer] = []
    large: list[Buffer] = []
    for buffer in buffers:
        length = length_of(buffer)
        if length >= LARGE:
            table += (_OUTSIDE | (first_blob + len(large)), length)
            large.append(buffer)
            continue
        padding = -end % ALIGNMENT
        tail += (_ZEROS[:padding], buffer)
        table += (end + padding, length)
        end += padding + length
    packed = struct.pack(f"<{len(table)}Q", *table)
    hasher = blake3(packed)
    for part in stream:
        hasher.update(part)
    head = _HEAD.pack(MAGIC, len(buffers), stream_length, hasher.digest())
    return [head, packed, *stream, *tail], large


def is_framed(data: Buffer) -> bool:
    """True when the bytes are a container, False when they are a bare stream."""
    return bytes(data[: len(MAGIC)]) == MAGIC


def unframe(data: memoryview, blob: Callable[[int], memoryview]) -> tuple[memoryview, list[memoryview]]:
    """Take a container apart without copying.

    Args:
        data: The container, in memory that the value may keep and change.
        blob: Gives the content of the numbered blob.

    Returns:
        The stream and the buffers in order.

    Raises:
        Corrupted: When the container does not hold what its header says.
    """
    try:
        _, count, stream_length, digest = _HEAD.unpack_from(data)
        start = _HEAD.size + 16 * count
        table = struct.unpack_from(f"<{2 * count}Q", data, _HEAD.size)
    except (struct.error, MemoryError, OverflowError) as error:
        raise Corrupted("its container is cut off") from error
    stop = start + stream_length
    if stop > len(data) or blake3(data[_HEAD.size : stop]).digest() != digest:
        raise Corrupted("the content of its container does not have the digest that it should")
    buffers = []
    for offset, length in zip(table[::2], table[1::2], strict=True):
        view = blob(offset ^ _OUTSIDE) if offset & _OUTSIDE else data[offset : offset + length]
        if len(view) != length:
            raise Corrupted("one of its buffers is cut off")
        buffers.append(view)
    return data[start:stop], buffers
