"""All decorators of a flow, and every fault that they see before anything runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepwell.decorators.dispatch import check_decorators
from stepwell.decorators.flow_dispatch import check_flow_decorators
from stepwell.decorators.registry import step_decorators

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stepwell.decorators.protocol import StepDecorator
    from stepwell.documents.diagnostic import Diagnostic
    from stepwell.documents.graph import DecoratorSpec, GraphDocument


def decorators_and_faults(
    flow: type, graph: GraphDocument, added: Iterable[str | DecoratorSpec]
) -> tuple[dict[str, list[StepDecorator]], list[Diagnostic]]:
    """The decorators of every step, outermost first, and what is wrong with them or with those of the flow.

    Args:
        flow: The flow, whose graph has no faults.
        graph: Its graph.
        added: Decorators from outside the file.

    Raises:
        UsageError: One from outside the file is unknown, or cannot be had.
    """
    added = tuple(added)
    decorators = {node.name: step_decorators(flow, node.name, added) for node in graph.steps}
    return decorators, [*check_flow_decorators(graph, flow), *check_decorators(graph, decorators, flow)]
