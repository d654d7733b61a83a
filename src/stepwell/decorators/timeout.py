"""`@timeout`: a limit for the time that a step takes.

Two stages. When the time is over, a signal raises `StepTimeout` in the step, so that there is a traceback and `finally`
blocks run. A step that does not end on that, because it is in native code or catches every exception, is ended from
outside some seconds later, with every process that it has started.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any, TypeVar, overload

from stepwell.base.errors import StepTimeout
from stepwell.base.formats import format_duration
from stepwell.decorators.applying import apply
from stepwell.decorators.numbers import as_number
from stepwell.decorators.protocol import StepDecorator
from stepwell.documents.diagnostic import Diagnostic

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    from stepwell.decorators.protocol import CheckContext, TaskContext

    F = TypeVar("F", bound=Callable[..., Any])

_UNITS = {"seconds": 1.0, "minutes": 60.0, "hours": 3600.0}


class Timeout(StepDecorator):
    """The decorator behind `@timeout`; options `seconds`, `minutes` and `hours`, which are added up."""

    name = "timeout"
    defaults = {"seconds": 0, "minutes": 0, "hours": 0}  # noqa: RUF012 - a constant of the class

    def time_limit(self) -> float | None:
        """Seconds in all; None when there are none, which `check` refuses."""
        return sum((as_number(self.options[unit]) or 0.0) * seconds for unit, seconds in _UNITS.items()) or None

    def around_step(self, context: TaskContext, call: Callable[[], None]) -> None:
        """Call the step; raise in it when its time is over."""
        limit = self.time_limit()
        if limit is None or not hasattr(signal, "setitimer"):
            call()
            return

        def stop(number: int, frame: object) -> NoReturn:
            del number, frame
            raise StepTimeout(
                f"step `{context.spec.step}` timed out after {format_duration(limit)}",
                hint="give it more time with `@timeout`, or look at the traceback for what it waited for",
            )

        try:
            old = signal.signal(signal.SIGALRM, stop)
        except ValueError:
            call()  # not the main thread, which alone hears signals; the limit from outside holds
            return
        signal.setitimer(signal.ITIMER_REAL, limit)
        try:
            call()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, old)

    def check(self, context: CheckContext) -> list[Diagnostic]:
        """Each option must be a number that is not negative, and together they must be more than nothing."""
        found = [
            self.option_fault(context, unit, "a number, 0 or more", "30")
            for unit in _UNITS
            if as_number(self.options[unit]) is None
        ]
        if not found and self.time_limit() is None:
            found.append(
                Diagnostic(
                    code="SW151",
                    message=f"`@timeout` on step `{context.step}` says no time",
                    file=context.file,
                    line=context.line,
                    hint="write for example `@timeout(minutes=30)`",
                )
            )
        return found


@overload
def timeout(function: F, /) -> F: ...


@overload
def timeout(*, seconds: float = 0, minutes: float = 0, hours: float = 0) -> Callable[[F], F]: ...


def timeout(function: F | None = None, /, **options: Any) -> F | Callable[[F], F]:
    """End the step when it takes longer than this; each attempt has the whole time.

    Args:
        function: The step, when used bare.
        **options: `seconds`, `minutes` and `hours`, which are added up.

    Returns:
        The step itself.
    """
    return apply(Timeout, function, options)
