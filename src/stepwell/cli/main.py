"""`stepwell ...`: the command line for all flows and for what they left behind."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from stepwell.cli.errors import guarded
from stepwell.cli.lazy_group import Entry, LazyGroup
from stepwell.cli.session import Session

if TYPE_CHECKING:
    from collections.abc import Sequence

_RUN = "Run flows"
_RESULTS = "Look at results"
_SET_UP = "Set up"

COMMANDS = {
    "init": Entry(_RUN, "Write a commented flow to start from.", "init:command"),
    "run": Entry(_RUN, "Run the flow of a file: FILE[:Flow].", "from_file:run_command"),
    "resume": Entry(_RUN, "Go on from an earlier run: FILE[:Flow].", "from_file:resume_command"),
    "spin": Entry(_RUN, "Run one step with the inputs of a past task: FILE[:Flow].", "from_file:spin_command"),
    "check": Entry(_RUN, "Look for faults without running: FILE[:Flow].", "from_file:check_command"),
    "compat": Entry(_RUN, "Run a file written for Metaflow: FILE ARGUMENTS.", "compat:command"),
    "ls": Entry(_RESULTS, "List flows, or the runs of a flow.", "ls:command"),
    "show": Entry(_RESULTS, "Show a flow, run, step, task or artifact.", "show:command"),
    "logs": Entry(_RESULTS, "Show what tasks printed, or follow it.", "logs:command"),
    "dump": Entry(_RESULTS, "Show artifacts.", "dump:command"),
    "why-failed": Entry(_RESULTS, "Show why a task failed: code and variables.", "why_failed:command"),
    "debug": Entry(_RESULTS, "Run a recorded task again in a debugger.", "debug:command"),
    "tag": Entry(_RESULTS, "List and change tags of runs.", "tag:command"),
    "import-metaflow": Entry(_SET_UP, "Bring in the runs of a `.metaflow` folder.", "import_metaflow:command"),
    "doctor": Entry(_SET_UP, "Check the installation and the datastore.", "doctor:command"),
    "config": Entry(_SET_UP, "Show every setting and where it came from.", "config:command"),
    "records": Entry(_SET_UP, "Rebuild or complete the index.", "records:command"),
    "completion": Entry(_SET_UP, "Print a script for completion in a shell.", "completion:command"),
    "version": Entry(_SET_UP, "Show the version.", "about:version_command"),
}


def main() -> None:
    """The `stepwell` command; leaves the process with its exit code."""
    sys.exit(run())


def run(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: Arguments without the program's name; the process's by default.

    Returns:
        The exit code.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    session = Session("stepwell", command_line=("stepwell", *arguments))

    def run_group() -> Any:
        return make_group().main(args=arguments, prog_name="stepwell", standalone_mode=False, obj=session)

    def call() -> Any:
        with session.called():
            return run_group()

    # What `compat` runs is a program of its own, which answers a `Runner` itself.
    return guarded(run_group if arguments[:1] == ["compat"] else call)


def make_group() -> LazyGroup:
    """The group of all commands."""
    return LazyGroup(
        name="stepwell",
        entries=COMMANDS,
        help="Workflows for machine learning and data science: versioned code, data and results.",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
