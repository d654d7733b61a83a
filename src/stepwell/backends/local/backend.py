"""The local backend: chooses how attempts become processes, and ends them in two stages."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Literal

from stepwell.backends.local.machine import machine_capacity

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence

    from stepwell.backends.local.launcher import Launcher
    from stepwell.backends.protocol import BackendListener
    from stepwell.base.reactor import Reactor
    from stepwell.documents.run import CodeSnapshot
    from stepwell.documents.task import ExitStatus, ResourceNeeds, TaskSpec, Usage

Isolation = Literal["fork", "spawn", "none"]


class LocalBackend:
    """Runs attempts on this machine.

    Args:
        isolation: `fork` (children of a zygote), `spawn` (fresh interpreters) or `none` (this process).
        serve: What a fork of this process must do to be a zygote; None when this process may not be forked.
        zygote_command: Starts a fresh zygote.
        spawn_command: Runs one attempt in a fresh interpreter.
        run_here: Runs one attempt in this process.
    """

    def __init__(
        self,
        isolation: Isolation,
        *,
        serve: Callable[[socket.socket], None] | None,
        zygote_command: Sequence[str],
        spawn_command: Sequence[str],
        run_here: Callable[[TaskSpec], None],
    ) -> None:
        self._spawn_command = spawn_command
        self._prepared: tuple[str, CodeSnapshot] | None = None
        self._open: dict[tuple[int, int], TaskSpec] = {}
        self._launcher: Launcher
        if isolation == "fork":
            from stepwell.backends.local.zygote_launcher import ZygoteLauncher, exec_zygote, fork_zygote

            starts: list[Callable[[], tuple[socket.socket, int]]] = [lambda: exec_zygote(zygote_command)]
            if serve is not None:
                starts.insert(0, lambda: fork_zygote(serve))
            self._launcher = ZygoteLauncher(starts, self._fall_back)
        elif isolation == "spawn":
            self._launcher = self._make_spawn_launcher()
        else:
            from stepwell.backends.local.in_process import InProcessLauncher

            self._launcher = InProcessLauncher(run_here)

    def _make_spawn_launcher(self) -> Launcher:
        from stepwell.backends.local.spawn_launcher import SpawnLauncher

        return SpawnLauncher(self._spawn_command)

    def capacity(self) -> ResourceNeeds:
        """What this machine has to share out."""
        return machine_capacity()

    def attach(self, reactor: Reactor, listener: BackendListener) -> None:
        """Begin to work within this reactor."""
        self._reactor = reactor
        self._listener = listener
        self._launcher.attach(reactor, self)

    def prepare(self, datastore: str, code: CodeSnapshot) -> None:
        """The run's code is stored now; attempts import from there."""
        self._prepared = (datastore, code)
        self._launcher.prepare(datastore, code)

    def submit(self, spec: TaskSpec) -> None:
        """Start an attempt."""
        self._open[spec.task, spec.attempt] = spec
        self._launcher.submit(spec)

    def terminate(self, task: int, attempt: int, *, grace: float) -> None:
        """SIGTERM to the attempt's process group now, SIGKILL after `grace` seconds if it is still there."""
        self._launcher.signal(task, attempt, signal.SIGTERM if grace > 0 else signal.SIGKILL)
        if grace > 0:
            self._reactor.later(grace, lambda: self._kill(task, attempt))

    def _kill(self, task: int, attempt: int) -> None:
        if (task, attempt) in self._open:
            self._launcher.signal(task, attempt, signal.SIGKILL)

    def processes(self) -> dict[int, int]:
        """Task id to pid of the attempts that have a process."""
        return self._launcher.processes()

    def close(self) -> None:
        """End everything that is still there."""
        self._launcher.close()

    def _fall_back(self, reason: str) -> None:
        """Forking is not safe: go on with fresh interpreters, and say so once."""
        self._listener.notice(
            f"every task gets a fresh interpreter, which is slower: {reason}",
            "move that work from the top of the file into a step, or say `--isolation spawn` to silence this",
        )
        self._launcher.close()
        self._launcher = self._make_spawn_launcher()
        self._launcher.attach(self._reactor, self)
        if self._prepared is not None:
            self._launcher.prepare(*self._prepared)
        for spec in list(self._open.values()):
            self._launcher.submit(spec)

    # --- what launchers tell, passed on -------------------------------------------------------------------------------

    def task_began(self, task: int, attempt: int, pid: int) -> None:
        """The attempt has a process."""
        self._listener.task_began(task, attempt, pid)

    def task_exited(self, task: int, attempt: int, status: ExitStatus, usage: Usage | None) -> None:
        """The attempt's process is gone."""
        self._open.pop((task, attempt), None)
        self._listener.task_exited(task, attempt, status, usage)

    def task_lost(self, task: int, attempt: int, reason: str) -> None:
        """The attempt was lost through no fault of its own."""
        self._open.pop((task, attempt), None)
        self._listener.task_lost(task, attempt, reason)

    def notice(self, message: str, hint: str = "") -> None:
        """Something that the user should know."""
        self._listener.notice(message, hint)
