"""Calling the hooks of a flow's decorators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepwell.decorators.delayed import DelayedDecorator
from stepwell.decorators.dispatch import with_text
from stepwell.decorators.flow_protocol import FlowCheckContext, FlowDecorator
from stepwell.documents.diagnostic import Diagnostic
from stepwell.flow.config import values_of
from stepwell.flow.shape import decorators_on_flow

if TYPE_CHECKING:
    from stepwell.decorators.flow_protocol import CommandLineOption, RunSetup
    from stepwell.documents.graph import GraphDocument


def flow_decorators(flow: type) -> list[FlowDecorator]:
    """The decorators of a flow, outermost first, those of base classes further in; configs are filled in."""
    found = decorators_on_flow(flow)
    values = values_of(flow)
    if values is not None:
        found = [one.with_values(values) if isinstance(one, DelayedDecorator) else one for one in found]
    return [decorator for decorator in found if isinstance(decorator, FlowDecorator)]


def command_line_options(flow: type) -> list[CommandLineOption]:
    """The options that the decorators of a flow add to its commands."""
    return [option for decorator in decorators_on_flow(flow) for option in getattr(decorator, "command_line", ())]


def check_flow_decorators(graph: GraphDocument, flow: type) -> list[Diagnostic]:
    """Every fault of a flow's decorators, duplicates included."""
    found: list[Diagnostic] = []
    decorators = flow_decorators(flow)
    seen: set[str] = set()
    for decorator in decorators:
        if decorator.name in seen and not decorator.allow_multiple:
            found.append(
                Diagnostic(
                    code="SW150",
                    message=f"the flow `{graph.flow}` has `@{decorator.name}` twice",
                    file=decorator.file,
                    line=decorator.line,
                    hint="keep one of them",
                )
            )
        seen.add(decorator.name)
        found += decorator.check(
            FlowCheckContext(flow=flow, graph=graph, file=decorator.file, line=decorator.line, decorators=decorators)
        )
    return [with_text(diagnostic) for diagnostic in found]


def configure_run(flow: type, setup: RunSetup) -> None:
    """Ask every decorator of a flow what it means for a run."""
    for decorator in flow_decorators(flow):
        decorator.configure(setup)


def hears_of_ends(flow: type) -> bool:
    """True when a decorator of the flow wants to know how its runs end."""
    base: Any = FlowDecorator.run_ended
    return any(type(decorator).run_ended is not base for decorator in flow_decorators(flow))
