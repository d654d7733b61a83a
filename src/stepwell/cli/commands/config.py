"""`config`: every setting with its value and where that came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepwell.cli.options import StepwellCommand, json_option
from stepwell.cli.render.tables import table_lines

if TYPE_CHECKING:
    import click

    from stepwell.base.settings import SettingValue
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
        rows = [(value.name, _shown(session, value), _origin(value.source, value.place)) for value in values]
        session.print(
            table_lines(
                ("setting", "value", "from"),
                [(name, text if len(text) <= 40 else text[:39] + "…", origin) for name, text, origin in rows],
                style=style,
                paint=lambda title, text: style.dim(text) if title == "from" and text == "default" else text,
            )
        )

    return StepwellCommand("config", callback=run, params=[json_option()], help=_HELP, show_common=True)


def _shown(session: Session, setting: SettingValue) -> str:
    """A value as text; for one that is left open, what it comes to."""
    value: Any = setting.value
    if value is None:
        return _left_open(session, setting.name)
    if isinstance(value, tuple):
        return " ".join(value) or "-"
    return str(value)


def _left_open(session: Session, name: str) -> str:
    if name == "namespace":
        return f"user:{session.settings.user}"
    if name == "max_workers":
        return "what fits the machine"
    if name == "datastore":
        from stepwell.store.opening import discover_datastore

        return discover_datastore()
    return "-"


def _origin(source: str, place: str) -> str:
    if not place:
        return source
    return place if source == "flag" else f"{source}: {place}"
