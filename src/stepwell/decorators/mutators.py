"""Mutators: what users write to change decorators and parameters of a flow before it runs.

A mutator works on a `MutableStep` or a `MutableFlow`, in two stages. `pre_mutate` is called when configs have been
read, `mutate` when the command line, and with it every `--with`, is known. Both run once, in the process that starts
the run; what they did is recorded and reaches every task from there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from stepwell.decorators.user_classes import Applied, AppliedByCalling, UserClass
from stepwell.flow.attach import attach, attach_to_flow

if TYPE_CHECKING:
    from collections.abc import Callable

    from stepwell.decorators.mutable_flow import MutableFlow
    from stepwell.decorators.mutable_step import MutableStep

F = TypeVar("F", bound="Callable[..., Any]")
C = TypeVar("C", bound=type)


class AppliedMutator(Applied):
    """A mutator on a step or a flow."""

    allow_multiple = True


class StepMutator(UserClass, metaclass=AppliedByCalling):
    """Changes the decorators of the step that it stands on: override `init`, `pre_mutate` and `mutate`.

    Use it as `@MyMutator` or `@MyMutator(...)` on a step, or as `--with module.MyMutator` on every step. Of several,
    the one nearest to the step is first. Mutators of the flow come before those of its steps.
    """

    def __call__(self, function: F) -> F:
        """Put the mutator on a step."""
        return attach(function, AppliedMutator(type(self), self._stepwell_arguments))

    def pre_mutate(self, mutable_step: MutableStep) -> None:
        """Called when configs have been read, before anything else looks at the decorators."""

    def mutate(self, mutable_step: MutableStep) -> None:
        """Called when the command line is known: decorators given by `--with` are there."""


class FlowMutator(UserClass, metaclass=AppliedByCalling):
    """Changes a flow, its steps and its parameters: override `init`, `pre_mutate` and `mutate`.

    Use it as `@MyMutator` or `@MyMutator(...)` on the class. Of several, the one nearest to the class is first.
    """

    _stepwell_target = "flow"

    def __call__(self, flow_class: C) -> C:
        """Put the mutator on a flow."""
        return attach_to_flow(flow_class, AppliedMutator(type(self), self._stepwell_arguments))

    def pre_mutate(self, mutable_flow: MutableFlow) -> None:
        """Called when configs have been read; parameters and flow decorators can be changed here only."""

    def mutate(self, mutable_flow: MutableFlow) -> None:
        """Called when the command line is known: decorators given by `--with` are there."""
