"""`merge_artifacts`: what the branches of a join agree on is taken over, by digest, without loading anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepwell.base.errors import MergeConflict, MissingInMerge, StepError
from stepwell.flow.config import configs_of
from stepwell.flow.constants import class_constants
from stepwell.flow.parameters import parameters_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stepwell.flow.runtime import StepRuntime


def merge_artifacts(
    flow: Any, inputs: Iterable[Any], exclude: Sequence[str] | None = None, include: Sequence[str] | None = None
) -> None:
    """Take over artifacts from the inputs of a join; see `FlowSpec.merge_artifacts`."""
    runtime: StepRuntime | None = flow.__dict__.get("_stepwell_runtime")
    if runtime is None or not runtime.is_join:
        where = f"step `{runtime.step}` is not a join" if runtime is not None else "no task is running"
        raise StepError(
            f"`merge_artifacts` works in a join only, and {where}", hint="a join is a step `def join(self, inputs)`"
        )
    if include and exclude:
        raise StepError("`merge_artifacts` got both `include` and `exclude`", hint="give one of them")
    wanted = set(_names(include, "include"))
    left_out = _fixed_names(flow, runtime) | set(_names(exclude, "exclude"))
    sources: dict[str, StepRuntime] = {}
    digests: dict[str, str] = {}
    conflicts: dict[str, None] = {}
    for source in _runtimes(inputs):
        for name in source.names():
            if name in left_out or name in conflicts or (include and name not in wanted):
                continue
            digest = source.digest(name)
            if digests.setdefault(name, digest) != digest:
                conflicts[name] = None
            sources.setdefault(name, source)
    _refuse(flow, runtime.step, conflicts, wanted - set(digests) - left_out)
    constants = flow.__dict__.get("_stepwell_constants", {})
    for name, source in sources.items():
        if runtime.has(name) and runtime.digest(name) == digests[name]:
            continue
        runtime.adopt(source, name)
        if name in constants:
            flow.__dict__.pop(name, None)


def _fixed_names(flow: Any, runtime: StepRuntime) -> set[str]:
    """Names that are never merged: parameters, and what the join itself has set."""
    fixed = {parameter.attribute for parameter in parameters_of(type(flow))} | configs_of(type(flow)).keys()
    loaded = flow.__dict__.get("_stepwell_constants", {})
    constants = class_constants(type(flow))
    for name, value in flow.__dict__.items():
        only_read = name in loaded and loaded[name] is value and name in constants
        if not name.startswith("_stepwell") and not (only_read and runtime.has(name)):
            fixed.add(name)
    return fixed


def _names(given: Sequence[str] | None, keyword: str) -> Sequence[str]:
    if isinstance(given, str):
        raise StepError(
            f"`{keyword}` of `merge_artifacts` is a text, not a list of names", hint=f'write `{keyword}=["{given}"]`'
        )
    return given or ()


def _runtimes(inputs: Iterable[Any]) -> Iterable[StepRuntime]:
    for source in inputs:
        runtime = getattr(source, "__dict__", {}).get("_stepwell_runtime")
        if runtime is None:
            raise StepError(
                f"`merge_artifacts` got an object of type `{type(source).__name__}` among the inputs",
                hint="write `self.merge_artifacts(inputs)`",
            )
        yield runtime


def _refuse(flow: Any, step: str, conflicts: Iterable[str], missing: Iterable[str]) -> None:
    absent = sorted(name for name in missing if name not in flow.__dict__)
    if absent:
        raise MissingInMerge(
            f"step `{step}` includes artifacts that no input has: {_listed(absent)}",
            absent,
            hint="remove them from `include`, or set them in a branch",
        )
    different = sorted(conflicts)
    if different:
        raise MergeConflict(
            f"step `{step}` cannot merge artifacts whose values differ between the branches: {_listed(different)}",
            different,
            hint=f"set `self.{different[0]} = ...` before `merge_artifacts`, or leave it out with `exclude`",
        )


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
