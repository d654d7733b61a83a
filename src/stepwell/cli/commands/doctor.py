"""`doctor`: what is installed, configured and writable, what is broken, and how to mend it."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from stepwell.base.errors import StepwellError
from stepwell.base.formats import format_size, plural
from stepwell.base.version import __version__
from stepwell.cli.errors import FAILURE, SUCCESS
from stepwell.cli.options import StepwellCommand, json_option

if TYPE_CHECKING:
    from collections.abc import Iterator

    import click

    from stepwell.cli.session import Session
    from stepwell.store.datastore import Datastore

LITTLE_SPACE = 2**30
LITTLE_MEMORY = 2**30
OPTIONAL = ("numpy", "pandas", "sklearn", "torch", "polars", "pyarrow")


class Finding(Struct, frozen=True, kw_only=True):
    """One thing that was looked at.

    Attributes:
        state: `ok`, `note` (worth knowing) or `broken`.
        cure: What to do about it.
    """

    subject: str
    state: Literal["ok", "note", "broken"]
    text: str
    cure: str = ""


def command(session: Session) -> click.Command:
    """The command."""

    def run(*, as_json: bool) -> int:
        findings = list(examine(session))
        broken = any(finding.state == "broken" for finding in findings)
        if as_json:
            session.print_json({"ok": not broken, "findings": findings})
        else:
            session.print(finding_lines(findings, session))
        return FAILURE if broken else SUCCESS

    return StepwellCommand(
        "doctor",
        callback=run,
        params=[json_option()],
        help="Check the installation, the settings, the datastore and the machine. Exit code 1: something is broken.",
    )


def examine(session: Session) -> Iterator[Finding]:
    """Look at everything, one thing after the other; a broken one does not hide the next."""
    yield Finding(subject="stepwell", state="ok", text=f"{__version__} in {Path(__file__).parents[2]}")
    yield Finding(
        subject="python", state="ok", text=f"{platform.python_version()} at {sys.executable}, {platform.platform()}"
    )
    yield from _machine()
    yield _isolation()
    yield _libraries()
    try:
        settings = session.settings
    except StepwellError as error:
        yield _broken("settings", error)
        return
    given: dict[str, list[str]] = {}
    for value in settings.explain():
        if value.source != "default":
            given.setdefault(value.place, []).append(value.name)
    text = "; ".join(f"{', '.join(names)} from {place}" for place, names in given.items()) or "all are defaults"
    yield Finding(subject="settings", state="ok", text=text)
    yield from _datastore(session)


def finding_lines(findings: list[Finding], session: Session) -> list[str]:
    """The findings as text."""
    style = session.style()
    marks = {
        "ok": style.green(style.marks.done),
        "note": style.yellow("!"),
        "broken": style.red(style.marks.failed),
    }
    width = max(len(finding.subject) for finding in findings)
    lines = []
    for finding in findings:
        lines.append(f"{marks[finding.state]} {style.bold(finding.subject.ljust(width))}  {finding.text}")
        if finding.cure:
            lines.append(f"  {' ' * width}  {style.cyan('hint')}: {finding.cure}")
    broken = sum(finding.state == "broken" for finding in findings)
    return [*lines, "", f"{plural(broken, 'thing')} broken" if broken else "nothing is broken"]


def _machine() -> Iterator[Finding]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = _memory()
    free = "an unknown amount of memory" if memory is None else f"{format_size(memory)} of memory"
    low = memory is not None and memory < LITTLE_MEMORY
    yield Finding(
        subject="machine",
        state="note" if low else "ok",
        text=f"{plural(cores, 'core')}, {free} available",
        cure="tasks wait until memory is free; close other programs" if low else "",
    )


def _memory() -> int | None:
    """Bytes of memory that programs can have now."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            for line in file:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        return None
    return None


def _isolation() -> Finding:
    if hasattr(os, "fork"):
        return Finding(subject="isolation", state="ok", text="tasks can be forked, a few milliseconds each")
    return Finding(subject="isolation", state="note", text="this system cannot fork: each task starts an interpreter")


def _libraries() -> Finding:
    from importlib.util import find_spec

    found = [name for name in OPTIONAL if find_spec(name) is not None]
    return Finding(
        subject="libraries", state="ok", text=", ".join(found) if found else "none of " + ", ".join(OPTIONAL)
    )


def _datastore(session: Session) -> Iterator[Finding]:
    from stepwell.store.datastore import discover_datastore, open_datastore

    place = session.settings.datastore or discover_datastore()
    try:
        datastore = open_datastore(place, create=False)
    except StepwellError:
        yield from _new_datastore(place)
        return
    try:
        datastore.store.check_writable()
        flows = datastore.flows()
        runs = sum(len(datastore.runs(flow)) for flow in flows)
        text = f"{datastore.url}, writable, {plural(runs, 'run')} of {plural(len(flows), 'flow')}"
        yield Finding(subject="datastore", state="ok", text=text)
    except StepwellError as error:
        yield _broken("datastore", error)
    yield from _space(datastore.local_path("flows"))
    yield _records(datastore)


def _new_datastore(place: str) -> Iterator[Finding]:
    if "://" in place:
        yield Finding(subject="datastore", state="broken", text=f"{place} cannot be opened", cure="check `--datastore`")
        return
    above = place
    while above and not os.path.isdir(above):
        above = os.path.dirname(above)
    if os.access(above or ".", os.W_OK):
        yield Finding(subject="datastore", state="ok", text=f"{place}, made by the first run")
        yield from _space(above)
    else:
        yield Finding(
            subject="datastore",
            state="broken",
            text=f"{place} cannot be made: `{above}` cannot be written to",
            cure="name another place with `--datastore` or `STEPWELL_DATASTORE`",
        )


def _space(path: str | None) -> Iterator[Finding]:
    while path and not os.path.exists(path):
        path = os.path.dirname(path)
    if not path:
        return
    import shutil

    free = shutil.disk_usage(path).free
    low = free < LITTLE_SPACE
    yield Finding(
        subject="disk",
        state="note" if low else "ok",
        text=f"{format_size(free)} free",
        cure="free some space before large runs" if low else "",
    )


def _records(datastore: Datastore) -> Finding:
    from stepwell.records.opening import FILE, open_records

    notices: list[str] = []
    path = datastore.local_path(FILE)
    try:
        records = open_records(datastore, create=False, notice=notices.append)
        flows = records.flows()
        records.close()
    except StepwellError as error:
        return _broken("records", error)
    if notices:
        return Finding(
            subject="records", state="note", text="; ".join(notices), cure="`stepwell records rebuild` makes it anew"
        )
    size = f"{format_size(os.path.getsize(path))} at {path}" if path and os.path.exists(path) else "in memory"
    return Finding(subject="records", state="ok", text=f"{size}, {plural(len(flows), 'flow')}")


def _broken(subject: str, error: StepwellError) -> Finding:
    return Finding(subject=subject, state="broken", text=error.message, cure=error.hint)
