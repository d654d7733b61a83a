"""What a step decided: `self.next(...)` while it runs, checked against what the file says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from stepwell.base.errors import InvalidNext
from stepwell.flow.next_call import case_text
from stepwell.flow.parse import build_graph
from stepwell.flow.step import step_mark

if TYPE_CHECKING:
    from stepwell.flow.graph import Graph
    from stepwell.flow.written import NextCall, Target


class PendingTransition(Struct, frozen=True, kw_only=True):
    """A checked `self.next(...)` call, before anything is stored.

    Attributes:
        targets: Names of the steps that follow; for a switch, the one that was chosen.
        foreach: Name of the attribute whose items are iterated over.
        num_parallel: Number of tasks of a gang.
        condition: Name of the attribute that decided a switch.
        case: Its value as text.
    """

    targets: tuple[str, ...]
    foreach: str | None = None
    num_parallel: int | None = None
    condition: str | None = None
    case: str | None = None


class NextArguments(Struct, frozen=True, kw_only=True):
    """The arguments of a call, as they were given."""

    targets: tuple[Any, ...]
    foreach: Any = None
    num_parallel: Any = None
    condition: Any = None
    limit: Any = None
    unknown: tuple[str, ...] = ()


def make_transition(flow: Any, step: str, given: NextArguments, *, again: bool) -> PendingTransition:
    """Check a call of `self.next` and say what it means.

    Args:
        flow: The flow object.
        step: The step that calls.
        given: What it was called with.
        again: True when the step called `self.next` before.

    Raises:
        InvalidNext: The call is wrong, or differs from what the file says.
    """
    if given.unknown:
        raise InvalidNext(
            f"step `{step}` passes the unknown argument `{given.unknown[0]}` to `self.next`",
            hint="the arguments are steps, `foreach`, `num_parallel`, `condition` and `limit`",
        )
    if again:
        raise InvalidNext(f"step `{step}` called `self.next` more than once", hint="call it once, as the last line")
    graph = build_graph(type(flow))
    if given.condition is not None or (given.targets and isinstance(given.targets[0], dict)):
        found = _switch(flow, step, given)
    else:
        found = _plain(flow, step, given)
    _check_agreement(graph, step, found, any_variable="_stepwell_any_variable" in flow.__dict__)
    return found


def case_of(flow: Any, target: Target) -> Any:
    """The value of a case of a switch; of one that a config names, what it is by now."""
    if target.value is not None or target.case is None:
        return target.value
    value = flow
    for name in target.case.split("."):
        value = getattr(value, name)
    return value


def foreach_items(value: Any) -> Iterable[Any]:
    """What a foreach runs over: the items of a collection, and the pairs of a dict."""
    return value.items() if isinstance(value, Mapping) else value


def _plain(flow: Any, step: str, given: NextArguments) -> PendingTransition:
    if not given.targets:
        raise InvalidNext(f"step `{step}` names no step in `self.next()`", hint="write `self.next(self.other_step)`")
    targets = tuple(_target_name(flow, step, position, target) for position, target in enumerate(given.targets, 1))
    if len(set(targets)) < len(targets):
        raise InvalidNext(
            f"step `{step}` names a step twice in `self.next`", hint="use `foreach` to run a step several times"
        )
    if given.foreach is not None and given.num_parallel is not None:
        raise InvalidNext(f"step `{step}` gives `foreach` together with `num_parallel`", hint="use one of them")
    if given.num_parallel is not None:
        return _gang(step, targets, given.num_parallel)
    if given.foreach is not None:
        return _foreach(flow, step, targets, given.foreach)
    if given.limit is not None:
        raise InvalidNext(f"step `{step}` gives `limit` without `foreach`", hint="remove it")
    return PendingTransition(targets=targets)


def _foreach(flow: Any, step: str, targets: tuple[str, ...], name: Any) -> PendingTransition:
    if not isinstance(name, str):
        raise InvalidNext(
            f"`foreach` in step `{step}` is of type `{type(name).__name__}`, not a text",
            hint='give the name of the attribute: `foreach="items"`',
        )
    if len(targets) > 1:
        raise InvalidNext(
            f"`foreach` in step `{step}` has {len(targets)} targets", hint="give one step; branch in that step"
        )
    try:
        value = getattr(flow, name)
    except AttributeError:
        raise InvalidNext(
            f"step `{step}` runs a foreach over `self.{name}`, which does not exist",
            hint=f"set `self.{name}` before `self.next`",
        ) from None
    items = foreach_items(value)
    if isinstance(items, Iterator):
        raise InvalidNext(
            f"`self.{name}` in step `{step}` is of type `{type(value).__name__}`, which can be read only once "
            "and cannot be stored",
            hint=f"write `self.{name} = list(...)`",
        )
    try:
        iter(items)
    except TypeError:
        raise InvalidNext(
            f"`self.{name}` in step `{step}` is of type `{type(value).__name__}`, which cannot be iterated over",
            hint=f"set `self.{name}` to a list",
        ) from None
    return PendingTransition(targets=targets, foreach=name)


def _gang(step: str, targets: tuple[str, ...], count: Any) -> PendingTransition:
    if len(targets) > 1:
        raise InvalidNext(f"`num_parallel` in step `{step}` has {len(targets)} targets", hint="give one step")
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise InvalidNext(
            f"`num_parallel` in step `{step}` is `{count!r}`, not a whole number above 0",
            hint="give the number of tasks that run together",
        )
    return PendingTransition(targets=targets, num_parallel=count)


def _switch(flow: Any, step: str, given: NextArguments) -> PendingTransition:
    cases = given.targets[0] if given.targets else None
    if given.condition is None:
        raise InvalidNext(
            f"step `{step}` gives a dict to `self.next`, but no `condition`",
            hint='add `condition="artifact"`, the name of the attribute that decides',
        )
    if not isinstance(given.condition, str):
        raise InvalidNext(
            f"`condition` in step `{step}` is of type `{type(given.condition).__name__}`, not a text",
            hint='give the name of the attribute: `condition="artifact"`',
        )
    if given.foreach is not None or given.num_parallel is not None or given.limit is not None:
        raise InvalidNext(
            f"step `{step}` combines a switch with `foreach`, `num_parallel` or `limit`",
            hint="switch to a step that splits",
        )
    if len(given.targets) != 1 or not isinstance(cases, dict) or not cases:
        raise InvalidNext(
            f"`condition` in step `{step}` needs a single dict of cases, not empty",
            hint='write `self.next({"a": self.x, "b": self.y}, condition="artifact")`',
        )
    try:
        value = getattr(flow, given.condition)
    except AttributeError:
        raise InvalidNext(
            f"step `{step}` switches on `self.{given.condition}`, which does not exist",
            hint=f"set `self.{given.condition}` before `self.next`",
        ) from None
    names = {case: _target_name(flow, step, place, target) for place, (case, target) in enumerate(cases.items(), 1)}
    try:
        case = next(case for case in names if case == value) if value in names else None
    except (TypeError, ValueError):
        case = None  # a list, an array: nothing that a case can be
    if case is None:
        known = ", ".join(f"`{case!r}`" for case in names)
        hint = f"the cases are: {known}"
        if str(value) in map(str, names):
            hint += f"; the value is of type `{type(value).__name__}`"
        raise InvalidNext(
            f"step `{step}` switches on `self.{given.condition}`, whose value {_shown(value)} is none of the cases",
            hint=hint,
        )
    return PendingTransition(targets=(names[case],), condition=given.condition, case=case_text(case))


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 100 else f"{text[:97]}..."


def _target_name(flow: Any, step: str, position: int, target: Any) -> str:
    name = getattr(target, "__name__", None)
    if step_mark(target) is None or not isinstance(name, str):
        hidden = next((key for key, value in flow.__dict__.items() if value is target and _is_step(flow, key)), None)
        if hidden is not None:
            raise InvalidNext(
                f"`self.{hidden}` was set to a value, which hides the step `{hidden}`",
                hint="give the artifact or the step another name",
            )
        if callable(target) and isinstance(name, str):
            raise InvalidNext(
                f"step `{step}` names `{name}` in `self.next`, which is not a step",
                hint=f"write `@step` above `def {name}`",
            )
        raise InvalidNext(
            f"argument {position} of `self.next` in step `{step}` is of type `{type(target).__name__}`, not a step",
            hint="write `self.next(self.other_step)`, without parentheses after the step",
        )
    if not _is_step(flow, name):
        raise InvalidNext(
            f"step `{step}` leads to `{name}`, which is no step of this flow", hint="write `self.next(self.other_step)`"
        )
    return name


def _is_step(flow: Any, name: str) -> bool:
    return step_mark(getattr(type(flow), name, None)) is not None


def _check_agreement(graph: Graph, step: str, found: PendingTransition, *, any_variable: bool) -> None:
    written = graph.steps.get(step)
    if written is None or written.broken or written.next is None:
        return
    expected = written.next
    if expected.form == "switch":
        named = {target.name for target in expected.targets if target.case == found.case}
        # The text of a case that a config names may not have been known when the file was read.
        possible = named or {target.name for target in expected.targets}
        agrees = (any_variable or found.condition == expected.condition) and set(found.targets) <= possible
    else:
        agrees = (
            found.targets == tuple(target.name for target in expected.targets)
            and (found.foreach == expected.foreach or (any_variable and expected.form == "foreach"))
            and (found.num_parallel is not None) == (expected.form == "gang")
            and found.condition is None
        )
    if not agrees:
        raise InvalidNext(
            f"step `{step}` leads to {_told(found)}, but the file says {_written(expected)}",
            hint="where a step leads is read from its last line; do not change it while the flow runs",
        )


def _told(found: PendingTransition) -> str:
    names = ", ".join(f"`{name}`" for name in found.targets)
    return f"{names} for each item of `{found.foreach}`" if found.foreach else names


def _written(expected: NextCall) -> str:
    names = ", ".join(f"`{target.name}`" for target in expected.targets)
    return f"{names} for each item of `{expected.foreach}`" if expected.foreach else names
