"""Attempts in the run's own process, one at a time: for debuggers, profilers and tests."""

from __future__ import annotations

import os
import signal
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

from stepwell.documents.task import ExitStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stepwell.backends.protocol import BackendListener
    from stepwell.base.reactor import Reactor
    from stepwell.documents.run import CodeSnapshot
    from stepwell.documents.task import TaskSpec


class InProcessLauncher:
    """Runs attempts by calling a function.

    Args:
        run: Runs one attempt to its end and records its result.
    """

    def __init__(self, run: Callable[[TaskSpec], None]) -> None:
        self._run = run
        self._queue: deque[TaskSpec] = deque()

    def attach(self, reactor: Reactor, listener: BackendListener) -> None:
        """Begin to work within this reactor."""
        self._reactor = reactor
        self._listener = listener

    def prepare(self, datastore: str, code: CodeSnapshot) -> None:
        """Nothing to do: the flow is loaded already."""

    def submit(self, spec: TaskSpec) -> None:
        """Run the attempt in the next turn of the loop."""
        self._queue.append(spec)
        self._reactor.soon(self._next)

    def _next(self) -> None:
        if not self._queue:
            return
        spec = self._queue.popleft()
        self._listener.task_began(spec.task, spec.attempt, os.getpid())
        with _interruptible():
            self._run(spec)
        # In the next turn: if the step was interrupted, the run is to hear of the signal first.
        self._reactor.soon(lambda: self._listener.task_exited(spec.task, spec.attempt, ExitStatus(code=0), None))

    def signal(self, task: int, attempt: int, number: int) -> None:
        """Drop the attempt if it has not begun; one that runs cannot be signalled without ending the run."""
        for spec in list(self._queue):
            if (spec.task, spec.attempt) == (task, attempt):
                self._queue.remove(spec)
                self._reactor.soon(lambda: self._listener.task_exited(task, attempt, ExitStatus(signal=number), None))

    def processes(self) -> dict[int, int]:
        """None: nothing runs beside this process."""
        return {}

    def close(self) -> None:
        """Forget what is queued."""
        self._queue.clear()


@contextmanager
def _interruptible() -> Iterator[None]:
    """Within: Ctrl-C and SIGTERM raise `KeyboardInterrupt` in the step, and reach the run as well."""

    def interrupt(number: int, frame: object) -> NoReturn:
        del number, frame
        raise KeyboardInterrupt

    old: dict[signal.Signals, Any] = {}
    try:
        try:
            for number in (signal.SIGINT, signal.SIGTERM):
                old[number] = signal.signal(number, interrupt)
        except ValueError:
            pass  # not the main thread: whoever owns it owns its signals
        yield
    finally:
        for caught, handler in old.items():
            signal.signal(caught, handler)
