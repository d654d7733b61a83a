"""Class constants: plain values in a flow's class body, which every task can read and change like artifacts.

A run stores them once. A task works with a subclass in which each constant stands behind a descriptor: it is loaded on
first use into the object's own attributes, so that a change in place is seen and kept, never lost.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

_KEPT = "_stepwell_task_class"
_INTERNAL = ("_stepwell", "__", "_abc_", "_is_protocol", "_is_runtime_protocol")


def class_constants(flow_class: type) -> dict[str, Any]:
    """Name and value of each class constant, those of base classes first.

    Methods, classes, modules, parameters, properties and other descriptors are none; neither are names that begin
    with two underscores.
    """
    flow_class = original_class(flow_class)
    found: dict[str, Any] = {}
    for cls in reversed(flow_class.__mro__):
        if cls.__module__.partition(".")[0] == "stepwell" or cls is object:
            continue
        mangled = f"_{cls.__name__.lstrip('_')}__"
        for name, value in vars(cls).items():
            if name.startswith((*_INTERNAL, mangled)):
                continue
            if _is_constant(value):
                found[name] = value
            else:
                found.pop(name, None)
    return found


def task_class(flow_class: type) -> type:
    """The class whose objects run the steps: the flow class with its constants behind descriptors; made once."""
    original = original_class(flow_class)
    made = original.__dict__.get(_KEPT)
    if isinstance(made, type):
        return made
    members: dict[str, Any] = {name: Constant(name, value) for name, value in class_constants(original).items()}
    members["__module__"] = original.__module__
    members["__qualname__"] = original.__qualname__
    members["__doc__"] = original.__doc__
    members["_stepwell_original"] = original
    made = type(original)(original.__name__, (original,), members)
    setattr(original, _KEPT, made)
    return made


def original_class(flow_class: type) -> type:
    """The class that the user wrote."""
    original = flow_class.__dict__.get("_stepwell_original", flow_class)
    assert isinstance(original, type)
    return original


class Constant:
    """A class constant in a task: loaded through the runtime on first use; assigning makes an ordinary artifact."""

    __slots__ = ("name", "value")

    def __init__(self, name: str, value: Any) -> None:
        self.name = name
        self.value = value

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self.value
        state = instance.__dict__
        runtime = state.get("_stepwell_runtime")
        if runtime is None or self.name in state.get("_stepwell_deleted", ()) or not runtime.has(self.name):
            return self.value
        value = state[self.name] = runtime.load(self.name)
        state.setdefault("_stepwell_constants", {})[self.name] = value
        return value


def _is_constant(value: Any) -> bool:
    return not (callable(value) or hasattr(type(value), "__get__") or isinstance(value, ModuleType))
