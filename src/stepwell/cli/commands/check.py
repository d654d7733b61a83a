"""`check`: every fault of a flow that can be seen without running it, all at once."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from stepwell.base.formats import plural
from stepwell.cli.errors import FAILURE, SUCCESS
from stepwell.cli.options import StepwellCommand, json_option

if TYPE_CHECKING:
    from stepwell.cli.session import Session


def command(session: Session) -> click.Command:
    """The command."""

    def run(*, warnings: bool, as_json: bool) -> int:
        return check(session, warnings=warnings, as_json=as_json)

    params: list[click.Parameter] = [
        click.Option(["--warnings/--no-warnings"], default=True, help="Show warnings too. [default: yes]"),
        json_option(),
    ]
    return StepwellCommand("check", callback=run, params=params, help="Look for faults of the flow without running it.")


def check(session: Session, *, warnings: bool = True, as_json: bool = False) -> int:
    """Look for faults and tell them.

    Returns:
        The exit code: 1 when there are errors.
    """
    from stepwell.decorators.checking import check_flow
    from stepwell.flow.parse import build_graph

    graph = build_graph(session.finished_flow)
    added = (*session.decorators, *session.settings.default_decorators)
    found = check_flow(session.finished_flow, graph, added)[0]
    found = [diagnostic for diagnostic in found if warnings or diagnostic.severity == "error"]
    failed = any(diagnostic.severity == "error" for diagnostic in found)
    if as_json:
        session.print_json({"flow": session.flow_name, "ok": not failed, "diagnostics": found})
        return FAILURE if failed else SUCCESS
    style = session.style(sys.stderr)
    if session.speaks_metaflow and not session.settings.quiet:
        from stepwell.cli.render.metaflow import VALIDATED, header_line

        validated = VALIDATED[:1] if failed else VALIDATED
        told = (header_line(graph.document().flow, session.settings.user), *validated)
        sys.stderr.write("".join(line + "\n" for line in told))
    if found:
        from stepwell.cli.render.diagnostics import report_lines

        sys.stderr.write("".join(line + "\n" for line in report_lines(found, style)))
    if not failed and not session.settings.quiet:
        steps = plural(len(graph.document().steps), "step")
        sys.stderr.write(f"{session.flow_name}: {steps}, {style.green('no faults found')}\n")
    return FAILURE if failed else SUCCESS
