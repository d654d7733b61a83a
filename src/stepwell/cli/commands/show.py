"""`show`: a flow as it is written, or a flow, run, step, task or artifact as it was recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from stepwell.base.errors import NotFound, UsageError
from stepwell.cli.options import Count, StepwellCommand, json_option

if TYPE_CHECKING:
    from stepwell.base.pathspec import Pathspec
    from stepwell.cli.session import Session

_HELP = """Show a flow, run, step, task or artifact: PATHSPEC is FLOW[/RUN[/STEP[/TASK[/ARTIFACT]]]].

`latest` stands for the newest run. Nothing is loaded: values are shown by the preview that was made when they were
stored."""

_FLOW_HELP = """Describe this flow, or with PATHSPEC a run of it: RUN[/STEP[/TASK[/ARTIFACT]]].

`latest` stands for the newest run. Nothing is loaded: values are shown by the preview that was made when they were
stored."""


def command(session: Session) -> click.Command:
    """The command."""

    def run(*, pathspec: str | None, limit: int, as_json: bool) -> None:
        if pathspec is not None:
            _show(session, session.pathspec(pathspec), limit=limit, as_json=as_json)
        elif session.flow_class is not None:
            _describe(session, as_json=as_json)
        else:
            raise UsageError("`stepwell show` needs to know what", hint="such as `stepwell show TrainFlow/latest`")

    params: list[click.Parameter] = [
        click.Argument(["pathspec"], required=False),
        click.Option(["--limit"], type=Count(1), default=20, help="The most rows of a list. [default: 20]"),
        json_option(),
    ]
    help_text = _FLOW_HELP if session.flow_class is not None else _HELP
    return StepwellCommand("show", callback=run, params=params, help=help_text)


def _describe(session: Session, *, as_json: bool) -> None:
    from stepwell.cli.render.flow import flow_lines
    from stepwell.flow.parse import build_graph

    graph = build_graph(session.finished_flow).document()
    if as_json:
        session.print_json(graph)
    else:
        session.print(flow_lines(graph, session.style()))


def _show(session: Session, spec: Pathspec, *, limit: int, as_json: bool) -> None:
    from stepwell.cli.looking import Looker
    from stepwell.cli.render import records

    looker = Looker(session)
    style, width = session.style(), session.width()
    if spec.run is None:
        runs = looker.runs(spec.flow, status=None, tags=(), user=None, limit=limit)
        if not runs:
            raise NotFound(f"the flow `{spec.flow}` has no runs", hint=session.run_hint())
        if as_json:
            session.print_json(runs)
            return
        from stepwell.cli.commands.ls import runs_lines

        session.print(runs_lines(runs, style, width))
    elif spec.step is None:
        run = looker.run(spec.flow, spec.run)
        session.print_json(run) if as_json else session.print(records.run_lines(run, style, width))
    elif spec.task is None:
        step = looker.step(spec.flow, spec.run, spec.step, limit=limit)
        session.print_json(step) if as_json else session.print(records.step_lines(step, style, width))
    elif spec.artifact is None:
        task = looker.task(spec)
        session.print_json(task) if as_json else session.print(records.task_lines(task, style, width))
    else:
        artifact = looker.artifact(spec)
        session.print_json(artifact) if as_json else session.print(records.artifact_lines(artifact, style))
