"""Running a file that says `import metaflow`, as `python FILE` would run it."""

from __future__ import annotations

import os
import sys
from types import ModuleType
from typing import TYPE_CHECKING

from stepwell.base.errors import FlowLoadError, StepwellError
from stepwell.base.user_traceback import format_user_traceback
from stepwell.compat.mode import install
from stepwell.flow.user_errors import describe_load_error

if TYPE_CHECKING:
    from collections.abc import Sequence


def run_program(file: str, arguments: Sequence[str]) -> int:
    """Run a file as the program `__main__`, in compat mode.

    A flow that the file constructs runs its command line, which ends the process with its exit code. A file that
    constructs none, such as one that reads results or drives other flows, just runs.

    Args:
        file: The path of a Python file.
        arguments: What stands behind it on the command line.

    Returns:
        The exit code: 0, or 1 after an exception, which is printed as Python prints it.

    Raises:
        FlowLoadError: The file cannot be read, or uses what is not there.
        SystemExit: The file, or the command line of its flow, left the process.
    """
    install()
    full = os.path.abspath(file)
    try:
        with open(full, "rb") as opened:
            source = opened.read()
    except OSError as error:
        raise FlowLoadError(
            f"the file `{file}` cannot be read: {error.strerror}",
            hint="give the path of a Python file with a flow in it, such as `stepwell compat train.py run`",
        ) from error
    sys.argv = [file, *arguments]
    sys.path.insert(0, os.path.dirname(os.path.realpath(full)))
    module = ModuleType("__main__")
    module.__file__ = full
    module.__dict__["__builtins__"] = __builtins__
    sys.modules["__main__"] = module
    try:
        exec(compile(source, full, "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - a flow file is a program
    except StepwellError as error:
        raise describe_load_error(full, error) from error
    except Exception as error:  # noqa: BLE001 - the border to a user's program
        sys.stderr.write(format_user_traceback(error))
        return 1
    return 0
