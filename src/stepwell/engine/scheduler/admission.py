"""What may start: the machine's cores, memory, devices and places, and what is left of them.

Amounts are integers (thousandths of a core, bytes), so that taking and giving back always ends at zero.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepwell.engine.scheduler.steps import CORE, MEGABYTE

if TYPE_CHECKING:
    from stepwell.documents.task import ResourceNeeds
    from stepwell.engine.scheduler.steps import StepState
    from stepwell.engine.scheduler.tasks import Task

BOUNDLESS = 1 << 62


class Machine:
    """Shares out what there is.

    What asks for more than there is runs when nothing else does, and alone: it never waits for ever, and it never
    shares what is too little already.

    Args:
        capacity: What there is; None for no bound.
        max_workers: The most attempts at once.
    """

    __slots__ = ("_alone", "_cpu", "_gpu", "_memory", "_places", "cpu", "running")

    def __init__(self, capacity: ResourceNeeds, max_workers: int) -> None:
        self.cpu = BOUNDLESS if capacity.cpu is None else round(capacity.cpu * CORE)
        self._cpu = self.cpu
        self._memory = BOUNDLESS if capacity.memory is None else round(capacity.memory * MEGABYTE)
        self._gpu = capacity.gpu
        self._places = max_workers
        self._alone = False
        self.running = 0

    def is_full(self) -> bool:
        """Whether nothing at all may start."""
        return self._alone or (self._places <= 0 and self.running > 0)

    def fits(self, step: StepState, size: int) -> bool:
        """Whether so many tasks of a step may start together, when the machine is not full."""
        return self.running == 0 or self._has(step, size)

    def take(self, step: StepState, tasks: list[Task]) -> None:
        """Set aside what these tasks of a step need; they fit."""
        self._alone = not self._has(step, len(tasks))
        for task in tasks:
            task.cpu = step.cpu
            task.memory = step.memory
        count = len(tasks)
        self._cpu -= step.cpu * count
        self._memory -= step.memory * count
        self._gpu -= step.gpu * count
        self._places -= count
        self.running += count

    def give_back(self, task: Task) -> None:
        """An attempt ended."""
        self._cpu += task.cpu
        self._memory += task.memory
        self._gpu += task.step.gpu
        self._places += 1
        self.running -= 1
        if self.running == 0:
            self._alone = False

    def count_anew(self, task: Task, cpu: int) -> None:
        """A running task counts for so many thousandths of a core from now on."""
        self._cpu += task.cpu - cpu
        task.cpu = cpu

    def _has(self, step: StepState, size: int) -> bool:
        return (
            self._places >= size
            and self._cpu >= step.cpu * size
            and self._memory >= step.memory * size
            and self._gpu >= step.gpu * size
        )
