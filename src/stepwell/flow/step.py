"""`@step`: marks a method as a step of the flow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, overload

from stepwell.base.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    F = TypeVar("F", bound=Callable[..., Any])

_MARK = "_stepwell_step"


class StepMark:
    """What `@step(...)` said: is it the first or the last step, and free information for readers of the graph."""

    __slots__ = ("end", "node_info", "start")

    def __init__(self, *, start: bool, end: bool, node_info: dict[str, Any]) -> None:
        self.start = start
        self.end = end
        self.node_info = node_info


@overload
def step(function: F, /) -> F: ...


@overload
def step(*, start: bool = False, end: bool = False, node_info: Mapping[str, Any] | None = None) -> Callable[[F], F]: ...


def step(
    function: F | None = None,
    /,
    *,
    start: bool = False,
    end: bool = False,
    node_info: Mapping[str, Any] | None = None,
) -> F | Callable[[F], F]:
    """Mark a method of a flow as a step.

    Use it bare, `@step`, or with arguments, `@step(start=True)`. The first step is the one marked with `start`, or
    the one named `start`; likewise the last. A flow with a single step needs neither.

    Args:
        function: The method, when used bare.
        start: The run begins here.
        end: The run ends here.
        node_info: Free information about the step, kept with the graph.

    Returns:
        The function itself.
    """
    mark = StepMark(start=start, end=end, node_info=dict(node_info or {}))

    def put(function: F) -> F:
        if not hasattr(function, "__code__"):
            raise UsageError(
                f"`@step` was put on an object of type `{type(function).__name__}`",
                hint="put `@step` on a method: `def train(self):`",
            )
        setattr(function, _MARK, mark)
        function.is_step = True  # type: ignore[attr-defined] # what tools written for Metaflow look at
        return function

    return put if function is None else put(function)


def step_mark(function: Any) -> StepMark | None:
    """The mark that `@step` left, None for anything that is not a step."""
    mark = getattr(function, _MARK, None)
    return mark if isinstance(mark, StepMark) else None


def steps_of(flow_class: type) -> dict[str, Any]:
    """The steps of a class by name, in the order of definition; those of base classes first.

    A step that a subclass defines again keeps its first place and has the subclass's function.
    """
    found: dict[str, Any] = {}
    for cls in reversed(flow_class.__mro__):
        for name, value in vars(cls).items():
            if step_mark(value) is not None and name not in found:
                function = getattr(flow_class, name, None)
                if step_mark(function) is not None:
                    found[name] = function
    return found
