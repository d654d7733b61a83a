"""The state machine itself: events in, commands out.

It promises: every launched attempt is answered by exactly one event that counts; the last command is `Finish`, sent
once; a task runs until it succeeds or may not be tried again, and not once more; a gang does so as one. Events that
come late or twice are ignored. It refuses to know clocks, files and processes.
"""

from __future__ import annotations

from itertools import count
from operator import attrgetter
from typing import TYPE_CHECKING, Literal

from stepwell.engine.scheduler.admission import Machine
from stepwell.engine.scheduler.messages import (
    Failed,
    Finish,
    Launch,
    Observed,
    RetryDue,
    RetryLater,
    Start,
    Succeeded,
    Terminate,
)
from stepwell.engine.scheduler.steps import StepState
from stepwell.engine.scheduler.succession import Succession, is_possible
from stepwell.engine.scheduler.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stepwell.documents.task import ResourceNeeds
    from stepwell.engine.scheduler.gangs import Gang
    from stepwell.engine.scheduler.messages import Command, Event, History, OnFailure, StepCounts
    from stepwell.engine.scheduler.plan import FlowPlan
    from stepwell.engine.scheduler.tasks import Task


class Scheduler:
    """Decides what runs next.

    Args:
        plan: The flow.
        capacity: What there is to share out.
        max_workers: The most attempts at once.
        on_failure: After a task failed for good: `wait` lets running tasks finish and starts nothing new, `stop`
            ends running tasks, `continue` goes on with everything that does not depend on the failed task.
        history: Finished tasks of the run that is resumed.
        seen_memory: Peak bytes that a step's tasks used in earlier runs, for steps that do not ask for memory.
    """

    def __init__(
        self,
        plan: FlowPlan,
        *,
        capacity: ResourceNeeds,
        max_workers: int,
        on_failure: OnFailure = "wait",
        history: History | None = None,
        seen_memory: dict[str, int] | None = None,
    ) -> None:
        self._machine = Machine(capacity, max_workers)
        self._steps = _step_states(plan, self._machine.cpu, seen_memory or {})
        self._start = self._steps[plan.start]
        self._on_failure = on_failure
        self._numbers = count(1)
        self._turns = Turns(self._machine)
        self._succession = Succession(self._turns, self._numbers, end=self._steps[plan.end], history=history)
        self._running: dict[int, Task] = {}
        self._pausing: dict[int, Task] = {}
        self._failed: list[int] = []
        self._started = False
        self._ending: Literal["failed", "cancelled"] | None = None
        self._is_over = False

    def on(self, event: Event) -> list[Command]:
        """Take one event, return what to do now, in order."""
        if self._is_over:
            return []
        if isinstance(event, Succeeded):
            commands = self._on_succeeded(event)
        elif isinstance(event, Failed):
            commands = self._on_failed(event)
        elif isinstance(event, Observed):
            commands = self._on_observed(event)
        elif isinstance(event, RetryDue):
            commands = self._on_retry_due(event)
        elif isinstance(event, Start):
            commands = self._on_start()
        else:
            commands = self._on_cancel_asked()
        if commands is None:
            return []
        self._launch(commands)
        self._finish(commands)
        return commands

    def counts(self) -> list[StepCounts]:
        """Where each step stands, in the flow's order."""
        return [step.counts() for step in self._steps.values()]

    def _on_start(self) -> list[Command] | None:
        if self._started:
            return None
        self._started = True
        return self._succession.start(self._start)

    def _on_succeeded(self, event: Succeeded) -> list[Command] | None:
        task = self._end_attempt(event.task, event.attempt)
        if task is None:
            return None
        step = task.step
        if event.peak_memory:
            step.learn_memory(event.peak_memory)
        if event.cpu:
            step.learn_cpu(event.cpu)
        gang = task.gang
        if gang is not None and gang.cause is not None:
            return self._regroup(gang)
        if not is_possible(step, task.split, event.transition):
            return self._fail(task)
        if gang is not None:
            gang.transitions[task.index] = event.transition
            if not gang.is_complete():
                return []
        step.succeeded += len(task.together)
        if self._ending:
            return []
        return self._succession.follow(task, event.transition) if gang is None else self._succession.follow_gang(gang)

    def _on_failed(self, event: Failed) -> list[Command] | None:
        task = self._end_attempt(event.task, event.attempt)
        if task is None:
            return None
        if event.peak_memory:
            task.step.learn_memory(event.peak_memory)
        if task.ending:
            return [] if task.gang is None else self._regroup(task.gang)
        if event.free:
            for one in task.together:
                one.allowed += 1
        if not event.retry or self._ending:
            return self._fail(task)
        if task.attempt + 1 < task.allowed:
            return self._again(task, 0.0 if task.falling_back else task.step.plan.retry_wait)
        if task.step.plan.fallback and not task.falling_back:
            for one in task.together:
                one.falling_back = True
                one.allowed = one.attempt + 2
            return self._again(task, 0.0)
        return self._fail(task)

    def _again(self, task: Task, wait: float) -> list[Command]:
        """A task failed and is to be tried again, with all of its gang."""
        self._pausing[task.number] = task
        commands: list[Command] = [RetryLater(task.number, task.attempt + 1, wait)]
        if task.gang is not None:
            task.gang.cause = task
            commands += self._end_gang(task)
        return commands

    def _on_retry_due(self, event: RetryDue) -> list[Command] | None:
        task = self._pausing.get(event.task)
        if task is None:
            return None
        if task.gang is not None:
            task.gang.due = True
            return self._regroup(task.gang)
        self._queue_again(task)
        return []

    def _regroup(self, gang: Gang) -> list[Command]:
        """Try a gang again, when none of it runs any more, its wait is over, and the run still wants it."""
        cause = gang.cause
        if cause is not None and gang.due and not gang.running and cause.number in self._pausing:
            self._queue_again(cause)
        return []

    def _queue_again(self, task: Task) -> None:
        del self._pausing[task.number]
        for one in task.together:
            one.attempt += 1
            one.ending = False
        self._turns.add_again(task.gang or task)

    def _on_observed(self, event: Observed) -> list[Command] | None:
        task = self._running.get(event.task)
        if task is None or task.step.knows_cpu:
            return None
        self._machine.count_anew(task, task.step.learn_cpu(event.cpu))
        return []

    def _on_cancel_asked(self) -> list[Command]:
        self._ending = "cancelled"
        self._drop_waiting()
        return self._terminate(self._running.values())

    def _end_attempt(self, number: int, attempt: int) -> Task | None:
        """Take a task off the machine; None when no such attempt runs."""
        task = self._running.get(number)
        if task is None or task.attempt != attempt:
            return None
        del self._running[number]
        task.step.running -= 1
        if task.gang is not None:
            task.gang.running -= 1
        self._machine.give_back(task)
        return task

    def _fail(self, task: Task) -> list[Command]:
        """A task failed for good: what that means for all others."""
        self._note_failed(task)
        if not self._ending and self._on_failure != "continue":
            self._ending = "failed"
            self._drop_waiting()
            if self._on_failure == "stop":
                return self._terminate(self._running.values())
        return self._end_gang(task)

    def _note_failed(self, task: Task) -> None:
        task.step.failed += 1
        self._failed.append(task.number)

    def _end_gang(self, task: Task) -> list[Command]:
        """One of a gang failed: the others would wait for it for ever."""
        return self._terminate((one for one in task.together if one.number in self._running), because=task.number)

    def _drop_waiting(self) -> None:
        """Launch nothing more. What was to be tried again has failed for good by that."""
        tried = [*self._turns.drop_all(), *self._pausing.values()]
        self._pausing.clear()
        for task in sorted(tried, key=attrgetter("number")):
            self._note_failed(task)

    def _terminate(self, tasks: Iterable[Task], *, because: int = 0) -> list[Command]:
        commands: list[Command] = []
        for task in tasks:
            if not task.ending:
                task.ending = True
                commands.append(Terminate(task.number, task.attempt, because))
        return commands

    def _launch(self, commands: list[Command]) -> None:
        while tasks := self._turns.take():
            for task in tasks:
                step = task.step
                if task.number == 0:
                    task.number = next(self._numbers)
                self._running[task.number] = task
                step.running += 1
                place = (task.path(), task.frames(), task.inputs)
                lead = 0 if task.gang is None else task.gang.number
                commands.append(
                    Launch(task.number, step.name, task.attempt, *place, step.plan.needs, task.falling_back, lead)
                )

    def _finish(self, commands: list[Command]) -> None:
        """End the run when nothing is left to wait for."""
        status: Literal["succeeded", "failed", "cancelled"] = self._ending or "failed"
        if self._succession.is_complete:
            status = "succeeded"
        elif self._running or self._pausing or self._turns or not (self._started or self._ending):
            return
        self._is_over = True
        commands.append(Finish(status, tuple(self._failed)))


def _step_states(plan: FlowPlan, most_cpu: int, seen_memory: dict[str, int]) -> dict[str, StepState]:
    """One for each step of the plan, linked with those that may follow it."""
    states = {
        name: StepState(step, most_cpu=most_cpu, seen_memory=seen_memory.get(name, 0))
        for name, step in plan.steps.items()
    }
    for state in states.values():
        names = state.plan.next if state.plan.matching_join is None else (*state.plan.next, state.plan.matching_join)
        state.after = {name: states[name] for name in names}
    return states
