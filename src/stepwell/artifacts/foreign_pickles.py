"""Values that another program pickled: taken over as they are, and read only as far as no code of anybody's runs.

A pickle may name any function to be called. Here only a list of harmless types is found, those whose making does
nothing else; a value that needs more stays a stream of bytes, and is loaded when somebody asks for it.
"""

from __future__ import annotations

import io
import pickle
from typing import TYPE_CHECKING, Any

from stepwell.artifacts.container import frame, length_of
from stepwell.artifacts.fingerprint import fingerprint
from stepwell.artifacts.modules import modules_in
from stepwell.artifacts.protocol import Encoded
from stepwell.artifacts.registry import PICKLE
from stepwell.artifacts.writer import INLINE
from stepwell.base.formats import format_size
from stepwell.documents.refs import ArtifactRef

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stepwell.artifacts.protocol import Blobs

_HARMLESS = {
    ("builtins", name) for name in ("bytearray", "complex", "frozenset", "range", "set", "slice", "object")
} | {
    ("collections", "OrderedDict"),
    ("collections", "deque"),
    ("datetime", "date"),
    ("datetime", "datetime"),
    ("datetime", "time"),
    ("datetime", "timedelta"),
    ("datetime", "timezone"),
    ("decimal", "Decimal"),
    ("fractions", "Fraction"),
    ("uuid", "UUID"),
}


class NotPlain(Exception):
    """The value is made of more than plain data."""


def read_plain(stream: bytes, stand_ins: Mapping[tuple[str, str], type] | None = None) -> Any:
    """The value of a pickle that is made of plain data.

    Args:
        stream: The pickle.
        stand_ins: Types to use for some of another program's, by module and name; an empty module stands for any.

    Raises:
        NotPlain: It asks for other types, or is not a whole pickle.
    """
    try:
        return _PlainUnpickler(io.BytesIO(stream), stand_ins or {}).load()
    except Exception as error:
        # A damaged pickle can raise nearly anything.
        raise NotPlain(str(error)) from error


class _PlainUnpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, stand_ins: Mapping[tuple[str, str], type]) -> None:
        super().__init__(file)
        self._stand_ins = stand_ins

    def find_class(self, module: str, name: str) -> Any:
        stand_in = self._stand_ins.get((module, name)) or self._stand_ins.get(("", name))
        if stand_in is not None:
            return stand_in
        if (module, name) in _HARMLESS:
            return super().find_class(module, name)
        raise NotPlain(f"{module}.{name}")

    def persistent_load(self, pid: Any) -> Any:  # noqa: ARG002
        raise NotPlain("a persistent reference")


def take_over(stream: bytes, type_name: str, blobs: Blobs) -> ArtifactRef:
    """Store a pickle as the artifact that it is, without loading it.

    Args:
        stream: The pickle, without out-of-band buffers.
        type_name: Qualified name of the value's type.
        blobs: Where it goes.
    """
    encoded = Encoded([stream], [])
    parts, _ = frame(encoded)
    size = sum(map(length_of, parts))
    inline = b"".join(parts) if size <= INLINE else None
    return ArtifactRef(
        digest=fingerprint(PICKLE.name, encoded, []),
        serializer=PICKLE.name,
        type=type_name,
        size=len(stream),
        inline=inline,
        blobs=() if inline is not None else (blobs.put(parts),),
        preview=f"<{type_name.removeprefix('builtins.')}, {format_size(len(stream))}>"[:200],
        modules=modules_in([stream]),
    )
