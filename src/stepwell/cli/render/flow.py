"""A flow as it is written, in words: its documentation, then every step with where it goes."""

from __future__ import annotations

from inspect import cleandoc
from typing import TYPE_CHECKING

from stepwell.cli.render.style import Style

if TYPE_CHECKING:
    from stepwell.documents.graph import GraphDocument, GraphNode


def flow_lines(graph: GraphDocument, style: Style | None = None) -> list[str]:
    """The description of a flow."""
    style = style or Style()
    lines = [style.bold(graph.flow)]
    lines += [f"  {line}".rstrip() for line in cleandoc(graph.doc).split("\n")] if graph.doc else []
    for node in graph.steps:
        lines += ["", *_step_lines(node, style)]
    return lines


def _step_lines(node: GraphNode, style: Style) -> list[str]:
    lines = [style.dim(f"@{decorator.name}{_options(decorator.options)}") for decorator in node.decorators]
    lines.append(f"{style.dim('step')} {style.bold(node.name)}")
    lines += [f"  {line}".rstrip() for line in cleandoc(node.doc).split("\n")] if node.doc else []
    if node.condition:
        arrow = style.cyan("=>")
        lines.append(f"  {arrow} one of these, by `{node.condition}`:")
        width = max((len(case) for case in node.cases), default=0)
        for case, target in node.cases.items():
            again = " (again)" if target == node.name else ""
            lines.append(f"     {case.ljust(width)} {arrow} {target}{again}")
    elif node.next:
        lines.append(f"  {style.cyan('=>')} {', '.join(node.next)}{_how(node)}")
    return lines


def _how(node: GraphNode) -> str:
    if node.foreach:
        return f" for each of `{node.foreach}`"
    if node.num_parallel:
        return " as a gang: `num_parallel` tasks at the same time"
    return ""


def _options(options: dict[str, object]) -> str:
    return f"({', '.join(f'{name}={value!r}' for name, value in options.items())})" if options else ""
