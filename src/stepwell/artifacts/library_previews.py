"""Previews and shapes of arrays, tables, models and pictures.

No library is imported: a value of a library's type proves that the library is there. Only what is cheap at any size
is looked at.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_RANGE_UP_TO = 100_000
_FIRST = 6
_NAMES = 8
_LIBRARIES = frozenset(
    {"numpy", "pandas", "polars", "pyarrow", "scipy", "torch", "sklearn", "xgboost", "lightgbm", "PIL", "matplotlib"}
    | {"jax", "jaxlib", "tensorflow", "xarray", "dask", "cupy", "geopandas"}
)


class MemberDescriber(Protocol):
    """What `preview` offers for the members of a value."""

    def describe(self, value: Any, depth: int) -> str:
        """A short text for one member."""

    def members(self, values: Iterable[Any], total: int, depth: int) -> str:
        """The first members, and how many more there are."""

    def fields(self, name: str, pairs: Iterable[tuple[str, Any]], total: int, depth: int) -> str:
        """`Name(a=1, b=2)` with the first fields."""


def library_of(kind: type[Any]) -> str:
    """The known library that a type or one of its bases comes from; empty for all others."""
    for base in kind.__mro__:
        library = base.__module__.partition(".")[0]
        if library in _LIBRARIES:
            return library
    return ""


def library_shape(value: Any) -> tuple[int, ...]:
    """The `shape` attribute, when it is a sequence of numbers."""
    try:
        return tuple(int(length) for length in value.shape)
    except Exception:  # noqa: BLE001 - no shape, an unknown one, or code of a subclass that fails
        return ()


def library_preview(library: str, value: Any, describer: MemberDescriber, depth: int) -> str:
    """A text for a value of a known library, empty when its own `repr` should speak."""
    describe = _BY_LIBRARY.get(library)
    if describe is not None:
        return describe(value, describer, depth)
    shape = library_shape(value)
    return f"{_name(value)} {_dtype(value)}{shape}" if shape else ""


def _name(value: Any) -> str:
    return type(value).__name__


def _dtype(value: Any) -> str:
    dtype = getattr(value, "dtype", None)
    return "" if dtype is None else f"{str(dtype)[:60]} "


def _dimensions(shape: tuple[int, ...]) -> str:
    return "x".join(f"{length:,}" for length in shape) if shape else "scalar"


def _numpy(value: Any, describer: MemberDescriber, depth: int) -> str:
    if not hasattr(value, "flat") or not hasattr(value, "dtype"):
        return ""
    if any(base.__name__ == "generic" for base in type(value).__mro__):
        return f"{_name(value)} {_number(value.item())}"
    lead = f"{_name(value)} {_dtype(value)}{_dimensions(value.shape)}"
    if value.dtype.names:
        return f"{lead}: fields {describer.members(value.dtype.names, len(value.dtype.names), depth + 1)}"
    first = [item.item() if hasattr(item, "item") else item for item in islice(value.flat, _FIRST)]
    text = ", ".join(_number(item) if type(item) is float else describer.describe(item, depth + 1) for item in first)
    more = ", …" if value.size > len(first) else ""
    lead = f"{lead}: {text}{more}" if first else lead
    if value.dtype.kind in "iuf" and _FIRST < value.size <= _RANGE_UP_TO:
        lead += f" (min {_number(value.min().item())}, max {_number(value.max().item())})"
    return lead


def _number(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _table(rows: int, columns: int, names: list[str], kind: str) -> str:
    listed = ", ".join(name[:40] for name in names)
    more = ", …" if columns > len(names) else ""
    return f"{kind} {rows:,} rows x {columns:,} columns: {listed}{more}"


def _pandas(value: Any, describer: MemberDescriber, depth: int) -> str:
    if hasattr(value, "columns"):
        names = [str(name) for name in value.columns[:_NAMES]]
        return _table(value.shape[0], value.shape[1], names, _name(value))
    if hasattr(value, "dtype") and hasattr(value, "iloc"):
        first = describer.members(value.iloc[:_FIRST].tolist(), len(value), depth + 1)
        named = f" {str(value.name)[:40]!r}" if value.name is not None else ""
        return f"{_name(value)}{named} {_dtype(value)}{len(value):,} rows: {first}"
    if hasattr(value, "dtype") and hasattr(value, "__len__"):
        first = describer.members(value[:_FIRST].tolist(), len(value), depth + 1)
        return f"{_name(value)} {_dtype(value)}{len(value):,}: {first}"
    return ""


def _polars(value: Any, describer: MemberDescriber, depth: int) -> str:
    if hasattr(value, "height"):
        return _table(value.height, value.width, [str(name) for name in value.columns[:_NAMES]], _name(value))
    if hasattr(value, "to_list") and hasattr(value, "head"):
        first = describer.members(value.head(_FIRST).to_list(), len(value), depth + 1)
        return f"{_name(value)} {str(value.name)[:40]!r} {_dtype(value)}{len(value):,} rows: {first}"
    return f"<{_name(value)}>"


def _pyarrow(value: Any, describer: MemberDescriber, depth: int) -> str:
    if hasattr(value, "num_rows"):
        names = [str(name) for name in value.schema.names]
        return _table(value.num_rows, value.num_columns, names[:_NAMES], _name(value))
    if hasattr(value, "slice") and hasattr(value, "type"):
        first = describer.members(value.slice(0, _FIRST).to_pylist(), len(value), depth + 1)
        return f"{_name(value)} {str(value.type)[:40]} {len(value):,}: {first}"
    return ""


def _torch(value: Any, describer: MemberDescriber, depth: int) -> str:
    if hasattr(value, "numel") and hasattr(value, "device"):
        lead = f"{_name(value)} {_dtype(value)}{_dimensions(tuple(value.shape))} on {value.device}"
        if str(value.device) != "cpu":
            return lead
        first = value.detach().flatten()[:_FIRST].tolist()
        return f"{lead}: {describer.members(first, value.numel(), depth + 1)}"
    if hasattr(value, "parameters"):
        count = sum(parameter.numel() for parameter in value.parameters())
        return f"{_name(value)} with {count:,} parameters"
    return ""


def _estimator(value: Any, describer: MemberDescriber, depth: int) -> str:
    """The parameters that differ from the defaults. The library's own text takes milliseconds."""
    kind = type(value)
    constructor = kind.__init__
    defaults = dict(getattr(constructor, "__kwdefaults__", None) or {})
    code = getattr(constructor, "__code__", None)
    if code is None or not hasattr(value, "get_params"):
        return ""
    names = code.co_varnames[1 : code.co_argcount]
    given = constructor.__defaults__ or ()
    defaults |= dict(zip(names[len(names) - len(given) :], given, strict=True))
    attributes = vars(value)
    names += code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    pairs = [(name, attributes[name]) for name in names if name in attributes]
    changed = [(name, item) for name, item in pairs if name not in defaults or not _same(item, defaults[name])]
    return describer.fields(kind.__name__, changed, len(changed), depth + 1)


def _same(value: Any, default: Any) -> bool:
    return value is default or (type(value) is type(default) and type(value) in _SCALARS and value == default)


_SCALARS = frozenset({int, float, str, bool})


def _picture(value: Any, describer: MemberDescriber, depth: int) -> str:  # noqa: ARG001
    if hasattr(value, "mode") and hasattr(value, "size"):
        return f"Image {value.mode} {value.size[0]}x{value.size[1]} pixels"
    return ""


def _figure(value: Any, describer: MemberDescriber, depth: int) -> str:  # noqa: ARG001
    if hasattr(value, "get_size_inches"):
        width, height = value.get_size_inches()
        count = len(value.axes)
        dpi = value.dpi
        axes = "1 axes" if count == 1 else f"{count} axes"
        return f"{_name(value)} {width * dpi:.0f}x{height * dpi:.0f} pixels, {axes}"
    return ""


_BY_LIBRARY: dict[str, Callable[[Any, MemberDescriber, int], str]] = {
    "numpy": _numpy,
    "pandas": _pandas,
    "geopandas": _pandas,
    "polars": _polars,
    "pyarrow": _pyarrow,
    "torch": _torch,
    "sklearn": _estimator,
    "xgboost": _estimator,
    "lightgbm": _estimator,
    "PIL": _picture,
    "matplotlib": _figure,
}
