"""The zygote: a process that has imported the flow and does nothing but fork.

Every attempt becomes a child with its own session, output and limits. The zygote reaps it, ends every process that
it left behind, and tells the backend. It never runs user code itself beyond the import of the flow file, holds no
threads, and is the subreaper of its descendants, so that none of them can escape.
"""

from __future__ import annotations

import gc
import os
import select
import signal
from typing import TYPE_CHECKING, NoReturn

from stepwell.base.lineage import end_orphans, inherit_orphans
from stepwell.documents.launching import (
    Began,
    Broken,
    Exited,
    FromZygote,
    Launch,
    Prepare,
    Ready,
    Signal,
    Unframer,
    decode_to_zygote,
    frame,
)
from stepwell.documents.task import ExitStatus, Usage
from stepwell.task.fork_safety import pause_openmp, why_unsafe
from stepwell.task.process import reset_signals

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable


class Zygote:
    """Serves one backend over one socket until the other side closes it.

    Args:
        sock: A connected stream socket.
        prepare: Called with the `Prepare` message, once; loads the flow where that was not done before.
        run: Called in a forked child with the encoded spec and the zygote's pid; must not return.
        loaded: True when this process has imported the flow already.
    """

    def __init__(
        self,
        sock: socket.socket,
        prepare: Callable[[Prepare], None],
        run: Callable[[bytes, int], NoReturn],
        *,
        loaded: bool,
    ) -> None:
        self._sock = sock
        self._prepare = prepare
        self._run = run
        self._loaded = loaded
        self._broken = ""
        self._pid = os.getpid()
        self._children: dict[int, tuple[int, int]] = {}
        self._attempts: dict[tuple[int, int], int] = {}
        self._unframer = Unframer()

    def serve(self) -> NoReturn:
        """Work until the backend goes away, then end every child and leave."""
        read_end, write_end = os.pipe()
        os.set_blocking(read_end, False)
        os.set_blocking(write_end, False)
        signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _note)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        inherit_orphans()
        gc.disable()
        if self._loaded:
            self._be_ready()
        poll = select.poll()
        poll.register(self._sock.fileno(), select.POLLIN)
        poll.register(read_end, select.POLLIN)
        while True:
            for fd, _ in poll.poll():
                if fd == read_end:
                    os.read(read_end, 4096)
                    self._reap()
                elif not self._receive():
                    self._end_everything()

    def _be_ready(self) -> None:
        """The flow is imported: settle the heap, so that children share it, and say whether forking is safe."""
        pause_openmp()
        gc.collect()
        gc.freeze()
        self._send(Ready(pid=self._pid, unsafe=why_unsafe()))

    def _get_prepared(self, message: Prepare) -> None:
        try:
            self._prepare(message)
        except Exception as error:  # noqa: BLE001 - importing the flow may raise anything; attempts report it
            self._broken = f"the flow cannot be loaded from the run's code snapshot: {type(error).__name__}: {error}"
        if self._loaded:
            gc.freeze()
        else:
            self._loaded = True
            self._be_ready()

    def _receive(self) -> bool:
        """Handle what the backend said; False when it is gone."""
        try:
            data = self._sock.recv(1 << 20)
        except OSError:
            return False
        if not data:
            return False
        for body in self._unframer.feed(data):
            message = decode_to_zygote(body)
            if isinstance(message, Launch):
                self._launch(message)
            elif isinstance(message, Signal):
                self._signal(message)
            else:
                self._get_prepared(message)
        return True

    def _launch(self, message: Launch) -> None:
        if self._broken:
            self._send(Broken(task=message.task, attempt=message.attempt, reason=self._broken))
            return
        try:
            pid = os.fork()
        except OSError as error:
            self._send(Broken(task=message.task, attempt=message.attempt, reason=f"cannot fork: {error.strerror}"))
            return
        if pid == 0:
            self._sock.close()
            self._run(bytes(message.spec), self._pid)
        self._children[pid] = (message.task, message.attempt)
        self._attempts[message.task, message.attempt] = pid
        self._send(Began(task=message.task, attempt=message.attempt, pid=pid))

    def _signal(self, message: Signal) -> None:
        pid = self._attempts.get((message.task, message.attempt))
        if pid is not None and not _kill_group(pid, message.number):
            try:
                os.kill(pid, message.number)
            except ProcessLookupError:
                return

    def _reap(self) -> None:
        while self._children:
            try:
                pid, status, used = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            attempt = self._children.pop(pid, None)
            if attempt is None:
                continue  # an orphan of an attempt that was handed to us
            del self._attempts[attempt]
            _kill_group(pid, signal.SIGKILL)
            self._end_orphans()
            self._send(
                Exited(
                    task=attempt[0],
                    attempt=attempt[1],
                    status=ExitStatus(signal=os.WTERMSIG(status))
                    if os.WIFSIGNALED(status)
                    else ExitStatus(code=os.WEXITSTATUS(status)),
                    usage=Usage(cpu_user=used.ru_utime, cpu_system=used.ru_stime, peak_memory=used.ru_maxrss * 1024),
                )
            )

    def _end_orphans(self) -> None:
        """End processes that left their attempt's session.

        A living attempt inherits its own orphans, so those that came to us are of attempts that are over.
        """
        end_orphans(lambda pid: pid not in self._children)

    def _end_everything(self) -> NoReturn:
        for pid in self._children:
            _kill_group(pid, signal.SIGKILL)
        for pid in self._children:
            try:
                os.waitpid(pid, 0)
            except OSError:
                continue
        self._children.clear()
        self._end_orphans()
        os._exit(0)

    def _send(self, message: FromZygote) -> None:
        try:
            self._sock.sendall(frame(message))
        except OSError:
            self._end_everything()


def _note(number: int, frame: object) -> None:
    """The wake-up pipe already has the signal's number."""


def _kill_group(pid: int, number: int) -> bool:
    """Signal a process group; False when there is none (its leader has not made it yet, or all are gone)."""
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def leave_parent() -> None:
    """After a fork from the run's own process: leave its session, so that Ctrl-C there is not heard here."""
    reset_signals()
    os.setsid()
