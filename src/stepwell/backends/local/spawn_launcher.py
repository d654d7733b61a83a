"""Attempts as fresh interpreters: slower by the imports of the flow, and safe for every library and system."""

from __future__ import annotations

import os
import secrets
import signal
import sys
import tempfile
from typing import TYPE_CHECKING

from stepwell.base.lineage import end_orphans, inherit_orphans, was_started_with
from stepwell.documents.codec import encode
from stepwell.documents.task import ExitStatus, Usage

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Sequence

    from stepwell.backends.protocol import BackendListener
    from stepwell.base.reactor import Reactor
    from stepwell.documents.run import CodeSnapshot
    from stepwell.documents.task import TaskSpec


# Names the launcher in the environment of its attempts, and so of all that they start.
_MARK = "STEPWELL_LAUNCHED_BY"


class SpawnLauncher:
    """Starts `command` for every attempt, with the encoded spec on standard input.

    Args:
        command: The program, for example `python -m stepwell.task run`.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._command = list(command)
        self._mark = secrets.token_hex(8)
        self._running: dict[tuple[int, int], subprocess.Popen[bytes]] = {}

    def attach(self, reactor: Reactor, listener: BackendListener) -> None:
        """Begin to work within this reactor."""
        self._reactor = reactor
        self._listener = listener
        inherit_orphans()

    def prepare(self, datastore: str, code: CodeSnapshot) -> None:
        """Nothing to do: every attempt opens the snapshot itself."""

    def submit(self, spec: TaskSpec) -> None:
        """Start an attempt."""
        import subprocess

        with tempfile.TemporaryFile() as file:
            file.write(encode(spec))
            file.seek(0)
            try:
                process = subprocess.Popen(
                    self._command, stdin=file, start_new_session=True, env={**os.environ, _MARK: self._mark}
                )
            except OSError as error:
                reason = f"cannot start a process: {error.strerror}"
                self._reactor.soon(lambda: self._listener.task_lost(spec.task, spec.attempt, reason))
                return
        key = (spec.task, spec.attempt)
        self._running[key] = process
        self._listener.task_began(spec.task, spec.attempt, process.pid)
        if hasattr(os, "pidfd_open"):
            watch = os.pidfd_open(process.pid)
            self._reactor.on_readable(watch, lambda: self._reap(key, watch))
        else:
            self._reactor.later(0.02, lambda: self._look(key))

    def signal(self, task: int, attempt: int, number: int) -> None:
        """Send a signal to an attempt's process group."""
        process = self._running.get((task, attempt))
        if process is not None:
            _signal_group(process.pid, number)

    def processes(self) -> dict[int, int]:
        """Task id to pid."""
        return {task: process.pid for (task, _), process in self._running.items()}

    def close(self) -> None:
        """Kill what is still there."""
        for process in self._running.values():
            _signal_group(process.pid, signal.SIGKILL)
            process.wait()
        self._running.clear()
        self._end_orphans()
        inherit_orphans(False)

    def _end_orphans(self, session: int = 0) -> None:
        """End and reap what is left of an attempt, in its session or out of it. A living attempt inherits its own."""
        running = {process.pid for process in self._running.values()}

        def is_orphan(pid: int) -> bool:
            # The dead that are still to be reaped have a session, but no environment any more.
            return pid not in running and (_session_of(pid) == session or was_started_with(pid, _MARK, self._mark))

        end_orphans(is_orphan)

    def _look(self, key: tuple[int, int]) -> None:
        """Where the kernel has no pidfd: ask again and again, at long intervals for long tasks."""
        process = self._running.get(key)
        if process is None:
            return
        if process.poll() is None:
            self._reactor.later(0.05, lambda: self._look(key))
        else:
            code = process.returncode
            status = ExitStatus(signal=-code) if code < 0 else ExitStatus(code=code)
            self._ended(key, status, None)

    def _reap(self, key: tuple[int, int], watch: int) -> None:
        self._reactor.forget(watch)
        os.close(watch)
        pid = self._running[key].pid
        _, status, used = os.wait4(pid, 0)
        self._running[key].returncode = 0  # reaped here; Popen must not wait for it again
        usage = Usage(cpu_user=used.ru_utime, cpu_system=used.ru_stime, peak_memory=used.ru_maxrss * 1024)
        if os.WIFSIGNALED(status):
            self._ended(key, ExitStatus(signal=os.WTERMSIG(status)), usage)
        else:
            self._ended(key, ExitStatus(code=os.WEXITSTATUS(status)), usage)

    def _ended(self, key: tuple[int, int], status: ExitStatus, usage: Usage | None) -> None:
        process = self._running.pop(key)
        _signal_group(process.pid, signal.SIGKILL)  # what the attempt left behind in its session
        self._end_orphans(process.pid)
        self._listener.task_exited(*key, status, usage)


def _signal_group(pid: int, number: int) -> None:
    try:
        if sys.platform == "win32":
            os.kill(pid, number)
        else:
            os.killpg(pid, number)
    except OSError:
        return


def _session_of(pid: int) -> int:
    try:
        return os.getsid(pid) if hasattr(os, "getsid") else -1
    except OSError:
        return -1
