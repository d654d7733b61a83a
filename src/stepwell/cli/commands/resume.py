"""`resume [STEP]`: go on from an earlier run, reusing what it finished."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from stepwell.base.errors import InvalidPathspec, UsageError
from stepwell.cli.commands.running import execute, running_options
from stepwell.cli.options import StepwellCommand, session_of

if TYPE_CHECKING:
    from stepwell.cli.session import Session

_HELP = """Go on from an earlier run: its finished tasks are reused, the others are run with the code as it is now.

With STEP, that step and everything after it is run again, finished or not. Parameters are those of the earlier run."""


def command(session: Session) -> click.Command:
    """The command."""

    def run(
        *,
        step: str | None,
        origin_run_id: str | None,
        tags: tuple[str, ...],
        max_num_splits: int | None,
        run_id_file: str | None,
        as_json: bool,
    ) -> int:
        from stepwell.engine.request import RunRequest
        from stepwell.flow.parse import build_graph

        session.configs.refuse_for("resume")
        request = RunRequest(
            flow=session.declared_flow,
            file=session.flow_file,
            tags=tags,
            decorators=tuple(session.decorators),
            flow_options=session.flow_options,
            command=session.command_line,
            origin_run=_origin(session, origin_run_id),
            resume_step=step,
            run_id_file=run_id_file,
            max_num_splits=max_num_splits,
        )
        return execute(session, request, build_graph(session.declared_flow).document(), as_json=as_json)

    params: list[click.Parameter] = [
        click.Argument(["step"], required=False),
        click.Option(["--origin-run-id"], metavar="RUN", help="The run to go on from. [default: the latest]"),
        *running_options(),
    ]
    return ResumeCommand("resume", callback=run, params=params, help=_HELP, show_common=True)


class ResumeCommand(StepwellCommand):
    """Tells why it takes no parameters when one is given."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            from stepwell.flow.parameters import parameters_of

            name = error.option_name.lstrip("-").replace("-", "_")
            if any(
                parameter.name.replace("-", "_") == name for parameter in parameters_of(session_of(ctx).declared_flow)
            ):
                raise UsageError(
                    f"`resume` keeps the parameters of the earlier run, so `{error.option_name}` cannot be given",
                    hint="start a new run with other parameters: `run`",
                ) from error
            raise


def _origin(session: Session, given: str | None) -> str:
    """The run's id alone: `7`, `TrainFlow/7` and `latest` are all understood."""
    if given is None or given == "latest":
        return "latest"
    flow, slash, run = given.rpartition("/")
    if slash and flow != session.flow_name:
        raise InvalidPathspec(f"`{given}` is not a run of `{session.flow_name}`", hint="give the run's id, such as `7`")
    return run
