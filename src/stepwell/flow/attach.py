"""How decorators are kept on a step's function: as a list of objects, outermost first, whichever side of `@step`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from stepwell.base.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    F = TypeVar("F", bound=Callable[..., Any])
    C = TypeVar("C", bound=type)

_KEPT = "_stepwell_decorators"


class Attachable(Protocol):
    """What this module needs to know of a decorator: its name, and room for the place where it was written."""

    file: str
    line: int

    @property
    def name(self) -> str:
        """The name after the `@`."""


def attach(function: F, decorator: Attachable) -> F:
    """Put a decorator on a function, outside of those that it already has.

    Args:
        function: The step's function; it is returned, not wrapped, so that it stays an ordinary method.
        decorator: The decorator object; its place is filled in from the calling code.

    Raises:
        UsageError: When it is put on something else than a function.
    """
    if not hasattr(function, "__code__"):
        what = "a class" if isinstance(function, type) else f"an object of type `{type(function).__name__}`"
        raise UsageError(
            f"`@{decorator.name}` was put on {what}",
            hint=f"put `@{decorator.name}` on a step, right above or below `@step`",
        )
    decorator.file, decorator.line = calling_place()
    function.__dict__.setdefault(_KEPT, []).insert(0, decorator)
    return function


def attach_to_flow(flow_class: C, decorator: Attachable) -> C:
    """Put a decorator on a flow class, outside of those that it already has.

    Raises:
        UsageError: When it is put on something else than a class.
    """
    if not isinstance(flow_class, type):
        raise UsageError(
            f"`@{decorator.name}` was put on an object of type `{type(flow_class).__name__}`",
            hint=f"put `@{decorator.name}` above the `class` of a flow",
        )
    decorator.file, decorator.line = calling_place()
    setattr(flow_class, _KEPT, [decorator, *flow_class.__dict__.get(_KEPT, ())])
    return flow_class


def attached_to_flow(flow_class: type) -> list[Any]:
    """The decorators of a flow class, outermost first; those of its base classes are further in."""
    return [decorator for cls in flow_class.__mro__ for decorator in cls.__dict__.get(_KEPT, ())]


def attached(function: Any) -> list[Any]:
    """The decorators of a function, outermost first."""
    return list(getattr(function, _KEPT, ()))


def calling_place() -> tuple[str, int]:
    """File and 1-based line of the innermost frame that is not ours: where the user wrote the call."""
    frame = sys._getframe(1)  # noqa: SLF001 - the only way to the caller that costs nothing
    while frame.f_back is not None and str(frame.f_globals.get("__name__", "")).partition(".")[0] == "stepwell":
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno
