"""A value in one line without running a line of its code: for values that nobody asked to be looked at.

Where `preview` calls a `__repr__`, this reads the attributes that the object keeps, and nothing else. What has the name
or the looks of a secret is hidden.
"""

from __future__ import annotations

from enum import Enum
from itertools import islice
from typing import TYPE_CHECKING, Any

from stepwell.artifacts.library_previews import library_of
from stepwell.artifacts.preview import LIMIT, Describer
from stepwell.base.secret_names import HIDDEN, is_secret_name, mask_secrets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_BUILT_IN = frozenset({
    int, str, bytes, bytearray, bool, float, complex, type(None), list, tuple, set, frozenset, range,
})  # fmt: skip
# Small values of the standard library, which tell themselves best.
_OWN_WORDS = frozenset(
    {"datetime", "decimal", "_decimal", "fractions", "uuid", "pathlib", "pathlib._local", "zoneinfo"}
)
_FIRST = 6


def quiet_preview(name: str, value: Any, known_secrets: tuple[str, ...] = ()) -> str:
    """Describe a value in at most 200 characters; never fails, and calls nothing of the value's.

    Args:
        name: What it is called, which may tell that it is a secret.
        value: The value.
        known_secrets: Texts that must not appear.
    """
    try:
        if _hides(name, value):
            return HIDDEN
        text = QuietDescriber().describe(value, 0)
        return mask_secrets(text, known_secrets)[:LIMIT].replace("\n", " ")
    except Exception:  # noqa: BLE001 - whatever is strange about the value must not hide why the task failed
        return f"<{type(value).__name__}>"


class QuietDescriber(Describer):
    """A `Describer` that never leaves built-in code."""

    def __init__(self) -> None:
        super().__init__()
        self._calls_left = 0

    def describe(self, value: Any, depth: int) -> str:
        """A short text for a value."""
        kind = type(value)
        text = ""
        library = library_of(kind)
        # A subclass of the user's own may have code of the user's own.
        if kind in _BUILT_IN or (library and kind.__module__.partition(".")[0] == library):
            text = super().describe(value, depth)
        elif kind is dict:
            text = "{" + self._listed(value, depth) + "}"
        elif kind.__module__ in _OWN_WORDS:
            text = repr(value)
        elif issubclass(kind, dict) and kind.__module__ == "collections":
            text = f"{kind.__name__}({{{self._listed(value, depth)}}})"
        elif issubclass(kind, Enum):
            text = f"{kind.__name__}.{object.__getattribute__(value, '_name_')}"
        elif issubclass(kind, BaseException):
            text = f"{kind.__name__}({self.members(BaseException.args.__get__(value), 1, depth + 1)})"  # type: ignore[attr-defined]
        return text or (f"<{kind.__name__}>" if depth > 1 else self._state(value, kind, depth))

    def fields(self, name: str, pairs: Iterable[tuple[str, Any]], total: int, depth: int) -> str:
        """`Name(a=1, b=2)` with the first fields."""
        return super().fields(name, _hidden_values(pairs), total, depth)

    def _listed(self, value: dict[Any, Any], depth: int) -> str:
        if depth > 3:
            return "…"
        shown = []
        for key, member in islice(dict.items(value), _FIRST):
            text = HIDDEN if type(key) is str and _hides(key, member) else self.describe(member, depth + 1)
            shown.append(f"{self.describe(key, depth + 1)}: {text}")
        more = len(value) - len(shown)
        return ", ".join([*shown, f"… {more:,} more"] if more else shown)

    def _state(self, value: Any, kind: type[Any], depth: int) -> str:
        """The attributes that an object keeps in its dictionary, where it has a plain one."""
        name = f"{kind.__module__}.{kind.__qualname__}"
        if any("__dict__" in vars(base) and not _is_plain_slot(base) for base in kind.__mro__ if base is not object):
            return f"<{name}>"
        try:
            state = object.__getattribute__(value, "__dict__")
        except AttributeError:
            return f"<{name}>"
        if type(state) is not dict or not state:
            return f"<{name}>"
        pairs = ((str(key), member) for key, member in islice(state.items(), _FIRST + 1))
        return self.fields(kind.__qualname__, pairs, len(state), depth + 1)


def _is_plain_slot(base: type[Any]) -> bool:
    return type(vars(base)["__dict__"]).__name__ == "getset_descriptor"


def _hidden_values(pairs: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    for name, value in pairs:
        yield name, (HIDDEN if _hides(name, value) else value)


def _hides(name: str, value: Any) -> bool:
    """Numbers and nothing are no secrets, whatever they are called: `max_token = 512`."""
    return type(value) not in (int, float, bool, type(None)) and is_secret_name(name)
