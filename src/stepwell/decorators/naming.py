"""From the name of a decorator to its class, and from the class to what stands on a step or a flow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepwell.base.plugins import BUILT_IN, find_plugin
from stepwell.decorators.mutators import AppliedMutator, FlowMutator, StepMutator
from stepwell.decorators.user_classes import Arguments, find_class
from stepwell.decorators.user_step import AppliedStep, UserStepDecorator

if TYPE_CHECKING:
    from collections.abc import Sequence


def find_decorator(name: str) -> type:
    """The class of a decorator, or mutator, for a name: `retry`, `my_module.my_decorator`.

    Raises:
        UsageError: There is none.
    """
    if name in BUILT_IN["decorators"]:
        return find_plugin("decorators", name)
    return find_class(name) or find_plugin("decorators", name)


def apply_class(cls: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """What stands on a step or flow for a class and arguments."""
    if issubclass(cls, UserStepDecorator):
        return AppliedStep(cls, Arguments(tuple(args), kwargs))
    if issubclass(cls, (StepMutator, FlowMutator)):
        return AppliedMutator(cls, Arguments(tuple(args), kwargs))
    return cls(**kwargs)
