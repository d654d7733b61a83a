"""From the graph and its decorators to what the scheduler needs to know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from stepwell.decorators.dispatch import overriding, resource_limits, resource_needs, retry_policy, time_limit
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


def make_plan(
    graph: Graph, decorators: Mapping[str, Sequence[StepDecorator]], capacity: ResourceNeeds, *, enforce: bool = False
) -> FlowPlan:
    """The plan of a flow whose graph has no faults.

    Args:
        graph: The flow's graph.
        decorators: Decorators by step name, outermost first.
        capacity: What the backend has. GPUs that it does not have are not waited for: the step finds out itself.
        enforce: True when tasks are held to what their step says that it needs.
    """
    document = graph.document()
    ranks = graph.ranks
    limits = {node.next[0]: node.limit for node in document.steps if node.type == "split-foreach"}
    steps = {}
    for node in document.steps:
        attached = decorators.get(node.name, ())
        retries = retry_policy(attached)
        needs = resource_needs(attached)
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
            max_attempts=retries.times + 1,
            retry_wait=retries.wait,
            fallback=bool(overriding(attached, "fallback")),
            timeout=time_limit(attached),
            limits=resource_limits(attached) if enforce else ResourceNeeds(),
            needs=needs if capacity.gpu else replace(needs, gpu=0),
            limit=limits.get(node.name),
        )
    return FlowPlan(start=document.start, end=document.end, steps=steps)
