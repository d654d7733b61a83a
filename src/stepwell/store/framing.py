r"""The written form of a log record: one line that carries its own checksum, with a newline on both ends.

    \n  8 hexadecimal digits of CRC-32  space  payload  \n

The newline in front ends a neighbour that was cut off by a crash, so that damage never spreads beyond one record.
Readers skip empty lines and lines whose checksum is wrong, and leave alone what has no newline yet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Bytes before the payload, the newline in front included.
HEAD = 10
#: Bytes after it.
TAIL = 1


def frame(payload: bytes) -> bytes:
    """A payload as a record.

    Raises:
        ValueError: The payload has a newline in it.
    """
    if b"\n" in payload:
        raise ValueError("a log record must be one line")
    return b"\n%08x %b\n" % (crc32(payload), payload)


def is_whole(line: bytes) -> bool:
    """True when the line, without its newlines, is a record with the right checksum."""
    return line[8:9] == b" " and b"%08x" % crc32(memoryview(line)[9:]) == line[:8]


class Scan:
    """What a stretch of a log holds.

    Attributes:
        records: Offset of the payload in the log, and the payload, in order.
        end: Offset in the log just after the last complete line.
        damaged: Number of lines that were skipped because they are no records.
    """

    __slots__ = ("damaged", "end", "records")

    def __init__(self) -> None:
        self.records: list[tuple[int, bytes]] = []
        self.end = 0
        self.damaged = 0


def scan(data: bytes, offset: int) -> Scan:
    """Take the records out of the bytes that stand at an offset of a log; an incomplete last line is left."""
    found = Scan()
    lines: Sequence[bytes] = data.split(b"\n")
    position = offset
    for line in lines[:-1]:
        if line:
            if is_whole(line):
                found.records.append((position + 9, line[9:]))
            else:
                found.damaged += 1
        position += len(line) + 1
    found.end = position
    return found
