"""`@schedule`: run a deployed flow again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, overload

from stepwell.decorators.flow_protocol import FlowDecorator, apply_to_flow
from stepwell.decorators.options import FLAG, text

if TYPE_CHECKING:
    from collections.abc import Callable

    C = TypeVar("C", bound=type)


class Schedule(FlowDecorator):
    """The decorator behind `@schedule`; it acts when the flow is deployed."""

    name = "schedule"
    defaults = {  # noqa: RUF012 - a constant of the class
        "hourly": False,
        "daily": True,
        "weekly": False,
        "cron": None,
        "timezone": None,
    }
    kinds = {  # noqa: RUF012 - a constant of the class
        "hourly": FLAG,
        "daily": FLAG,
        "weekly": FLAG,
        "cron": text("0 6 * * *"),
        "timezone": text("Europe/Berlin"),
    }


@overload
def schedule(flow: C, /) -> C: ...


@overload
def schedule(**options: Any) -> Callable[[C], C]: ...


def schedule(flow: C | None = None, /, **options: Any) -> C | Callable[[C], C]:
    """Say when the flow runs once it is deployed; local runs ignore it.

    Args:
        flow: The flow's class, when used bare.
        **options: `hourly`, `daily` (the default), `weekly`, or `cron`; `timezone`: a name such as `Europe/Berlin`.

    Returns:
        The class itself.
    """
    made: C | Callable[[C], C] = apply_to_flow(Schedule, flow, options)
    return made
