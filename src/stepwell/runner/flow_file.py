"""Where a flow class is written: its file, or a file made of the notebook cells that it needs."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NamedTuple

from stepwell.base.errors import UsageError

if TYPE_CHECKING:
    from stepwell.flow.spec import FlowSpec


class FlowPlace(NamedTuple):
    """Where a flow can be loaded from.

    Attributes:
        file: Absolute path of a Python file.
        name: The class in it.
        loadable: True when a fresh interpreter finds the class in the file, as a script.
    """

    file: str
    name: str
    loadable: bool


def place_of(flow_class: type[FlowSpec]) -> FlowPlace:
    """Where a flow class stands.

    Raises:
        UsageError: It has no file, and no notebook cells either.
    """
    module = sys.modules.get(flow_class.__module__)
    file = getattr(module, "__file__", None)
    if not isinstance(file, str) or not os.path.isfile(file):
        from stepwell.runner.cells import write_cells

        return FlowPlace(write_cells(flow_class), flow_class.__name__, loadable=True)
    top_level = vars(module).get(flow_class.__name__) is flow_class
    in_package = bool(getattr(module, "__package__", None)) and module is not sys.modules.get("__main__")
    return FlowPlace(os.path.abspath(file), flow_class.__name__, loadable=top_level and not in_package)


def require_file(path: str, cwd: str | None = None) -> str:
    """The absolute path of a flow file.

    Args:
        path: As given; relative to `cwd`, else to this process's working directory.
        cwd: The working directory of the process that will run it; None for this one's.

    Raises:
        UsageError: There is no such file.
    """
    here = os.path.abspath(os.path.expanduser(path))
    there = here if cwd is None else os.path.abspath(os.path.join(cwd, os.path.expanduser(path)))
    for full in (there, here):
        if os.path.isfile(full):
            return full
    raise UsageError(f"there is no flow file `{there}`", hint="give the path of a Python file with a flow in it")
