"""Options that every command takes, before or after its name, and the command class that adds them."""

from __future__ import annotations

from typing import Any

import click

from stepwell.base.errors import UsageError
from stepwell.cli.session import Session

EXIT_CODES = (
    "Exit codes: 0 success · 1 a run, step or check failed · 2 wrong usage · "
    "3 datastore trouble · 130 cancelled with Ctrl-C · 143 cancelled by SIGTERM"
)


class Count(click.ParamType[int]):
    """A whole number from a least one on; help shows it as `N`."""

    name = "n"

    def __init__(self, least: int) -> None:
        self._least = least

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number that was typed."""
        try:
            number = int(value)
        except ValueError:
            number = self._least - 1
        if number < self._least:
            self.fail(f"`{value}` is not a whole number of at least {self._least}", param, ctx)
        return number


class StepwellCommand(click.Command):
    """A command that also takes the common options.

    Args:
        show_common: List the common options in the command's help.
        sections: Titles of further help sections, each with the names of the parameters that stand there.
    """

    def __init__(
        self, *args: Any, show_common: bool = False, sections: dict[str, set[str]] | None = None, **settings: Any
    ) -> None:
        super().__init__(*args, **settings)
        self.sections = dict(sections or {})
        taken = {text for parameter in self.params for text in (*parameter.opts, *parameter.secondary_opts)}
        common = [option for option in common_options() if not taken & {*option.opts, *option.secondary_opts}]
        if show_common:
            self.sections["Common options"] = {str(option.name) for option in common if not option.hidden}
        for option in common:
            option.hidden = option.hidden or not show_common
        self.params.extend(common)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; those that a `Runner` gave as values come after them."""
        session = ctx.find_object(Session)
        if session is not None and session.runner_call is not None:
            given = session.runner_call.arguments(self)
            args = [*args, *given]
            session.command_line = (*session.command_line, *given)
        return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options under their titles."""
        elsewhere = {name for names in self.sections.values() for name in names}
        groups: dict[str, list[tuple[str, str]]] = {title: [] for title in self.sections}
        groups = {**{t: r for t, r in groups.items() if t != "Common options"}, "Options": [], "Common options": []}
        for parameter in self.get_params(ctx):
            # Arguments stand in the line of usage and in the text below it.
            row = parameter.get_help_record(ctx) if isinstance(parameter, click.Option) else None
            if row is None:
                continue
            title = "Options"
            if parameter.name in elsewhere:
                title = next(title for title, names in self.sections.items() if parameter.name in names)
            groups[title].append(row)
        for title, rows in groups.items():
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)


def common_options() -> list[click.Option]:
    """The options themselves, new objects on each call."""
    return [
        click.Option(
            ["--datastore"],
            metavar="PLACE",
            help="Folder or URL of the datastore. [default: the nearest `.stepwell`]",
            **_stored("datastore"),
        ),
        click.Option(["--datastore-root"], metavar="PLACE", hidden=True, **_stored("datastore")),
        click.Option(
            ["--with", "with_decorators"],
            metavar="DECORATOR",
            multiple=True,
            help="Put a decorator on every step, such as `retry:times=2`. Repeatable.",
            expose_value=False,
            callback=_add_decorators,
        ),
        click.Option(
            ["--namespace"],
            metavar="NAME",
            help="Namespace of a new run; `ls` lists only runs in it. [default: user:NAME]",
            **_stored("namespace"),
        ),
        click.Option(
            ["--quiet/--not-quiet"],
            default=None,
            help="Show what tasks print, failures and the result.",
            **_stored("quiet"),
        ),
        click.Option(
            ["--color"],
            type=click.Choice(["auto", "always", "never"]),
            help="Colours; NO_COLOR is respected.",
            **_stored("color"),
        ),
        click.Option(["--metadata"], metavar="KIND", hidden=True, expose_value=False, callback=_only_local),
        click.Option(["--environment"], metavar="KIND", hidden=True, expose_value=False, callback=_only_local),
        click.Option(["--package-suffixes"], metavar="LIST", hidden=True, **_stored("code_suffixes")),
        click.Option(["--pylint/--no-pylint"], default=None, hidden=True, expose_value=False),
        click.Option(["--event-logger"], metavar="NAME", hidden=True, expose_value=False),
        click.Option(["--monitor"], metavar="NAME", hidden=True, expose_value=False),
    ]


def session_of(ctx: click.Context) -> Session:
    """The session of a call."""
    session = ctx.find_object(Session)
    assert session is not None
    return session


def version_option() -> click.Option:
    """`--version`, for the groups."""

    def show(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:  # noqa: ARG001
        if value and not ctx.resilient_parsing:
            from stepwell.base.version import __version__

            session_of(ctx).print([f"stepwell {__version__}"])
            ctx.exit()

    return click.Option(
        ["--version"], is_flag=True, is_eager=True, expose_value=False, callback=show, help="Show the version and exit."
    )


def json_option() -> click.Option:
    """`--json`, for commands that print something to read."""
    return click.Option(["--json", "as_json"], is_flag=True, help="Print JSON.")


def _stored(name: str) -> dict[str, Any]:
    def store(ctx: click.Context, parameter: click.Parameter, value: Any) -> None:  # noqa: ARG001
        if value is None or ctx.resilient_parsing:
            return
        # `local` is what files written for Metaflow call the default.
        if name == "datastore" and value == "local":
            return
        session_of(ctx).flags[name] = value

    return {"expose_value": False, "callback": store}


def _add_decorators(ctx: click.Context, parameter: click.Parameter, value: tuple[str, ...]) -> None:  # noqa: ARG001
    if value and not ctx.resilient_parsing:
        session_of(ctx).decorators.extend(value)


def _only_local(ctx: click.Context, parameter: click.Parameter, value: str | None) -> None:
    if value is not None and value != "local" and not ctx.resilient_parsing:
        raise UsageError(f"`--{parameter.name} {value}` is not there", hint=f"`--{parameter.name} local` is")
