"""What goes wrong in the code of decorators and mutators before anything runs, told with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepwell.base.errors import FlowError, StepwellError
from stepwell.base.user_traceback import format_user_traceback
from stepwell.documents.diagnostic import Diagnostic

if TYPE_CHECKING:
    from collections.abc import Callable

    from stepwell.decorators.protocol import CheckContext
    from stepwell.decorators.user_classes import Applied


def fault_in_init(decorator: Applied, context: CheckContext) -> list[Diagnostic]:
    """What `init` of a decorator says to its arguments."""
    try:
        decorator.make_ready()
    except Exception as error:  # noqa: BLE001 - a user's `init` may raise anything
        name = decorator.name
        hint = error.hint if isinstance(error, StepwellError) else ""
        said = error.message if isinstance(error, StepwellError) else f"{type(error).__name__}: {error}"
        return [
            Diagnostic(
                code="SW151",
                message=f"`@{name}` on step `{context.step}` refuses its arguments: {said}",
                file=context.file,
                line=context.line,
                hint=hint or f"give what `init` of `{name}` takes",
            )
        ]
    return []


def called(mutator: Any, method: str, call: Callable[[], None]) -> None:
    """Call a method of a mutator.

    Raises:
        FlowError: It raised; the user's traceback is told.
        StepwellError: It asked for what cannot be; told with the mutator's name.
    """
    name = mutator.name
    try:
        call()
    except StepwellError as error:
        raise type(error)(f"`{method}` of `{name}`: {error.message}", hint=error.hint) from error
    except Exception as error:
        raise FlowError(
            f"`{method}` of the mutator `{name}` raised {type(error).__name__}: {error}\n"
            f"{format_user_traceback(error).rstrip()}",
            hint="mend the mutator; it runs once, before the flow is checked",
        ) from error
