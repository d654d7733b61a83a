"""`@trigger_on_finish`: run a deployed flow when other flows have succeeded."""

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


_FORMS = 'a name, a dict such as `{"name": "OtherFlow"}`, or a function'


class TriggerOnFinish(FlowDecorator):
    """The decorator behind `@trigger_on_finish`; it acts when the flow is deployed."""

    name = "trigger_on_finish"
    defaults = {"flow": None, "flows": [], "options": {}}  # noqa: RUF012 - a constant of the class
    kinds = {  # noqa: RUF012 - a constant of the class
        "flow": Kind(_FORMS, '"OtherFlow"', _is_one),
        "flows": Kind(f"a list whose items are each {_FORMS}", '["OtherFlow"]', _are_several),
        "options": table('{"reset_at": {"cron": "0 0 * * *"}}'),
    }

    def check(self, context: FlowCheckContext) -> list[Diagnostic]:
        """The options must be of their kinds, and exactly one of `flow` and `flows` must be given."""
        found = super().check(context)
        if not found and (self.options["flow"] is None) == (not self.options["flows"]):
            expected = "given alone" if self.options["flows"] else "given, nor is `flows`"
            found.append(self.option_fault(context, "flow", expected, '"OtherFlow"'))
        return found


@overload
def trigger_on_finish(flow_class: C, /) -> C: ...


@overload
def trigger_on_finish(**options: Any) -> Callable[[C], C]: ...


def trigger_on_finish(flow_class: C | None = None, /, **options: Any) -> C | Callable[[C], C]:
    """Say which flows, when they have succeeded, start this one once it is deployed; local runs ignore it.

    Args:
        flow_class: The flow's class, when used bare.
        **options: `flow` or `flows`: names such as `Flow` and `project.branch.Flow`, dicts, or functions.
            `options`: a dict.

    Returns:
        The class itself.
    """
    made: C | Callable[[C], C] = apply_to_flow(TriggerOnFinish, flow_class, options)
    return made
