"""Splits and joins: which join closes which split, whatever the nesting, and what is wrong with it. Pure.

Every step stands in a stack of splits that are still open, outermost first. A split pushes a frame, with the position
of the branch; a join pops the innermost one; a step that is both pops, then pushes. A switch takes one of its ways, so
it pushes nothing, and its ways may meet again in any step. Walking the steps in order, the stacks that arrive at a
step must agree.

A step whose stack cannot be known, because of a fault before it, is not judged: one mistake is told once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stepwell.flow.written import StepSource


class Frame(NamedTuple):
    """An open split, and the position of the branch within it (0 for a foreach)."""

    split: str
    branch: int


Stack = tuple[Frame, ...]


class SplitFault(NamedTuple):
    """Something wrong.

    Attributes:
        kind: `open-at-end`: the end is reached while splits are open. `past-its-join`: a switch leads to the end from
            within a split that is joined elsewhere. `incomplete`: a join does not get all branches.
            `no-split`: a join with no split before it. `unrelated`: a join of different splits. `not-a-join`: an
            ordinary step that several branches of one split lead to. `depths`: an ordinary step reached with
            different splits open. `two-joins`: a split with several joins. `empty-foreach-body`: a foreach that leads
            straight to a join.
        step: The step where it shows.
        splits: The splits concerned.
        others: Further steps concerned: missing branches, the steps that arrive, other joins.
    """

    kind: Literal[
        "open-at-end",
        "past-its-join",
        "incomplete",
        "no-split",
        "unrelated",
        "not-a-join",
        "depths",
        "two-joins",
        "empty-foreach-body",
    ]
    step: str
    splits: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


class SplitAnalysis(NamedTuple):
    """What was found.

    Attributes:
        matching: For each split that is joined, its join.
        stacks: For each step that was judged, the splits open in it (before a join pops).
        faults: What is wrong, in the order of the graph.
    """

    matching: dict[str, str]
    stacks: dict[str, tuple[str, ...]]
    faults: list[SplitFault]


class _Arrival(NamedTuple):
    origin: str
    stack: Stack


def analyse(
    steps: Mapping[str, StepSource], order: Sequence[str], successors: Mapping[str, Sequence[str]], end: str
) -> SplitAnalysis:
    """Follow the open splits through the graph.

    Args:
        steps: The steps by name.
        order: Those to look at, each after all that lead to it.
        successors: For each step, those that follow.
        end: The last step, empty when it is not known.
    """
    return _Walk(steps, order, successors, end).run()


class _Walk:
    def __init__(
        self, steps: Mapping[str, StepSource], order: Sequence[str], successors: Mapping[str, Sequence[str]], end: str
    ) -> None:
        self.steps = steps
        self.order = order
        self.successors = successors
        self.end = end
        self.arrivals: dict[str, list[_Arrival]] = {name: [] for name in steps}
        self.unknown: set[str] = set()
        self.tainted: set[str] = set()
        self.stacks: dict[str, tuple[str, ...]] = {}
        self.joins: dict[str, dict[str, set[int]]] = {}
        self.faults: list[SplitFault] = []
        self.open_at_end: tuple[str, ...] = ()

    def run(self) -> SplitAnalysis:
        for name in self.order:
            if name in self.unknown:
                self._pass_on_unknown(name)
                continue
            stack = self._enter(name)
            if stack is None:
                self._pass_on_unknown(name)
                continue
            if self.steps[name].broken:
                self.tainted.update(frame.split for frame in stack)
            self._leave(name, stack)
        self._judge_splits()
        matching = {split: next(iter(joins)) for split, joins in self.joins.items()}
        position = {name: index for index, name in enumerate(self.steps)}
        self.faults.sort(key=lambda fault: position[fault.step])
        return SplitAnalysis(matching, self.stacks, self.faults)

    def _enter(self, name: str) -> Stack | None:
        """The stack within a step, None when the ones that arrive do not agree."""
        arrivals = self.arrivals[name]
        stacks = list(dict.fromkeys(arrival.stack for arrival in arrivals)) or [()]
        self.stacks[name] = tuple(frame.split for frame in stacks[0])
        if name == self.end and any(stacks):
            if not self.steps[name].is_join:
                self.open_at_end = tuple(dict.fromkeys(frame.split for stack in stacks for frame in stack))
            return ()
        if self.steps[name].is_join:
            return self._join(name, arrivals, stacks)
        if len(stacks) > 1:
            self._disagreement(name, arrivals, stacks)
            return None
        return stacks[0]

    def _join(self, name: str, arrivals: list[_Arrival], stacks: list[Stack]) -> Stack | None:
        origins = tuple(dict.fromkeys(arrival.origin for arrival in arrivals))
        if not any(stacks):
            self.faults.append(SplitFault("no-split", name, (), origins))
            return None
        tops = {stack[-1].split if stack else "" for stack in stacks}
        rests = {stack[:-1] for stack in stacks}
        if len(tops) > 1 or len(rests) > 1:
            self.faults.append(SplitFault("unrelated", name, tuple(sorted(tops - {""})), origins))
            self.tainted.update(frame.split for stack in stacks for frame in stack)
            return None
        split = stacks[0][-1].split
        if split in origins and self._form(split) != "branch":
            self.faults.append(SplitFault("empty-foreach-body", name, (split,)))
        self.joins.setdefault(split, {})[name] = {stack[-1].branch for stack in stacks}
        return stacks[0][:-1]

    def _disagreement(self, name: str, arrivals: list[_Arrival], stacks: list[Stack]) -> None:
        origins = tuple(dict.fromkeys(arrival.origin for arrival in arrivals))
        opened = {frame.split for stack in stacks for frame in stack}
        innermost = {(stack[:-1], stack[-1].split) if stack else None for stack in stacks}
        if len(innermost) == 1:
            self.faults.append(SplitFault("not-a-join", name, (stacks[0][-1].split,), origins))
        else:
            self.faults.append(SplitFault("depths", name, tuple(sorted(opened)), origins))
        self.tainted |= opened

    def _leave(self, name: str, stack: Stack) -> None:
        step = self.steps[name]
        if step.is_join:
            self.tainted.update({name} if step.broken else ())
        seen = {name}
        for index, target in enumerate(step.next.targets if step.next is not None else ()):
            if target.name in seen or target.name not in self.steps:
                # A target that stands twice or does not exist is told elsewhere; the join cannot be complete.
                self.tainted.update((name,) if step.splits else ())
                self.tainted.update(frame.split for frame in stack if target.name not in self.steps)
                continue
            if step.splits:
                seen.add(target.name)
            out = (*stack, Frame(name, index if self._form(name) == "branch" else 0)) if step.splits else stack
            self.arrivals[target.name].append(_Arrival(name, out))
        if step.splits and step.broken:
            self.tainted.add(name)

    def _pass_on_unknown(self, name: str) -> None:
        for arrival in self.arrivals[name]:
            self.tainted.update(frame.split for frame in arrival.stack)
        self.unknown.update(self.successors[name])

    def _judge_splits(self) -> None:
        judged: set[str] = set()
        for split, joins in self.joins.items():
            step = self.steps[split]
            assert step.next is not None
            if len(joins) > 1:
                names = tuple(joins)
                self.faults.append(SplitFault("two-joins", names[-1], (split,), names[:-1]))
                judged.add(split)
                continue
            ((join, covered),) = joins.items()
            missing = [t.name for i, t in enumerate(step.next.targets) if i not in covered]
            if self._form(split) == "branch" and missing and split not in self.tainted:
                self.faults.append(SplitFault("incomplete", join, (split,), tuple(missing)))
                judged.add(split)
        left = tuple(split for split in self.open_at_end if split not in judged and split not in self.joins)
        if left:
            self.faults.append(SplitFault("open-at-end", self.end, left))
        sure = [split for split in self.open_at_end if split in self.joins and split not in judged | self.tainted]
        if sure and not left:
            origins = {
                arrival.origin: arrival.stack[-1].split
                for arrival in self.arrivals[self.end]
                if any(frame.split in sure for frame in arrival.stack)
            }
            self.faults.append(
                SplitFault("past-its-join", self.end, tuple(dict.fromkeys(origins.values())), (*origins,))
            )

    def _form(self, name: str) -> str:
        call = self.steps[name].next
        return "" if call is None else call.form
