"""`python flow.py ...`: the command line of one flow."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, NoReturn

from stepwell.cli.errors import guarded
from stepwell.cli.lazy_group import Entry, LazyGroup
from stepwell.cli.session import Session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stepwell.flow.spec import FlowSpec

_RUN = "Run"
_FLOW = "Look at the flow"
_RESULTS = "Look at results"
_OTHER = "Other"

#: What a user types before the file; `stepwell compat` says its own name here.
LAUNCHER = "python"

COMMANDS = {
    "run": Entry(_RUN, "Run the flow.", "run:command"),
    "resume": Entry(_RUN, "Go on from an earlier run, reusing its finished tasks.", "resume:command"),
    "spin": Entry(_RUN, "Run one step with the inputs of a past task.", "spin:command"),
    "check": Entry(_FLOW, "Look for faults without running (the default).", "check:command"),
    "show": Entry(_FLOW, "Describe the flow, or RUN[/STEP[/TASK]] of it.", "show:command"),
    "output-dot": Entry(_FLOW, "Print the graph for Graphviz.", "graph:dot_command"),
    "output-raw": Entry(_FLOW, "Print the graph as JSON.", "graph:raw_command"),
    "logs": Entry(_RESULTS, "Show what tasks printed.", "logs:flow_command"),
    "dump": Entry(_RESULTS, "Show artifacts.", "dump:command"),
    "why-failed": Entry(_RESULTS, "Show why a task failed: code and variables.", "why_failed:command"),
    "debug": Entry(_RESULTS, "Run a recorded task again in a debugger.", "debug:command"),
    "tag": Entry(_RESULTS, "List and change tags of runs.", "tag:command"),
    "help": Entry(_OTHER, "Show this page.", "about:help_command"),
    "version": Entry(_OTHER, "Show the version.", "about:version_command"),
}


def main(flow_class: type[FlowSpec], argv: Sequence[str] | None = None) -> NoReturn:
    """Run the command line of a flow and leave the process with its exit code.

    Args:
        flow_class: The flow.
        argv: Arguments without the program's name; the process's by default.
    """
    sys.exit(run(flow_class, argv))


def run(flow_class: type[FlowSpec], argv: Sequence[str] | None = None) -> int:
    """Run the command line of a flow.

    Returns:
        The exit code.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    file = flow_file_of(flow_class)
    program = f"{LAUNCHER} {_as_typed(file)}"
    session = Session(
        program, flow_class=flow_class, flow_file=file, command_line=(*LAUNCHER.split(), _as_typed(file), *arguments)
    )
    group = LazyGroup(
        name=flow_class.__name__,
        entries=COMMANDS,
        default="check",
        help=_description(flow_class),
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    def call() -> Any:
        with session.called():
            rest = session.configs.take(arguments, flow_class)
            return group.main(args=rest, prog_name=program, standalone_mode=False, obj=session)

    return guarded(call)


def flow_file_of(flow_class: type) -> str:
    """The absolute path of the file that defines a flow, an empty text when it has none."""
    module = sys.modules.get(flow_class.__module__)
    file = getattr(module, "__file__", None)
    return os.path.abspath(file) if file else ""


def _as_typed(file: str) -> str:
    if sys.argv and os.path.abspath(sys.argv[0]) == file:
        return sys.argv[0]
    return os.path.relpath(file) if file else "flow.py"


def _description(flow_class: type) -> str:
    from inspect import cleandoc

    return f"{flow_class.__name__}\n\n{cleandoc(flow_class.__doc__ or '')}".strip()
