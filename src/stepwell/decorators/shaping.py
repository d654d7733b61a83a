"""Giving a flow class its shape when a program starts: configs first, then decorators and mutators.

It happens once, in the process that starts a run, in two stages: `shape_flow` when the class is first used, and
`finish_shape` when the command line is known. Forked tasks inherit the outcome. A fresh process takes it from the run's
record by `apply_recorded`, without reading a file or calling a mutator again.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from stepwell.base.plugins import BUILT_IN
from stepwell.decorators.delayed import DelayedDecorator
from stepwell.decorators.registry import is_mutator
from stepwell.flow.attach import attached, attached_to_flow
from stepwell.flow.config import values_of, wrap_values
from stepwell.flow.config_loading import GivenConfigs, read_configs
from stepwell.flow.config_references import ConfigValues
from stepwell.flow.config_value import as_plain
from stepwell.flow.shape import begin_shape, forget_derived, has_configs, shape_of
from stepwell.flow.step import steps_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stepwell.documents.graph import DecoratorSpec


def needs_shape(flow_class: type) -> bool:
    """True when the class cannot be used as it is declared."""
    return has_configs(flow_class) or has_mutators(flow_class) or _has_delayed(flow_class)


def has_mutators(flow_class: type) -> bool:
    """True when the flow or one of its steps has a mutator."""
    everything = [*attached_to_flow(flow_class), *_on_steps(flow_class)]
    return any(is_mutator(decorator) for decorator in everything)


def shape_flow(flow_class: type, given: GivenConfigs, *, environ: Mapping[str, str], user: str) -> None:
    """Read the configs of a flow and let its mutators begin; an earlier shape is taken back.

    Args:
        flow_class: The flow.
        given: Configs from the command line or from a caller.
        environ: The environment.
        user: Who runs the flow.

    Raises:
        ConfigError: A config is missing, unknown or cannot be read, or lacks what the flow asks of it.
        UsageError: A decorator refuses the options that it gets from a config, or a mutator asks for what cannot be.
        FlowError: A mutator raised.
    """
    if needs_shape(flow_class) or given:
        _shape(flow_class, read_configs(flow_class, given, environ=environ, user=user))


def ready_flow(flow_class: type, given: GivenConfigs, *, environ: Mapping[str, str], user: str) -> None:
    """Both stages in one, for a step or flow that is run without a command line."""
    if needs_shape(flow_class) or given:
        shape_flow(flow_class, given, environ=environ, user=user)
        finish_shape(flow_class, ())


def shape_like_origin(flow_class: type, recorded: Mapping[str, Any], *, environ: Mapping[str, str], user: str) -> None:
    """Give a class its shape for a resumed run: configs keep the values of the origin, new ones get their defaults.

    Args:
        flow_class: The flow.
        recorded: Values of the origin's configs by attribute.
        environ: The environment.
        user: Who runs the flow.
    """
    _shape(flow_class, read_configs(flow_class, GivenConfigs(), environ=environ, user=user, known=recorded))


def shape_again(flow_class: type) -> None:
    """Begin anew with the same configs, for another run in one process."""
    values = values_of(flow_class)
    _shape(flow_class, {} if values is None else {name: as_plain(value) for name, value in values.named.items()})


def finish_shape(flow_class: type, added: Sequence[DecoratorSpec]) -> None:
    """Let mutators see the decorators from outside the file, and make their last changes.

    Args:
        flow_class: The flow.
        added: Decorators from outside the file (`--with`).

    Raises:
        UsageError: A mutator asks for what cannot be.
        FlowError: A mutator raised.
    """
    if not has_mutators(flow_class) and all(spec.name in BUILT_IN["decorators"] for spec in added):
        return
    from stepwell.decorators.mutating import added_mutators, run_late

    mutators = added_mutators(added)
    shape = shape_of(flow_class)
    if shape is None and mutators:
        begin_shape(flow_class, ConfigValues(flow_class.__name__, {}))
        _resolve_decorators(flow_class)
        shape = shape_of(flow_class)
    if shape is None or (not mutators and not has_mutators(flow_class)):
        return
    run_late(flow_class, shape, added, mutators)
    forget_derived(flow_class)


def apply_recorded(flow_class: type, values: Mapping[str, Any], changes: Mapping[str, Any] | None = None) -> None:
    """Give a class in a fresh process the shape that its run recorded."""
    begin_shape(flow_class, wrap_values(flow_class, dict(values)))
    _resolve_decorators(flow_class)
    if changes is not None:
        from stepwell.decorators.recorded_changes import apply_changes

        apply_changes(flow_class, changes)
    forget_derived(flow_class)


def packaged_files(flow_class: type) -> list[str]:
    """Paths of the files that decorators and mutators of users ask to keep with the code."""
    shape = shape_of(flow_class)
    users = [getattr(one, "user", None) for one in (*_on_steps(flow_class), *(shape.mutators if shape else ()))]
    entries = [entry for user in users if user is not None for entry in user.add_to_package() or ()]
    # A pair is path and name in the package, as in Metaflow; files keep their names here.
    return [os.fspath(entry[0] if isinstance(entry, tuple) else entry) for entry in entries]


def _shape(flow_class: type, raw: dict[str, Any]) -> None:
    shape = begin_shape(flow_class, wrap_values(flow_class, raw))
    _resolve_decorators(flow_class)
    if has_mutators(flow_class):
        from stepwell.decorators.mutating import run_early

        run_early(flow_class, shape)
    forget_derived(flow_class)


def _resolve_decorators(flow_class: type) -> None:
    """Replace what refers to configs, in the decorators of every step and of the flow."""
    shape, values = shape_of(flow_class), values_of(flow_class)
    assert shape is not None
    assert values is not None
    for name, function in steps_of(flow_class).items():
        decorators = attached(function)
        shape.own[name] = [_with_values(decorator, values) for decorator in decorators]
        if shape.own[name] != decorators:
            shape.steps[name] = list(shape.own[name])
    shape.own_flow = [_with_values(decorator, values) for decorator in attached_to_flow(flow_class)]
    shape.flow = list(shape.own_flow)


def _with_values(decorator: Any, values: ConfigValues) -> Any:
    resolve = getattr(decorator, "with_values", None)
    return decorator if resolve is None else resolve(values)


def _has_delayed(flow_class: type) -> bool:
    return any(
        isinstance(decorator, DelayedDecorator) or _has_delayed_arguments(decorator)
        for decorator in (*_on_steps(flow_class), *attached_to_flow(flow_class))
    )


def _has_delayed_arguments(decorator: Any) -> bool:
    return hasattr(decorator, "arguments") and bool(decorator.arguments.are_delayed)


def _on_steps(flow_class: type) -> list[Any]:
    return [decorator for function in steps_of(flow_class).values() for decorator in attached(function)]
