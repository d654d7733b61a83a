"""Turning a process into an attempt: its own session, its own output, its own random numbers.

Used by every way of starting a task. Nothing here needs POSIX to be imported; what a platform lacks is left out.
"""

from __future__ import annotations

import os
import signal
import sys

from stepwell.base.lineage import process_control
from stepwell.store.output import open_output

_PR_SET_PDEATHSIG = 1


def set_parent_death_signal(parent: int) -> None:
    """Have the kernel kill this process when its parent dies (Linux). Leaves at once if the parent is gone already."""
    if process_control(_PR_SET_PDEATHSIG, signal.SIGKILL) and os.getppid() != parent:
        os._exit(1)


def redirect_output(stdout: str, stderr: str) -> None:
    """Send file descriptors 1 and 2 to the attempt's log files, and read nothing from standard input.

    Raises:
        StoreError: The files cannot be made.
    """
    for path, number in ((stdout, 1), (stderr, 2)):
        fd = open_output(path)
        os.dup2(fd, number)
        if fd > 2:
            os.close(fd)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    if null > 2:
        os.close(null)


def prepare_streams() -> None:
    """Make Python's own streams show every line at once and never fail on a character."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)


def flush_streams() -> None:
    """Write out what Python's own streams still hold; a stream that user code broke or closed is left alone."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            continue


def reset_signals() -> None:
    """Give signals the meaning that a fresh Python process gives them."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(signal, "SIGCHLD"):
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def remove_empty_output(stdout: str, stderr: str) -> None:
    """Leave no empty log files behind: most tasks print nothing."""
    for number, path in ((1, stdout), (2, stderr)):
        try:
            if os.fstat(number).st_size == 0:
                os.unlink(path)
        except OSError:
            continue


def run_exit_handlers() -> None:
    """Run what the step registered with `atexit`, after its threads are done, as the end of a process would."""
    threading = sys.modules.get("threading")
    if threading is not None and threading.active_count() > 1:
        threading._shutdown()  # noqa: SLF001 - what the interpreter calls at its end
    atexit = sys.modules.get("atexit")
    if atexit is not None:
        atexit._run_exitfuncs()  # noqa: SLF001 - what the interpreter calls at its end


def forget_exit_handlers() -> None:
    """Drop handlers inherited over a fork: they belong to the process that registered them."""
    atexit = sys.modules.get("atexit")
    if atexit is not None:
        atexit._clear()  # noqa: SLF001 - there is no public way
