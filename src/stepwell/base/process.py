"""Which process is this, and does that one still live?

A process number alone says little: it is given out again. Together with the boot of the machine and the moment at
which the process began it names one process for ever.
"""

from __future__ import annotations

import functools
import os
import sys
from typing import NamedTuple


class ProcessTuple(NamedTuple):
    """One process.

    Attributes:
        host: The machine's name.
        pid: Its number there.
        boot: Names the boot of the machine and the set of process numbers (container) that `pid` belongs to; an
            empty string where the system tells neither.
        started: When it began, in the system's own terms; an empty string where it does not tell.
    """

    host: str
    pid: int
    boot: str
    started: str


def this_process() -> ProcessTuple:
    """The process that runs this code."""
    pid = os.getpid()
    return ProcessTuple(host_name(), pid, _boot(), _state_and_start(pid)[1])


def is_alive(host: str, pid: int, boot: str, started: str) -> bool | None:
    """Whether a process still lives; a zombie does not.

    Args:
        host: The four values are those of a `ProcessTuple`.
        pid: Process number.
        boot: Boot and container, or empty.
        started: When it began, or empty.

    Returns:
        None when that cannot be told from here: another machine, another container, or a system that does not say.
    """
    if host != host_name():
        return None
    same = _same_numbers(boot, _boot())
    if same is not True:
        return same
    state, began = _state_and_start(pid)
    if not state:
        return _answers(pid)
    return state not in "ZXx" and (not started or began == started)


def _same_numbers(theirs: str, ours: str) -> bool | None:
    """True when both name the same boot and container, False when the machine was booted since, None otherwise."""
    if theirs == ours or not theirs or not ours:
        return True
    their_machine, our_machine = theirs.split("/"), ours.split("/")
    if their_machine[0] != our_machine[0]:
        # Two machines of one name.
        return None
    return False if their_machine[1:2] != our_machine[1:2] else None


def host_name() -> str:
    """The machine's name."""
    if hasattr(os, "uname"):
        return os.uname().nodename
    import platform

    return platform.node()


@functools.cache
def _boot() -> str:
    boot = _read("/proc/sys/kernel/random/boot_id")
    if not boot:
        return ""
    try:
        numbers = os.readlink("/proc/self/ns/pid")
    except OSError:
        numbers = ""
    return f"{_read('/etc/machine-id')}/{boot}/{numbers.strip('pid:[]')}"


def _state_and_start(pid: int) -> tuple[str, str]:
    """The state letter and the start time from Linux's process table; two empty strings when it has none."""
    # The name in parentheses may hold anything, parentheses too; the fields after the last one are plain.
    fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return (fields[0], fields[19]) if len(fields) > 19 else ("", "")


def _answers(pid: int) -> bool | None:
    """Whether any process has this number, for systems whose process table cannot be read."""
    if sys.platform == "win32" or pid <= 0:
        # There, a signal 0 is not a question: it would end the process.
        return None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return ""
