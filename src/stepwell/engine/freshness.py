"""May the run's own process be forked into a zygote, or has its code changed since it was imported?"""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stepwell.documents.run import CodeSnapshot


def forkable() -> bool:
    """True where this process can be forked safely: the system has fork and no other thread runs here."""
    if not hasattr(os, "fork") or sys.platform == "darwin":
        return False
    threading = sys.modules.get("threading")
    return threading is None or threading.active_count() == 1


def modules_changed_since_start(code_root: str) -> bool:
    """True when a module of the flow's folder was written after this process began.

    What this process has imported may then differ from what the snapshot holds, and a fork of it would run code that
    nobody can look up later.
    """
    began = _began_at()
    for module in list(sys.modules.values()):
        path = getattr(module, "__file__", None)
        if not isinstance(path, str) or not path.startswith(code_root):
            continue
        try:
            if os.stat(path).st_mtime >= began:
                return True
        except OSError:
            return True
    return False


def _began_at() -> float:
    """When this process began, as a time of day."""
    try:
        with open("/proc/self/stat", "rb") as file:
            ticks = int(file.read().rpartition(b")")[2].split()[19])
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        return time.time()
    return time.time() - age


def snapshot_root(code: CodeSnapshot) -> str:
    """The folder that the snapshot was taken from, with a slash at the end."""
    return code.root.rstrip(os.sep) + os.sep
