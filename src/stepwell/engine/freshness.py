"""May the run's own process be forked into a zygote, or has its code changed since it was imported?"""

from __future__ import annotations

import os
import sys
import time


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
    """When this process began, as a time of day.

    The system counts in ticks of 10 ms, and what is returned is the end of that tick: an interpreter needs longer than
    that before it opens the flow file, and a file that was written just before the start is not taken for changed.
    """
    try:
        with open("/proc/self/stat", "rb") as file:
            ticks = int(file.read().rpartition(b")")[2].split()[19])
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - (ticks + 1) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        return time.time()
    return time.time() - age
