"""Giving a flow class its shape when a program starts: configs first, then the decorators that refer to them.

It happens once, in the process that starts a run. Forked tasks inherit the outcome; a fresh process takes it from the
run's record by `apply_recorded`, without reading a file again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepwell.decorators.delayed import DelayedDecorator
from stepwell.flow.attach import attached
from stepwell.flow.config import wrap_values
from stepwell.flow.config_loading import GivenConfigs, read_configs
from stepwell.flow.shape import begin_shape, forget_derived, has_configs
from stepwell.flow.step import steps_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stepwell.flow.config_references import ConfigValues
    from stepwell.flow.shape import Shape


def needs_shape(flow_class: type) -> bool:
    """True when the class cannot be used as it is declared."""
    return has_configs(flow_class) or any(
        isinstance(decorator, DelayedDecorator)
        for function in steps_of(flow_class).values()
        for decorator in attached(function)
    )


def shape_flow(flow_class: type, given: GivenConfigs, *, environ: Mapping[str, str], user: str) -> None:
    """Read the configs of a flow and give the class its shape; an earlier shape is taken back.

    Args:
        flow_class: The flow.
        given: Configs from the command line or from a caller.
        environ: The environment.
        user: Who runs the flow.

    Raises:
        ConfigError: A config is missing, unknown or cannot be read, or lacks what the flow asks of it.
        UsageError: A decorator refuses the options that it gets from a config.
    """
    if not needs_shape(flow_class) and not given:
        return
    raw = read_configs(flow_class, given, environ=environ, user=user)
    _shape(flow_class, raw)


def shape_like_origin(flow_class: type, recorded: Mapping[str, Any], *, environ: Mapping[str, str], user: str) -> None:
    """Give a class its shape for a resumed run: configs keep the values of the origin, new ones get their defaults.

    Args:
        flow_class: The flow.
        recorded: Values of the origin's configs by attribute.
        environ: The environment.
        user: Who runs the flow.
    """
    raw = read_configs(flow_class, GivenConfigs(), environ=environ, user=user, known=recorded)
    _shape(flow_class, raw)


def apply_recorded(flow_class: type, values: Mapping[str, Any]) -> None:
    """Give a class in a fresh process the shape that its run recorded."""
    _shape(flow_class, dict(values))


def _shape(flow_class: type, raw: dict[str, Any]) -> None:
    values = wrap_values(flow_class, raw)
    shape = begin_shape(flow_class, values)
    for name, function in steps_of(flow_class).items():
        _resolve_decorators(shape, name, attached(function), values)
    forget_derived(flow_class)


def _resolve_decorators(shape: Shape, step: str, decorators: list[Any], values: ConfigValues) -> None:
    if any(isinstance(decorator, DelayedDecorator) for decorator in decorators):
        shape.steps[step] = [
            decorator.with_values(values) if isinstance(decorator, DelayedDecorator) else decorator
            for decorator in decorators
        ]
