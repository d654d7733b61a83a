"""The part of a value that pickle refuses, and the path to it.

Two steps: pickle the value once more with a pickler that remembers the last object it looked at, which is the one
that failed; then search for that very object from the value on, so that it can be named the way the code reaches it.
"""

from __future__ import annotations

import time
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from stepwell.base.errors import StepwellError

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX_OBJECTS = 300_000
_MAX_SECONDS = 1.0
_ATOMS = frozenset(
    {type(None), bool, int, float, complex, str, bytes, bytearray, BuiltinFunctionType, ModuleType, type}
)
_PLAIN_REASONS = ("cannot pickle", "can't pickle", "Can't pickle", "Can't get local object")


class Offender(NamedTuple):
    """The part that cannot be stored.

    Attributes:
        path: How code reaches it, for example `self.model.layers[3].lock`.
        type: Its qualified type, without `builtins.`.
        reason: What it raised, when that says more than the type; empty otherwise.
        is_exact: False when the part is known and the path to it is not.
    """

    path: str
    type: str
    reason: str
    is_exact: bool = True


def type_name(value: Any) -> str:
    """The qualified name of a value's type, without `builtins.`."""
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def find_offender(value: Any, path: str) -> Offender:
    """Find what in a value cannot be pickled.

    Args:
        value: A value that an encoder has refused.
        path: How code reaches the value, for example `self.model`.

    Returns:
        The offending part; the value itself when nothing smaller is to blame.
    """
    culprit, error = _last_object(value)
    kind = type_name(culprit)
    found = path if culprit is value else _path_to(culprit, value, path)
    return Offender(found or path, kind, _reason(error), is_exact=found is not None)


def _last_object(value: Any) -> tuple[Any, Exception | None]:
    """Pickle into nothing; the object at which that stops, and why."""
    from stepwell.artifacts.by_value import TrackingPickler

    pickler = TrackingPickler()
    try:
        pickler.dump(value)
    except Exception as error:  # noqa: BLE001 - methods of the value may raise anything, and did so before
        return pickler.last, error
    return value, None


def _reason(error: Exception | None) -> str:
    if error is None:
        return "it could be pickled at a second try: its state changes by itself"
    if isinstance(error, StepwellError):
        return error.message
    text = " ".join(_text(error).split())[:300]
    if type(error) in (TypeError, AttributeError) or type(error).__name__ == "PicklingError":
        return "" if text.startswith(_PLAIN_REASONS) else text
    return f"pickling it raised `{type(error).__name__}: {text}`"


def _text(error: Exception) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - an exception class of the user's
        return "?"


def _path_to(target: Any, root: Any, path: str) -> str | None:
    """Breadth first, so that the path is a shortest one. Entries keep what they visit alive, so ids stay unique."""
    entries: list[tuple[Any, int, str]] = [(root, -1, "")]
    seen = {id(root)}
    stop_at = time.monotonic() + _MAX_SECONDS
    position = 0
    while position < len(entries):
        if time.monotonic() > stop_at:
            return None
        for label, child in _safely(_children(entries[position][0])):
            if child is target:
                return path + _labels(entries, position) + label
            if len(entries) < _MAX_OBJECTS and type(child) not in _ATOMS and id(child) not in seen:
                seen.add(id(child))
                entries.append((child, position, label))
        position += 1
    return None


def _labels(entries: list[tuple[Any, int, str]], position: int) -> str:
    labels = []
    while position > 0:
        _, parent, label = entries[position]
        labels.append(label)
        position = parent
    return "".join(reversed(labels))


def _safely(children: Iterator[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Stop quietly where an object's own code fails."""
    try:
        yield from children
    except Exception:  # noqa: BLE001 - properties and iterators of the value may raise anything
        return


def _children(value: Any) -> Iterator[tuple[str, Any]]:
    """The parts of a value with the text that follows the value's path to reach them."""
    if isinstance(value, dict):
        for key, child in dict.items(value):
            yield f"[{_key(key)}]", child
            yield f".<key {_key(key)}>", key
    elif isinstance(value, tuple) and hasattr(value, "_fields"):
        for name, child in zip(value._fields, value, strict=False):
            yield f".{name}", child
    elif isinstance(value, list | tuple):
        for index, child in enumerate(value):
            yield f"[{index}]", child
    elif isinstance(value, set | frozenset):
        for child in value:
            yield ".<member>", child
    elif isinstance(value, FunctionType):
        yield from _of_function(value)
    elif isinstance(value, partial):
        yield ".func", value.func
        yield ".args", value.args
        yield ".keywords", value.keywords
    elif isinstance(value, MethodType):
        yield ".__self__", value.__self__
    yield from _attributes(value)
    yield from _of_library(value)
    yield from _reduced(value)


def _key(key: Any) -> str:
    text = repr(key) if type(key) in (str, int, float, bool, bytes, type(None)) else f"<{type_name(key)}>"
    return text if len(text) <= 60 else text[:57] + "…" + text[-1]


def _of_function(function: FunctionType) -> Iterator[tuple[str, Any]]:
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=False):
        yield f".<variable {name}>", cell.cell_contents
    for name in function.__code__.co_names:
        if name in function.__globals__:
            yield f".<global {name}>", function.__globals__[name]
    for index, child in enumerate(function.__defaults__ or ()):
        yield f".__defaults__[{index}]", child


def _attributes(value: Any) -> Iterator[tuple[str, Any]]:
    attributes = getattr(value, "__dict__", None)
    if isinstance(attributes, dict):
        for name, child in attributes.items():
            yield f".{name}", child
    for kind in type(value).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if hasattr(value, name):
                yield f".{name}", getattr(value, name)


def _of_library(value: Any) -> Iterator[tuple[str, Any]]:
    """Members of arrays and tables, which no attribute shows."""
    kind = type(value)
    library = kind.__module__.partition(".")[0]
    if library == "pandas" and kind.__name__ == "DataFrame":
        for name in value.columns:
            yield f"[{_key(name)}]", value[name]
    elif library == "pandas" and kind.__name__ == "Series" and value.dtype == object:
        for position, child in enumerate(value.array):
            yield f".iloc[{position}]", child
    elif library == "numpy" and kind.__name__ == "ndarray" and value.dtype == object:
        flat = value.ndim == 1
        for position, child in enumerate(value.flat):
            yield f"[{position}]" if flat else f".flat[{position}]", child


def _reduced(value: Any) -> Iterator[tuple[str, Any]]:
    """What pickle itself gets to see; such parts have no name, so they keep the path of their owner."""
    if isinstance(value, dict | list | tuple | set | frozenset) and type(value).__module__ == "builtins":
        return
    reduced = value.__reduce_ex__(5)
    if isinstance(reduced, tuple):
        for part in reduced[1:3]:
            yield "", part
        for index, child in enumerate(reduced[3] or () if len(reduced) > 3 else ()):
            yield f"[{index}]", child
        for key, child in reduced[4] or () if len(reduced) > 4 else ():
            yield f"[{_key(key)}]", child
