"""`@exit_hook`: functions that are called when a run is over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from stepwell.decorators.flow_protocol import FlowDecorator, apply_to_flow
from stepwell.decorators.options import Kind, table

if TYPE_CHECKING:
    from collections.abc import Callable

    from stepwell.decorators.flow_protocol import RunEndContext

    C = TypeVar("C", bound=type)


def _are_functions(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(hasattr(item, "__code__") for item in value)


_FUNCTIONS = Kind("a list of functions", "[tell_the_team]", _are_functions)


class ExitHook(FlowDecorator):
    """The decorator behind `@exit_hook`; options `on_success`, `on_error` and `options`."""

    name = "exit_hook"
    allow_multiple = True
    defaults = {"on_success": [], "on_error": [], "options": {}}  # noqa: RUF012 - a constant of the class
    kinds = {  # noqa: RUF012 - a constant of the class
        "on_success": _FUNCTIONS,
        "on_error": _FUNCTIONS,
        "options": table('{"image": "python:3.11"}'),
    }

    def run_ended(self, context: RunEndContext) -> None:
        """Call the functions for this ending, each whatever the ones before did.

        Raises:
            ExceptionGroup: Some of them raised.
        """
        functions = self.options["on_success" if context.status == "succeeded" else "on_error"]
        errors: list[Exception] = []
        for function in functions:
            try:
                call_hook(function, context.run)
            except Exception as error:  # noqa: BLE001 - a user's function may raise anything, the others count
                errors.append(error)
        if errors:
            raise ExceptionGroup("exit hooks failed", errors)


def call_hook(function: Callable[..., Any], run: Callable[[], Any]) -> None:
    """Call a hook, with the run when it takes an argument."""
    code = function.__code__
    if code.co_argcount > 0:
        function(run())
    elif "run" in code.co_varnames[: code.co_kwonlyargcount]:
        function(run=run())
    else:
        function()


def exit_hook(**options: Any) -> Callable[[C], C]:
    """Call functions when a run is over, in a process of its own. What they raise is told and changes nothing.

    Args:
        **options: `on_success`: functions for a run that succeeded; each may take the run, as a client object.
            `on_error`: functions for a run that failed or was cancelled. `options`: for deployed flows, such as
            `image`.

    Returns:
        What puts it on the class.
    """
    made: Callable[[C], C] = apply_to_flow(ExitHook, None, options)
    return made
