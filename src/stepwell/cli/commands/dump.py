"""`dump`: artifacts as text, or pickled into a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from stepwell.base.errors import NotFound, StepwellError
from stepwell.cli.options import Count, StepwellCommand, json_option
from stepwell.cli.render.usertext import clean_text

if TYPE_CHECKING:
    from stepwell.base.pathspec import Pathspec
    from stepwell.cli.looking import Looker
    from stepwell.cli.session import Session
    from stepwell.documents.refs import ArtifactRef

_HELP = """Show the artifacts of a task, of all tasks of a step, or one of them.

Values are shown by the preview that was made when they were stored; `--load` loads them, which imports and runs what
they need."""


def command(session: Session) -> click.Command:
    """The command."""

    def run(
        *,
        pathspec: str,
        max_value_size: int,
        include: str | None,
        private: bool,
        load: bool,
        file: str | None,
        as_json: bool,
    ) -> None:
        from stepwell.cli.looking import Looker

        spec = session.pathspec(pathspec, least=3)
        looker = Looker(session)
        wanted = _names(include)
        if spec.artifact is not None:
            wanted = {spec.artifact}
        found = {
            f"{row.flow}/{row.run}/{task.step}/{task.task}": _choose(
                looker.artifact_refs(row, task), wanted, private=private
            )
            for row, task in looker.tasks(spec._replace(artifact=None))
        }
        if spec.artifact is not None and not any(found.values()):
            looker.artifact(spec)
        if spec.artifact is None and wanted and not any(found.values()):
            _refuse_unknown(looker, spec, wanted)
        values = Values(session, load=load or file is not None)
        if file is not None:
            _write(values, found, file)
            session.print([f"wrote {file}"])
        elif as_json:
            session.print_json([_document(place, refs) for place, refs in found.items()])
        else:
            for place, refs in found.items():
                _print_task(session, values, place, refs, max_value_size)

    params: list[click.Parameter] = [
        click.Argument(["pathspec"]),
        click.Option(
            ["--max-value-size"],
            type=Count(0),
            default=1000,
            help="Leave out values of more characters; 0 shows names alone. [default: 1000]",
        ),
        click.Option(["--include"], metavar="A,B", help="Only these artifacts."),
        click.Option(["--private/--no-private"], default=False, help="Also names that begin with `_`."),
        click.Option(["--load"], is_flag=True, help="Load values and show them in full."),
        click.Option(["--file"], metavar="FILE", help="Load values and pickle them into FILE, by task and name."),
        json_option(),
    ]
    return StepwellCommand("dump", callback=run, params=params, help=_HELP)


class Values:
    """Artifacts as text.

    Args:
        session: The call.
        load: Load them; otherwise only plain data, which needs no code to be read, is shown in full.
    """

    def __init__(self, session: Session, *, load: bool) -> None:
        self._session = session
        self._load = load

    def text(self, place: str, name: str, ref: ArtifactRef) -> str:
        """The value, or its preview."""
        if self._load or ref.serializer == "json":
            return repr(self.value(place, name, ref))
        return ref.preview

    def value(self, place: str, name: str, ref: ArtifactRef) -> Any:
        """The value itself, loaded; `place` is the pathspec of its task."""
        flow, run, _, _ = place.split("/")
        return self._session.client().load(flow, run, ref, name)


def artifact_text(name: str, ref: ArtifactRef, value: str, most: int) -> str:
    """One artifact as Metaflow prints it: `name [size: N type: <class 'T'>] = value`."""
    head = f"{name} [size: {ref.size} type: <class '{ref.type.removeprefix('builtins.')}'>]"
    if most == 0 or len(value) > most:
        return head
    return f"{head} = {clean_text(value)}"


def _print_task(session: Session, values: Values, place: str, refs: dict[str, ArtifactRef], most: int) -> None:
    style = session.style()
    session.print([style.bold(f"{place}:")])
    for name, ref in refs.items():
        value = values.text(place, name, ref) if most else ""
        session.print([f"  {artifact_text(name, ref, value, most)}"])
    if not refs:
        session.print([style.dim("  no artifacts")])


def _refuse_unknown(looker: Looker, spec: Pathspec, wanted: set[str]) -> None:
    from stepwell.cli.looking import did_you_mean

    known = {name for row, task in looker.tasks(spec) for name in looker.artifact_refs(row, task)}
    names = ", ".join(f"`{name}`" for name in sorted(wanted))
    hints = [hint for name in sorted(wanted) if (hint := did_you_mean(name, known))]
    raise NotFound(
        f"`{spec}` has no artifact {names}", hint=hints[0] if hints else f"`stepwell dump {spec}` lists them"
    )


def _document(place: str, refs: dict[str, ArtifactRef]) -> dict[str, Any]:
    from stepwell.cli.looking import artifact_answer

    return {"pathspec": place, "artifacts": [artifact_answer(place, name, ref, None) for name, ref in refs.items()]}


def _write(values: Values, found: dict[str, dict[str, ArtifactRef]], file: str) -> None:
    import pickle
    from pathlib import Path

    loaded = {
        place: {name: values.value(place, name, ref) for name, ref in refs.items()} for place, refs in found.items()
    }
    try:
        with Path(file).open("wb") as stream:
            pickle.dump(loaded, stream, protocol=5)
    except OSError as error:
        raise StepwellError(f"`{file}` cannot be written: {error.strerror}", hint="choose another file") from error


def _names(include: str | None) -> set[str] | None:
    return {name.strip() for name in include.split(",") if name.strip()} if include is not None else None


def _choose(refs: dict[str, ArtifactRef], wanted: set[str] | None, *, private: bool) -> dict[str, ArtifactRef]:
    if wanted is not None:
        return {name: ref for name, ref in refs.items() if name in wanted}
    return {name: ref for name, ref in refs.items() if private or not name.startswith("_")}
