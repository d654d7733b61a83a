"""What mutators did, as a value that is stored with the run and applied in processes that load the flow again.

Not the calls are recorded but the outcome: for each step the decorators that it ended up with. One that stands in the
file is named by its position there, others by class and arguments.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from stepwell.base.errors import FlowError
from stepwell.decorators.naming import apply_class
from stepwell.decorators.specs import class_of, spec_of
from stepwell.flow.shape import RemovedParameter, replace_member, shape_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def changes_of(flow_class: type) -> dict[str, Any] | None:
    """What mutators did to a flow, None when none was at work."""
    shape = shape_of(flow_class)
    if shape is None or not shape.complete:
        return None
    return {
        "steps": {name: [_entry(shape.own[name], one) for one in found] for name, found in shape.steps.items()},
        "flow": [_entry(shape.own_flow, one) for one in shape.flow],
        "parameters": dict(shape.parameters),
    }


def apply_changes(flow_class: type, changes: Mapping[str, Any]) -> None:
    """Do to a class what is recorded.

    Raises:
        FlowError: A decorator that a mutator added is not there.
    """
    shape = shape_of(flow_class)
    assert shape is not None
    for name, entries in changes["steps"].items():
        shape.steps[name] = [
            shape.own[name][entry] if isinstance(entry, int) else _made(*entry, where=f"step `{name}`")
            for entry in entries
        ]
    shape.flow = [
        shape.own_flow[entry] if isinstance(entry, int) else _made(*entry, where="the flow")
        for entry in changes["flow"]
    ]
    for name, parameter in changes["parameters"].items():
        replace_member(flow_class, name, RemovedParameter(name) if parameter is None else parameter)
    shape.complete = True


def _entry(in_file: Sequence[Any], decorator: Any) -> Any:
    for position, own in enumerate(in_file):
        if own is decorator:
            return position
    cls = class_of(decorator)
    _, _, args, _ = spec_of(decorator)
    return cls.__module__, cls.__qualname__, args, dict(decorator.given), decorator.file, decorator.line


def _made(
    module: str, qualname: str, args: list[Any], kwargs: dict[str, Any], file: str, line: int, *, where: str
) -> Any:
    try:
        found: Any = importlib.import_module(module)
        for part in qualname.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise FlowError(
            f"a mutator put `{module}.{qualname}` on {where}, which cannot be imported: {error}",
            hint="define it at the top of a module",
        ) from error
    made = apply_class(found, args, kwargs)
    made.file, made.line = file, line
    return made
