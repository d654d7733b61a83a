"""`config`: every setting with its value and where that came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepwell.cli.options import StepwellCommand, json_option
from stepwell.cli.render.tables import table_lines

if TYPE_CHECKING:
    import click

    from stepwell.cli.session import Session

_HELP = """Show every setting and where it came from.

A flag wins over the environment (`STEPWELL_<NAME>`), that over the project (`[tool.stepwell]` in pyproject.toml),
that over the user's file (~/.config/stepwell/config.toml), that over the default."""


def command(session: Session) -> click.Command:
    """The command."""

    def run(*, as_json: bool) -> None:
        values = session.settings.explain()
        if as_json:
            session.print_json(values)
            return
        style = session.style()
        rows = [(value.name, _shown(value.value), _origin(value.source, value.place)) for value in values]
        session.print(
            table_lines(
                ("setting", "value", "from"),
                [(name, text if len(text) <= 40 else text[:39] + "…", origin) for name, text, origin in rows],
                style=style,
                paint=lambda title, text: style.dim(text) if title == "from" and text == "default" else text,
            )
        )

    return StepwellCommand("config", callback=run, params=[json_option()], help=_HELP, show_common=True)


def _shown(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, tuple):
        return " ".join(value) or "-"
    return str(value)


def _origin(source: str, place: str) -> str:
    if not place:
        return source
    return place if source == "flag" else f"{source}: {place}"
