"""A group of commands that imports a command when it is called, and takes options before or after its name."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from stepwell.base.errors import UsageError
from stepwell.base.plugins import nearest
from stepwell.cli.options import EXIT_CODES, common_options, session_of, version_option
from stepwell.flow.attach import attached_to_flow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stepwell.cli.session import Session


class Entry(NamedTuple):
    """A command that is known but not imported.

    It has a section of the help, one line of help, and `module:function` within `stepwell.cli.commands`. The function
    takes the `Session` and returns a `click.Command`.
    """

    section: str
    help: str
    target: str


class LazyGroup(click.Group):
    """The commands of a table.

    Args:
        entries: Name to entry, in the order of the help.
        default: The command that is meant when none is named; None shows the help.
    """

    def __init__(self, *args: Any, entries: dict[str, Entry], default: str | None = None, **settings: Any) -> None:
        super().__init__(*args, params=[*common_options(), version_option()], epilog=EXIT_CODES, **settings)
        self.entries = entries
        self.default = default
        self.no_args_is_help = default is None

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The names, in the order of the help."""
        return list(self.entries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, imported now."""
        entry = self.entries.get(cmd_name)
        if entry is None:
            return None
        module, _, function = entry.target.partition(":")
        command = getattr(importlib.import_module(f"stepwell.cli.commands.{module}"), function)(session_of(ctx))
        assert isinstance(command, click.Command)
        _add_flow_options(command, session_of(ctx))
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Find the command among the arguments, and move options before it that belong to it behind it."""
        if not ctx.resilient_parsing:
            args = self._ordered(args)
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the first argument names.

        Raises:
            UsageError: There is no such command.
        """
        if args and args[0] not in self.entries and not ctx.resilient_parsing:
            close = nearest(args[0], self.entries)
            hint = "did you mean " + " or ".join(f"`{name}`" for name in close) + "?" if close else ""
            raise UsageError(
                f"there is no command `{args[0]}`", hint=hint or f"`{ctx.command_path} --help` lists the commands"
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the commands in sections, from the table alone."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for name, entry in self.entries.items():
            sections.setdefault(entry.section, []).append((name, entry.help))
        width = max(len(name) for name in self.entries)
        for section, rows in sections.items():
            with formatter.section(section):
                formatter.write_dl([(name.ljust(width), text) for name, text in rows])

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands first, then the options that all of them take."""
        self.format_commands(ctx, formatter)
        rows = [row for parameter in self.get_params(ctx) if (row := parameter.get_help_record(ctx)) is not None]
        with formatter.section("Options of every command"):
            formatter.write_dl(rows)

    def _ordered(self, args: Sequence[str]) -> list[str]:
        known = self._arities()
        kept: list[str] = []
        moved: list[str] = []
        index = 0
        while index < len(args):
            argument = args[index]
            if argument in self.entries or argument == "--" or not argument.startswith("-"):
                return [*kept, *args[index : index + 1], *moved, *args[index + 1 :]]
            name, has_value, _ = argument.partition("=")
            arity = known.get(name)
            target = moved if arity is None else kept
            target.append(argument)
            index += 1
            takes_next = arity == 1 or (arity is None and self._is_value(args, index))
            if takes_next and not has_value and index < len(args):
                target.append(args[index])
                index += 1
        asks_for_help = any(argument in ("--help", "-h") for argument in kept)
        if self.default is None or asks_for_help:
            return [*kept, *moved]
        return [*kept, self.default, *moved]

    def _is_value(self, args: Sequence[str], index: int) -> bool:
        """True when an argument after an unknown option is rather its value than the command."""
        return index < len(args) and not args[index].startswith("-") and args[index] not in self.entries

    def _arities(self) -> dict[str, int]:
        arities = {"--help": 0, "-h": 0, "--version": 0}
        for parameter in self.params:
            if isinstance(parameter, click.Option):
                takes = 0 if parameter.is_flag else 1
                arities.update(dict.fromkeys((*parameter.opts, *parameter.secondary_opts), takes))
        return arities


def _add_flow_options(command: click.Command, session: Session) -> None:
    """Give a command the options of the flow's own decorators, such as `--branch` of `@project`."""
    if session.flow_class is None or not attached_to_flow(session.flow_class):
        return
    from stepwell.decorators.flow_dispatch import command_line_options

    def store(ctx: click.Context, parameter: click.Parameter, value: object) -> None:
        if value not in (None, False) and not ctx.resilient_parsing:
            session.flow_options[str(parameter.name)] = value

    for option in command_line_options(session.flow_class):
        if all(parameter.name != option.name for parameter in command.params):
            command.params.append(
                click.Option(
                    [f"--{option.name}"],
                    is_flag=option.kind == "flag",
                    metavar=None if option.kind == "flag" else option.metavar,
                    help=option.help,
                    expose_value=False,
                    callback=store,
                    hidden=command.name not in ("run", "resume"),
                )
            )
