"""Runs a scheduler in virtual time and holds it to its promises at every step."""

from __future__ import annotations

from collections import Counter
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, NamedTuple

from stepwell.documents.task import Transition
from stepwell.engine.scheduler.messages import (
    CancelAsked,
    Clone,
    Event,
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
from stepwell.engine.scheduler.scheduler import Scheduler

if TYPE_CHECKING:
    from random import Random

    from stepwell.documents.task import ResourceNeeds
    from stepwell.engine.scheduler.plan import FlowPlan
    from tests.simulation.world import Label, World

LEAST_CPU = 50
"""What a task that asks for no cores counts at least, in thousandths of a core."""


class Past:
    """The history of a simulated run: its finished tasks, and which of them were asked for and found."""

    def __init__(self, transitions: dict[Label, Transition]) -> None:
        self.labels = list(transitions)
        self.found = {label: Reusable(place, transitions[label]) for place, label in enumerate(self.labels)}

    def find(self, step: str, path: tuple[int, ...]) -> Reusable | None:
        return self.found.get((step, path))


class Attempt(NamedTuple):
    label: Label
    number: int
    cpu: int
    memory: int
    gpu: int


class Setting(NamedTuple):
    """How a run is run."""

    capacity: ResourceNeeds
    max_workers: int
    on_failure: str
    cancel_at: int | None
    seen_memory: dict[str, int]


class Run:
    """One simulated run.

    Attributes:
        events: How many events the scheduler was given.
        labels: Number to step and path, of every task.
        launched: Every launched task, with its inputs and frames as labels.
        cloned: The same of every cloned task.
        transitions: What every task that succeeded here, or was cloned, decided.
    """

    def __init__(
        self,
        plan: FlowPlan,
        nodes: dict[str, object],
        world: World,
        setting: Setting,
        past: Past | None,
        rng: Random,
    ) -> None:
        self.plan = plan
        self.nodes = nodes
        self.world = world
        self.setting = setting
        self.past = past
        self.rng = rng
        self.scheduler = Scheduler(
            plan,
            capacity=setting.capacity,
            max_workers=setting.max_workers,
            on_failure=setting.on_failure,
            history=past,
            seen_memory=setting.seen_memory,
        )
        self.events = 0
        self.labels: dict[int, Label] = {}
        self.launched: dict[Label, tuple] = {}
        self.cloned: dict[Label, tuple] = {}
        self.transitions: dict[Label, Transition] = {}
        self.failed: list[int] = []  # for good, in order: the driver's own account
        self.finish: Finish | None = None
        self._running: dict[int, Attempt] = {}
        self._next_attempt: dict[int, int] = {}
        self._allowed: dict[int, int] = {}
        self._fallen: set[int] = set()  # their step's own code is not run again
        self._resting: dict[int, int] = {}
        self._between: set[int] = set()  # failed, to be tried again
        self._gangs: dict[int, list[int]] = {}  # every member to all of its gang, by numbers
        self._done: dict[int, dict[int, Transition]] = {}  # who of a gang succeeded, until all have; by its lead
        self._terminated: set[int] = set()
        self._due: set[object] = set()  # commands that must come now: task to terminate, or (task, attempt) to retry
        self._stopping = False
        self._busy: Counter[str] = Counter()
        self._used = [0, 0, 0]
        self._alone = False
        self._cancelled = False
        self._agenda: list[tuple[float, int, Event]] = []
        self._asked = 0
        self._now = 0.0
        capacity = setting.capacity
        self._capacity = (
            2**62 if capacity.cpu is None else round(capacity.cpu * 1000),
            2**62 if capacity.memory is None else round(capacity.memory * 2**20),
            capacity.gpu,
        )

    def go(self) -> None:
        """From `Start` to `Finish`."""
        self._give(Start())
        clones = len(self.cloned)
        while self._agenda:
            self._disturb()
            self._now, _, event = heappop(self._agenda)
            if self.finish is None or self.rng.random() < 0.05:
                self._give(event)
        assert self.finish is not None, "the run hangs: nothing runs, and it did not end"
        assert len(self.cloned) == clones, "all that can be cloned is cloned at the start"
        for event in (CancelAsked(), Start(), RetryDue(1), Succeeded(1, 0, Transition())):
            assert self.scheduler.on(event) == [], "nothing follows the end"
        self._check_end()

    def _disturb(self) -> None:
        """Now and then: an event that comes late or twice, a look at a task, a cancellation."""
        if self.events == self.setting.cancel_at:
            self._give(CancelAsked())
        chance = self.rng.random()
        if chance > 0.08:
            return
        number = self.rng.randint(0, len(self.labels) + 1)
        if chance < 0.05:
            if number in self._running:
                self._give(Observed(number, self.rng.random() * 3))
            return
        attempt = self._next_attempt.get(number, 0) + self.rng.choice((-2, 1))
        stray = self.rng.choice(
            (Succeeded(number, attempt, Transition()), Failed(number, attempt), Observed(10**6, 0.5), RetryDue(10**6))
        )
        self.events += 1
        assert self.scheduler.on(stray) == [], "stray events change nothing"

    def _give(self, event: Event) -> None:
        self.events += 1
        if self.finish is None:
            self._take_note(event)
        commands = self.scheduler.on(event)
        if self.finish is not None:
            assert commands == []
            return
        said = [c.task if isinstance(c, Terminate) else (c.task, c.attempt) for c in commands if _is_about_attempts(c)]
        assert len(said) == len(set(said))
        assert set(said) == self._due, "exactly those end, and exactly those are tried again, that should"
        self._due = set()
        at = 0
        while at < len(commands):
            command = commands[at]
            at += 1
            if isinstance(command, Launch):
                unit = [command]
                while at < len(commands) and _same_gang(command, commands[at]):
                    unit.append(commands[at])
                    at += 1
                self._launch(unit)
            elif isinstance(command, Clone):
                self._clone(command)
            elif isinstance(command, RetryLater):
                self._rest(command)
            elif isinstance(command, Terminate):
                self._terminate(command)
            else:
                assert at == len(commands), "Finish is the last command"
                assert not self._running, "nothing runs when the run ends"
                self.finish = command

    def _take_note(self, event: Event) -> None:
        """The driver's own books, before the scheduler hears of the event, and what it must answer."""
        if isinstance(event, CancelAsked):
            self._cancelled = True
            self._stop()
            self._due |= self._running.keys() - self._terminated
        if isinstance(event, RetryDue):
            self._resting.pop(event.task, None)
        if not isinstance(event, Succeeded | Failed):
            return
        attempt = self._running.pop(event.task)
        self._busy[attempt.label[0]] -= 1
        for place, amount in enumerate(attempt[2:]):
            self._used[place] -= amount
        if not self._running:
            self._alone = False
        gang = self._gangs.get(event.task, [event.task])
        if isinstance(event, Succeeded):
            done = self._done.setdefault(gang[0], {})
            done[event.task] = event.transition
            if len(done) == len(gang):
                self.transitions.update({self.labels[member]: done[member] for member in gang})
                del self._done[gang[0]]
        elif event.task not in self._terminated:
            self._take_failure(event, gang)

    def _take_failure(self, event: Failed, gang: list[int]) -> None:
        for member in gang:
            self._allowed[member] += event.free
        again = event.retry and self._next_attempt[event.task] < self._allowed[event.task] and not self._stopping
        if not again and self._may_fall_back(event):
            again = True
            self._fallen.update(gang)
            self._allowed.update(dict.fromkeys(gang, self._next_attempt[event.task] + 1))
        if again:
            self._between.add(event.task)
            self._due.add((event.task, self._next_attempt[event.task]))
            self._due |= (set(gang) & self._running.keys()) - self._terminated
            return
        self.failed.append(event.task)
        ended = set(gang)
        if not self._stopping and self.setting.on_failure != "continue":
            self._stop()
            if self.setting.on_failure == "stop":
                ended = set(self._running)
        self.failed += sorted(self._between & ended)
        self._between -= ended
        self._due |= (ended & self._running.keys()) - self._terminated

    def _may_fall_back(self, event: Failed) -> bool:
        if not event.retry or self._stopping or event.task in self._fallen:
            return False
        return self.plan.steps[self.labels[event.task][0]].fallback

    def _stop(self) -> None:
        """Nothing starts from here on; what was to be tried again has failed."""
        self._stopping = True
        self.failed += sorted(self._between)
        self._between.clear()

    def _launch(self, unit: list[Launch]) -> None:
        assert not self._stopping, "nothing is launched in a run that stops"
        step = self.plan.steps[unit[0].step]
        attempts = [self._begin(launch) for launch in unit]
        wanted = [sum(attempt[place] for attempt in attempts) for place in (2, 3, 4)]
        fits = (
            len(self._running) + len(unit) <= self.setting.max_workers
            and not self._alone
            and all(used + want <= most for used, want, most in zip(self._used, wanted, self._capacity, strict=True))
        )
        assert fits or not self._running, "what does not fit runs alone"
        self._alone = not fits
        self._used = [used + want for used, want in zip(self._used, wanted, strict=True)]
        assert step.limit is None or self._busy[step.name] + len(unit) <= step.limit or not self._busy[step.name]
        self._busy[step.name] += len(unit)
        for attempt, launch in zip(attempts, unit, strict=True):
            self._running[attempt.number] = attempt
            self._plan_end(launch, attempt.label)
        if unit[0].lead:
            members = [launch.task for launch in unit]
            assert unit[0].frames[-1].kind == "gang"
            assert [launch.path[-1] for launch in unit] == list(range(unit[0].frames[-1].size)), (
                "a gang starts together"
            )
            assert {launch.lead for launch in unit} == {members[0]}
            assert {launch.attempt for launch in unit} == {unit[0].attempt}
            assert self._gangs.setdefault(members[0], members) == members
            self._gangs.update(dict.fromkeys(members, members))
            self._done.pop(members[0], None)

    def _begin(self, launch: Launch) -> Attempt:
        number = launch.task
        label = (launch.step, launch.path)
        assert number not in self._running
        assert number not in self._resting, "a retry waits for its time"
        if launch.attempt == 0:
            self._number(number, label)
            assert label not in self.launched
            self.launched[label] = self._place(launch)
            self._next_attempt[number] = 0
            self._allowed[number] = self.plan.steps[launch.step].max_attempts
        assert self.labels[number] == label
        assert self.launched[label] == self._place(launch), "an attempt is launched like the one before"
        assert launch.attempt == self._next_attempt[number], "attempts count up"
        assert launch.attempt < self._allowed[number]
        assert launch.fallback == (number in self._fallen)
        assert label not in self.transitions, "what succeeded is not run again"
        self._next_attempt[number] += 1
        self._between.discard(number)
        self._terminated.discard(number)
        needs = launch.needs
        cpu = min(LEAST_CPU, self._capacity[0]) if needs.cpu is None else round(needs.cpu * 1000)
        memory = self.setting.seen_memory.get(launch.step, 0) if needs.memory is None else round(needs.memory * 2**20)
        return Attempt(label, number, cpu, memory, needs.gpu)

    def _clone(self, clone: Clone) -> None:
        label = (clone.step, clone.path)
        self._number(clone.task, label)
        assert label not in self.cloned
        assert self.past is not None
        assert self.past.labels[clone.handle] == label
        self.cloned[label] = self._place(clone)
        self.transitions[label] = self.past.found[label].transition

    def _number(self, number: int, label: Label) -> None:
        assert number == len(self.labels) + 1, "numbers count up"
        self.labels[number] = label

    def _place(self, command: Launch | Clone) -> tuple:
        inputs = tuple([self.labels[number] for number in command.inputs])
        frames = tuple([(f.kind, self.labels[f.split_task], f.index, f.size) for f in command.frames])
        return inputs, frames

    def _rest(self, command: RetryLater) -> None:
        assert command.task not in self._running
        assert command.attempt == self._next_attempt[command.task]
        wait = self.plan.steps[self.labels[command.task][0]].retry_wait
        assert command.seconds == (0.0 if command.task in self._fallen else wait)
        self._resting[command.task] = command.attempt
        self._ask(command.seconds, RetryDue(command.task))

    def _terminate(self, command: Terminate) -> None:
        """The attempt ends soon; now and then it had just succeeded."""
        attempt = self._running[command.task]
        assert command.task not in self._terminated, "an attempt is terminated once"
        assert not command.because or command.task in self._gangs[command.because]
        assert command.attempt == self._next_attempt[command.task] - 1
        self._terminated.add(command.task)
        self._agenda = [entry for entry in self._agenda if getattr(entry[2], "task", 0) != command.task]
        heapify(self._agenda)
        if self.rng.random() < 0.1:
            transition = self.world.transition(self.nodes[attempt.label[0]], attempt.label)
            self._ask(self.rng.random(), Succeeded(command.task, command.attempt, transition))
        else:
            self._ask(self.rng.random(), Failed(command.task, command.attempt, retry=self.rng.random() < 0.9))

    def _plan_end(self, launch: Launch, label: Label) -> None:
        if launch.lead:
            split = (launch.step, tuple([frame.index for frame in launch.frames[:-1]]))
            frame = launch.frames[-1]
            outcome = self.world.member_outcome(split, frame.index, frame.size, launch.attempt)
        else:
            outcome = self.world.outcome(label, launch.attempt)
        took = self.rng.random() * 10
        if outcome == "succeeds":
            transition = self.world.transition(self.nodes[label[0]], label)
            self._ask(took, Succeeded(launch.task, launch.attempt, transition, int(took * 1e7), took / 7))
        else:
            retry = outcome != "fails for good"
            self._ask(took, Failed(launch.task, launch.attempt, retry, free=outcome == "is lost"))

    def _ask(self, seconds: float, event: Event) -> None:
        self._asked += 1
        heappush(self._agenda, (self._now + seconds, self._asked, event))

    def _check_end(self) -> None:
        counts = self.scheduler.counts()
        assert [count.step for count in counts] == list(self.plan.steps)
        succeeded = Counter(label[0] for label in self.transitions.keys() - self.cloned.keys())
        reused = Counter(label[0] for label in self.cloned)
        for count in counts:
            assert count.running == 0
            assert count.succeeded == succeeded[count.step]
            assert count.reused == reused[count.step]
            assert count.total >= count.succeeded + count.reused + count.failed
        assert sum(count.failed for count in counts) == len(self.finish.failed)
        assert list(self.finish.failed) == self.failed
        if self._cancelled:
            assert self.finish.status == "cancelled"


def _is_about_attempts(command: object) -> bool:
    return isinstance(command, Terminate | RetryLater)


def _same_gang(first: Launch, other: object) -> bool:
    return isinstance(other, Launch) and first.lead == other.lead != 0
