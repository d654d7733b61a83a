"""What waits or runs: single tasks, and the rest of a foreach that was not begun yet.

Only these are objects. A task is dropped when it ends; branches of a foreach become tasks one by one, when they start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepwell.engine.scheduler.splits import frames_of, path_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stepwell.engine.scheduler.gangs import Gang
    from stepwell.engine.scheduler.messages import Frame
    from stepwell.engine.scheduler.splits import Split
    from stepwell.engine.scheduler.steps import StepState


class Task:
    """A task from the moment when its inputs are there until it ends.

    Attributes:
        number: Its number in the run, 0 until it is launched for the first time.
        iteration: For a step that follows itself, how often it did so before; 0 otherwise.
        order: When its inputs were there, as a count over the run; branches of one foreach share it.
        allowed: Attempts that it has in all.
        cpu: Thousandths of a core that are set aside for it while it runs.
        memory: Bytes that are set aside for it while it runs.
        ending: True when it was told to end.
        falling_back: True when its next or current attempt is the one without the step's own code.
        gang: Its gang; None when it is in none.
    """

    __slots__ = (
        "allowed",
        "attempt",
        "cpu",
        "ending",
        "falling_back",
        "gang",
        "index",
        "inputs",
        "iteration",
        "memory",
        "number",
        "order",
        "split",
        "step",
    )

    def __init__(
        self, step: StepState, split: Split | None, index: int, iteration: int, inputs: Sequence[int], order: int
    ) -> None:
        self.number = 0
        self.attempt = 0
        self.allowed = step.plan.max_attempts
        self.step = step
        self.split = split
        self.index = index
        self.iteration = iteration
        self.inputs = inputs
        self.order = order
        self.cpu = 0
        self.memory = 0
        self.ending = False
        self.falling_back = False
        self.gang: Gang | None = None

    @property
    def together(self) -> list[Task]:
        """The tasks that succeed and fail as one with it, itself among them."""
        return [self] if self.gang is None else self.gang.members

    @property
    def tried(self) -> Task | None:
        """Itself, when it was tried before."""
        return self if self.number else None

    @property
    def size(self) -> int:
        """How many places it takes."""
        return 1

    def take(self) -> list[Task]:
        """The tasks to launch next: itself."""
        return [self]

    def is_empty(self) -> bool:
        """Whether nothing is left to launch after `take`: always."""
        return True

    def path(self) -> tuple[int, ...]:
        """Its identity within its step; see `position_path`."""
        return position_path(self.step, self.split, self.index, self.iteration)

    def frames(self) -> tuple[Frame, ...]:
        """The stack of splits that it stands in, outermost first."""
        return frames_of(self.split, self.index)


class Branches:
    """The branches of a foreach that wait to be launched.

    Attributes:
        indices: Which branches, in ascending order: all of them, or those that the resumed run lacks.
        cursor: How many of `indices` were launched.
        order: As for a task.
        size: How many places it takes to go on.
        number: 0, for none of them was launched before.
        tried: None, for the same reason.
    """

    __slots__ = ("cursor", "indices", "inputs", "order", "split", "step")

    size = 1
    number = 0
    tried = None

    def __init__(self, step: StepState, split: Split, indices: Sequence[int], order: int) -> None:
        self.step = step
        self.split = split
        self.indices = indices
        self.cursor = 0
        self.inputs = (split.task,)
        self.order = order

    def take(self) -> list[Task]:
        """The tasks to launch next: the next branch."""
        task = Task(self.step, self.split, self.indices[self.cursor], 0, self.inputs, self.order)
        self.cursor += 1
        return [task]

    def is_empty(self) -> bool:
        """Whether all were launched."""
        return self.cursor == len(self.indices)


def position_path(step: StepState, split: Split | None, index: int, iteration: int) -> tuple[int, ...]:
    """Identity of a task within its step, whatever its number.

    The split indices from the outside in; for a step that follows itself, then the count of its iterations from 0.
    A split pushes one index and its join takes it off again, so a step other than such a one is met at most once per
    stack of indices: (step, path) is unique within a run, and the same in every run that takes the same turns.
    """
    path = path_of(split, index)
    return (*path, iteration) if step.repeats else path
