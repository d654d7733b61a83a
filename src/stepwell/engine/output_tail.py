"""Follows what running attempts print, from their log files to the observer, whole lines at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from stepwell.base.formats import format_size
from stepwell.documents.events import LogText, Notice

if TYPE_CHECKING:
    from collections.abc import Callable

    from stepwell.base.clock import Clock
    from stepwell.documents.events import RunEvent
    from stepwell.store.datastore import Datastore

# Bytes shown per attempt and stream in one round, and in all when an attempt ends with much left unshown.
_ROUND = 1 << 16
_LAST_ROUNDS = 1 << 20

Stream = Literal["stdout", "stderr"]
STREAMS: tuple[Stream, Stream] = ("stdout", "stderr")


class OutputTail:
    """Shows output of attempts while they run; what is too much to show stays in the log file, and is said so.

    Args:
        datastore: Where the log files are.
        flow: Flow name.
        run: Run id.
        observer: Gets `LogText` and `Notice` events.
        clock: Stamps them.
    """

    def __init__(
        self, datastore: Datastore, flow: str, run: str, observer: Callable[[RunEvent], None], clock: Clock
    ) -> None:
        self._datastore = datastore
        self._flow = flow
        self._run = run
        self._observer = observer
        self._clock = clock
        self._shown: dict[tuple[str, int, int, Stream], int] = {}

    def follow(self, step: str, task: int, attempt: int) -> None:
        """Show what is new and complete."""
        for stream in STREAMS:
            self._show(step, task, attempt, stream, last=False)

    def finish(self, step: str, task: int, attempt: int) -> None:
        """Show the rest: the attempt is over."""
        for stream in STREAMS:
            key = (step, task, attempt, stream)
            budget = _LAST_ROUNDS
            while budget > 0 and (shown := self._show(step, task, attempt, stream, last=True)):
                budget -= shown
            if budget <= 0:
                self._tell_rest(key)
            self._shown.pop(key, None)

    def _show(self, step: str, task: int, attempt: int, stream: Stream, *, last: bool) -> int:
        key = (step, task, attempt, stream)
        start = self._shown.get(key, 0)
        data = self._datastore.read_output(self._flow, self._run, step, task, attempt, stream, start, _ROUND)
        if not data:
            return 0
        cut = data.rfind(b"\n") + 1
        if cut == 0:
            if not last and len(data) < _ROUND:
                return 0
            cut = len(data)
        elif last and len(data) < _ROUND:
            cut = len(data)
        self._shown[key] = start + cut
        text = data[:cut].decode("utf-8", errors="replace")
        self._observer(LogText(at=self._clock.now(), step=step, task=task, attempt=attempt, stream=stream, text=text))
        return cut

    def _tell_rest(self, key: tuple[str, int, int, Stream]) -> None:
        step, task, attempt, stream = key
        size = self._datastore.output_size(self._flow, self._run, step, task, attempt, stream)
        left = size - self._shown.get(key, 0)
        if left > 0:
            self._observer(
                Notice(
                    at=self._clock.now(),
                    level="info",
                    message=f"`{step}/{task}` printed {format_size(left)} more to {stream}, all of it is in its log",
                    hint=f"stepwell logs {self._flow}/{self._run}/{step}/{task} --{stream}",
                )
            )
