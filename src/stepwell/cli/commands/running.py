"""What `run` and `resume` share: their options, and running with everything shown on the way."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, TextIO

import click

from stepwell.cli.errors import FAILURE, INTERRUPTED, SUCCESS
from stepwell.cli.options import Count, session_of
from stepwell.cli.render.style import is_terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from stepwell.cli.render.metaflow import MetaflowView
    from stepwell.cli.render.plain import PlainView
    from stepwell.cli.session import Session
    from stepwell.documents.events import RunEvent, RunFinished
    from stepwell.documents.graph import GraphDocument
    from stepwell.engine.request import RunRequest

TERMINATED = 143


def running_options() -> list[click.Parameter]:
    """The options that `run` and `resume` have in common, new objects on each call."""
    return [
        click.Option(["--tag", "tags"], metavar="TAG", multiple=True, help="Tag the run. Repeatable."),
        click.Option(
            ["--max-workers"],
            type=Count(1),
            help="The most tasks at once. [default: what fits the machine]",
            expose_value=False,
            callback=_store_setting,
        ),
        click.Option(
            ["--isolation"],
            type=click.Choice(["fork", "spawn", "none"]),
            help="How tasks are kept apart; `none` runs them one by one in this process. [default: fork]",
            expose_value=False,
            callback=_store_setting,
        ),
        click.Option(
            ["--on-failure"],
            type=click.Choice(["wait", "stop", "continue"]),
            help="When a task has failed for good: wait for what runs, stop it, or go on with other branches. "
            "[default: wait]",
            expose_value=False,
            callback=_store_setting,
        ),
        click.Option(
            ["--max-num-splits"],
            type=Count(1),
            help="Refuse a foreach with more items. [default: no limit]",
        ),
        click.Option(["--max-log-size"], type=int, hidden=True, expose_value=False),
        click.Option(["--runner-attribute-file"], metavar="FILE", hidden=True, expose_value=False),
        click.Option(["--run-id-file"], metavar="FILE", help="Write the run's id to this file when the run starts."),
        click.Option(["--json", "as_json"], is_flag=True, help="Print events as JSON lines, and nothing else."),
    ]


def execute(session: Session, request: RunRequest, graph: GraphDocument | None, *, as_json: bool) -> int:
    """Run or resume, showing what happens.

    Returns:
        The exit code.
    """
    from stepwell.engine.launch import run_flow

    if graph is not None and not as_json:
        _tell_of_cards(session, graph)
    observer = _observer(session, graph, as_json=as_json)
    if session.runner_call is not None:
        observer = _both(observer, session.runner_call.send)
    finished = run_flow(request, session.settings, observer)
    if not as_json:
        _tell_end(session, finished)
    return exit_code_of_run(finished)


def exit_code_of_run(finished: RunFinished) -> int:
    """The exit code for how a run ended."""
    if finished.status == "succeeded":
        return SUCCESS
    if finished.status == "cancelled":
        return TERMINATED if finished.reason == "SIGTERM" else INTERRUPTED
    return FAILURE


def _tell_of_cards(session: Session, graph: GraphDocument) -> None:
    """Say once what does not happen, where a flow has cards."""
    if not session.settings.quiet and any(d.name == "card" for node in graph.steps for d in node.decorators):
        Outlet(sys.stderr).write_through("note: cards are not drawn yet; what steps add to them is not kept\n")


def _both(first: Callable[[RunEvent], None], second: Callable[[RunEvent], None]) -> Callable[[RunEvent], None]:
    def tell(event: RunEvent) -> None:
        first(event)
        second(event)

    return tell


def _store_setting(ctx: click.Context, parameter: click.Parameter, value: object) -> None:
    if value is not None and not ctx.resilient_parsing:
        session_of(ctx).flags[str(parameter.name)] = value


def _observer(session: Session, graph: GraphDocument | None, *, as_json: bool) -> Callable[[RunEvent], None]:
    out = Outlet(sys.stdout)
    err = Outlet(sys.stderr)
    if as_json:
        from stepwell.cli.render.json import event_line

        return lambda event: out.write_through(event_line(event) + "\n")
    quiet = session.settings.quiet
    if is_terminal(sys.stdout) and os.environ.get("TERM") != "dumb" and not quiet:
        from stepwell.cli.render.live import LivePainter, LiveView

        return LivePainter(LiveView(graph, style=session.style()), out, err)
    view = _view(session, graph, quiet=quiet)

    def show(event: RunEvent) -> None:
        for stream, text in view.on(event):
            (err if stream == "err" else out).write(text + "\n")
        out.flush()
        err.flush()

    return show


def _view(session: Session, graph: GraphDocument | None, *, quiet: bool) -> PlainView | MetaflowView:
    if session.speaks_metaflow:
        from stepwell.cli.render.metaflow import MetaflowView

        return MetaflowView(graph, quiet=quiet)
    from stepwell.cli.render.plain import PlainView

    return PlainView(graph, quiet=quiet)


def _tell_end(session: Session, finished: RunFinished) -> None:
    from stepwell.cli.render.summary import summary_lines, verdict_line

    if session.speaks_metaflow and finished.status == "succeeded" and not is_terminal(sys.stdout):
        return

    style = session.style(sys.stderr)
    err = Outlet(sys.stderr)
    if session.settings.quiet:
        err.write_through(verdict_line(finished, style) + "\n")
        return
    lines = summary_lines(finished, resume=session.resume_command, suggest=session.suggest, style=style)
    err.write_through("".join(line + "\n" for line in lines))


class Outlet:
    """A stream whose reader may go away: the run goes on, unheard (`python flow.py run | head`)."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._open = True

    def write(self, text: str) -> None:
        """Write, if somebody listens."""
        if self._open:
            try:
                self._stream.write(text)
            except BrokenPipeError:
                self._close()

    def flush(self) -> None:
        """Pass on what was written."""
        if self._open:
            try:
                self._stream.flush()
            except BrokenPipeError:
                self._close()

    def write_through(self, text: str) -> None:
        """Write and flush."""
        self.write(text)
        self.flush()

    def _close(self) -> None:
        from stepwell.cli.errors import silence

        self._open = False
        silence(self._stream)
