"""`stepwell run|resume|check FILE[:Flow] ...`: the flow's own commands, for a file that is named."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from stepwell.base.errors import UsageError
from stepwell.cli.options import common_options

if TYPE_CHECKING:
    from collections.abc import Callable

    from stepwell.cli.session import Session

CommandMaker = "Callable[[Session], click.Command]"


def run_command(session: Session) -> click.Command:
    """`stepwell run`."""
    return FileCommand(session, "run", "Run the flow in FILE. Its parameters are options: `stepwell run FILE --help`.")


def resume_command(session: Session) -> click.Command:
    """`stepwell resume`."""
    return FileCommand(session, "resume", "Go on from an earlier run of the flow in FILE, reusing its finished tasks.")


def spin_command(session: Session) -> click.Command:
    """`stepwell spin`."""
    return FileCommand(session, "spin", "Run one step of the flow in FILE with the inputs of a past task.")


def check_command(session: Session) -> click.Command:
    """`stepwell check`."""
    return FileCommand(session, "check", "Look for faults of the flow in FILE without running it.")


class FileCommand(click.Command):
    """Finds the file among its arguments, loads the flow, and hands everything else to the flow's own command.

    Args:
        session: The call.
        name: The name of the command, here and in `python flow.py`.
        help_text: What it does.
    """

    def __init__(self, session: Session, name: str, help_text: str) -> None:
        super().__init__(name, help=help_text, params=[], add_help_option=False)
        self.session = session

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """What stands in the line of usage."""
        return ["FILE[:Flow]", "[OPTIONS]"]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep the arguments as they are; they are the flow's command's business."""
        ctx.args = list(args)
        return ctx.args

    def invoke(self, ctx: click.Context) -> Any:
        """Load the flow and call its command."""
        arguments = list(ctx.args)
        position = find_file(arguments)
        if position is None:
            if not arguments or {"--help", "-h"} & set(arguments):
                click.echo(self.get_help(ctx))
                return 0 if arguments else 2
            raise UsageError(f"`stepwell {self.name}` needs a file", hint=f"such as `stepwell {self.name} flow.py`")
        typed = arguments.pop(position)
        self._open(typed)
        arguments = self.session.configs.take(arguments, self.session.declared_flow)
        target = self._target()(self.session)
        with target.make_context(f"{self.name} {typed}", arguments, parent=ctx.parent) as inner:
            return target.invoke(inner)

    def _open(self, typed: str) -> None:
        from stepwell.flow.loading import load_flow

        file, name = split_target(typed)
        self.session.flow_class = load_flow(file, name)
        self.session.flow_file = os.path.abspath(file)
        self.session.resume_command = f"stepwell resume {typed}"

    def _target(self) -> Callable[[Session], click.Command]:
        if self.name == "run":
            from stepwell.cli.commands.run import command
        elif self.name == "resume":
            from stepwell.cli.commands.resume import command
        elif self.name == "spin":
            from stepwell.cli.commands.spin import command
        else:
            from stepwell.cli.commands.check import command
        return command


def split_target(typed: str) -> tuple[str, str | None]:
    """`train.py:TrainFlow` as file and class; the class is None when it is not named."""
    file, colon, name = typed.rpartition(":")
    if colon and name.isidentifier() and not os.path.exists(typed):
        return file, name
    return typed, None


def find_file(arguments: list[str]) -> int | None:
    """The position of the file among arguments: the first that looks like one, else the first that is no option's."""
    candidates = [index for index, argument in enumerate(arguments) if not argument.startswith("-")]
    for index in candidates:
        file, _ = split_target(arguments[index])
        if file.endswith(".py"):
            return index
    takes_value = {text for option in common_options() if not option.is_flag for text in option.opts}
    for index in candidates:
        if index == 0 or arguments[index - 1] not in takes_value:
            return index
    return None
