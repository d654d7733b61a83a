"""How the name after an `@` becomes a decorator object on a function, bare or with options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from stepwell.decorators.delayed import DelayedDecorator
from stepwell.flow.attach import attach
from stepwell.flow.config_references import is_delayed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stepwell.decorators.protocol import StepDecorator

    F = TypeVar("F", bound=Callable[..., Any])


def apply(decorator_class: type[StepDecorator], function: F | None, options: Mapping[str, Any]) -> F | Callable[[F], F]:
    """Put a decorator on a function, or return what does so.

    Args:
        decorator_class: The decorator.
        function: The function, when the decorator is used bare.
        options: The options given.

    Raises:
        UsageError: An option is unknown.
    """
    delayed = is_delayed(dict(options))
    decorator = DelayedDecorator(decorator_class, options) if delayed else decorator_class(**options)
    if function is not None:
        return attach(function, decorator)

    def put(function: F) -> F:
        # A new object each time, so that one `fast = retry(times=1)` can go on many steps.
        return attach(function, DelayedDecorator(decorator_class, options) if delayed else decorator_class(**options))

    return put
