"""Rules about single steps and parameters: names, arguments, the transition by itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stepwell.flow.faults import fault_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stepwell.documents.diagnostic import Diagnostic
    from stepwell.flow.graph import Graph

RESERVED_STEPS = frozenset({"name", "next", "input", "index", "cmd", "foreach_stack", "merge_artifacts", "script_name"})
RESERVED_ARTIFACTS = frozenset({"next", "input", "index", "foreach_stack", "merge_artifacts", "script_name"})
_STEP_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")


def reserved_step_name(graph: Graph) -> Iterator[Diagnostic]:
    """SW101."""
    for step in graph.steps.values():
        if step.name in RESERVED_STEPS:
            yield fault_at(
                step.place,
                "SW101",
                f"`{step.name}` cannot be the name of a step: `self.{step.name}` has a meaning of its own",
                "choose another name",
            )


def step_name_form(graph: Graph) -> Iterator[Diagnostic]:
    """SW111."""
    for step in graph.steps.values():
        if not _STEP_NAME.match(step.name):
            better = re.sub(r"[^a-z0-9_]", "", re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", step.name).lower()).lstrip("_")
            yield fault_at(
                step.place,
                "SW111",
                f"`{step.name}` cannot be the name of a step",
                "a step's name has small letters, digits and `_`, and starts with a letter"
                + (f": `{better}`" if _STEP_NAME.match(better) else ""),
            )


def step_arguments(graph: Graph) -> Iterator[Diagnostic]:
    """SW112, SW113."""
    for step in graph.steps.values():
        if not step.arguments:
            yield fault_at(
                step.place,
                "SW113",
                f"step `{step.name}` has no argument `self`",
                f"write `def {step.name}(self):`, or `def {step.name}(self, inputs):` for a join",
            )
        elif len(step.arguments) > 2 or any(name.startswith("*") for name in step.arguments):
            extra = ", ".join(f"`{name}`" for name in step.arguments[1:])
            yield fault_at(
                step.place,
                "SW112",
                f"step `{step.name}` takes too many arguments: {extra}",
                "a step takes `self`, and a join `self` and `inputs`; values come from parameters and artifacts",
            )


def plain_function(graph: Graph) -> Iterator[Diagnostic]:
    """SW135: calling a generator or a coroutine runs nothing."""
    for step in graph.steps.values():
        if step.kind != "plain":
            what, cure = {
                "generator": ("has `yield` in it, so that calling it runs nothing", "move the generator to a function"),
                "async": ("is `async`, so that calling it runs nothing", "write `def`, and `asyncio.run(...)` in it"),
            }[step.kind]
            yield fault_at(step.place, "SW135", f"step `{step.name}` {what}", cure)


def missing_next(graph: Graph) -> Iterator[Diagnostic]:
    """SW114."""
    if not graph.end:
        # Some step is meant to be the last, and it is not known which; SW105 says so.
        without = [step for step in graph.steps.values() if not step.calls]
        if len(without) <= 1:
            return
    for step in graph.steps.values():
        if step.arguments and not step.calls and not step.broken and step.name != graph.end and not step.end:
            yield fault_at(
                step.place,
                "SW114",
                f"step `{step.name}` does not say which step follows",
                "end it with `self.next(self.other_step)`",
            )


def end_has_next(graph: Graph) -> Iterator[Diagnostic]:
    """SW109."""
    end = graph.steps.get(graph.end)
    if end is not None and end.calls and len(graph.steps) > 1:
        yield fault_at(
            end.calls[0],
            "SW109",
            f"`{end.name}` is the last step, and nothing can follow it",
            "remove `self.next`, or mark another step with `@step(end=True)`",
        )


def end_is_join(graph: Graph) -> Iterator[Diagnostic]:
    """SW110."""
    end = graph.steps.get(graph.end)
    if end is not None and len(end.arguments) == 2:
        yield fault_at(
            end.place,
            "SW110",
            f"the last step `{end.name}` cannot be a join",
            f"add a step `def join(self, inputs)` that leads to `{end.name}`, and write `def {end.name}(self)`",
        )


def hidden_names(graph: Graph) -> Iterator[Diagnostic]:
    """SW128, SW129: attributes that are set, but mean something else."""
    parameters = {parameter.attribute for parameter in graph.parameters}
    for step in graph.steps.values():
        for name, place in step.assigned:
            if name in graph.steps:
                yield fault_at(
                    place,
                    "SW128",
                    f"step `{step.name}` sets `self.{name}`, which is the name of a step",
                    "give the artifact or the step another name",
                )
            elif name in parameters:
                yield fault_at(
                    place,
                    "SW129",
                    f"step `{step.name}` sets `self.{name}`, which is a parameter and read-only",
                    "give the new value another name",
                )
            elif name in RESERVED_ARTIFACTS:
                yield fault_at(
                    place,
                    "SW128",
                    f"step `{step.name}` sets `self.{name}`, which has a meaning of its own",
                    "give the artifact another name",
                )


def parameter_declarations(graph: Graph) -> Iterator[Diagnostic]:
    """SW140, SW141."""
    seen: dict[str, str] = {}
    for parameter in graph.parameters:
        for message, hint in parameter.faults:
            yield fault_at(parameter.place, "SW140", message, hint)
        key = parameter.name.lower().replace("_", "-")
        if key in seen:
            yield fault_at(
                parameter.place,
                "SW141",
                f"two parameters have the name `{parameter.name}`"
                if seen[key] == parameter.name
                else f"the parameters `{seen[key]}` and `{parameter.name}` have the same name",
                "names must differ in more than case, `-` and `_`",
            )
        seen.setdefault(key, parameter.name)


STEP_RULES: tuple[Callable[[Graph], Iterator[Diagnostic]], ...] = (
    reserved_step_name,
    step_name_form,
    step_arguments,
    plain_function,
    missing_next,
    end_has_next,
    end_is_join,
    hidden_names,
    parameter_declarations,
)
