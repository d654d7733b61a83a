"""The reference: a naive recursive interpreter that says which tasks a run has when all of it may run.

It shares nothing with the scheduler: no events, no queues, no counters. It walks down the flow and writes down every
task with its inputs and its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from stepwell.documents.task import Transition
    from tests.simulation.flows import Node
    from tests.simulation.world import Label, World


@dataclass(frozen=True)
class Expected:
    """A task that runs, or is cloned, when nothing stops the run."""

    inputs: tuple[Label, ...]
    frames: tuple[tuple[str, Label, int, int], ...]
    cloned: bool
    succeeds: bool


class Token(NamedTuple):
    """What flows along an edge: the tasks that led here, and whether all of them were cloned."""

    inputs: tuple[Label, ...]
    cloned: bool


class Model:
    """The tasks of a run that goes on after failures with all that does not need what failed."""

    def __init__(
        self, flow: list[Node], attempts: dict[str, tuple[int, bool]], world: World, history: dict[Label, Transition]
    ):
        self.tasks: dict[Label, Expected] = {}
        self.gangs: dict[Label, bool] = {}  # members of gangs, and whether these succeed as a whole
        self.attempts = attempts
        self.world = world
        self.history = history
        self.succeeds = self.sequence(flow, (), (), Token((), True)) is not None

    def sequence(self, nodes: list[Node], path, frames, token: Token) -> Token | None:
        for node in nodes:
            token = self.node(node, path, frames, token)
            if token is None:
                return None
        return token

    def node(self, node: Node, path, frames, token: Token) -> Token | None:
        if node.kind == "loop":
            return self.loop(node, path, frames, token)
        label = (node.name, path)
        if not self.task(label, frames, token):
            return None
        out = Token((label,), self.tasks[label].cloned)
        if not node.paths:
            return out
        transition = self.transition(node, label)
        if node.kind == "switch":
            return self.sequence(node.paths[node.targets.index(transition.targets[0])], path, frames, out)
        bodies = node.paths if node.kind == "branch" else node.paths * transition.size
        if not bodies:
            return Token((), out.cloned)
        if node.kind == "gang":
            member = bodies[0][0].name
            labels = [(member, (*path, index)) for index in range(len(bodies))]
            out = Token(out.inputs, out.cloned and all(label in self.history for label in labels))
            succeeds = out.cloned or self.world.succeeds((member, path), *self.attempts[member])
            self.gangs.update(dict.fromkeys(labels, succeeds))
            if not succeeds:
                bodies = [body[:1] for body in bodies]  # all wait for all: nothing follows any of them
        arrived = [
            self.sequence(body, (*path, index), (*frames, (node.kind, label, index, len(bodies))), out)
            for index, body in enumerate(bodies)
        ]
        if None in arrived:
            return None
        return Token(tuple(end.inputs[0] for end in arrived), all(end.cloned for end in arrived))

    def loop(self, node: Node, path, frames, token: Token) -> Token | None:
        iteration = 0
        while True:
            label = (node.name, (*path, iteration))
            if not self.task(label, frames, token):
                return None
            token = Token((label,), self.tasks[label].cloned)
            if self.transition(node, label).targets[0] != node.name:
                return token
            iteration += 1

    def task(self, label: Label, frames, token: Token) -> bool:
        """Write a task down; whether it succeeds."""
        assert label not in self.tasks
        cloned = token.cloned and label in self.history
        succeeds = self.gangs.get(label)
        if succeeds is None:
            succeeds = cloned or self.world.succeeds(label, *self.attempts[label[0]])
        self.tasks[label] = Expected(token.inputs, frames, cloned, succeeds)
        return succeeds

    def transition(self, node: Node, label: Label) -> Transition:
        return self.history[label] if self.tasks[label].cloned else self.world.transition(node, label)
