"""`@retry`: repeat a step that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, overload

from stepwell.decorators.applying import apply
from stepwell.decorators.numbers import as_number
from stepwell.decorators.protocol import RetryPolicy, StepDecorator

if TYPE_CHECKING:
    from collections.abc import Callable

    from stepwell.decorators.protocol import CheckContext
    from stepwell.documents.diagnostic import Diagnostic

    F = TypeVar("F", bound=Callable[..., Any])


class Retry(StepDecorator):
    """The decorator behind `@retry`; options `times` (whole number, at least 0) and `minutes_between_retries`."""

    name = "retry"
    defaults = {"times": 3, "minutes_between_retries": 2}  # noqa: RUF012 - a constant of the class

    def retry_policy(self) -> RetryPolicy:
        """Further attempts, and the wait between them in seconds."""
        times = as_number(self.options["times"], whole=True)
        minutes = as_number(self.options["minutes_between_retries"])
        return RetryPolicy(int(times or 0), (minutes or 0.0) * 60.0)

    def check(self, context: CheckContext) -> list[Diagnostic]:
        """Both options must be numbers that are not negative."""
        found = []
        if as_number(self.options["times"], whole=True) is None:
            found.append(self.option_fault(context, "times", "a whole number, 0 or more", "3"))
        if as_number(self.options["minutes_between_retries"]) is None:
            found.append(self.option_fault(context, "minutes_between_retries", "a number, 0 or more", "2"))
        return found


@overload
def retry(function: F, /) -> F: ...


@overload
def retry(*, times: int = 3, minutes_between_retries: float = 2) -> Callable[[F], F]: ...


def retry(function: F | None = None, /, **options: Any) -> F | Callable[[F], F]:
    """Repeat the step when it fails, for whatever reason, crashes included.

    Args:
        function: The step, when used bare.
        **options: `times`: further attempts after the first, 3 by default; 0 switches off a retry that
            `--with retry` would add. `minutes_between_retries`: the wait between attempts, 2 by default.

    Returns:
        The step itself.
    """
    return apply(Retry, function, options)
