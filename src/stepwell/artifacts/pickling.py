"""The `pickle` serializer: protocol 5 with out-of-band buffers, and its loader.

The stream goes to a list of parts: large bytes inside a value reach the store without being copied, and the memory
of arrays never enters the stream.
"""

from __future__ import annotations

import io
import pickle
import sys
from typing import TYPE_CHECKING, Any

from stepwell.artifacts.protocol import Encoded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

    from stepwell.base.buffers import Buffer

# Smaller buffers stay in the stream: an entry in a container would cost more than the copy.
IN_STREAM = 512


class PartSink:
    """The file that a pickler writes to: every write becomes one part."""

    __slots__ = ("write",)

    def __init__(self, parts: list[Buffer]) -> None:
        self.write = parts.append


class BufferCollector:
    """The pickler's `buffer_callback`: keeps buffers out of the stream, in order."""

    __slots__ = ("buffers",)

    def __init__(self) -> None:
        self.buffers: list[Buffer] = []

    def __call__(self, buffer: pickle.PickleBuffer) -> bool:
        """Take the buffer; True leaves it to the pickler, which writes it into the stream."""
        # Always contiguous: pickle itself refuses other buffers before it comes here.
        raw = buffer.raw()
        if len(raw) < IN_STREAM:
            return True
        self.buffers.append(raw)
        return False


class PickleSerializer:
    """Whatever pickle takes by itself."""

    name = "pickle"

    def claims(self, value: Any) -> bool:  # noqa: ARG002
        """Always: pickle is asked last."""
        return True

    def encode(self, value: Any) -> Encoded:
        """The value as a pickle stream and its buffers.

        Raises:
            Exception: Whatever pickle or the value's own `__reduce__` and `__getstate__` raise.
        """
        parts: list[Buffer] = []
        collector = BufferCollector()
        pickle.Pickler(PartSink(parts), protocol=5, buffer_callback=collector).dump(value)
        return Encoded(parts, collector.buffers)

    def decode(
        self, stream: Buffer, buffers: Sequence[Buffer], main_module: Callable[[], ModuleType] | None = None
    ) -> Any:
        """The value again; see `Serializer.decode`."""
        try:
            return pickle.loads(stream, buffers=buffers)
        except AttributeError:
            # A name that this program's `__main__` lacks: the value was written by a flow file run as a program.
            if main_module is None or b"__main__" not in bytes(stream):
                raise
        return _Unpickler(io.BytesIO(stream), buffers, main_module).load()


class _Unpickler(pickle.Unpickler):
    """Finds names of `__main__` in the running program first, in the given module second."""

    def __init__(self, file: io.BytesIO, buffers: Sequence[Buffer], main_module: Callable[[], ModuleType]) -> None:
        super().__init__(file, buffers=buffers)
        self._main_module = main_module

    def find_class(self, module: str, name: str) -> Any:
        if module != "__main__" or _has(sys.modules.get("__main__"), name):
            return super().find_class(module, name)
        found: Any = self._main_module()
        for part in name.split("."):
            found = getattr(found, part)
        return found


def _has(module: ModuleType | None, name: str) -> bool:
    found: Any = module
    for part in name.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            return False
    return True
