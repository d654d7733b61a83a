"""`tag add | remove | replace | list`: the tags of runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from stepwell.base.errors import UsageError
from stepwell.cli.options import StepwellCommand, json_option
from stepwell.cli.render.tables import table_lines
from stepwell.cli.render.usertext import clean_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stepwell.base.pathspec import Pathspec
    from stepwell.cli.answers import RunAnswer
    from stepwell.cli.session import Session


def command(session: Session) -> click.Command:
    """The group of tag commands."""
    group = click.Group("tag", help="List and change tags of runs. Only user tags can be changed.")
    for made in (_add(session), _remove(session), _replace(session), _list(session)):
        group.add_command(made)
    return group


def _add(session: Session) -> click.Command:
    def run(*, words: tuple[str, ...], run_id: str | None) -> None:
        spec, tags = _run_and_tags(session, words, run_id)
        _change(session, spec, add=tags)

    return StepwellCommand("add", callback=run, params=_words(session), help="Add tags to a run.")


def _remove(session: Session) -> click.Command:
    def run(*, words: tuple[str, ...], run_id: str | None) -> None:
        spec, tags = _run_and_tags(session, words, run_id)
        _change(session, spec, remove=tags)

    return StepwellCommand("remove", callback=run, params=_words(session), help="Remove tags from a run.")


def _replace(session: Session) -> click.Command:
    def run(*, words: tuple[str, ...], run_id: str | None, add: tuple[str, ...], remove: tuple[str, ...]) -> None:
        spec, left = _run_and_tags(session, words, run_id, at_least_one=False)
        if left or not (add or remove):
            raise UsageError(
                "`tag replace` takes `--remove TAG` and `--add TAG`", hint="both may be given several times"
            )
        _change(session, spec, add=add, remove=remove)

    params = [
        *_words(session),
        click.Option(["--add"], metavar="TAG", multiple=True, help="Add this tag. Repeatable."),
        click.Option(["--remove"], metavar="TAG", multiple=True, help="Remove this tag, first. Repeatable."),
    ]
    return StepwellCommand("replace", callback=run, params=params, help="Remove and add tags in one go.")


def _list(session: Session) -> click.Command:
    def run(
        *, run: str | None, run_id: str | None, my_runs: bool, hide_system_tags: bool, group_by_tag: bool,
        flat: bool, as_json: bool, **_ignored: Any,
    ) -> None:  # fmt: skip
        from stepwell.cli.looking import Looker

        spec = session.pathspec(run or run_id or "", least=1, most=2)
        looker = Looker(session)
        if spec.run is not None:
            runs = [looker.run(spec.flow, spec.run).run]
        else:
            user = session.settings.user if my_runs else None
            runs = looker.runs(spec.flow, status=None, tags=(), user=user, limit=1000)
        _print_tags(session, runs, system=not hide_system_tags, by_tag=group_by_tag, flat=flat, as_json=as_json)

    flow_given = session.flow_class is not None
    params: list[click.Parameter] = [
        click.Argument(["run"], required=False, metavar="[RUN]" if flow_given else "FLOW[/RUN]"),
        click.Option(["--run-id"], metavar="RUN", hidden=not flow_given, help="Only this run."),
        click.Option(["--all"], is_flag=True, help="All runs. [default]"),
        click.Option(["--my-runs"], is_flag=True, help="Only my own runs."),
        click.Option(["--hide-system-tags"], is_flag=True, help="Leave out system tags."),
        click.Option(["--group-by-tag"], is_flag=True, help="Each tag with its runs."),
        click.Option(["--group-by-run"], is_flag=True, help="Each run with its tags. [default]"),
        click.Option(["--flat"], is_flag=True, hidden=True),
        json_option(),
    ]
    return StepwellCommand("list", callback=run, params=params, help="List the tags of runs.")


def _words(session: Session) -> list[click.Parameter]:
    if session.flow_class is not None:
        run_help = "The run. [default: the first argument, when `--run-id` is left out]"
        return [
            click.Argument(["words"], nargs=-1, metavar="TAG..."),
            click.Option(["--run-id"], metavar="RUN", help=run_help),
        ]
    return [
        click.Argument(["words"], nargs=-1, metavar="FLOW/RUN TAG..."),
        click.Option(["--run-id"], metavar="FLOW/RUN", hidden=True),
    ]


def _run_and_tags(
    session: Session, words: Sequence[str], run_id: str | None, *, at_least_one: bool = True
) -> tuple[Pathspec, tuple[str, ...]]:
    if run_id is None:
        if not words:
            shape = "--run-id RUN TAG..." if session.flow_class is not None else "FLOW/RUN TAG..."
            raise UsageError("the run is missing", hint=f"such as `{session.program} tag add {shape}`")
        run_id, *words = words
    if at_least_one and not words:
        raise UsageError("there is no tag to add or remove", hint="name one or more tags after the run")
    return session.pathspec(run_id, least=2, most=2), tuple(words)


def _change(session: Session, spec: Pathspec, *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> None:
    from stepwell.cli.looking import Looker
    from stepwell.client.tags import change_tags

    looker = Looker(session)
    row = looker.run_row(spec.flow, spec.run or "")
    change_tags(session.client(), row.flow, row.run, add=add, remove=remove)
    tags, _ = session.client().records.tags(row.flow, row.run)
    session.print([f"{spec}: {clean_line(' '.join(sorted(tags))) or 'no tags'}"])


def _print_tags(
    session: Session, runs: Sequence[RunAnswer], *, system: bool, by_tag: bool, flat: bool, as_json: bool
) -> None:
    tags = {run.pathspec: [*run.tags, *(run.system_tags if system else [])] for run in runs}
    grouped: dict[str, list[str]] = {}
    for place, names in tags.items():
        for name in names:
            grouped.setdefault(name, []).append(place)
    if as_json:
        if by_tag:
            session.print_json(grouped)
            return
        session.print_json(
            [
                {"pathspec": run.pathspec, "tags": run.tags, "system_tags": run.system_tags if system else []}
                for run in runs
            ]
        )
    elif flat:
        session.print(clean_line(name) for name in sorted(grouped))
    elif by_tag:
        by_name = [(clean_line(name), " ".join(places)) for name, places in sorted(grouped.items())]
        session.print(table_lines(("tag", "runs"), by_name, width=session.width(), style=session.style()))
    else:
        columns = {"run": list(tags), "tags": [clean_line(" ".join(run.tags)) for run in runs]}
        if system:
            columns["system tags"] = [clean_line(" ".join(run.system_tags)) for run in runs]
        rows = list(zip(*columns.values(), strict=True))
        session.print(table_lines(tuple(columns), rows, width=session.width(), style=session.style()))
