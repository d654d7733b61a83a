"""`parallel_map` and `parallel_imap_unordered`: a function over items, each in a process of its own on this machine.

The processes are forks, so the function may be anything, a lambda too, and sees everything that is loaded. Results come
back as artifacts do: large arrays are mapped, not copied.
"""

from __future__ import annotations

import os
import random
import selectors
import signal
import sys
import tempfile
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, TypeVar

import msgspec

from stepwell.artifacts.reader import ArtifactReader
from stepwell.artifacts.writer import ArtifactWriter
from stepwell.backends.local.machine import usable_cores
from stepwell.base.errors import ArgumentError, StepwellError
from stepwell.base.user_traceback import format_user_traceback
from stepwell.documents.refs import ArtifactRef  # noqa: TC001 - msgspec reads it
from stepwell.store.blobs import BlobStore
from stepwell.store.local import LocalStore
from stepwell.task.process import flush_streams, set_parent_death_signal
from stepwell.task.seeding import seed_generators

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    In = TypeVar("In")
    Out = TypeVar("Out")


class MulticoreException(StepwellError):
    """The function failed for an item of `parallel_map`; the note has its traceback.

    Attributes:
        index: Position of the item.
    """

    def __init__(self, message: str, *, index: int = -1, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.index = index


def parallel_map(
    func: Callable[[In], Out],
    iterable: Iterable[In],
    max_parallel: int | None = None,
    dir: str | os.PathLike[str] | None = None,  # noqa: A002 - Metaflow's name
) -> list[Out]:
    """Call a function for each item, several at a time, each call in a process of its own.

    Args:
        func: Takes an item. What it returns is handed back; what it changes in memory is not.
        iterable: The items.
        max_parallel: The most calls at once; by default as many as there are cores.
        dir: Folder for large results on their way back.

    Returns:
        The results, in the order of the items.

    Raises:
        MulticoreException: A call raised, died, or returned what cannot be stored. The others are ended.
    """
    results = dict(_results(func, iterable, max_parallel, dir))
    return [results[index] for index in range(len(results))]


def parallel_imap_unordered(
    func: Callable[[In], Out],
    iterable: Iterable[In],
    max_parallel: int | None = None,
    dir: str | os.PathLike[str] | None = None,  # noqa: A002 - Metaflow's name
) -> Iterator[Out]:
    """As `parallel_map`, but give each result as soon as it is there, in whatever order."""
    for _, result in _results(func, iterable, max_parallel, dir):
        yield result


class _Worker(NamedTuple):
    place: int
    pid: int
    received: bytearray


def _results(
    func: Callable[[Any], Any], iterable: Iterable[Any], most: int | None, folder: Any
) -> Iterator[tuple[int, Any]]:
    given: Any = most
    if given is not None and (not isinstance(given, int) or isinstance(given, bool) or given < 1):
        raise ArgumentError(
            f"invalid value for `max_parallel`: {most!r}", hint="give a whole number of at least 1, or leave it out"
        )
    items = enumerate(iterable)
    seed = random.getrandbits(60)  # children must not draw the same numbers, and the same again in the next run
    workers: dict[int, _Worker] = {}
    with (
        tempfile.TemporaryDirectory(prefix="stepwell-parallel-", dir=folder) as place,
        selectors.DefaultSelector() as selector,
    ):
        blobs = BlobStore(LocalStore(place))
        reader = ArtifactReader(blobs, main_module=lambda: sys.modules["__main__"])
        try:
            while True:
                while len(workers) < (most or usable_cores()):
                    following = next(items, None)
                    if following is None:
                        break
                    fd, worker = _start(func, *following, blobs, seed)
                    workers[fd] = worker
                    selector.register(fd, selectors.EVENT_READ)
                if not workers:
                    return
                for key, _ in selector.select():
                    data = os.read(key.fd, 1 << 16)
                    worker = workers[key.fd]
                    if data:
                        worker.received.extend(data)
                        continue
                    selector.unregister(key.fd)
                    os.close(key.fd)
                    del workers[key.fd]
                    _, status = os.waitpid(worker.pid, 0)
                    yield worker.place, _value(worker, status, reader)
        finally:
            _end(workers)


def _start(func: Callable[[Any], Any], index: int, item: Any, blobs: BlobStore, seed: int) -> tuple[int, _Worker]:
    flush_streams()
    near, far = os.pipe()
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        os.close(near)
        set_parent_death_signal(parent)
        _work(func, item, blobs, far, seed + index)
    os.close(far)
    return near, _Worker(index, pid, bytearray())


def _work(func: Callable[[Any], Any], item: Any, blobs: BlobStore, out: int, seed: int) -> NoReturn:
    """Call the function in the child, send what came of it, and leave without the interpreter's own ending."""
    code = 1
    try:
        try:
            seed_generators(seed)
            answer: Any = {"ref": ArtifactWriter(blobs).store("result", func(item))}
        except BaseException as error:  # noqa: BLE001 - whatever it is, the caller is told
            answer = {"type": type(error).__name__, "message": str(error), "traceback": format_user_traceback(error)}
        data = msgspec.json.encode(answer)
        while data:
            data = data[os.write(out, data) :]
        code = 0
    finally:
        flush_streams()
        os._exit(code)


class _Answer(msgspec.Struct):
    ref: ArtifactRef | None = None
    type: str = ""
    message: str = ""
    traceback: str = ""


def _value(worker: _Worker, status: int, reader: ArtifactReader) -> Any:
    if os.WIFSIGNALED(status) or not worker.received:
        ended = (
            f"was ended by {signal.Signals(os.WTERMSIG(status)).name}"
            if os.WIFSIGNALED(status)
            else f"left with exit code {os.WEXITSTATUS(status)}"
        )
        raise MulticoreException(
            f"the process for item {worker.place} {ended}",
            index=worker.place,
            hint="if memory was short, lower `max_parallel`",
        )
    answer = msgspec.json.decode(bytes(worker.received), type=_Answer)
    if answer.ref is None:
        error = MulticoreException(
            f"the function failed for item {worker.place}: {answer.type}: {answer.message}", index=worker.place
        )
        error.add_note(answer.traceback.rstrip())
        raise error
    return reader.load(answer.ref, "result")


def _end(workers: dict[int, _Worker]) -> None:
    for fd, worker in workers.items():
        os.close(fd)
        try:
            os.kill(worker.pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    for worker in workers.values():
        try:
            os.waitpid(worker.pid, 0)
        except ChildProcessError:
            continue
