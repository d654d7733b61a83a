"""The port of serializers: what turns a value into bytes and back.

An encoded value is a *stream* (what a decoder reads from front to back) and *buffers* (memory that the decoder may
use in place: the data of arrays). Serializers know nothing of blobs; `container` and `writer` decide where bytes go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

    from stepwell.base.buffers import Buffer
    from stepwell.documents.refs import BlobRef


class Encoded(NamedTuple):
    """A value as bytes.

    Attributes:
        stream: Consecutive parts of the stream. They may be the value's own memory: they are valid until it changes.
        buffers: Memory of the value in the order in which the decoder asks for it, one-dimensional bytes each.
    """

    stream: list[Buffer]
    buffers: list[Buffer]


class Serializer(Protocol):
    """One way to write values. Instances hold no state and are shared."""

    @property
    def name(self) -> str:
        """Name in the registry, recorded with every artifact."""

    def claims(self, value: Any) -> bool:
        """True when this serializer should write the value. Cheap: it is asked for every artifact."""

    def encode(self, value: Any) -> Encoded:
        """The value as bytes. Equal values should give equal bytes, because artifacts are compared by digest."""

    def decode(
        self, stream: Buffer, buffers: Sequence[Buffer], main_module: Callable[[], ModuleType] | None = None
    ) -> Any:
        """The value again.

        Args:
            stream: The whole stream.
            buffers: The buffers in order; writable, and private to the value.
            main_module: Gives the module in which to look for names of `__main__` that the running program's
                `__main__` does not have.
        """


class Blobs(Protocol):
    """What artifacts need of a blob store."""

    @property
    def bytes_written(self) -> int:
        """Bytes that `put` really wrote so far, blobs that were there already left out."""

    def put(self, parts: Sequence[Buffer]) -> BlobRef:
        """Store the concatenation of the parts, once for equal bytes."""

    def get(self, ref: BlobRef) -> bytes:
        """The whole content, verified against its digest."""

    def map(self, ref: BlobRef) -> memoryview:
        """The whole content as writable memory whose changes never reach the store."""
