"""Finding and killing the processes of one run: every one of them carries a mark in its environment."""

from __future__ import annotations

import os
import signal
import time

MARK = "STEPWELL_CRASH_TEST"


def marked(mark: str) -> dict[int, str]:
    """Pid to command line of the living processes that carry a mark; zombies do not count."""
    found = {}
    needle = f"{MARK}={mark}".encode()
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/environ", "rb") as file:
                if needle not in file.read().split(b"\0"):
                    continue
            with open(f"/proc/{name}/stat", "rb") as file:
                state = file.read().rpartition(b")")[2].split()[0]
            with open(f"/proc/{name}/cmdline", "rb") as file:
                command = file.read().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if state != b"Z":
            found[int(name)] = command
    return found


def children(pid: int) -> list[int]:
    """Direct children of a process."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def kill(pid: int) -> bool:
    """SIGKILL; False when there was nobody."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def wait_until_none(mark: str, seconds: float = 10.0) -> dict[int, str]:
    """Wait until no process carries the mark; what is left after so many seconds."""
    deadline = time.monotonic() + seconds
    while (left := marked(mark)) and time.monotonic() < deadline:
        time.sleep(0.01)
    return left
