"""`completion`: a script that makes a shell complete commands and options."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from stepwell.cli.options import StepwellCommand

if TYPE_CHECKING:
    from stepwell.cli.session import Session

_HELP = """Print a script for completion in a shell.

\b
bash   eval "$(stepwell completion bash)"               in ~/.bashrc
zsh    eval "$(stepwell completion zsh)"                in ~/.zshrc
fish   stepwell completion fish > ~/.config/fish/completions/stepwell.fish"""


def command(session: Session) -> click.Command:
    """The command."""

    def run(*, shell: str) -> None:
        from click.shell_completion import get_completion_class

        from stepwell.cli.main import make_group

        maker = get_completion_class(shell)
        assert maker is not None
        session.print([maker(make_group(), {}, "stepwell", "_STEPWELL_COMPLETE").source()])

    argument = click.Argument(["shell"], metavar="bash|zsh|fish", type=click.Choice(["bash", "zsh", "fish"]))
    return StepwellCommand("completion", callback=run, params=[argument], help=_HELP)
