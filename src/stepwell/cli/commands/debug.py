"""`debug`: a recorded task in a debugger, or as a script: its inputs, its parameters, and the code that it ran."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from stepwell.base.errors import UsageError
from stepwell.cli.errors import FAILURE, SUCCESS
from stepwell.cli.options import StepwellCommand

if TYPE_CHECKING:
    from collections.abc import Callable

    from stepwell.cli.session import Session
    from stepwell.engine.staging import PastTask

_HELP = """Run a recorded task again in the debugger pdb, stopped at the first line of the step.

The code that the task ran is written to a folder of its own, where you can edit it, and that is the working directory.
Nothing is recorded. With --script, a script is written instead that does the same whenever it is run.

PATHSPEC is {shape}."""

_SCRIPT = '''"""Run the task `{pathspec}` again, with its inputs, its parameters and its random numbers.

Written by `stepwell debug`. Run it with `python {name}`, or in a debugger with `python -m pdb {name}`. The code is in
`{folder}`; edit it there, put `breakpoint()` where you like. Nothing that the step does is recorded.
"""

import os

from stepwell.testing import replay

HERE = os.path.dirname(os.path.abspath(__file__))

outcome = replay(
    {pathspec!r},
    datastore={datastore!r},
    code=os.path.join(HERE, {folder!r}),
    artifacts={{}},  # values that take the place of input artifacts, by name
)
print(outcome)
'''


def command(session: Session) -> click.Command:
    """The command."""
    within = session.flow_class is not None

    def run(*, pathspec: str, script: str | None, folder: str | None) -> int:
        from stepwell.testing.replaying import past_task

        spec = session.pathspec(pathspec, least=3, most=4)
        past = past_task(str(spec), session.datastore().url)
        if script is not None:
            _write_script(session, past, script)
            return SUCCESS
        return _debug(past, folder)

    return StepwellCommand(
        "debug",
        callback=run,
        params=[
            click.Argument(["pathspec"], metavar="PATHSPEC"),
            click.Option(
                ["--script"], metavar="FILE", help="Write a script that runs the task, instead of running it."
            ),
            click.Option(["--folder"], metavar="FOLDER", help="Where to put the code. [default: a temporary folder]"),
        ],
        help=_HELP.format(shape="RUN/STEP[/TASK]" if within else "FLOW/RUN/STEP[/TASK]"),
    )


def _write_script(session: Session, past: PastTask, script: str) -> None:
    path = os.path.abspath(script)
    folder = f"{os.path.basename(path).removesuffix('.py')}_code"
    if os.path.exists(path):
        raise UsageError(f"`{script}` exists already", hint="give the name of a new file")
    _extract(past, os.path.join(os.path.dirname(path), folder))
    text = _SCRIPT.format(
        pathspec=past.pathspec, datastore=past.datastore.url, folder=folder, name=os.path.basename(path)
    )
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    session.print([f"wrote {script}, and the code of {past.header.flow}/{past.header.run} to {folder}"])


def _extract(past: PastTask, folder: str) -> None:
    from stepwell.store.snapshot import Snapshot

    Snapshot.open(past.datastore, past.header.code.digest).extract(folder)


def _debug(past: PastTask, folder: str | None) -> int:
    import tempfile

    from stepwell.testing.replaying import replay

    place = os.path.abspath(folder) if folder is not None else tempfile.mkdtemp(prefix="stepwell-debug-")
    _extract(past, place)
    os.chdir(place)
    error = past.result.error
    failed = (
        f"; it failed with {error.type or error.kind}: {error.message.splitlines()[0]}" if error is not None else ""
    )
    sys.stderr.write(f"{past.pathspec}{failed}\nthe code is in {place}; `n` next line, `c` continue, `q` quit\n")
    outcome = replay(past.pathspec, datastore=past.datastore.url, code=place, check=False, around=_in_debugger())
    if isinstance(outcome.exception, _Quit):
        return SUCCESS
    sys.stderr.write(f"{outcome!r}\n")
    return SUCCESS if outcome.succeeded else FAILURE


class _Quit(BaseException):
    """The user left the debugger."""


def _in_debugger() -> Callable[[Callable[..., None], tuple[Any, ...]], None]:
    import pdb  # noqa: T100 - this command is the debugger's

    from stepwell.base.user_traceback import format_user_traceback, user_part

    class Debugger(pdb.Pdb):
        left = False

        def set_quit(self) -> None:
            self.left = True
            super().set_quit()

    def around(function: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        debugger = Debugger()
        try:
            debugger.runcall(function, *arguments)
        except Exception as error:
            error.__traceback__ = user_part(error.__traceback__)
            sys.stderr.write(format_user_traceback(error))
            sys.stderr.write("the step failed here; look around, `u` up, `d` down, `q` quit\n")
            debugger = Debugger()
            debugger.reset()
            debugger.interaction(None, error.__traceback__)
            raise
        if debugger.left:
            raise _Quit

    return around
