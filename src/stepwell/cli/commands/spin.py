"""`spin`: run one step with the inputs of a past task, beside the real runs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from stepwell.cli.errors import FAILURE, SUCCESS
from stepwell.cli.options import StepwellCommand, json_option

if TYPE_CHECKING:
    from stepwell.cli.session import Session
    from stepwell.engine.spin import Spun

_HELP = """Run one step as it is now, with the inputs of a past task. Other runs never see it.

PATHSPEC is a step (of the latest run), RUN/STEP, or RUN/STEP/TASK. The step runs in this process, so that
`breakpoint()` works. Results are in `.stepwell_spin`: from Python, `inspect_spin()` and then the client as usual."""


def command(session: Session) -> click.Command:
    """The command."""

    def run(
        *,
        pathspec: str,
        artifacts_module: str | None,
        skip_decorators: bool,
        persist: bool,
        run_id_file: str | None,
        as_json: bool,
    ) -> int:
        from stepwell.engine.spin import SpinRequest, artifacts_of_module, place_of_spin, spin_step

        session.configs.refuse_for("spin")
        place = place_of_spin(pathspec, session.declared_flow.__name__)
        request = SpinRequest(
            flow=session.declared_flow,
            file=session.flow_file,
            step=place.step or "",
            run=place.run,
            task=place.task,
            artifacts=artifacts_of_module(artifacts_module) if artifacts_module is not None else {},
            skip_decorators=skip_decorators,
            persist=persist,
        )

        def began(task: str, folder: str) -> None:
            if run_id_file is not None:
                with open(run_id_file, "w", encoding="utf-8") as file:
                    file.write(task.split("/")[1])
            if session.runner_call is not None:
                session.runner_call.tell({"type": "spin-began", "pathspec": task, "datastore": folder})

        def notice(message: str, hint: str) -> None:
            sys.stderr.write(f"warning: {message}{f' ({hint})' if hint else ''}\n")

        spun = spin_step(request, session.settings, began=began, notice=notice)
        if as_json:
            session.print_json({"task": spun.pathspec, "datastore": spun.folder, "result": spun.result})
        else:
            _tell(session, spun)
        return SUCCESS if spun.result.outcome == "succeeded" else FAILURE

    return StepwellCommand(
        "spin",
        callback=run,
        params=[
            click.Argument(["pathspec"], metavar="PATHSPEC"),
            click.Option(
                ["--artifacts-module"],
                metavar="FILE",
                help="Python file with a dict ARTIFACTS: values that take the place of input artifacts.",
            ),
            click.Option(["--skip-decorators/--no-skip-decorators"], default=False, help="Leave all decorators out."),
            click.Option(["--persist/--no-persist"], default=False, help="Keep large values too, not only small ones."),
            click.Option(["--max-log-size"], type=int, hidden=True, expose_value=False),
            click.Option(["--runner-attribute-file"], metavar="FILE", hidden=True, expose_value=False),
            click.Option(["--run-id-file"], metavar="FILE", help="Write the id of the spun run to this file."),
            json_option(),
        ],
        help=_HELP,
    )


def _tell(session: Session, spun: Spun) -> None:
    from stepwell.base.formats import format_duration
    from stepwell.cli.render.usertext import clean_line

    style = session.style(sys.stderr)
    result = spun.result
    verdict = style.status(result.outcome)
    lines = [
        "",
        f"{style.bold(result.step)} {verdict} after {format_duration(result.usage.wall)}, as {spun.past.pathspec}",
    ]
    room = max((len(name) for name in result.artifacts), default=0)
    lines += [f"  {name.ljust(room)} = {clean_line(ref.preview)}" for name, ref in result.artifacts.items()]
    if result.transition is not None and result.transition.targets:
        split = f" x{result.transition.size}" if result.transition.size else ""
        lines.append(f"  next: {', '.join(result.transition.targets)}{split}")
    if result.error is not None and not result.error.traceback:
        lines.append(style.red(f"  {result.error.type or result.error.kind}: {result.error.message}"))
        lines += [f"  hint: {result.error.hint}"] if result.error.hint else []
    if result.error is not None:
        lines.append(f"  stepwell why-failed {spun.pathspec} --datastore {spun.folder}")
    sys.stderr.write("\n".join(lines) + "\n")
