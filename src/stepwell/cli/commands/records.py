"""`records rebuild | refresh | path`: the index beside the datastore."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from stepwell.base.errors import NotFound
from stepwell.base.formats import plural
from stepwell.cli.options import StepwellCommand, json_option
from stepwell.cli.render.style import is_terminal

if TYPE_CHECKING:
    from stepwell.cli.session import Session


def command(session: Session) -> click.Command:
    """The group of index commands."""
    group = click.Group(
        "records", help="The index of runs, tasks and tags. It can be made anew from the datastore at any time."
    )
    for made in (_rebuild(session), _refresh(session), _path(session)):
        group.add_command(made)
    return group


def _rebuild(session: Session) -> click.Command:
    def run(*, as_json: bool) -> None:
        from stepwell.records.rebuild import rebuild

        rebuilt = rebuild(session.datastore(), None if as_json or not is_terminal(sys.stderr) else _show_progress)
        if as_json:
            session.print_json(rebuilt)
            return
        counts = (plural(rebuilt.runs, "run"), plural(rebuilt.flows, "flow"), plural(rebuilt.tasks, "task"))
        session.print([f"indexed {counts[0]} of {counts[1]}, {counts[2]}"])

    return StepwellCommand(
        "rebuild", callback=run, params=[json_option()], help="Empty the index and fill it from the datastore."
    )


def _refresh(session: Session) -> click.Command:
    def run(*, flow: str | None) -> None:
        session.records().refresh_all(flow)
        session.print([f"the index of {session.datastore().url} is up to date"])

    argument = click.Argument(["flow"], required=False)
    return StepwellCommand(
        "refresh", callback=run, params=[argument], help="Index what other processes or machines wrote."
    )


def _path(session: Session) -> click.Command:
    def run() -> None:
        from stepwell.records.opening import FILE

        path = session.datastore().local_path(FILE)
        if path is None:
            raise NotFound(f"the index of {session.datastore().url} lives in memory", hint="it has no file")
        session.print([path])

    return StepwellCommand("path", callback=run, help="Print where the index's file is.")


def _show_progress(flow: str, run: str, done: int, total: int) -> None:
    end = "\n" if done == total else ""
    sys.stderr.write(f"\r\x1b[K{done:,} of {total:,}  {flow}/{run}{end}")
    sys.stderr.flush()
