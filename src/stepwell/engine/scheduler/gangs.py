"""Gangs: tasks that start at the same time or not at all, and that succeed or fail as one.

When one of a gang fails, the others wait for it in vain, so they are ended. If the step may be tried again, all of it
is, also those that had succeeded: what they did belongs to an attempt that failed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepwell.engine.scheduler.tasks import Task

if TYPE_CHECKING:
    from stepwell.documents.task import Transition
    from stepwell.engine.scheduler.splits import Split
    from stepwell.engine.scheduler.steps import StepState


class Gang:
    """A gang from the moment when its inputs are there until it ends.

    Attributes:
        members: Its tasks, in order; the first one leads.
        running: How many of them run.
        transitions: What those decided that succeeded, by their index, in the attempt that goes on.
        cause: The task that failed and made the others end; None while there is none, or when all is over.
        due: True when the wait before the next attempt is over.
        order: As for a task.
    """

    __slots__ = ("cause", "due", "members", "order", "running", "step", "transitions")

    def __init__(self, step: StepState, split: Split, order: int) -> None:
        self.step = step
        self.order = order
        self.members = [Task(step, split, index, 0, (split.task,), order) for index in range(split.size)]
        for member in self.members:
            member.gang = self
        self.running = 0
        self.transitions: dict[int, Transition] = {}
        self.cause: Task | None = None
        self.due = False

    @property
    def number(self) -> int:
        """The number of the first task, 0 until the gang is launched for the first time."""
        return self.members[0].number

    @property
    def size(self) -> int:
        """How many places it takes."""
        return len(self.members)

    @property
    def tried(self) -> Task | None:
        """Who failed when it was tried before."""
        return self.cause

    def take(self) -> list[Task]:
        """The tasks to launch next: all of it."""
        self.running = len(self.members)
        self.transitions.clear()
        self.cause = None
        self.due = False
        return self.members

    def is_empty(self) -> bool:
        """Whether nothing is left to launch after `take`: always."""
        return True

    def is_complete(self) -> bool:
        """Whether all of it succeeded."""
        return len(self.transitions) == len(self.members)
