"""`@conda_base`: packages that all steps of a flow need, from conda channels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, overload

from stepwell.decorators.flow_protocol import FlowDecorator, apply_to_flow
from stepwell.decorators.options import FLAG, table, text
from stepwell.decorators.packages import tell_of_interpreter

if TYPE_CHECKING:
    from collections.abc import Callable

    from stepwell.decorators.flow_protocol import RunSetup

    C = TypeVar("C", bound=type)


class CondaBase(FlowDecorator):
    """The decorator behind `@conda_base`; its options are checked and kept for isolated environments."""

    name = "conda_base"
    defaults = {  # noqa: RUF012 - a constant of the class
        "packages": {},
        "libraries": {},
        "python": None,
        "disabled": None,
    }
    kinds = {  # noqa: RUF012 - a constant of the class
        "packages": table('{"pandas": "2.2.0"}'),
        "libraries": table('{"pandas": "2.2.0"}'),
        "python": text("3.11"),
        "disabled": FLAG,
    }

    def configure(self, setup: RunSetup) -> None:
        """Say once that the packages are those of this interpreter."""
        if not self.options["disabled"]:
            tell_of_interpreter(setup.notice)


@overload
def conda_base(flow: C, /) -> C: ...


@overload
def conda_base(**options: Any) -> Callable[[C], C]: ...


def conda_base(flow: C | None = None, /, **options: Any) -> C | Callable[[C], C]:
    """Say which packages all steps need, from conda channels.

    A run without isolated environments uses this interpreter.

    Args:
        flow: The flow's class, when used bare.
        **options: `packages`: name to version. `python`: the version of the interpreter.
            `disabled`: no step needs them. `libraries`: an older name of `packages`.

    Returns:
        The class itself.
    """
    made: C | Callable[[C], C] = apply_to_flow(CondaBase, flow, options)
    return made
