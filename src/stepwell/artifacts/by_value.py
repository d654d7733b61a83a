"""The `cloudpickle` serializer: functions and classes that no importable module holds, written by value.

Imported only when pickle has refused a value. It differs from plain cloudpickle in two ways: what the flow file
itself defines at its top level stays a reference, so that `isinstance` holds in the next step; and nothing changes
its type on the way (plain cloudpickle turns an open file into its text and a memoryview into bytes).
"""

from __future__ import annotations

import io
import sys
from types import FunctionType
from typing import TYPE_CHECKING, Any

import cloudpickle  # type: ignore[import-untyped]

from stepwell.artifacts.pickling import BufferCollector, PartSink, PickleSerializer
from stepwell.artifacts.protocol import Encoded

if TYPE_CHECKING:
    from pickle import PickleBuffer

    from stepwell.base.buffers import Buffer


class ByValuePickler(cloudpickle.Pickler):  # type: ignore[misc]
    """The pickler; `offender` derives one that remembers where it stopped."""

    def reducer_override(self, obj: Any) -> Any:
        """How an object that is not a plain built-in value is written."""
        if isinstance(obj, io.TextIOWrapper | memoryview):
            raise TypeError(f"cannot pickle '{type(obj).__name__}' object")
        if isinstance(obj, type | FunctionType) and _is_in_main(obj):
            return NotImplemented
        return super().reducer_override(obj)


class TrackingPickler(ByValuePickler):
    """Writes into nothing and remembers the last object that it looked at."""

    def __init__(self) -> None:
        super().__init__(_Nowhere(), protocol=5, buffer_callback=_take_nothing)
        self.last: Any = None

    def persistent_id(self, obj: Any) -> None:
        """Called for every object before it is written; None means that it is written as usual."""
        self.last = obj


class _Nowhere:
    def write(self, data: Buffer) -> int:
        return len(data)


def _take_nothing(buffer: PickleBuffer) -> None:
    """Leave a buffer out of the stream."""


class CloudpickleSerializer(PickleSerializer):
    """What pickle refuses and can still be written by value."""

    name = "cloudpickle"

    def encode(self, value: Any) -> Encoded:
        """The value as a pickle stream and its buffers; see `PickleSerializer.encode`."""
        parts: list[Buffer] = []
        collector = BufferCollector()
        ByValuePickler(PartSink(parts), protocol=5, buffer_callback=collector).dump(value)
        return Encoded(parts, collector.buffers)


def _is_in_main(obj: type | FunctionType) -> bool:
    """True when `__main__` holds the object under its own name, so that a reference finds it."""
    if obj.__module__ != "__main__":
        return False
    found: Any = sys.modules.get("__main__")
    for part in obj.__qualname__.split("."):
        found = getattr(found, part, None)
    return found is obj
