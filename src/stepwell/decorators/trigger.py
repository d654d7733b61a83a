"""`@trigger`: run a deployed flow when an event comes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, overload

from stepwell.decorators.flow_protocol import FlowDecorator, apply_to_flow
from stepwell.decorators.options import Kind, table

if TYPE_CHECKING:
    from collections.abc import Callable

    from stepwell.decorators.flow_protocol import FlowCheckContext
    from stepwell.documents.diagnostic import Diagnostic

    C = TypeVar("C", bound=type)


def _is_one(value: Any) -> bool:
    return (isinstance(value, (str, Mapping)) and bool(value)) or callable(value)


def _are_several(value: Any) -> bool:
    return callable(value) or (isinstance(value, (list, tuple)) and all(_is_one(item) for item in value))


_FORMS = 'a name, a dict such as `{"name": "data_ready"}`, or a function'


class Trigger(FlowDecorator):
    """The decorator behind `@trigger`; it acts when the flow is deployed."""

    name = "trigger"
    defaults = {"event": None, "events": [], "options": {}}  # noqa: RUF012 - a constant of the class
    kinds = {  # noqa: RUF012 - a constant of the class
        "event": Kind(_FORMS, '"data_ready"', _is_one),
        "events": Kind(f"a list whose items are each {_FORMS}", '["data_ready"]', _are_several),
        "options": table('{"reset_at": {"cron": "0 0 * * *"}}'),
    }

    def check(self, context: FlowCheckContext) -> list[Diagnostic]:
        """The options must be of their kinds, and exactly one of `event` and `events` must be given."""
        found = super().check(context)
        if not found and (self.options["event"] is None) == (not self.options["events"]):
            expected = "given alone" if self.options["events"] else "given, nor is `events`"
            found.append(self.option_fault(context, "event", expected, '"data_ready"'))
        return found


@overload
def trigger(flow: C, /) -> C: ...


@overload
def trigger(**options: Any) -> Callable[[C], C]: ...


def trigger(flow: C | None = None, /, **options: Any) -> C | Callable[[C], C]:
    """Say which events start the flow once it is deployed; local runs ignore it.

    Args:
        flow: The flow's class, when used bare.
        **options: `event` or `events`: names, dicts of `name` and `parameters`, or functions. `options`: a dict.

    Returns:
        The class itself.
    """
    made: C | Callable[[C], C] = apply_to_flow(Trigger, flow, options)
    return made
