"""Whose turn it is, among the steps that have something waiting.

Deeper steps go first, so that open splits are closed before new branches are begun; among equals, who waits longest.
What does not fit lets others go by, but not for ever.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stepwell.engine.scheduler.admission import Machine
    from stepwell.engine.scheduler.gangs import Gang
    from stepwell.engine.scheduler.steps import StepState
    from stepwell.engine.scheduler.tasks import Branches, Task

    Entry = Task | Gang | Branches

PATIENCE = 64
"""How many others may be launched past one that does not fit; then nothing is launched before it."""


class Queue:
    """What waits of one step, oldest first.

    Attributes:
        held_since: How many launches there had been when the first was found not to fit; -1 for not yet.
    """

    __slots__ = ("held_since", "step", "waiting")

    def __init__(self, step: StepState) -> None:
        self.step = step
        self.waiting: deque[Entry] = deque()
        self.held_since = -1


class Turns:
    """All that waits for its launch, by step.

    Tasks of one step ask for the same, so only the first of each step has to be looked at.

    Args:
        machine: Tells what fits.
    """

    __slots__ = ("_held", "_launches", "_machine", "_queues", "_sorted")

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._queues: dict[str, Queue] = {}
        self._sorted: list[Queue] | None = None
        self._held = 0
        self._launches = 0

    def __bool__(self) -> bool:
        return bool(self._queues)

    def add(self, entry: Entry) -> None:
        """Something has its inputs and waits behind all others of its step."""
        self._queue(entry.step).waiting.append(entry)

    def add_again(self, entry: Task | Gang) -> None:
        """A task or gang waits for its next attempt: in the order of its first, so before all that never ran."""
        waiting = self._queue(entry.step).waiting
        place = 0
        for other in waiting:
            if not 0 < other.number < entry.number:
                break
            place += 1
        waiting.insert(place, entry)
        self._sorted = None

    def take(self) -> list[Task]:
        """The next to launch, with what they need set aside: one task, or all of a gang; empty when nothing fits."""
        if not self._queues or self._machine.is_full():
            return []
        queue = self._next()
        if queue is None:
            return []
        entry = queue.waiting[0]
        tasks = entry.take()
        if queue.held_since >= 0:
            self._release(queue)
        if entry.is_empty():
            queue.waiting.popleft()
            self._tidy(queue)
        self._launches += len(tasks)
        self._machine.take(queue.step, tasks)
        return tasks

    def drop_all(self) -> list[Task]:
        """Take everything out; returns the tasks that had failed before and were to be tried again."""
        tried = [entry.tried for queue in self._queues.values() for entry in queue.waiting if entry.tried is not None]
        self._queues.clear()
        self._sorted = None
        self._held = 0
        return tried

    def _queue(self, step: StepState) -> Queue:
        queue = self._queues.get(step.name)
        if queue is None:
            queue = self._queues[step.name] = Queue(step)
            self._sorted = None
        return queue

    def _tidy(self, queue: Queue) -> None:
        """The first of a queue has changed."""
        if not queue.waiting:
            del self._queues[queue.step.name]
        self._sorted = None

    def _release(self, queue: Queue) -> None:
        if queue.held_since >= 0:
            queue.held_since = -1
            self._held -= 1

    def _next(self) -> Queue | None:
        if self._sorted is None:
            self._sorted = sorted(self._queues.values(), key=_turn)
        fits = self._machine.fits
        if self._held:
            starving = self._starving()
            if starving is not None:
                return starving if fits(starving.step, starving.waiting[0].size) else None
        for queue in self._sorted:
            step = queue.step
            size = queue.waiting[0].size
            if step.is_at_limit(size):
                continue
            if fits(step, size):
                return queue
            if queue.held_since < 0:
                queue.held_since = self._launches
                self._held += 1
        return None

    def _starving(self) -> Queue | None:
        """The queue whose first was passed over longest, when that is too long."""
        since = self._launches - PATIENCE + 1
        longest = None
        for queue in self._queues.values():
            if 0 <= queue.held_since < since:
                since = queue.held_since
                longest = queue
        return longest


def _turn(queue: Queue) -> tuple[int, int]:
    return (-queue.step.plan.rank, queue.waiting[0].order)
