"""The `json` serializer: small plain values that JSON gives back exactly as they were.

Readers that must not unpickle (the server, listings) can show these in full.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

import msgspec

from stepwell.artifacts.protocol import Encoded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

    from stepwell.base.buffers import Buffer

MAX_NODES = 64
MAX_TEXT = 65536
_LEAST_INT = -(2**63)
_MOST_INT = 2**63 - 1

_encode = msgspec.json.Encoder().encode
_decode: Callable[[Buffer], Any] = msgspec.json.Decoder().decode


class JsonSerializer:
    """None, bool, 64-bit int, finite float, str, and small lists and dicts of those, of exactly these types."""

    name = "json"

    def claims(self, value: Any) -> bool:
        """True for a value that is equal, type by type and container by container, after a round trip."""
        kind = type(value)
        if kind is list or kind is dict:
            return len(value) < MAX_NODES and _is_plain(value)
        return is_plain_scalar(value)

    def encode(self, value: Any) -> Encoded:
        """The value as JSON text."""
        return Encoded([_encode(value)], [])

    def decode(
        self,
        stream: Buffer,
        buffers: Sequence[Buffer],  # noqa: ARG002
        main_module: Callable[[], ModuleType] | None = None,  # noqa: ARG002
    ) -> Any:
        """The value from its text."""
        return _decode(stream)


def is_plain_scalar(value: Any) -> bool:
    """True for a single value that JSON keeps exactly."""
    kind = type(value)
    if kind is int:
        return bool(_LEAST_INT <= value <= _MOST_INT)
    if kind is str:
        return len(value) <= MAX_TEXT and (value.isascii() or _is_unicode(value))
    if kind is float:
        return isfinite(value)
    return value is None or kind is bool


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_plain(value: list[Any] | dict[str, Any]) -> bool:
    """Walk at most `MAX_NODES` values. A container met twice is not plain: JSON would make two of it."""
    seen = {id(value)}
    waiting: list[list[Any] | dict[str, Any]] = [value]
    nodes = text = 0
    while waiting:
        container = waiting.pop()
        nodes += len(container)
        if nodes > MAX_NODES:
            return False
        if type(container) is dict:
            for key in container:
                if type(key) is not str or not is_plain_scalar(key):
                    return False
                text += len(key)
            members: Any = container.values()
        else:
            members = container
        for member in members:
            kind = type(member)
            if kind is list or kind is dict:
                if id(member) in seen:
                    return False
                seen.add(id(member))
                waiting.append(member)
            elif not is_plain_scalar(member):
                return False
            elif kind is str:
                text += len(member)
        if text > MAX_TEXT:
            return False
    return True
