"""Calling mutators, in their two stages and in their order: those of the flow first, the innermost first."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from stepwell.decorators.mutable_flow import MutableFlow
from stepwell.decorators.mutators import FlowMutator, StepMutator
from stepwell.decorators.naming import apply_class, find_decorator
from stepwell.decorators.protocol import StepDecorator
from stepwell.decorators.registry import with_added
from stepwell.decorators.specs import class_of
from stepwell.decorators.user_faults import called
from stepwell.flow.step import steps_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stepwell.documents.graph import DecoratorSpec
    from stepwell.flow.shape import Shape


def run_early(flow_class: type, shape: Shape) -> None:
    """Call `pre_mutate` of every mutator, those that others add included."""
    shape.steps = {name: list(shape.own[name]) for name in steps_of(flow_class)}
    flow = MutableFlow(flow_class, shape, early=True)
    done: set[int] = set()
    while (mutator := _next_of(shape.flow, FlowMutator, done)) is not None:
        _ready(mutator, shape)
        called(mutator, "pre_mutate", partial(mutator.user.pre_mutate, flow))
    for name, step in flow.steps:
        while (mutator := _next_of(shape.steps[name], StepMutator, done)) is not None:
            _ready(mutator, shape)
            called(mutator, "pre_mutate", partial(mutator.user.pre_mutate, step))


def run_late(
    flow_class: type, shape: Shape, added: Sequence[DecoratorSpec], added_mutators: Sequence[DecoratorSpec]
) -> None:
    """Put decorators from outside on the steps, and call `mutate` of every mutator; then mutators leave the steps."""
    plain = [spec for spec in added if spec not in added_mutators]
    for name in steps_of(flow_class):
        decorators = shape.steps.get(name, shape.own[name])
        # Not through the step mutators among them: what counts as taken is a decorator.
        shape.steps[name] = with_added(decorators, plain)
    flow = MutableFlow(flow_class, shape, early=False)
    for mutator in [m for m in reversed(shape.flow) if issubclass(class_of(m), FlowMutator)]:
        called(mutator, "mutate", partial(mutator.user.mutate, flow))
    early = MutableFlow(flow_class, shape, early=True)
    for name, step in flow.steps:
        for spec in added_mutators:
            made: Any = apply_class(find_decorator(spec.name), (), spec.options)
            _ready(made, shape)
            called(made, "pre_mutate", partial(made.user.pre_mutate, dict(early.steps)[name]))
            called(made, "mutate", partial(made.user.mutate, step))
        for late in [m for m in reversed(shape.steps[name]) if issubclass(class_of(m), StepMutator)]:
            called(late, "mutate", partial(late.user.mutate, step))
    for decorators in shape.steps.values():
        decorators[:] = [decorator for decorator in decorators if isinstance(decorator, StepDecorator)]
    shape.complete = True


def added_mutators(added: Sequence[DecoratorSpec]) -> list[DecoratorSpec]:
    """Those of the decorators from outside that are step mutators."""
    # A name without a dot may be a mutator's own name, that of a built-in decorator never is.
    return [spec for spec in added if issubclass(find_decorator(spec.name), StepMutator)]


def _next_of(decorators: Sequence[Any], kind: type, done: set[int]) -> Any:
    """The innermost mutator that did not have its turn."""
    for decorator in reversed(decorators):
        if issubclass(class_of(decorator), kind) and id(decorator) not in done:
            done.add(id(decorator))
            return decorator
    return None


def _ready(mutator: Any, shape: Shape) -> None:
    shape.mutators.append(mutator)
    called(mutator, "init", mutator.make_ready)
