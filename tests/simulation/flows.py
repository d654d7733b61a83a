"""Random flows: programs of a small grammar, which are well formed by construction, and their plans.

A sequence is a list of steps. A step that splits (branch, foreach, gang) is followed in its sequence by the join that
closes it, and that join may itself split or switch. A switch goes down one of its paths, each a sequence that may be
empty, and comes out at what follows it. A loop is a switch that may follow itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stepwell.documents.task import ResourceNeeds
from stepwell.engine.scheduler.plan import FlowPlan, StepPlan

if TYPE_CHECKING:
    from random import Random

SPLITS = ("branch", "foreach", "gang")


@dataclass
class Node:
    """A step, with the sequences that open from it."""

    name: str
    kind: str = "linear"
    is_join: bool = False
    paths: list[list[Node]] = field(default_factory=list)
    level: int = 0
    targets: list[str] = field(default_factory=list)


class FlowMaker:
    """Draws one flow."""

    def __init__(self, rng: Random, budget: int) -> None:
        self.rng = rng
        self.left = budget
        self.made = 0

    def flow(self) -> list[Node]:
        sequence = self.sequence(0, at_least=1)
        sequence[0].name = "start"
        return [*sequence, Node("end")]

    def sequence(self, level: int, at_least: int) -> list[Node]:
        """Up to four steps beside the joins that its splits need."""
        nodes: list[Node] = []
        for _ in range(self.rng.randint(at_least, 4)):
            nodes.append(self.node(level, is_join=False))
            while nodes[-1].kind in SPLITS:
                nodes.append(self.node(level, is_join=True))
            if self.left <= 0:
                break
        return nodes

    def node(self, level: int, is_join: bool) -> Node:
        self.left -= 1
        self.made += 1
        node = Node(f"s{self.made}", is_join=is_join, level=level)
        if self.left <= 0 or level >= 4:
            return node
        kinds = ["linear", "linear", "branch", "foreach", "foreach", "switch", "gang"]
        if not is_join:
            kinds.append("loop")  # a join that follows itself would be a join without a split
        node.kind = self.rng.choice(kinds)
        if node.kind in ("branch", "switch"):
            node.paths = [self.sequence(level + 1, at_least=1) for _ in range(self.rng.randint(1, 3))]
            if self.rng.random() < 0.3 or (node.kind == "switch" and len(node.paths) == 1):
                node.paths.insert(self.rng.randint(0, len(node.paths)), [])  # straight to what follows
            if len(node.paths) == 1:
                node.paths.append(self.sequence(level + 1, at_least=1))
        elif node.kind == "foreach":
            node.paths = [self.sequence(level + 1, at_least=1)]
        elif node.kind == "gang":
            self.made += 1
            member = Node(f"s{self.made}", level=level + 1)
            node.paths = [[member, *(self.sequence(level + 1, at_least=1) if self.rng.random() < 0.3 else ())]]
        return node


def make_flow(rng: Random, budget: int = 14) -> list[Node]:
    """A random flow, with the targets of every step filled in."""
    nodes = FlowMaker(rng, budget).flow()
    _link(nodes, after=None)
    return nodes


def _link(nodes: list[Node], after: str | None) -> None:
    for place, node in enumerate(nodes):
        following = nodes[place + 1].name if place + 1 < len(nodes) else after
        if node.kind == "loop":
            node.targets = [node.name, following]
        elif node.paths:
            node.targets = [path[0].name if path else following for path in node.paths]
        else:
            node.targets = [] if following is None else [following]
        for path in node.paths:
            _link(path, following)


def all_nodes(nodes: list[Node]) -> list[Node]:
    """Every step of a flow, outer ones first."""
    found = []
    for node in nodes:
        found.append(node)
        for path in node.paths:
            found += all_nodes(path)
    return found


def make_plan(nodes: list[Node], rng: Random) -> FlowPlan:
    """The plan of a flow, with random needs, limits, ranks and attempts."""
    joins = {}
    _match(nodes, joins)
    kinds = {"linear": "none", "loop": "switch"}
    steps = {}
    ordinary = rng.random() < 0.4  # nothing asked for, as in most flows
    for rank, node in enumerate(all_nodes(nodes)):
        steps[node.name] = StepPlan(
            name=node.name,
            split=kinds.get(node.kind, node.kind),
            next=tuple(node.targets),
            is_join=node.is_join,
            matching_join=joins.get(node.name),
            variable="xs" if node.kind == "foreach" else "",
            rank=rank if rng.random() < 0.9 else 0,
            max_attempts=rng.choice((1, 1, 2, 4)),
            retry_wait=rng.choice((0.0, 0.5, 20.0)),
            fallback=rng.random() < 0.2,
            needs=ResourceNeeds() if ordinary else _needs(rng),
            limit=None if ordinary else rng.choice((None, None, None, 1, 3)),
        )
    return FlowPlan(start=nodes[0].name, end=nodes[-1].name, steps=steps)


def _match(nodes: list[Node], joins: dict[str, str]) -> None:
    for place, node in enumerate(nodes):
        if node.kind in SPLITS:
            joins[node.name] = nodes[place + 1].name
        for path in node.paths:
            _match(path, joins)


def _needs(rng: Random) -> ResourceNeeds:
    return ResourceNeeds(
        cpu=rng.choice((None, None, 0.25, 1.0, 2.0, 16.0)),
        memory=rng.choice((None, None, 100.0, 700.0, 50_000.0)),
        gpu=rng.choice((0, 0, 0, 0, 1, 3)),
    )
