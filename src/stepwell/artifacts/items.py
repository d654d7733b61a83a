"""The framing of foreach items: one blob from which any single item can be read.

    magic   length of names   count   names   offsets   checksums   padding   items …
    4       u32               u64             8 each    4 each

`names` are the serializers used, separated by commas. An offset is a u64 counted from the first item; there is one
more offset than items. In its top byte stand the number of the item's serializer and, as the top bit, whether the
item is a container, which begins at the next multiple of 64. Each item is framed like an artifact (see `container`),
and its checksum is the CRC-32 of its serializer's name and its bytes; of the name alone for a container, which
verifies itself.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from zlib import crc32

import msgspec

from stepwell.artifacts.container import ALIGNMENT, frame, is_framed
from stepwell.artifacts.json_values import is_plain_scalar
from stepwell.base.errors import Corrupted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from stepwell.artifacts.registry import Registry
    from stepwell.base.buffers import Buffer
    from stepwell.documents.refs import BlobRef

_MAGIC = b"SWI1"
_HEAD = struct.Struct("<4sIQ")
_CODE_SHIFT = 56
_IS_CONTAINER = 0x80
_OFFSET_MASK = (1 << _CODE_SHIFT) - 1
_PIECE = 1 << 20
_encode_scalar = msgspec.json.Encoder().encode


def items_of(iterable: Iterable[Any]) -> Iterator[Any]:
    """What a foreach goes over: the pairs of a mapping, otherwise what iteration gives."""
    return iter(iterable.items()) if isinstance(iterable, Mapping) else iter(iterable)


class PackedItems(NamedTuple):
    """Items as bytes: how many, the parts of the blob, and the blobs of large buffers."""

    number: int
    parts: list[Buffer]
    buffers: list[BlobRef]


class ItemPacker:
    """Takes items one by one; what it holds is the output only.

    Args:
        registry: The serializers.
        put: Stores a large buffer as a blob.
    """

    def __init__(self, registry: Registry, put: Callable[[Buffer], BlobRef]) -> None:
        self._registry = registry
        self._put = put
        self._codes = {"json": 0}
        self._offsets = array("Q")
        self._checksums = array("I")
        self._pieces: list[Buffer] = []
        self._piece = bytearray()
        self._before = 0  # bytes in finished pieces
        self._buffers: list[BlobRef] = []

    def add_all(self, items: Iterator[Any], failed: Callable[[int, Any, Exception], Exception]) -> None:
        """Add every item.

        Args:
            items: The items. What iteration itself raises passes through.
            failed: Makes the error for an item, given its index, that cannot be encoded.
        """
        offsets, checksums = self._offsets.append, self._checksums.append
        json_checksum = crc32(b"json")
        for index, item in enumerate(items):
            if is_plain_scalar(item):
                data = _encode_scalar(item)
                offsets(self._before + len(self._piece))
                checksums(crc32(data, json_checksum))
                self._piece += data
            else:
                try:
                    serializer, encoded = self._registry.encode(item)
                except Exception as error:  # the value's own methods may raise anything
                    raise failed(index, item, error) from error
                parts, large = frame(encoded, len(self._buffers))
                self._buffers += map(self._put, large)
                self._add(serializer.name, parts)
            if len(self._piece) >= _PIECE:
                self._before += len(self._piece)
                self._pieces.append(self._piece)
                self._piece = bytearray()

    def _add(self, serializer: str, parts: list[Buffer]) -> None:
        """Copy an item's bytes: the iterable may reuse the memory for the next item."""
        code = self._codes.setdefault(serializer, len(self._codes))
        start = self._before + len(self._piece)
        framed = is_framed(parts[0])
        if framed:
            # Aligned, so that the item's own aligned buffers stay so within the blob.
            self._piece += bytes(-start % ALIGNMENT)
            code |= _IS_CONTAINER
        self._offsets.append(start | code << _CODE_SHIFT)
        checksum = crc32(serializer.encode())
        for part in parts:
            if not framed:
                checksum = crc32(part, checksum)
            self._piece += part
        self._checksums.append(checksum)

    def finish(self) -> PackedItems:
        """The blob's parts."""
        count = len(self._offsets)
        self._pieces.append(self._piece)
        self._offsets.append(self._before + len(self._piece))
        names = ",".join(self._codes).encode()
        head = _HEAD.pack(_MAGIC, len(names), count) + names
        front = len(head) + 8 * (count + 1) + 4 * count
        padding = bytes(-front % ALIGNMENT)
        offsets, checksums = memoryview(self._offsets).cast("B"), memoryview(self._checksums).cast("B")
        return PackedItems(count, [head, offsets, checksums, padding, *self._pieces], self._buffers)


def read_item(data: memoryview, count: int, index: int) -> tuple[str, memoryview]:
    """Find one item.

    Args:
        data: The blob.
        count: How many items there should be.
        index: 0-based, less than `count`.

    Returns:
        The name of the item's serializer and its framed bytes.

    Raises:
        Corrupted: When the blob does not hold that item whole.
    """
    try:
        magic, names_length, counted = _HEAD.unpack_from(data)
        table = _HEAD.size + names_length
        first, following = struct.unpack_from("<QQ", data, table + 8 * index)
        (checksum,) = struct.unpack_from("<I", data, table + 8 * (count + 1) + 4 * index)
    except struct.error as error:
        raise Corrupted("its table is cut off") from error
    names = bytes(data[_HEAD.size : table]).split(b",")
    front = table + 8 * (count + 1) + 4 * count
    front += -front % ALIGNMENT
    start, stop, code = front + (first & _OFFSET_MASK), front + (following & _OFFSET_MASK), first >> _CODE_SHIFT
    framed = code & _IS_CONTAINER
    if framed:
        code ^= _IS_CONTAINER
        start += -start % ALIGNMENT
    payload = data[start:stop]
    whole = magic == _MAGIC and counted == count and code < len(names) and len(payload) == stop - start
    whole = whole and is_framed(payload) == bool(framed)
    if not whole or crc32(b"" if framed else payload, crc32(names[code])) != checksum:
        raise Corrupted("its bytes do not have the checksum that they should")
    return names[code].decode(), payload
