"""`why-failed`: why a task failed: the exceptions, the lines of the code, and the variables, all from the records."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from stepwell.cli.options import Count, StepwellCommand, json_option

if TYPE_CHECKING:
    from stepwell.cli.session import Session

_HELP = """Show why a task failed: exceptions, lines of the code, local variables. Nothing is run or loaded for it.

PATHSPEC is {shape}; of a run or a step, the first task that failed for good is shown, and the others are listed."""


def command(session: Session) -> click.Command:
    """The command."""
    within = session.flow_class is not None

    def run(*, pathspec: str | None, attempt: int | None, as_json: bool) -> None:
        from stepwell.cli.failures import Failures
        from stepwell.cli.render.failure import failure_lines, other_lines

        spec = session.pathspec(pathspec or "latest", least=2, most=4)
        found, others = Failures(session).find(spec, attempt)
        if as_json:
            session.print_json({"failure": found, "others": others})
            return
        session.print(failure_lines(found, session.style(), session.suggest))
        session.print(other_lines(others, session.style()))

    return StepwellCommand(
        "why-failed",
        callback=run,
        params=[
            click.Argument(["pathspec"], required=not within, metavar="PATHSPEC"),
            click.Option(["--attempt"], type=Count(0), metavar="N", help="Attempt N, from 0. [default: the last]"),
            json_option(),
        ],
        help=_HELP.format(shape="[RUN[/STEP[/TASK]]]" if within else "FLOW/RUN[/STEP[/TASK]]"),
    )
