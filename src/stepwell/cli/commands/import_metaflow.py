"""`stepwell import-metaflow DIR`: the runs of Metaflow's local datastore as runs of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from stepwell.base.errors import UsageError
from stepwell.base.formats import plural
from stepwell.cli.options import StepwellCommand, json_option

if TYPE_CHECKING:
    from stepwell.cli.session import Session
    from stepwell.compat.metaflow_import import ImportedRun

_HELP = """Bring the runs of a local datastore of Metaflow's into Stepwell.

DIR is the folder `.metaflow`, or the one that it stands in. Artifacts, tags, times, parameters and output come along;
nothing there is changed, and no code of the flows is run. Called again, it adds what has come since.
"""


def command(session: Session) -> click.Command:
    """The command."""

    def run(*, folder: str, flows: tuple[str, ...], as_json: bool) -> None:
        imported = _import(session, folder, flows, show=not as_json)
        if as_json:
            session.print_json([result._asdict() for result in imported])
            return
        new = sum(result.is_new for result in imported)
        session.print([f"{plural(new, 'run')} imported, {len(imported) - new} here already"])

    params: list[click.Parameter] = [
        click.Argument(["folder"], metavar="DIR"),
        click.Option(["--flow", "flows"], metavar="FLOW", multiple=True, help="Only this flow. Repeatable."),
        json_option(),
    ]
    return StepwellCommand("import-metaflow", callback=run, params=params, help=_HELP, show_common=True)


def _import(session: Session, folder: str, flows: tuple[str, ...], *, show: bool) -> list[ImportedRun]:
    from stepwell.compat.metaflow_files import MetaflowFiles
    from stepwell.compat.metaflow_import import import_flow
    from stepwell.records.opening import open_records
    from stepwell.store.datastore import open_datastore

    files = MetaflowFiles(folder)
    there = files.flows()
    for flow in flows:
        if flow not in there:
            raise UsageError(
                f"there is no flow `{flow}` in `{files.root}`", hint=f"there are: {', '.join(f'`{f}`' for f in there)}"
            )

    def tell(result: ImportedRun) -> None:
        if show and (result.is_new or result.tasks):
            session.print([f"{result.origin} is {result.run}: {result.status}, {plural(result.tasks, 'attempt')}"])

    datastore = open_datastore(session.settings.datastore, create=True)
    records = open_records(datastore)
    try:
        return [result for flow in flows or there for result in import_flow(files, flow, datastore, records, tell)]
    finally:
        records.close()
