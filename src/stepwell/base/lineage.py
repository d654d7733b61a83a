"""Who inherits a process whose parent is gone: on Linux a process can ask for its own, and end them.

Elsewhere orphans go to the system, and the functions here do nothing.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NAME = 15

# A process of this name passes on the last output of an attempt that is gone, and ends by itself. At most 15 letters.
FILTER_NAME = "stepwell-filter"
# How long it may take for that, in milliseconds.
_FILTER_PATIENCE = 1000

# Looks, a millisecond apart, at a process that is just being replaced by another program.
_EXEC_TRIES = 100

_libc: Any = None


def load_libc() -> None:
    """Load the C library's handle, so that forked children find it loaded."""
    global _libc  # noqa: PLW0603 - a process-wide handle, set once
    if _libc is None and sys.platform == "linux":
        import ctypes

        _libc = ctypes.CDLL(None, use_errno=True)


def process_control(option: int, value: int) -> bool:
    """`prctl(2)`; False where the system has none, or refuses."""
    load_libc()
    return _libc is not None and _libc.prctl(option, value, 0, 0, 0) == 0


def name_process(name: str) -> None:
    """Give this process another short name, where the system can."""
    load_libc()
    if _libc is not None:
        _libc.prctl(_PR_SET_NAME, name.encode(), 0, 0, 0)


def inherit_orphans(yes: bool = True) -> bool:
    """Have orphans below this process handed to it instead of to init, or not any more. True if it works."""
    return process_control(_PR_SET_CHILD_SUBREAPER, int(yes))


def end_orphans(is_orphan: Callable[[int], bool]) -> None:
    """Kill and reap children of this process, and those that come to it by that.

    Args:
        is_orphan: Tells whether a child, by its pid, is one of them.
    """
    while pids := [pid for pid in _children() if is_orphan(pid)]:
        # Whatever writes to a filter goes first: then it has all that there is, and ends.
        filters = [pid for pid in pids if _name(pid) == FILTER_NAME]
        for pid in filters if len(filters) == len(pids) else [pid for pid in pids if pid not in filters]:
            if pid in filters:
                _await_end(pid)
            try:
                if os.getpgid(pid) == pid:
                    os.killpg(pid, signal.SIGKILL)
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass  # a zombie, or gone
            try:
                os.waitpid(pid, 0)
            except OSError:
                return  # somebody else reaps here


def _name(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
            return file.read().rstrip("\n")
    except OSError:
        return ""


def _await_end(pid: int) -> None:
    import select

    try:
        watch = os.pidfd_open(pid)
    except (OSError, AttributeError):
        return
    poll = select.poll()
    poll.register(watch, select.POLLIN)
    poll.poll(_FILTER_PATIENCE)
    os.close(watch)


def was_started_with(pid: int, name: str, value: str) -> bool:
    """True when a living process, or the one that it was forked from, was started with this environment variable."""
    import select

    try:
        for _ in range(_EXEC_TRIES):
            with open(f"/proc/{pid}/environ", "rb") as file:
                environ = file.read()
            if environ or _is_zombie(pid):
                return f"{name}={value}".encode() in environ.split(b"\0")
            # It is about to become another program, and has no environment for that moment.
            select.select([], [], [], 0.001)
    except OSError:
        return False
    return False


def _is_zombie(pid: int) -> bool:
    with open(f"/proc/{pid}/stat", "rb") as file:
        return file.read().rpartition(b")")[2].split()[0] in b"ZX"


def _children() -> list[int]:
    pids: list[int] = []
    try:
        for thread in os.listdir("/proc/self/task"):
            with open(f"/proc/self/task/{thread}/children", encoding="ascii") as file:
                pids += map(int, file.read().split())
    except OSError:
        return pids
    return pids
