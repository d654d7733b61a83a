"""One event loop for one thread: file descriptors, timers, and a wake-up for signal handlers.

Small on purpose: the run loop needs no futures and no coroutines, and importing asyncio would cost more than the
start of a run.
"""

from __future__ import annotations

import heapq
import itertools
import selectors
import signal
import socket
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType


class Timer:
    """A pending call; `cancel` takes it back."""

    __slots__ = ("callback", "due")

    def __init__(self, due: float, callback: Callable[[], None]) -> None:
        self.due = due
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        """Forget the call."""
        self.callback = None


class Reactor:
    """Calls back when a descriptor is readable, a time has come, or a signal has arrived."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._timers: list[tuple[float, int, Timer]] = []
        self._soon: list[Callable[[], None]] = []
        self._order = itertools.count()
        self._stopped = False
        self._signals: dict[int, tuple[Callable[[], None], Any]] = {}
        self._wakeup: tuple[socket.socket, socket.socket] | None = None
        self._old_wakeup_fd = -1

    def on_readable(self, fd: int, callback: Callable[[], None]) -> None:
        """Call back whenever the descriptor has something to read or was closed by the other side."""
        self._selector.register(fd, selectors.EVENT_READ, callback)

    def on_writable(self, fd: int, callback: Callable[[], None]) -> None:
        """Call back whenever the descriptor can take bytes. The descriptor must not be registered otherwise."""
        self._selector.register(fd, selectors.EVENT_WRITE, callback)

    def forget(self, fd: int) -> None:
        """Stop watching a descriptor; it is not closed."""
        try:
            self._selector.unregister(fd)
        except (KeyError, ValueError):
            return

    def soon(self, callback: Callable[[], None]) -> None:
        """Call back in the next turn of the loop."""
        self._soon.append(callback)

    def later(self, seconds: float, callback: Callable[[], None]) -> Timer:
        """Call back after so many seconds."""
        timer = Timer(time.monotonic() + seconds, callback)
        heapq.heappush(self._timers, (timer.due, next(self._order), timer))
        return timer

    def on_signal(self, number: int, callback: Callable[[], None]) -> None:
        """Call back, outside the signal handler, when a signal arrives.

        Raises:
            ValueError: This is not the main thread.
        """
        if self._wakeup is None:
            reader, writer = socket.socketpair()
            reader.setblocking(False)
            writer.setblocking(False)
            try:
                self._old_wakeup_fd = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
            except ValueError:
                reader.close()
                writer.close()
                raise
            self._wakeup = (reader, writer)
            self.on_readable(reader.fileno(), self._read_signals)
        old = signal.signal(number, _ignore)
        self._signals[number] = (callback, old)

    def _read_signals(self) -> None:
        assert self._wakeup is not None
        try:
            numbers = self._wakeup[0].recv(4096)
        except BlockingIOError:
            return
        for number in numbers:
            if number in self._signals:
                self._signals[number][0]()

    def run(self) -> None:
        """Turn until `stop` is called."""
        while not self._stopped:
            self.turn()

    def turn(self) -> None:
        """One round: due timers, queued calls, then wait for descriptors until the next timer."""
        now = time.monotonic()
        while self._timers and (self._timers[0][0] <= now or self._timers[0][2].callback is None):
            callback = heapq.heappop(self._timers)[2].callback
            if callback is not None:
                callback()
        queued, self._soon = self._soon, []
        for call in queued:
            call()
        if self._stopped:
            return
        timeout = None
        if self._soon:
            timeout = 0.0
        elif self._timers:
            timeout = max(0.0, self._timers[0][0] - time.monotonic())
        for key, _ in self._selector.select(timeout):
            key.data()

    def stop(self) -> None:
        """Leave `run` at the end of this turn."""
        self._stopped = True

    def close(self) -> None:
        """Give back signal handlers and descriptors."""
        for number, (_, old) in self._signals.items():
            signal.signal(number, old)
        self._signals.clear()
        if self._wakeup is not None:
            signal.set_wakeup_fd(self._old_wakeup_fd)
            for end in self._wakeup:
                end.close()
            self._wakeup = None
        self._selector.close()


def _ignore(number: int, frame: FrameType | None) -> None:
    """The signal's number has already gone to the wake-up socket."""
