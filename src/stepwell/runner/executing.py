"""A run, or a task, that a `Runner` started: what is known of it while it goes on and when it is over."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import TYPE_CHECKING, Any, Literal, Self

from stepwell.client.run import Run
from stepwell.client.session import ClientSession
from stepwell.client.task import Task

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from types import TracebackType

    from stepwell.runner.child import Child

Status = Literal["timeout", "running", "failed", "successful"]


class Executing:
    """What `ExecutingRun` and `ExecutingTask` have in common.

    Args:
        child: The process.
        session: Where the results are.
    """

    def __init__(self, child: Child, session: ClientSession) -> None:
        self._child = child
        self._session = session
        self._timed_out = False

    @property
    def command(self) -> list[str]:
        """What is executed."""
        return self._child.command

    @property
    def status(self) -> Status:
        """`running`, `successful`, `failed`, or `timeout` when `wait` lost patience."""
        if self._timed_out:
            return "timeout"
        code = self._child.returncode
        if code is None:
            return "running"
        return "successful" if code == 0 else "failed"

    @property
    def returncode(self) -> int | None:
        """The exit code, None while it runs."""
        return self._child.returncode

    @property
    def stdout(self) -> str:
        """What it printed so far."""
        return self._child.output("stdout")

    @property
    def stderr(self) -> str:
        """What it wrote to standard error so far."""
        return self._child.output("stderr")

    async def wait(self, timeout: float | None = None, stream: Literal["stdout", "stderr"] | None = None) -> Self:
        """Wait for the end.

        Args:
            timeout: Seconds; when they are over, it is ended and the status is `timeout`. None waits as long as it
                takes.
            stream: Print `stdout` or `stderr` meanwhile.
        """
        printing = asyncio.create_task(self._print(stream)) if stream is not None else None
        try:
            if not await changed(self._child, lambda: False, timeout):
                self._timed_out = True
                await asyncio.to_thread(self._child.end)
            if printing is not None:
                await printing
        finally:
            if printing is not None:
                printing.cancel()
        return self

    async def stream_log(
        self, stream: Literal["stdout", "stderr"], position: int | None = None
    ) -> AsyncIterator[tuple[int, str]]:
        """The lines of a stream as they come.

        Args:
            stream: `stdout` or `stderr`.
            position: Where to begin: what an earlier call gave with its last line; None for the beginning.

        Yields:
            The position behind a line, in characters, and the line without its end.
        """
        at = position or 0
        while True:
            ended = self._child.returncode is not None
            text = self._child.output(stream)
            while (end := text.find("\n", at)) >= 0:
                line, at = text[at:end], end + 1
                yield at, line
            if ended:
                if at < len(text):
                    yield len(text), text[at:]
                return
            known = len(text)
            await changed(self._child, lambda: len(self._child.output(stream)) > known, None)  # noqa: B023

    def wait_here(self) -> Self:
        """Wait for the end without an event loop; Ctrl-C is passed on to the run, which ends in good order."""
        try:
            self._child.wait_for(lambda: False, None)
        except KeyboardInterrupt:
            self._child.interrupt(signal.SIGINT)
            try:
                self._child.wait_for(lambda: False, None)
            except KeyboardInterrupt:
                self._child.end(grace=0.0)
            raise
        return self

    def terminate(self) -> None:
        """End it."""
        self._child.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._child.end()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self._child.end)

    async def _print(self, stream: Literal["stdout", "stderr"]) -> None:
        import sys

        async for _, line in self.stream_log(stream):
            sys.stdout.write(f"{line}\n")


class ExecutingRun(Executing):
    """A run that a `Runner` started.

    Attributes:
        run: The run, as the client has it.
    """

    def __init__(self, child: Child, began: dict[str, Any]) -> None:
        session = ClientSession(began["datastore"], namespace=None)
        super().__init__(child, session)
        self.run = Run(f"{began['flow']}/{began['run']}", session=session)

    def __repr__(self) -> str:
        return f"<ExecutingRun {self.run.pathspec} {self.status}>"


class ExecutingTask(Executing):
    """A task that `Runner.spin` started.

    Attributes:
        task: The task, as the client has it.
    """

    def __init__(self, child: Child, session: ClientSession, pathspec: str) -> None:
        super().__init__(child, session)
        self._pathspec = pathspec

    @property
    def task(self) -> Task:
        """The task, as the client has it, once it is over."""
        return Task(self._pathspec, session=self._session)

    def __repr__(self) -> str:
        return f"<ExecutingTask {self._pathspec} {self.status}>"


async def changed(child: Child, condition: Callable[[], bool], timeout: float | None) -> bool:
    """Wait, within an event loop, until something holds or the process has ended; False when the time is over."""
    loop = asyncio.get_running_loop()
    news = asyncio.Event()

    def tell() -> None:
        with contextlib.suppress(RuntimeError):  # the loop may be closed by now
            loop.call_soon_threadsafe(news.set)

    forget = child.listen(tell)
    try:
        async with asyncio.timeout(timeout):
            while child.returncode is None and not condition():
                await news.wait()
                news.clear()
    except TimeoutError:
        return False
    finally:
        forget()
    return True
