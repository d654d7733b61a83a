"""Rules about how steps hang together: first and last step, targets, loops, splits and joins."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Literal

from stepwell.flow.faults import fault_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from stepwell.documents.diagnostic import Diagnostic
    from stepwell.flow.graph import Graph
    from stepwell.flow.splits import SplitFault


SPLIT_CODES = ("SW121", "SW122", "SW123", "SW124", "SW125", "SW127", "SW133", "SW134")
"""What can be wrong with splits and joins."""


def no_steps(graph: Graph) -> Iterator[Diagnostic]:
    """SW102."""
    if not graph.steps:
        yield fault_at(
            graph.place,
            "SW102",
            f"the flow `{graph.flow}` has no steps",
            "write `@step` above the methods that are steps",
        )


def first_step(graph: Graph) -> Iterator[Diagnostic]:
    """SW103, SW104, SW106."""
    yield from _terminal(graph, "start", ("SW103", "SW104", "SW106"))


def last_step(graph: Graph) -> Iterator[Diagnostic]:
    """SW105, SW107, SW108."""
    yield from _terminal(graph, "end", ("SW105", "SW107", "SW108"))


def _terminal(graph: Graph, which: Literal["start", "end"], codes: tuple[str, str, str]) -> Iterator[Diagnostic]:
    word = "first" if which == "start" else "last"
    marked = [step for step in graph.steps.values() if (step.start if which == "start" else step.end)]
    if graph.steps and not (graph.start if which == "start" else graph.end):
        outermost = [
            name
            for name, step in graph.steps.items()
            if (not graph.predecessors[name] if which == "start" else not step.calls)
        ]
        hint = f"name a step `{which}`, or mark one with `@step({which}=True)`"
        if len(outermost) == 1:
            hint = f"call `{outermost[0]}` `{which}`, or mark it with `@step({which}=True)`"
        yield fault_at(graph.place, codes[0], f"the flow `{graph.flow}` has no {word} step", hint)
    for step in marked[1:]:
        yield fault_at(
            step.place,
            codes[1],
            f"steps `{marked[0].name}` and `{step.name}` are both marked with `@step({which}=True)`",
            "keep one of the marks",
        )
    named = graph.steps.get(which)
    if len(marked) == 1 and named is not None and marked[0] is not named:
        yield fault_at(
            marked[0].place,
            codes[2],
            f"step `{marked[0].name}` is marked with `@step({which}=True)`, but there is also a step `{which}`",
            f"remove the mark, or give the step `{which}` another name",
        )


def into_the_start(graph: Graph) -> Iterator[Diagnostic]:
    """SW117."""
    for step in graph.steps.values():
        for target in step.next.targets if step.next is not None else ():
            if target.name == graph.start and step.name not in (graph.start, graph.end):
                yield fault_at(
                    target.place,
                    "SW117",
                    f"step `{step.name}` leads back to the first step `{target.name}`",
                    "nothing can lead to the first step; lead to a step after it",
                )


def targets(graph: Graph) -> Iterator[Diagnostic]:
    """SW118, SW126."""
    for step in graph.steps.values():
        seen: set[str] = set()
        for target in step.next.targets if step.next is not None else ():
            if target.name not in graph:
                close = get_close_matches(target.name, graph.steps, n=1)
                if target.name in graph.methods:
                    message = f"step `{step.name}` leads to `{target.name}`, which is not a step"
                    hint = f"write `@step` above `def {target.name}`"
                else:
                    message = f"step `{step.name}` leads to `{target.name}`, which does not exist"
                    hint = f"did you mean `self.{close[0]}`?" if close else f"the steps are: {_listed(graph.steps)}"
                yield fault_at(target.place, "SW118", message, hint)
            elif target.name in seen and step.splits:
                yield fault_at(
                    target.place,
                    "SW126",
                    f"step `{step.name}` leads to `{target.name}` twice",
                    'name it once; to run it several times use `foreach="items"`',
                )
            seen.add(target.name)


def loops(graph: Graph) -> Iterator[Diagnostic]:
    """SW119."""
    state: dict[str, int] = {}
    for root in graph.steps:
        # Depth first, with the way so far, so that a loop can be told whole.
        pending = [(root, iter(graph.successors[root]))] if root not in state else []
        way = [root] if pending else []
        state.setdefault(root, 1)
        while pending:
            name, following = pending[-1]
            target = next(following, None)
            if target is None:
                state[name] = 2
                pending.pop()
                way.pop()
            elif state.get(target) == 1:
                if not _is_switch(graph, name) if target == name else target != graph.start:
                    yield _loop(graph, [*way[way.index(target) :], target])
            elif target not in state:
                state[target] = 1
                way.append(target)
                pending.append((target, iter(graph.successors[target])))


def _loop(graph: Graph, way: list[str]) -> Diagnostic:
    closing = next(target for target in graph.targets(way[-2]) if target.name == way[-1])
    return fault_at(
        closing.place,
        "SW119",
        f"the steps run in a circle: {' -> '.join(f'`{name}`' for name in way)}",
        "a flow runs forward: let one of them lead to a later step; repeat work with a loop inside a step",
    )


def repeating(graph: Graph) -> Iterator[Diagnostic]:
    """SW136: a switch that leads back to its own step in a way that cannot work."""
    for step in graph.steps.values():
        again = next((target for target in graph.targets(step.name) if target.name == step.name), None)
        if again is None or not _is_switch(graph, step.name):
            continue
        if step.is_join:
            yield fault_at(
                again.place,
                "SW136",
                f"the join `{step.name}` leads back to itself, where it would have nothing to join",
                "lead to a step after it that repeats itself",
            )
        elif graph.successors[step.name] == (step.name,):
            yield fault_at(
                again.place,
                "SW136",
                f"step `{step.name}` leads to nothing but itself, so that the flow never ends",
                "give it a case that leads to another step",
            )


def unreachable(graph: Graph) -> Iterator[Diagnostic]:
    """SW120: only when it is known where every step leads."""
    uncertain = any(
        step.broken
        or (step.next is None and step.name != graph.end)
        or any(target.name not in graph for target in (step.next.targets if step.next is not None else ()))
        for step in graph.steps.values()
    )
    if not graph.start or uncertain or _is_ambiguous(graph):
        return
    reached = graph.reachable_from(graph.start)
    left = [name for name in graph.steps if name not in reached]
    for name in left:
        # Of a chain that nothing leads to, its beginning is enough.
        if name != graph.end and all(before == name for before in graph.predecessors[name]):
            yield fault_at(
                graph.steps[name].place,
                "SW120",
                f"no step leads to `{name}`",
                f"add `self.next(self.{name})` to a step, or remove `{name}`",
            )


def splits_and_joins(graph: Graph) -> Iterator[Diagnostic]:
    """SW121 to SW125, SW127, SW133, SW134."""
    for fault in graph.splits.faults:
        if 1 <= len(graph.steps[fault.step].arguments) <= 2:  # else it is not known whether it means to be a join
            yield _split_fault(graph, fault)


def _split_fault(graph: Graph, fault: SplitFault) -> Diagnostic:
    step = graph.steps[fault.step]
    place, name, splits, others = step.place, fault.step, _listed(fault.splits), _listed(fault.others)
    match fault.kind:
        case "open-at-end":
            split = graph.steps[fault.splits[-1]]
            place = split.next.place if split.next is not None else split.place
            code = "SW121"
            message = f"step `{split.name}` splits, but its branches are not joined before the last step `{name}`"
            hint = f"add a step `def join(self, inputs)` between them and `{name}`"
        case "past-its-join":
            origin = graph.steps[fault.others[0]]
            place = next(target.place for target in graph.targets(origin.name) if target.name == name)
            code = "SW121"
            message = f"step `{origin.name}` leads to the last step `{name}` from within the split in {splits}"
            hint = f"lead to the join `{graph.splits.matching[fault.splits[0]]}` first"
        case "incomplete":
            code = "SW122"
            verb = "does" if len(fault.others) == 1 else "do"
            message = f"step `{name}` joins the split in {splits}, but its branch {others} {verb} not lead here"
            if len(fault.others) > 1:
                message = message.replace("its branch ", "its branches ")
            hint = "lead every branch of a split to the same join"
        case "no-split":
            code = "SW123"
            message = f"step `{name}` is a join (it takes `{step.arguments[1]}`), but there is no split before it"
            hint = f"write `def {name}(self)`, or split before it"
        case "unrelated":
            code = "SW124"
            message = f"step `{name}` joins steps that do not come from one split: {others}"
            hint = "join the innermost split first, then the one around it"
        case "not-a-join":
            code = "SW125"
            message = f"several branches of the split in {splits} lead to step `{name}`, but it is not a join: {others}"
            hint = f"write `def {name}(self, inputs)`"
        case "two-joins":
            code = "SW127"
            message = f"the split in {splits} is joined in several steps: {_listed((*fault.others, name))}"
            hint = "lead all branches to one join"
        case "depths":
            code = "SW133"
            message = f"step `{name}` is reached from steps that stand in different splits: {others}"
            hint = f"join the branches before `{name}`"
        case "empty-foreach-body":
            split = graph.steps[fault.splits[0]]
            place = split.next.place if split.next is not None else split.place
            code = "SW134"
            message = f"the foreach in step `{split.name}` leads straight to the join `{name}`"
            hint = "add a step between them, which runs once for each item"
    return fault_at(place, code, message, hint)


def _is_ambiguous(graph: Graph) -> bool:
    """True when it is not certain which step is the first."""
    marked = [step.name for step in graph.steps.values() if step.start]
    return len(marked) > 1 or (bool(marked) and "start" in graph and marked != ["start"])


def _is_switch(graph: Graph, name: str) -> bool:
    call = graph.steps[name].next
    return call is not None and call.form == "switch"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


GRAPH_RULES: tuple[Callable[[Graph], Iterator[Diagnostic]], ...] = (
    no_steps,
    first_step,
    last_step,
    into_the_start,
    targets,
    loops,
    repeating,
    unreachable,
    splits_and_joins,
)
