"""One line to recognise a value by, made when it is stored, so that nobody has to load it to see what it is.

Bounded in time and size whatever the value is: containers show a few members, text is cut before it is quoted, and
code of the user's (`__repr__`) runs under a time limit and may fail.
"""

from __future__ import annotations

import re
import sys
from collections import deque
from time import perf_counter
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import FrameType

LIMIT = 200
_MEMBERS = 6
_DEPTH = 4
_REPR_CALLS = 12
_REPR_SECONDS = 0.05
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_ELLIPSIS = "…"


def preview(value: Any) -> str:
    """Describe a value in at most 200 printable characters; never fails, whatever the value's own code does."""
    kind = type(value)
    if (kind is int and -(2**63) <= value < 2**63) or kind is bool or kind is float or value is None:
        return repr(value)
    return _one_line(Describer().describe(value, 0))


def shape_of(value: Any) -> tuple[int, ...]:
    """The dimensions of an array or table, the length of a built-in collection, an empty tuple for all else."""
    kind = type(value)
    if kind is int or kind is str or kind is float or kind is bool or value is None:
        return ()
    for sized in _SIZED:
        if issubclass(kind, sized):
            return (sized.__len__(value),)
    from stepwell.artifacts.library_previews import library_of, library_shape

    return library_shape(value) if library_of(kind) else ()


_SIZED: tuple[type[Any], ...] = (list, dict, tuple, set, frozenset, deque, range)


class Describer:
    """Describes one value and its first members; counts what it spends on them."""

    def __init__(self) -> None:
        self._calls_left = _REPR_CALLS
        self._stop_at = perf_counter() + _REPR_SECONDS

    def describe(self, value: Any, depth: int) -> str:
        """A short text for a value; its type's name when everything else fails."""
        kind = type(value)
        try:
            plain = _PLAIN.get(kind)
            if plain is not None:
                return plain(value)
            if depth >= _DEPTH:
                return f"<{kind.__name__}>"
            if isinstance(value, _SIZED) and (kind in _SIZED or _repr_of(kind) in _BUILT_IN_REPRS):
                return self._collection(value, depth)
            return self._object(value, kind, depth)
        except Exception:  # noqa: BLE001 - a preview must never lose an artifact
            return f"<{kind.__name__}>"

    def members(self, values: Iterable[Any], total: int, depth: int) -> str:
        """The first members, separated by commas, and how many more there are."""
        shown: list[str] = []
        for value in values:
            if len(shown) == _MEMBERS:
                break
            shown.append(self.describe(value, depth))
        return _listed(shown, total)

    def fields(self, name: str, pairs: Iterable[tuple[str, Any]], total: int, depth: int) -> str:
        """`Name(a=1, b=2)` with the first fields."""
        shown: list[str] = []
        for key, value in pairs:
            if len(shown) == _MEMBERS:
                break
            shown.append(f"{key}={self.describe(value, depth)}")
        return f"{name}({_listed(shown, total)})"

    def _collection(self, value: Any, depth: int) -> str:
        if isinstance(value, dict):
            shown: list[str] = []
            for key, member in dict.items(value):
                if len(shown) == _MEMBERS:
                    break
                shown.append(f"{self.describe(key, depth + 1)}: {self.describe(member, depth + 1)}")
            text = "{" + _listed(shown, dict.__len__(value)) + "}"
        elif isinstance(value, list | deque):
            plain: Any = list if isinstance(value, list) else deque
            text = f"[{self.members(plain.__iter__(value), plain.__len__(value), depth + 1)}]"
        elif isinstance(value, tuple):
            if hasattr(value, "_fields"):
                pairs = zip(value._fields, tuple.__iter__(value), strict=False)
                return self.fields(type(value).__name__, pairs, tuple.__len__(value), depth + 1)
            comma = "," if tuple.__len__(value) == 1 else ""
            text = f"({self.members(tuple.__iter__(value), tuple.__len__(value), depth + 1)}{comma})"
        elif isinstance(value, range):
            return repr(value)
        else:
            text = "{" + self.members(iter(value), len(value), depth + 1) + "}"
        return text if type(value) in _BRACKETED else f"{type(value).__name__}({text})"

    def _object(self, value: Any, kind: type[Any], depth: int) -> str:
        from stepwell.artifacts.library_previews import library_of, library_preview

        library = library_of(kind)
        if library:
            text = library_preview(library, value, self, depth)
            if text:
                return text
        if isinstance(value, type):
            return f"<class {value.__module__}.{value.__qualname__}>"
        if hasattr(kind, "__dataclass_fields__"):
            names = [name for name, field in kind.__dataclass_fields__.items() if field.repr]
            pairs = ((name, object.__getattribute__(value, name)) for name in names)
            return self.fields(kind.__name__, pairs, len(names), depth + 1)
        if hasattr(kind, "__struct_fields__"):
            names = list(kind.__struct_fields__)
            return self.fields(kind.__name__, ((name, getattr(value, name)) for name in names), len(names), depth + 1)
        if _repr_of(kind) in _NO_REPR:
            return f"<{kind.__module__}.{kind.__qualname__}>"
        return self._own_words(value, kind)

    def _own_words(self, value: Any, kind: type[Any]) -> str:
        """What the value's `__repr__` says, if it says it in time."""
        left = self._stop_at - perf_counter()
        if self._calls_left <= 0 or left <= 0:
            return f"<{kind.__name__}>"
        self._calls_left -= 1
        return _ADDRESS.sub("", _within(left, lambda: repr(value))[: 4 * LIMIT])


class _TooSlowError(Exception):
    """Raised inside code that took too long."""


def _within(seconds: float, call: Callable[[], str]) -> str:
    """Call Python code and stop it after some seconds, by way of the trace function.

    Under a debugger or a coverage tool, which own the trace function, the call has no limit.
    """
    if sys.gettrace() is not None:
        return call()
    stop_at = perf_counter() + seconds

    def watch(frame: FrameType, event: str, argument: Any) -> Any:  # noqa: ARG001
        if perf_counter() > stop_at:
            raise _TooSlowError
        return watch

    sys.settrace(watch)
    try:
        return call()
    finally:
        sys.settrace(None)


def _repr_of(kind: type[Any]) -> Any:
    """The function behind `repr`, to be compared with a built-in type's."""
    return kind.__repr__


def _listed(shown: list[str], total: int) -> str:
    more = total - len(shown)
    if more > 0:
        shown.append(f"{_ELLIPSIS} {more:,} more")
    return ", ".join(shown)


def _text(value: str) -> str:
    if len(value) <= LIMIT:
        return repr(value)
    return f"{value[: LIMIT - 40]!r}{_ELLIPSIS} ({len(value):,} characters)"


def _bytes(value: bytes | bytearray) -> str:
    if len(value) <= 40:
        return repr(value)
    return f"{bytes(value[:24])!r}{_ELLIPSIS} ({len(value):,} bytes)"


def _int(value: int) -> str:
    # The decimal digits of a huge number take quadratic time, and Python refuses them.
    return repr(value) if value.bit_length() <= 1024 else f"<int of {value.bit_length():,} bits>"


def _one_line(text: str) -> str:
    text = text[: 4 * LIMIT]
    if not text.isprintable():
        text = "".join(letter if letter.isprintable() else " " for letter in text)
        text = " ".join(text.split())
    if len(text) <= LIMIT:
        return text
    return _shortened(text)


def _shortened(text: str) -> str:
    """Cut in the middle of what is long, and keep a note on the length that stands at the end."""
    head, mark, tail = text.rpartition(_ELLIPSIS)
    if mark and len(tail) <= 40:
        return head[: LIMIT - len(tail) - 1] + mark + tail
    return text[: LIMIT - 1] + _ELLIPSIS


_PLAIN: dict[type[Any], Callable[[Any], str]] = {
    int: _int,
    str: _text,
    bytes: _bytes,
    bytearray: _bytes,
    bool: repr,
    float: repr,
    complex: repr,
    type(None): repr,
    FunctionType: lambda function: f"<function {function.__qualname__}>",
    BuiltinFunctionType: lambda function: f"<function {function.__qualname__}>",
    MethodType: lambda method: f"<method {method.__qualname__}>",
    ModuleType: lambda module: f"<module {module.__name__}>",
}
_BRACKETED = frozenset({list, dict, tuple, set})
_NO_REPR = frozenset({_repr_of(object)})
_BUILT_IN_REPRS = frozenset(map(_repr_of, _SIZED))
