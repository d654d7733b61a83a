"""Attempts as children of a zygote: a few milliseconds each, isolated like fresh processes."""

from __future__ import annotations

import os
import signal
import socket
from typing import TYPE_CHECKING

import msgspec

from stepwell.documents.codec import encode
from stepwell.documents.launching import (
    Began,
    Broken,
    Exited,
    Launch,
    Prepare,
    Ready,
    Signal,
    ToZygote,
    Unframer,
    decode_from_zygote,
    frame,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stepwell.backends.protocol import BackendListener
    from stepwell.base.reactor import Reactor
    from stepwell.documents.run import CodeSnapshot
    from stepwell.documents.task import TaskSpec


def fork_zygote(serve: Callable[[socket.socket], None]) -> tuple[socket.socket, int]:
    """Fork this process into a zygote. Only for a process that has done nothing but import the flow."""
    near, far = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        near.close()
        try:
            serve(far)
        finally:
            os._exit(1)
    far.close()
    return near, pid


def exec_zygote(command: Sequence[str]) -> tuple[socket.socket, int]:
    """Start a fresh interpreter as a zygote; the far end of the socket's descriptor is its last argument."""
    import subprocess

    near, far = socket.socketpair()
    process = subprocess.Popen([*command, str(far.fileno())], pass_fds=[far.fileno()], stdin=subprocess.DEVNULL)
    far.close()
    process.returncode = 0  # reaped by us, not by Popen
    return near, process.pid


class ZygoteLauncher:
    """Drives zygotes. When one dies, its attempts are ended, reported as lost, and the next one is started.

    Args:
        starts: Ways to start a zygote, tried in turn: the first for the first zygote if it may fork, the last for
            all that follow.
        on_unsafe: Called with the reason when no way gives a zygote that may fork.
    """

    def __init__(
        self, starts: Sequence[Callable[[], tuple[socket.socket, int]]], on_unsafe: Callable[[str], None]
    ) -> None:
        self._starts = list(starts)
        self._on_unsafe = on_unsafe
        self._unframer = Unframer()
        self._pids: dict[tuple[int, int], int] = {}
        self._waiting: dict[tuple[int, int], TaskSpec] = {}
        self._outgoing: bytearray = bytearray()
        self._prepared: Prepare | None = None
        self._ready = False
        self._attached = False
        self._closed = False
        self._deaths = 0
        self._sock, self._pid = self._starts[0]()

    def attach(self, reactor: Reactor, listener: BackendListener) -> None:
        """Begin to work within this reactor."""
        self._reactor = reactor
        self._listener = listener
        self._attached = True
        self._watch()

    def prepare(self, datastore: str, code: CodeSnapshot) -> None:
        """The run's code is stored now; attempts import from there."""
        self._prepared = Prepare(
            datastore=datastore, code=code.digest, root=code.root, source=code.source, shape=code.shape
        )
        self._send(self._prepared)

    def submit(self, spec: TaskSpec) -> None:
        """Start an attempt, as soon as the zygote is ready."""
        self._waiting[spec.task, spec.attempt] = spec
        if self._ready:
            self._launch(spec)

    def _launch(self, spec: TaskSpec) -> None:
        self._send(Launch(task=spec.task, attempt=spec.attempt, spec=msgspec.Raw(encode(spec))))

    def signal(self, task: int, attempt: int, number: int) -> None:
        """Send a signal to an attempt's process group."""
        self._send(Signal(task=task, attempt=attempt, number=number))

    def processes(self) -> dict[int, int]:
        """Task id to pid."""
        return {task: pid for (task, _), pid in self._pids.items()}

    def close(self) -> None:
        """Close the socket, on which the zygote ends its children and itself, and wait for that."""
        if self._closed:
            return
        self._closed = True
        self._retire()

    # --- talking ------------------------------------------------------------------------------------------------

    def _watch(self) -> None:
        self._sock.setblocking(False)
        self._reactor.on_readable(self._sock.fileno(), self._receive)

    def _send(self, message: ToZygote) -> None:
        self._outgoing += frame(message)
        self._flush()

    def _flush(self) -> None:
        """Send what fits; the rest follows in the loop's next turn, so that a busy zygote never blocks the run."""
        while self._outgoing:
            try:
                sent = self._sock.send(self._outgoing)
            except BlockingIOError:
                self._reactor.later(0.002, self._flush)
                return
            except OSError:
                return  # the zygote is gone; the reading side notices
            del self._outgoing[:sent]

    def _receive(self) -> None:
        try:
            data = self._sock.recv(1 << 18)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._zygote_died()
            return
        for body in self._unframer.feed(data):
            message = decode_from_zygote(body)
            if isinstance(message, Exited):
                self._forget(message.task, message.attempt)
                self._listener.task_exited(message.task, message.attempt, message.status, message.usage)
            elif isinstance(message, Began):
                self._pids[message.task, message.attempt] = message.pid
                self._listener.task_began(message.task, message.attempt, message.pid)
            elif isinstance(message, Ready):
                self._zygote_ready(message)
            elif isinstance(message, Broken):
                self._forget(message.task, message.attempt)
                self._listener.task_lost(message.task, message.attempt, message.reason)

    def _forget(self, task: int, attempt: int) -> None:
        self._pids.pop((task, attempt), None)
        self._waiting.pop((task, attempt), None)

    # --- the zygote's own life ------------------------------------------------------------------------------------

    def _zygote_ready(self, message: Ready) -> None:
        if message.unsafe:
            self._next_start(message.unsafe)
            return
        self._ready = True
        for spec in list(self._waiting.values()):
            self._launch(spec)

    def _next_start(self, reason: str) -> None:
        """This zygote is of no use: try the next way, or give up on forking."""
        if len(self._starts) == 1:
            self._on_unsafe(reason)
            return
        del self._starts[0]
        self._retire()
        self._restart()

    def _retire(self) -> None:
        if self._attached:
            self._reactor.forget(self._sock.fileno())
        self._sock.close()
        try:
            os.waitpid(self._pid, 0)
        except ChildProcessError:
            return

    def _restart(self) -> None:
        self._ready = False
        self._outgoing.clear()
        self._unframer = Unframer()
        self._sock, self._pid = self._starts[0]()
        self._watch()
        if self._prepared is not None:
            self._send(self._prepared)

    def _zygote_died(self) -> None:
        """End what it left behind, tell that those attempts are lost, and start another zygote."""
        self._retire()
        orphans, self._pids = self._pids, {}
        unstarted = [key for key in self._waiting if key not in orphans]
        self._deaths += 1
        if not self._ready and self._deaths >= 3:
            self._on_unsafe("the process that should fork tasks ends while it starts")
            return
        if len(self._starts) > 1:
            del self._starts[0]  # a copy of the run's process as it is now is no fresh zygote
        for key in orphans:
            self._waiting.pop(key, None)
        self._restart()
        for key in unstarted:
            assert key in self._waiting
        for (task, attempt), pid in orphans.items():
            self._when_gone(pid, task, attempt)

    def _when_gone(self, pid: int, task: int, attempt: int) -> None:
        """Report the attempt as lost once its process really is gone."""

        def lost() -> None:
            self._listener.task_lost(task, attempt, "the process that starts tasks was killed")

        try:
            watch = os.pidfd_open(pid)
        except (OSError, AttributeError):
            _kill(pid)
            self._reactor.soon(lost)
            return
        _kill(pid)

        def gone() -> None:
            self._reactor.forget(watch)
            os.close(watch)
            lost()

        self._reactor.on_readable(watch, gone)


def _kill(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except OSError:
        return
