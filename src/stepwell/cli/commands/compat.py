"""`stepwell compat FILE ...`: run a file that says `import metaflow`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from stepwell.cli.session import Session

_HELP = """Run a file written for Metaflow, unchanged: as `python FILE` does, with Stepwell behind `import metaflow`.

What follows FILE belongs to it: `stepwell compat train.py run --alpha 0.1`, `stepwell compat train.py --help`.
With `STEPWELL_COMPAT=metaflow` in the environment, `python FILE ...` does the same.
"""


def command(session: Session) -> click.Command:
    """The command."""
    del session
    return CompatCommand("compat", help=_HELP, params=[], add_help_option=False)


class CompatCommand(click.Command):
    """Takes the file and leaves everything behind it alone."""

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """What stands in the line of usage."""
        return ["FILE", "[ARGUMENTS]..."]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep the arguments as they are."""
        ctx.args = list(args)
        return ctx.args

    def invoke(self, ctx: click.Context) -> Any:
        """Run the file."""
        file, *arguments = ctx.args or [""]
        if not file or file in {"--help", "-h"}:
            click.echo(self.get_help(ctx))
            return 0 if file else 2
        if file.startswith("-"):
            raise click.UsageError(f"the file comes first, then `{file}`: `stepwell compat FILE {file} ...`", ctx)
        from stepwell.cli import flow_cli
        from stepwell.compat.program import run_program

        flow_cli.LAUNCHER = "stepwell compat"
        return run_program(file, arguments)
