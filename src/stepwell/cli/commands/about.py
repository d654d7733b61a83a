"""`version` and `help`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from stepwell.base.version import __version__
from stepwell.cli.options import StepwellCommand, json_option

if TYPE_CHECKING:
    from stepwell.cli.session import Session


def version_command(session: Session) -> click.Command:
    """Print the version."""

    def run(*, as_json: bool) -> None:
        if as_json:
            session.print_json({"stepwell": __version__})
        else:
            session.print([f"stepwell {__version__}"])

    return StepwellCommand("version", callback=run, params=[json_option()], help="Show the version.")


def help_command(session: Session) -> click.Command:
    """Print the help of the whole command line."""

    def run() -> None:
        parent = click.get_current_context().parent
        if parent is not None:
            session.print([parent.get_help()])

    return StepwellCommand("help", callback=run, help="Show all commands.")
