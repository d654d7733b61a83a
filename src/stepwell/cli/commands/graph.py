"""`output-dot` and `output-raw`: the graph of a flow for other programs."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import click

from stepwell.cli.options import StepwellCommand

if TYPE_CHECKING:
    from stepwell.cli.session import Session
    from stepwell.documents.graph import GraphDocument, GraphNode


# A switch is drawn in its own shape, as a flow chart does.
_SHAPES = {"split-switch": ' shape="hexagon" style=""'}


def dot_command(session: Session) -> click.Command:
    """`output-dot`."""

    def run() -> None:
        from stepwell.flow.parse import build_graph

        session.print(dot_lines(build_graph(session.finished_flow).document()))

    return StepwellCommand(
        "output-dot", callback=run, help="Print the graph for Graphviz, for example `... output-dot | dot -Tsvg`."
    )


def raw_command(session: Session) -> click.Command:
    """`output-raw`."""

    def run(*, as_json: bool) -> None:  # noqa: ARG001 - JSON is the only form
        from stepwell.flow.parse import build_graph

        session.print_json(raw_document(build_graph(session.finished_flow).document()))

    option = click.Option(["--json", "as_json"], is_flag=True, default=True, help="Print JSON. [always]")
    return StepwellCommand("output-raw", callback=run, params=[option], help="Print the graph as JSON.")


def dot_lines(graph: GraphDocument) -> list[str]:
    """The graph in the language of Graphviz."""
    lines = [
        f"digraph {graph.flow} {{",
        "rankdir=LR;",
        'node [shape="record" fontname="Helvetica" style="rounded"];',
    ]
    for node in graph.steps:
        kind = f"switch: {escape(node.condition)}" if node.condition else node.type
        label = f'<<b>{node.name}</b> | <font point-size="10">{kind}</font>>'
        lines.append(f'"{node.name}"[ label = {label}{_SHAPES.get(node.type, "")} ];')
    for node in graph.steps:
        lines.extend(f'"{node.name}" -> "{target}"{_edge_label(node, target)};' for target in node.next)
    return [*lines, "}"]


def raw_document(graph: GraphDocument) -> dict[str, Any]:
    """The graph as Metaflow's `output-raw --json` shapes it."""
    steps = {
        node.name: {
            "name": node.name,
            "type": node.type,
            "line": node.line,
            "source_file": node.file,
            "doc": node.doc,
            "decorators": [
                {
                    "name": decorator.name,
                    "attributes": decorator.options,
                    "statically_defined": decorator.in_file,
                    "inserted_by": None,
                }
                for decorator in node.decorators
            ],
            "next": node.next,
            "foreach_artifact": node.foreach,
            "num_parallel": node.num_parallel,
            "matching_join": node.matching_join,
            "condition": node.condition,
            "switch_cases": node.cases,
        }
        for node in graph.steps
    }
    return {
        "flow": graph.flow,
        "doc": graph.doc,
        "start_step": graph.start,
        "end_step": graph.end,
        "decorators": [
            {"name": decorator.name, "attributes": decorator.options, "statically_defined": decorator.in_file}
            for decorator in graph.decorators
        ],
        "graph": steps,
    }


def _edge_label(node: GraphNode, target: str) -> str:
    """What is written at an edge: the cases that lead there, the items of a foreach, or the many of a gang."""
    text = ", ".join(case for case, taken in node.cases.items() if taken == target)
    if node.foreach:
        text = f"each of {node.foreach}"
    elif node.num_parallel:
        text = "gang"
    text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f' [label="{text}"]' if text else ""
