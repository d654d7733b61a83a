"""A command in a child process: its output, its events and its end, watched by one thread.

Nothing here belongs to the thread that started it, so it works from any thread, and beside any event loop.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Stream = Literal["stdout", "stderr"]

# Names the pipes of a call; `cli.runner_call` is the other end.
VARIABLE = "STEPWELL_RUNNER_CALL"
# Seconds between asking a run to end and ending it; the run itself gives its tasks less.
GRACE = 10.0


class Child:
    """A running command.

    Args:
        command: What to run.
        given: Arguments as plain JSON, by name.
        environ: The environment.
        cwd: The working directory; None for this process's.
        show: Print its output here as it comes.

    Attributes:
        command: What is run.
        events: What it told so far, in order.
    """

    def __init__(
        self,
        command: Sequence[str],
        given: Mapping[str, Any],
        *,
        environ: Mapping[str, str],
        cwd: str | None,
        show: bool,
    ) -> None:
        self.command = list(command)
        self.events: list[dict[str, Any]] = []
        self._show = show
        self._output: dict[Stream, bytearray] = {"stdout": bytearray(), "stderr": bytearray()}
        self._changed = threading.Condition()
        self._listeners: list[Callable[[], None]] = []
        self._ended = False
        arguments_in, arguments_out = os.pipe()
        events_in, events_out = os.pipe()
        try:
            self._process = subprocess.Popen(
                self.command,
                cwd=cwd,
                env={**environ, VARIABLE: f"{arguments_in},{events_out}"},
                pass_fds=(arguments_in, events_out),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,  # Ctrl-C is passed on once, by whoever waits
            )
        except BaseException:
            os.close(arguments_out)
            os.close(events_in)
            raise
        finally:
            os.close(arguments_in)
            os.close(events_out)
        self._events = events_in
        payload = json.dumps(dict(given)).encode()
        threading.Thread(target=_write, args=(arguments_out, payload), daemon=True).start()
        self._watcher = threading.Thread(target=self._watch, name=f"watch {self._process.pid}", daemon=True)
        self._watcher.start()

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit code, None while it runs."""
        return self._process.returncode if self._ended else None

    def output(self, stream: Stream) -> str:
        """What it printed so far."""
        with self._changed:
            return self._output[stream].decode("utf-8", errors="replace")

    def event(self, kind: str) -> dict[str, Any] | None:
        """The first event of a kind, None while there is none."""
        with self._changed:
            return next((event for event in self.events if event.get("type") == kind), None)

    def listen(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Have a function called, in the watching thread, whenever something has changed; returns what ends that."""
        with self._changed:
            self._listeners.append(callback)
        return lambda: self._listeners.remove(callback) if callback in self._listeners else None

    def wait_for(self, condition: Callable[[], bool], timeout: float | None) -> bool:
        """Wait until something holds or the process has ended; False when the time is over before.

        Args:
            condition: Asked whenever something has changed.
            timeout: Seconds; None for as long as it takes.
        """
        with self._changed:
            return self._changed.wait_for(lambda: self._ended or condition(), timeout)

    def interrupt(self, number: int = signal.SIGTERM) -> None:
        """Ask the run to end."""
        if not self._ended:
            try:
                os.kill(self._process.pid, number)
            except ProcessLookupError:
                return

    def end(self, grace: float = GRACE) -> None:
        """Make it end, and wait for that."""
        if self._ended:
            return
        self.interrupt()
        if not self.wait_for(lambda: False, grace):
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                self._process.kill()
            self.wait_for(lambda: False, None)

    def _watch(self) -> None:
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        pending = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout.fileno(), selectors.EVENT_READ, "stdout")
            selector.register(self._process.stderr.fileno(), selectors.EVENT_READ, "stderr")
            selector.register(self._events, selectors.EVENT_READ, "events")
            ended = _ended_of(self._process.pid)
            if ended is not None:
                selector.register(ended, selectors.EVENT_READ, "end")
            while selector.get_map():
                keys = selector.select()
                # What was written before the end is read before the end is told; what outlives the process is not.
                if any(key.data == "end" for key, _ in keys):
                    keys = [(key, mask) for key, mask in selector.select(0) if key.data != "end"]
                    if not keys:
                        break
                for key, _ in keys:
                    data = os.read(key.fd, 1 << 16)
                    if not data:
                        selector.unregister(key.fd)
                    elif key.data == "events":
                        pending += data
                        self._take_events(pending)
                    else:
                        self._take_output(key.data, data)
        if ended is not None:
            os.close(ended)
        self._process.wait()
        self._process.stdout.close()
        self._process.stderr.close()
        os.close(self._events)
        with self._changed:
            self._ended = True
        self._tell()

    def _take_events(self, pending: bytearray) -> None:
        *lines, rest = bytes(pending).split(b"\n")
        pending[:] = rest
        with self._changed:
            self.events += [json.loads(line) for line in lines if line]
        self._tell()

    def _take_output(self, stream: Stream, data: bytes) -> None:
        with self._changed:
            self._output[stream] += data
        if self._show:
            shown = sys.stdout if stream == "stdout" else sys.stderr
            try:
                shown.write(data.decode("utf-8", errors="replace"))
                shown.flush()
            except (OSError, ValueError):
                self._show = False
        self._tell()

    def _tell(self) -> None:
        with self._changed:
            self._changed.notify_all()
            listeners = list(self._listeners)
        for listener in listeners:
            listener()


def _write(descriptor: int, data: bytes) -> None:
    """Hand over the arguments; a child that is gone before it read them is seen elsewhere."""
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
    except OSError:
        return


def _ended_of(pid: int) -> int | None:
    """A descriptor that becomes readable when the process ends, None where the system has none."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None
