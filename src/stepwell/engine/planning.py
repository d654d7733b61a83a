"""From the graph and its decorators to what the scheduler needs to know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepwell.documents.task import ResourceNeeds
from stepwell.engine.scheduler.plan import FlowPlan, StepPlan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stepwell.decorators.protocol import StepDecorator
    from stepwell.engine.scheduler.plan import Split
    from stepwell.flow.graph import Graph

_SPLITS: dict[str, Split] = {
    "split-static": "branch",
    "split-foreach": "foreach",
    "split-parallel": "gang",
    "split-switch": "switch",
}


def make_plan(graph: Graph, decorators: Mapping[str, Sequence[StepDecorator]]) -> FlowPlan:
    """The plan of a flow whose graph has no faults.

    Args:
        graph: The flow's graph.
        decorators: Decorators by step name, outermost first.
    """
    document = graph.document()
    ranks = graph.ranks
    limits = {node.next[0]: node.limit for node in document.steps if node.type == "split-foreach"}
    steps = {}
    for node in document.steps:
        attached = decorators.get(node.name, ())
        attempts, wait = _retries(attached)
        steps[node.name] = StepPlan(
            name=node.name,
            split=_SPLITS.get(node.type, "none")
            if len(node.next) != 1 or node.foreach or node.num_parallel
            else "none",
            next=node.next,
            is_join=node.is_join,
            matching_join=node.matching_join,
            variable=node.foreach or "",
            rank=ranks.get(node.name, 0),
            max_attempts=attempts,
            retry_wait=wait,
            needs=_needs(attached),
            limit=limits.get(node.name),
        )
    return FlowPlan(start=document.start, end=document.end, steps=steps)


def _retries(decorators: Sequence[StepDecorator]) -> tuple[int, float]:
    """Attempts in all, and the wait between them in seconds: the most that any decorator asks for."""
    times, wait = 0, 0.0
    for decorator in decorators:
        policy = decorator.retry_policy()
        if policy is not None and policy.times > times:
            times, wait = policy.times, policy.wait
    return times + 1, wait


def _needs(decorators: Sequence[StepDecorator]) -> ResourceNeeds:
    """The largest of what the decorators ask for, resource by resource."""
    asked = [needs for decorator in decorators if (needs := decorator.resource_needs()) is not None]
    return ResourceNeeds(
        cpu=max((needs.cpu for needs in asked if needs.cpu is not None), default=None),
        memory=max((needs.memory for needs in asked if needs.memory is not None), default=None),
        gpu=max((needs.gpu for needs in asked), default=0),
        disk=max((needs.disk for needs in asked if needs.disk is not None), default=None),
    )
