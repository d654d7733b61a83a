"""`@pypi`: packages that the step needs, from PyPI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, overload

from stepwell.decorators.applying import apply
from stepwell.decorators.options import FLAG, table, text
from stepwell.decorators.packages import tell_of_interpreter
from stepwell.decorators.protocol import StepDecorator

if TYPE_CHECKING:
    from collections.abc import Callable

    from stepwell.decorators.protocol import PrepareContext

    F = TypeVar("F", bound=Callable[..., Any])


class Pypi(StepDecorator):
    """The decorator behind `@pypi`; its options are checked and kept for isolated environments."""

    name = "pypi"
    defaults = {  # noqa: RUF012 - a constant of the class
        "packages": {},
        "python": None,
        "disabled": None,
    }
    kinds = {  # noqa: RUF012 - a constant of the class
        "packages": table('{"pandas": "2.2.0"}'),
        "python": text("3.11"),
        "disabled": FLAG,
    }

    def prepare(self, context: PrepareContext) -> None:
        """Say once that the packages are those of this interpreter."""
        if not self.options["disabled"]:
            tell_of_interpreter(context.notice)


@overload
def pypi(function: F, /) -> F: ...


@overload
def pypi(**options: Any) -> Callable[[F], F]: ...


def pypi(function: F | None = None, /, **options: Any) -> F | Callable[[F], F]:
    """Say which packages the step needs, from PyPI.

    A run without isolated environments uses this interpreter.

    Args:
        function: The step, when used bare.
        **options: `packages`: name to version. `python`: the version of the interpreter.
            `disabled`: leave this step out.

    Returns:
        The step itself.
    """
    return apply(Pypi, function, options)
