"""Every fault of a flow that can be seen without running it: those of its graph, then those of its decorators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepwell.decorators.dispatch import check_decorators
from stepwell.decorators.flow_dispatch import check_flow_decorators
from stepwell.decorators.registry import step_decorators
from stepwell.flow.lint import lint
from stepwell.flow.lint_rules_graph import SPLIT_CODES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stepwell.decorators.protocol import StepDecorator
    from stepwell.documents.diagnostic import Diagnostic
    from stepwell.documents.graph import DecoratorSpec
    from stepwell.flow.graph import Graph


def check_flow(
    flow: type, graph: Graph, added: Iterable[str | DecoratorSpec] = ()
) -> tuple[list[Diagnostic], dict[str, list[StepDecorator]]]:
    """What is wrong with a flow, and the decorators of every step, outermost first.

    Decorators are looked at when it is known where every step leads: what they say of a broken graph would only follow
    from that. A split without its join may be the fault of a decorator, though, such as `@parallel`.

    Args:
        flow: The flow.
        graph: Its graph.
        added: Decorators from outside the file.

    Raises:
        UsageError: One from outside the file is unknown, or cannot be had.
    """
    found = lint(graph)
    if any(fault.severity == "error" and fault.code not in SPLIT_CODES for fault in found):
        return found, {}
    added = tuple(added)
    document = graph.document()
    decorators = {node.name: step_decorators(flow, node.name, added) for node in document.steps}
    found += [*check_flow_decorators(document, flow), *check_decorators(document, decorators, flow)]
    return found, decorators
