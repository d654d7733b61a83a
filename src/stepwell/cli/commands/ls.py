"""`ls [FLOW]`: the flows, or the runs of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from stepwell.base.errors import UsageError
from stepwell.base.formats import format_count, format_duration, format_time
from stepwell.cli.options import Count, StepwellCommand, json_option
from stepwell.cli.render.tables import table_lines
from stepwell.cli.render.usertext import clean_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stepwell.cli.answers import FlowAnswer, RunAnswer
    from stepwell.cli.render.style import Style
    from stepwell.cli.session import Session

STATUSES = ("running", "succeeded", "failed", "cancelled")


def command(session: Session) -> click.Command:
    """The command."""

    def run(
        *, flow: str | None, status: Any, tags: tuple[str, ...], user: str | None, limit: int, as_json: bool
    ) -> None:
        from stepwell.cli.looking import Looker

        if flow is None and (status or tags or user):
            raise UsageError(
                "`--status`, `--tag` and `--user` choose among the runs of one flow",
                hint="name it, such as `stepwell ls TrainFlow --status failed`",
            )
        looker = Looker(session)
        if flow is None:
            flows = looker.flows()
            if as_json:
                session.print_json(flows)
            else:
                session.print(flows_lines(flows, session) if flows else [_nothing(session)])
            return
        runs = looker.runs(flow.strip("/"), status=status, tags=(*tags, *_asked(session)), user=user, limit=limit)
        if as_json:
            session.print_json(runs)
            return
        session.print(runs_lines(runs, session.style(), session.width()) if runs else ["no run fits"])
        if len(runs) == limit:
            session.print(["", session.style().dim(f"the newest {limit}; `--limit N` shows more")])

    params: list[click.Parameter] = [
        click.Argument(["flow"], required=False),
        click.Option(["--status"], type=click.Choice(STATUSES), help="Only runs with this status."),
        click.Option(["--tag", "tags"], metavar="TAG", multiple=True, help="Only runs with this tag. Repeatable."),
        click.Option(["--user"], metavar="NAME", help="Only runs of this user."),
        click.Option(["--limit"], type=Count(1), default=20, help="The most runs. [default: 20]"),
        json_option(),
    ]
    return StepwellCommand(
        "ls", callback=run, params=params, help="List the flows, or with FLOW its runs, newest first."
    )


def _asked(session: Session) -> tuple[str, ...]:
    """The namespace that was asked for on this command line: a namespace is a tag that must be there."""
    source, _ = session.settings.origins.get("namespace", ("default", ""))
    namespace = session.settings.namespace
    return (namespace,) if source == "flag" and namespace else ()


def flows_lines(flows: Sequence[FlowAnswer], session: Session) -> list[str]:
    """The flows as a table."""
    style = session.style()
    rows = [
        (
            answer.flow,
            format_count(answer.runs),
            answer.latest.run,
            answer.latest.status,
            format_time(answer.latest.created_at),
            answer.latest.user,
        )
        for answer in flows
    ]
    return table_lines(
        ("flow", "runs", "latest", "status", "started", "user"),
        rows,
        width=session.width(),
        right=("runs", "latest"),
        paint=_painter(style),
        style=style,
    )


def runs_lines(runs: Sequence[RunAnswer], style: Style, width: int | None) -> list[str]:
    """The runs of one flow as a table; columns that are empty everywhere are left out."""
    from stepwell.cli.looking import parameters_text

    columns: dict[str, list[str]] = {
        "run": [run.run for run in runs],
        "status": [run.status for run in runs],
        "started": [format_time(run.created_at) for run in runs],
        "took": [format_duration(run.duration) for run in runs],
        "user": [run.user for run in runs],
        "tags": [clean_line(" ".join(run.tags)) for run in runs],
        "parameters": [clean_line(parameters_text(run.parameters)) for run in runs],
    }
    columns = {title: cells for title, cells in columns.items() if any(cells)}
    return table_lines(
        tuple(columns),
        list(zip(*columns.values(), strict=True)),
        width=width,
        right=("run", "took"),
        paint=_painter(style),
        style=style,
    )


def _painter(style: Style) -> Any:
    def paint(title: str, text: str) -> str:
        if title == "status":
            word = text.rstrip()
            return style.status(word) + text[len(word) :]
        return style.bold(text) if title in ("flow", "run") else text

    return paint


def _nothing(session: Session) -> str:
    return f"no flow has run in {session.datastore().url} yet"
