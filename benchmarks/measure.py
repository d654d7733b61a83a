"""Run one command and measure it and everything that it started.

CPU time is the user and system time of the whole tree: the kernel adds a child's time to its parent's when the parent
reaps it, and this process declares itself the reaper of orphans, so that a process that was detached from the tree is
counted too. Peak memory is sampled (`/proc/<pid>/smaps_rollup`, proportional set sizes summed over the tree), which
costs time itself: a command is measured either for time or for memory, never for both at once.
"""

from __future__ import annotations

import ctypes
import os
import re
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
SAMPLE_SECONDS = 0.02


@dataclass(frozen=True)
class Measured:
    """What one command cost. Seconds and bytes; `peak` is 0 where memory was not sampled."""

    wall: float
    cpu: float
    peak: int = 0
    launcher_peak: int = 0
    status: int = 0
    output: str = ""
    values: dict[str, float] = field(default_factory=dict)


def become_reaper() -> None:
    """Make this process inherit, and so measure, whatever its children leave behind. Linux only."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def measure(
    command: list[str],
    *,
    cwd: Path,
    environment: dict[str, str],
    sample: bool = False,
    expect: int | None = 0,
    limit: float = 3600,
) -> Measured:
    """Run `command` to its end.

    Args:
        command: The program and its arguments.
        cwd: Its working directory.
        environment: Its whole environment.
        sample: Sample the memory of the tree. Makes the times meaningless.
        expect: The exit status to insist on, or None for any but 0.
        limit: Seconds after which everything is killed.

    Raises:
        RuntimeError: The command ended otherwise than expected. The end of its output is in the message.
    """
    log = cwd / "output.txt"
    with log.open("wb") as stream:
        started = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        )
        peak = launcher_peak = 0
        if sample:
            peak, launcher_peak = _watch(process.pid, limit)
        else:
            _arm(process.pid, limit)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    cpu = usage.ru_utime + usage.ru_stime + _reap_orphans()
    signal.alarm(0)
    output = log.read_text(errors="replace")
    if (expect is None and process.returncode == 0) or (expect is not None and process.returncode != expect):
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}, expected {expect}\n{output[-3000:]}")
    values = {name: float(value) for name, value in re.findall(r"BENCH (\w+) ([-\d.e]+)", output)}
    return Measured(wall, cpu, peak, launcher_peak, process.returncode, output, values)


def _arm(pid: int, limit: float) -> None:
    def stop(*_: object) -> None:
        os.killpg(pid, signal.SIGKILL)
        raise TimeoutError(f"the command, or something that it left behind, was still running after {limit:.0f} s")

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(int(limit))


def _reap_orphans() -> float:
    """Wait for what the command left running and return its CPU seconds."""
    seconds = 0.0
    while True:
        try:
            _, _, usage = os.wait4(-1, 0)
        except ChildProcessError:
            return seconds
        seconds += usage.ru_utime + usage.ru_stime


def _watch(root: int, limit: float) -> tuple[int, int]:
    """Sample until `root` has ended: the peak of the tree's memory and of the root's own, in bytes."""
    peak = launcher_peak = 0
    deadline = time.monotonic() + limit
    while True:
        if os.waitid(os.P_PID, root, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
            return peak, launcher_peak
        if time.monotonic() > deadline:
            os.killpg(root, signal.SIGKILL)
        sizes = {pid: _proportional_size(pid) for pid in _tree(root)}
        peak = max(peak, sum(sizes.values()))
        launcher_peak = max(launcher_peak, sizes.get(root, 0))
        time.sleep(SAMPLE_SECONDS)  # noqa: TID251 (nothing announces a change of memory)


def _tree(root: int) -> list[int]:
    found, open_pids = [], [root]
    while open_pids:
        pid = open_pids.pop()
        found.append(pid)
        try:
            for task in os.listdir(f"/proc/{pid}/task"):
                open_pids += map(int, Path(f"/proc/{pid}/task/{task}/children").read_text().split())
        except OSError:
            continue  # it ended between two looks
    return found


def _proportional_size(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return sum(int(size) for size in re.findall(r"^Pss: +(\d+) kB", text, re.MULTILINE)) * 1024


def files_below(folder: Path) -> int:
    """How many files and folders there are in `folder`: a folder costs an inode and a block as a file does."""
    return sum(len(files) + len(folders) for _, folders, files in os.walk(folder))
