"""From a finished task to what follows it: splits are opened, joins closed, finished tasks of the resumed run cloned.

Clones are followed in a loop over a list, never by recursion: a resume may clone 100,000 tasks at once.
"""

from __future__ import annotations

from array import array
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from stepwell.engine.scheduler.gangs import Gang
from stepwell.engine.scheduler.messages import Clone
from stepwell.engine.scheduler.splits import Split, frames_of
from stepwell.engine.scheduler.tasks import Branches, Task, position_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stepwell.documents.task import SplitKind, Transition
    from stepwell.engine.scheduler.messages import Command, History, Reusable
    from stepwell.engine.scheduler.steps import StepState
    from stepwell.engine.scheduler.turns import Turns


class Finished(NamedTuple):
    """A task that succeeded, here or in the resumed run, where it stood, and the transition that it took."""

    number: int
    step: StepState
    split: Split | None
    branch: int
    iteration: int
    transition: Transition
    cloned: bool


class Succession:
    """Turns finished tasks into clones and into waiting tasks.

    A task is cloned when history has it and all its inputs were cloned. What was launched anew may have had other
    results, so nothing that follows it is taken over.

    Args:
        turns: Where tasks wait that must be launched.
        numbers: Gives the next task number.
        end: The last step.
        history: Finished tasks of the resumed run, None for a new run.

    Attributes:
        is_complete: True when the last step succeeded.
    """

    __slots__ = ("_commands", "_end", "_finished", "_history", "_numbers", "_order", "_turns", "is_complete")

    def __init__(self, turns: Turns, numbers: Iterator[int], *, end: StepState, history: History | None) -> None:
        self._turns = turns
        self._numbers = numbers
        self._history = history
        self._finished: deque[Finished] = deque()
        self._commands: list[Command] = []
        self._order = 0
        self._end = end
        self.is_complete = False

    def start(self, step: StepState) -> list[Command]:
        """The run begins with this step; returns the clones that can be made."""
        self._place(step, None, 0, 0, (), cloned=True)
        return self._settle()

    def follow(self, task: Task, transition: Transition) -> list[Command]:
        """A launched task succeeded with a possible transition; returns the clones that can be made."""
        self._expand(Finished(task.number, task.step, task.split, task.index, task.iteration, transition, cloned=False))
        return self._settle() if self._commands else []

    def follow_gang(self, gang: Gang) -> list[Command]:
        """All of a launched gang succeeded; returns the clones that can be made."""
        commands: list[Command] = []
        for member in gang.members:
            commands += self.follow(member, gang.transitions[member.index])
        return commands

    def _settle(self) -> list[Command]:
        while self._finished:
            self._expand(self._finished.popleft())
        commands = self._commands
        self._commands = []
        return commands

    def _expand(self, done: Finished) -> None:
        step = done.step
        if step is self._end:
            self.is_complete = True
        elif step.plan.split in ("none", "switch"):
            for name in done.transition.targets:
                target = step.after[name]
                self._go(target, done.split, done.branch, done.iteration + 1 if target is step else 0, done)
        else:
            self._open(done)

    def _open(self, done: Finished) -> None:
        plan = done.step.plan
        after = done.step.after
        kind: SplitKind = "branch" if plan.split == "branch" else "gang" if plan.split == "gang" else "foreach"
        size = len(plan.next) if kind == "branch" else done.transition.size
        join = plan.matching_join
        assert join is not None
        if size == 0:
            self._place(after[join], done.split, done.branch, 0, (), cloned=done.cloned)
            return
        variable = done.transition.foreach or ""
        split = Split(kind, done.number, done.split, done.branch, size=size, variable=variable, join=join)
        if kind == "branch":
            for index, name in enumerate(plan.next):
                self._go(after[name], split, index, 0, done)
        else:
            self._fan_out(after[plan.next[0]], split, cloned=done.cloned)

    def _fan_out(self, step: StepState, split: Split, *, cloned: bool) -> None:
        step.total += split.size
        self._order += 1
        indices: Sequence[int] = range(split.size)
        if cloned and self._history is not None:
            indices = self._clone_branches(step, split)
        if indices and split.kind == "gang":
            self._turns.add(Gang(step, split, self._order))
        elif indices:
            self._turns.add(Branches(step, split, indices, self._order))

    def _clone_branches(self, step: StepState, split: Split) -> Sequence[int]:
        """Clone what history has; returns the indices of the rest.

        A gang is cloned as a whole or not at all, and only when all of it comes from one attempt.
        """
        lacking = array("q")
        found: list[tuple[int, Reusable]] = []
        for index in range(split.size):
            reusable = self._find(step, split, index, 0)
            if reusable is not None:
                found.append((index, reusable))
            else:
                lacking.append(index)
        if split.kind == "gang" and (lacking or len({reusable.attempt for _, reusable in found}) > 1):
            return range(split.size)
        inputs = (split.task,)
        for index, reusable in found:
            self._clone(reusable, step, split, index, 0, inputs)
        return lacking

    def _go(self, target: StepState, split: Split | None, index: int, iteration: int, done: Finished) -> None:
        """On to a step from a task: a join waits for the last of its split, any other step is placed at once."""
        if not target.plan.is_join:
            self._place(target, split, index, iteration, (done.number,), cloned=done.cloned)
        elif split is not None and split.arrive(index, done.number, cloned=done.cloned):
            self._place(target, split.parent, split.index, 0, split.arrivals, cloned=not split.launched)

    def _place(
        self, step: StepState, split: Split | None, index: int, iteration: int, inputs: Sequence[int], *, cloned: bool
    ) -> None:
        """A task has its inputs: clone it, or let it wait for its launch. `cloned`: all its inputs were."""
        step.total += 1
        if cloned and self._history is not None:
            reusable = self._find(step, split, index, iteration)
            if reusable is not None:
                self._clone(reusable, step, split, index, iteration, inputs)
                return
        self._order += 1
        self._turns.add(Task(step, split, index, iteration, inputs, self._order))

    def _find(self, step: StepState, split: Split | None, index: int, iteration: int) -> Reusable | None:
        assert self._history is not None
        reusable = self._history.find(step.name, position_path(step, split, index, iteration))
        if reusable is None or not is_possible(step, split, reusable.transition):
            return None
        return reusable

    def _clone(
        self,
        reusable: Reusable,
        step: StepState,
        split: Split | None,
        index: int,
        iteration: int,
        inputs: Sequence[int],
    ) -> None:
        number = next(self._numbers)
        step.reused += 1
        path = position_path(step, split, index, iteration)
        self._commands.append(Clone(number, step.name, path, frames_of(split, index), inputs, reusable.handle))
        self._finished.append(Finished(number, step, split, index, iteration, reusable.transition, cloned=True))


def is_possible(step: StepState, split: Split | None, transition: Transition) -> bool:
    """Whether a task of the step, standing in this split, can go on by this transition.

    It cannot when the plan does not have it, or when it leads to a join that does not close the innermost split. The
    graph is checked before a run, so for a task that ran here this is a fault; for a recorded task it means that the
    code has changed.
    """
    plan = step.plan
    if not plan.allows(transition):
        return False
    if plan.split in ("none", "switch"):
        return all(
            not step.after[name].plan.is_join or (split is not None and split.join == name)
            for name in transition.targets
        )
    joins = [name for name in plan.next if step.after[name].plan.is_join]
    if plan.split == "branch":
        return plan.matching_join is not None and all(name == plan.matching_join for name in joins)
    return plan.matching_join is not None and not joins
