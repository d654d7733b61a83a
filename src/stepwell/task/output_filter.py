"""Between what a task prints and its log files, once it has secrets: a process that writes `***` in their place.

It is a process, not a thread, and it works on file descriptors: what native code and programs that the step starts
print goes through it too, and what was printed before a crash still arrives.
"""

from __future__ import annotations

import os
import select
import signal
from typing import NoReturn

from stepwell.base.lineage import FILTER_NAME, name_process
from stepwell.base.redaction import StreamRedactor, hidden_texts, on_hidden
from stepwell.task.process import flush_streams

# Seconds that the end of a task waits for output of processes that it left behind.
_PATIENCE = 2.0
_PIECE = 1 << 16


class OutputFilter:
    """Watches over descriptors 1 and 2 of an attempt; does nothing before the first secret."""

    def __init__(self) -> None:
        self._pid = 0
        self._owner = os.getpid()
        self._control = -1
        self._saved: tuple[int, int] = (-1, -1)
        self._forget = on_hidden(self._hide)

    def _hide(self, texts: list[str]) -> None:
        """New secrets: they are known to the filter before anything can be printed that holds them."""
        if self._pid == 0:
            if os.getpid() != self._owner:
                return  # a child that the step forked, before there was a filter for all of them
            texts = hidden_texts()
            self._start()
        secrets = [text.encode("utf-8", errors="surrogateescape") for text in texts]
        os.write(self._control, b"".join(len(secret).to_bytes(4, "little") + secret for secret in secrets))

    def _start(self) -> None:
        flush_streams()
        control, self._control = os.pipe()
        pipes = [os.pipe(), os.pipe()]
        files = (os.dup(1), os.dup(2))
        self._pid = _fork()
        if self._pid == 0:
            _serve(control, [pipes[0][0], pipes[1][0]], files)
        os.close(control)
        for (reader, writer), number in zip(pipes, (1, 2), strict=True):
            os.dup2(writer, number)
            os.close(reader)
            os.close(writer)
        for file in files:
            os.set_inheritable(file, False)
        os.set_inheritable(self._control, False)
        self._saved = files

    def close(self) -> None:
        """Write out what is under way; descriptors 1 and 2 are the log files again."""
        self._forget()
        if self._pid == 0 or os.getpid() != self._owner:
            return
        flush_streams()
        for file, number in zip(self._saved, (1, 2), strict=True):
            os.dup2(file, number)
            os.close(file)
        os.close(self._control)
        _wait(self._pid)
        self._pid = 0


def _fork() -> int:
    import warnings

    with warnings.catch_warnings():
        # The child calls nothing but the system, so other threads of this process do not matter to it.
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _wait(pid: int) -> None:
    """Wait for the filter, but not for ever: a process that the step left behind may hold the pipe open."""
    try:
        watch = os.pidfd_open(pid)
    except (OSError, AttributeError):
        os.waitpid(pid, 0)
        return
    poll = select.poll()
    poll.register(watch, select.POLLIN)
    if not poll.poll(_PATIENCE * 1000):
        os.kill(pid, signal.SIGTERM)  # it writes what it has, and ends
    os.close(watch)
    try:
        os.waitpid(pid, 0)
    except ChildProcessError:
        return


def _serve(control: int, readers: list[int], files: tuple[int, int]) -> NoReturn:
    """Be the filter, until nobody can write any more."""
    try:
        _settle(control, readers, files)
        redactors = [StreamRedactor(), StreamRedactor()]
        news = bytearray()
        os.set_blocking(control, False)
        open_streams = {reader: place for place, reader in enumerate(readers)}
        ending = False

        def end(number: int, frame: object) -> None:
            nonlocal ending
            del number, frame
            ending = True

        signal.signal(signal.SIGTERM, end)
        poll = select.poll()
        for reader in readers:
            poll.register(reader, select.POLLIN)
        while open_streams and not ending:
            for reader, _ in poll.poll(500):
                place = open_streams[reader]
                # The data first, then the news: a secret is announced before it can be in the data.
                data = os.read(reader, _PIECE)
                _hear(control, news, redactors)
                if data:
                    _write(files[place], redactors[place].feed(data))
                else:
                    poll.unregister(reader)
                    del open_streams[reader]
        for place, redactor in enumerate(redactors):
            _write(files[place], redactor.rest())
    finally:
        os._exit(0)


def _settle(control: int, readers: list[int], files: tuple[int, int]) -> None:
    """Leave the attempt's session, and let go of everything but what is needed."""
    os.setsid()
    name_process(FILTER_NAME)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.setitimer(signal.ITIMER_REAL, 0)
    kept = sorted({control, *readers, *files})
    start = 0
    for fd in kept:
        os.closerange(start, fd)
        start = fd + 1
    os.closerange(start, 1 << 16)


def _hear(control: int, news: bytearray, redactors: list[StreamRedactor]) -> None:
    """Take in secrets that were announced."""
    while True:
        try:
            data = os.read(control, _PIECE)
        except BlockingIOError:
            break
        if not data:
            break
        news += data
    while len(news) >= 4:
        size = int.from_bytes(news[:4], "little")
        if len(news) < 4 + size:
            return
        for redactor in redactors:
            redactor.add([bytes(news[4 : 4 + size])])
        del news[: 4 + size]


def _write(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]
