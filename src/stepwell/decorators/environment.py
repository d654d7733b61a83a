"""`@environment`: variables that a step finds in its process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, overload

from stepwell.decorators.applying import apply
from stepwell.decorators.protocol import StepDecorator

if TYPE_CHECKING:
    from collections.abc import Callable

    from stepwell.decorators.protocol import CheckContext, TaskContext
    from stepwell.documents.diagnostic import Diagnostic

    F = TypeVar("F", bound=Callable[..., Any])


class Environment(StepDecorator):
    """The decorator behind `@environment`; option `vars`, name to value."""

    name = "environment"
    defaults = {"vars": {}}  # noqa: RUF012 - a constant of the class

    def before_task(self, context: TaskContext) -> None:
        """Set the variables."""
        context.environ.update({name: str(value) for name, value in self.options["vars"].items()})

    def check(self, context: CheckContext) -> list[Diagnostic]:
        """The variables must be a dict of names with texts or numbers."""
        given = self.options["vars"]
        if not isinstance(given, Mapping):
            return [self.option_fault(context, "vars", "a dict of names and values", '{"MODE": "fast"}')]
        names = all(isinstance(name, str) and name and not set(name) & {"=", "\0"} for name in given)
        values = all(isinstance(value, (str, int, float)) and "\0" not in str(value) for value in given.values())
        if names and values:
            return []
        return [self.option_fault(context, "vars", "a dict of names with texts or numbers", '{"MODE": "fast"}')]


@overload
def environment(function: F, /) -> F: ...


@overload
def environment(*, vars: Mapping[str, str] = ...) -> Callable[[F], F]: ...


def environment(function: F | None = None, /, **options: Any) -> F | Callable[[F], F]:
    """Set environment variables for the step; they are there before it begins, and in every process that it starts.

    Args:
        function: The step, when used bare.
        **options: `vars`: a dict of names and values.

    Returns:
        The step itself.
    """
    return apply(Environment, function, options)
