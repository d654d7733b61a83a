"""A scheduler to talk to by step and path, so that a test reads as a story."""

from __future__ import annotations

import pytest

from stepwell.documents.task import ResourceNeeds, Transition
from stepwell.engine.scheduler.messages import (
    CancelAsked,
    Clone,
    Failed,
    Finish,
    Launch,
    Observed,
    RetryDue,
    RetryLater,
    Reusable,
    Start,
    Succeeded,
    Terminate,
)
from stepwell.engine.scheduler.plan import FlowPlan, StepPlan
from stepwell.engine.scheduler.scheduler import Scheduler


class Past:
    """Finished tasks of an earlier run, by step and path."""

    def __init__(self, tasks, attempts):
        self.tasks = dict(tasks)
        self.attempts = attempts

    def find(self, step, path):
        transition = self.tasks.get((step, path))
        if transition is None:
            return None
        return Reusable(hash((step, path)), transition, self.attempts.get((step, path), 0))


class Play:
    """A run in progress. Tasks are named by step and split indices: `("fit", 0, 2)`."""

    def __init__(self, *steps, cpu=None, memory=None, gpu=0, max_workers=100, past=None, past_attempts=(), **options):
        self.plan = FlowPlan(start=steps[0].name, end=steps[-1].name, steps={step.name: step for step in steps})
        self.scheduler = Scheduler(
            self.plan,
            capacity=ResourceNeeds(cpu=cpu, memory=memory, gpu=gpu),
            max_workers=max_workers,
            history=None if past is None else Past(past, dict(past_attempts)),
            **options,
        )
        self.names = {}
        self.running = {}
        self.commands = []
        self.finish = None

    def send(self, event):
        """Give an event; returns the names of what is launched by it."""
        self.commands = self.scheduler.on(event)
        for command in self.commands:
            if isinstance(command, Launch | Clone):
                self.names[command.task] = (command.step, *command.path)
            if isinstance(command, Launch):
                self.running[self.names[command.task]] = command
            if isinstance(command, Finish):
                self.finish = command
        return self.launched()

    def launched(self):
        return [self.names[command.task] for command in self.commands if isinstance(command, Launch)]

    def cloned(self):
        return [self.names[command.task] for command in self.commands if isinstance(command, Clone)]

    def terminated(self):
        return [self.names[command.task] for command in self.commands if isinstance(command, Terminate)]

    def retried(self):
        return [self.names[command.task] for command in self.commands if isinstance(command, RetryLater)]

    def start(self):
        return self.send(Start())

    def succeed(self, *name, size=None, to=None, peak=0, cpu=0.0):
        """A running task succeeds; its transition is the plan's, with the size of its foreach or its choice."""
        launch = self.running.pop(name)
        return self.send(Succeeded(launch.task, launch.attempt, self.transition(name[0], size, to), peak, cpu))

    def transition(self, step, size=None, to=None):
        plan = self.plan.steps[step]
        targets = plan.next if to is None else (to,)
        foreach = "xs" if plan.split == "foreach" else None
        return Transition(targets=targets, foreach=foreach, gang=plan.split == "gang", size=size or 0)

    def fail(self, *name, retry=True, free=False):
        launch = self.running.pop(name)
        return self.send(Failed(launch.task, launch.attempt, retry, free=free))

    def due(self, *name):
        return self.send(RetryDue(self.number(*name)))

    def observe(self, *name, cpu):
        return self.send(Observed(self.number(*name), cpu))

    def cancel(self):
        return self.send(CancelAsked())

    def number(self, *name):
        return next(number for number, known in self.names.items() if known == name)

    def inputs(self, *name):
        """The names of the inputs of a running task, in order."""
        return [self.names[number] for number in self.running[name].inputs]

    def counts(self, step):
        return next(counts for counts in self.scheduler.counts() if counts.step == step)


@pytest.fixture
def play():
    """`play(step, ..., **options)`: a scheduler over these steps; the first is the start, the last is the end."""
    return Play


@pytest.fixture
def fan():
    """`fan(**body)`: the steps of start, a foreach over `fit`, a join, end; the arguments are for `fit`."""

    def make(**body):
        return (
            StepPlan(name="start", split="foreach", next=("fit",), matching_join="join", variable="xs"),
            StepPlan(**{"name": "fit", "next": ("join",), "rank": 1, **body}),
            StepPlan(name="join", is_join=True, next=("end",), rank=2),
            StepPlan(name="end", rank=3),
        )

    return make
