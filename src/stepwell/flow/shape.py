"""The shape of a flow class in this process: what configs and mutators make of what the file declares.

A flow is used in two stages. Its file declares; then, when a program starts, configs get values, references to them are
replaced, and mutators change decorators and parameters. The outcome is kept on the class, apart from the declarations,
so that it can be taken back and made anew with other configs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepwell.flow.attach import attached, attached_to_flow
from stepwell.flow.config import Config, configs_of, set_values
from stepwell.flow.config_references import ConfigValues, is_delayed, resolve
from stepwell.flow.constants import original_class
from stepwell.flow.parameter import Parameter
from stepwell.flow.step import steps_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_KEPT = "_stepwell_shape"
_MADE_FROM_THE_CLASS = ("_stepwell_graph", "_stepwell_task_class")
_ABSENT = object()


class Shape:
    """What differs from the declarations.

    Attributes:
        steps: The decorators of steps, outermost first, where they differ from those in the file.
        flow: The decorators of the flow, outermost first, once mutators have been at work.
        parameters: Parameters that mutators added, None for those that they removed, by attribute.
        own: For each step, its decorators as the file has them, configs filled in.
        own_flow: The same for the flow itself.
        mutators: The mutators that were at work.
        complete: True when the decorators from outside the file (`--with`) are among them.
        replaced: Attributes of the class that were replaced, as they were before.
    """

    def __init__(self) -> None:
        self.steps: dict[str, list[Any]] = {}
        self.flow: list[Any] = []
        self.parameters: dict[str, Any] = {}
        self.own: dict[str, list[Any]] = {}
        self.own_flow: list[Any] = []
        self.mutators: list[Any] = []
        self.complete = False
        self.replaced: dict[str, Any] = {}


class RemovedParameter:
    """Stands where a mutator removed a parameter, which a base class may still have."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self
        raise AttributeError(f"the parameter `{self.name}` was removed by a mutator")


def shape_of(flow_class: type) -> Shape | None:
    """The shape of a class, None while it is as it is declared."""
    shape: Shape | None = original_class(flow_class).__dict__.get(_KEPT)
    return shape


def decorators_on(flow_class: type, step: str) -> list[Any]:
    """The decorators of a step as they act, outermost first."""
    shape = shape_of(flow_class)
    if shape is not None and step in shape.steps:
        return list(shape.steps[step])
    return attached(getattr(flow_class, step))


def decorators_on_flow(flow_class: type) -> list[Any]:
    """The decorators of a flow as they act, outermost first."""
    shape = shape_of(flow_class)
    return attached_to_flow(flow_class) if shape is None else list(shape.flow)


def begin_shape(flow_class: type, values: ConfigValues) -> Shape:
    """Take an earlier shape back, and begin a new one: configs get their values, references to them are replaced.

    Decorators whose options refer to configs are left to the caller, who knows how to make them.

    Raises:
        ConfigError: A reference asks for what a config does not have.
    """
    end_shape(flow_class)
    shape = Shape()
    shape.flow = attached_to_flow(flow_class)
    setattr(flow_class, _KEPT, shape)
    set_values(flow_class, values)
    for name, value in list(_delayed_members(flow_class)):
        if isinstance(value, Parameter):
            replace_member(flow_class, name, value.with_values(values))
        else:
            replace_member(flow_class, name, resolve(value, values))
    return shape


def end_shape(flow_class: type) -> None:
    """Put the class back to what its file declares."""
    shape: Shape | None = flow_class.__dict__.get(_KEPT)
    if shape is None:
        return
    for name, before in shape.replaced.items():
        if before is _ABSENT:
            delattr(flow_class, name)
        else:
            setattr(flow_class, name, before)
    delattr(flow_class, _KEPT)
    forget_derived(flow_class)


def replace_member(flow_class: type, name: str, value: Any) -> None:
    """Give a class another attribute for as long as its shape lasts."""
    shape = flow_class.__dict__[_KEPT]
    shape.replaced.setdefault(name, flow_class.__dict__.get(name, _ABSENT))
    setattr(flow_class, name, value)


def forget_derived(flow_class: type) -> None:
    """Drop what was made from the class, its graph among it: it is made anew when it is asked for."""
    for name in _MADE_FROM_THE_CLASS:
        if name in flow_class.__dict__:
            delattr(flow_class, name)


def has_configs(flow_class: type) -> bool:
    """True when something of the class waits for configs."""
    return bool(configs_of(flow_class)) or next(_delayed_members(flow_class), None) is not None


def _delayed_members(flow_class: type) -> Iterator[tuple[str, Any]]:
    """Parameters and constants that refer to configs, by attribute."""
    steps = steps_of(flow_class)
    for cls in reversed(flow_class.__mro__):
        if cls.__module__.partition(".")[0] == "stepwell" or cls is object:
            continue
        for name, value in list(vars(cls).items()):
            if name.startswith(("__", "_stepwell")) or name in steps or isinstance(value, Config):
                continue
            if isinstance(value, Parameter):
                if value.delayed is not None:
                    yield name, value
            elif is_delayed(value):
                yield name, value
