"""A run on a terminal: one table that stays at the bottom, with what tasks print scrolling above it.

`LiveView` is pure: events in, lines and a frame out. `LivePainter` puts them on a terminal with three escape
sequences and no thread; it needs no library and costs nothing at start-up.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Protocol

from stepwell.base.formats import format_count, format_duration, plural, shorten
from stepwell.cli.render.plain import Line, PlainView
from stepwell.cli.render.style import Style
from stepwell.documents.events import Progress, RunBegan, RunEvent, RunFinished, StepProgress, TaskBegan, TaskEnded

if TYPE_CHECKING:
    from collections.abc import Callable

    from stepwell.documents.graph import GraphDocument

LONGEST_NAME = 24
WIDEST_BAR = 20
SECONDS_BETWEEN_FRAMES = 0.05
ELAPSED_WIDTH = 7


class LiveView:
    """Turns events into lines that scroll and a frame that stays."""

    def __init__(self, graph: GraphDocument | None = None, *, style: Style | None = None) -> None:
        self._plain = PlainView(graph, clock=False, tasks=False)
        self._style = style or Style()
        self._steps: dict[str, StepProgress] = (
            {node.name: StepProgress(step=node.name) for node in graph.steps} if graph is not None else {}
        )
        self._title = ""
        self._began = 0.0
        self._now = 0.0
        self.finished: RunFinished | None = None

    def on(self, event: RunEvent) -> list[Line]:
        """The lines that an event gives rise to; the frame changes with it."""
        self._now = max(self._now, event.at)
        if isinstance(event, RunBegan):
            self._title = f"{event.flow}/{event.run}"
            self._began = event.at
        elif isinstance(event, (Progress, RunFinished)):
            self._steps.update((counts.step, counts) for counts in event.steps)
            if isinstance(event, RunFinished):
                self.finished = event
        elif isinstance(event, TaskBegan):
            self._count(event.step, running=1)
        elif isinstance(event, TaskEnded):
            self._count(event.step, running=-1)
        return [self._styled(line, event) for line in self._plain.on(event)]

    def frame(self, width: int, height: int) -> list[str]:
        """The table as it stands, each line shorter than `width` columns, and fewer lines than `height`."""
        if not self._title:
            return []
        style = self._style
        status = self.finished.status if self.finished is not None else "running"
        elapsed = self.finished.wall if self.finished is not None else self._now - self._began
        room = max(3, height - 4)
        shown, folded = self._choose(room)
        lines = ["", f"{style.bold(self._title)}  {style.status(status)}  {format_duration(elapsed)}"]
        names = min(LONGEST_NAME, max((len(counts.step) for counts in shown), default=4))
        tallies = max((len(_tally(counts)) for counts in shown), default=3)
        lines.extend(self._row(counts, width, names, tallies) for counts in shown)
        if folded:
            lines.append(style.dim(f"  … {plural(folded, 'more step')}"))
        return lines

    def _count(self, step: str, *, running: int) -> None:
        # Between two progress events the table would otherwise show a task that runs as waiting.
        counts = self._steps.get(step, StepProgress(step=step))
        now_running = max(0, counts.running + running)
        done = counts.succeeded + counts.failed + counts.reused
        self._steps[step] = StepProgress(
            step=step,
            total=max(counts.total, done + now_running),
            running=now_running,
            succeeded=counts.succeeded,
            failed=counts.failed,
            reused=counts.reused,
        )

    def _choose(self, room: int) -> tuple[list[StepProgress], int]:
        steps = list(self._steps.values())
        if len(steps) <= room:
            return steps, 0
        # What runs or failed first, then the latest that is done, then the next that waits.
        order = sorted(range(len(steps)), key=lambda index: (_urgency(steps[index]), -index))
        kept = sorted(order[: room - 1])
        return [steps[index] for index in kept], len(steps) - len(kept)

    def _row(self, counts: StepProgress, width: int, names: int, tallies: int) -> str:
        style, marks = self._style, self._style.marks
        done = counts.succeeded + counts.failed + counts.reused
        mark, paint = marks.waiting, style.dim
        if counts.running:
            mark, paint = marks.running, style.cyan
        elif counts.failed:
            mark, paint = marks.failed, style.red
        elif done and done >= counts.total:
            mark, paint = marks.done, style.green
        elapsed = self._plain.watch.elapsed(counts.step, self._now) if done > counts.reused or counts.running else None
        spent = (format_duration(elapsed) if elapsed is not None else "").rjust(ELAPSED_WIDTH)
        note = _note(counts)
        # mark, name, tally, elapsed and the spaces between them; the bar takes what the note leaves.
        left = width - 1 - (2 + 1 + 1 + names + 2 + tallies + 2 + ELAPSED_WIDTH)
        bar_width = max(0, min(WIDEST_BAR, left - 2 - 24))
        note_width = max(0, left - bar_width - 4)
        bar = ""
        if bar_width:
            filled = bar_width * done // counts.total if counts.total > 1 else 0
            bar = marks.full * filled + marks.empty * (bar_width - filled) if counts.total > 1 else " " * bar_width
            bar = paint(bar) + "  "
        name = shorten(counts.step, names).ljust(names)
        shown_note = shorten(note, note_width).ljust(note_width)
        if counts.failed:
            shown_note = style.red(shown_note)
        tally = _tally(counts).rjust(tallies)
        return f"  {paint(mark)} {name}  {bar}{tally}  {spent}  {shown_note}".rstrip()

    def _styled(self, line: Line, event: RunEvent) -> Line:
        if not self._style.enabled:
            return line
        if line.text.startswith("["):
            prefix, bracket, rest = line.text.partition("] ")
            failed = isinstance(event, TaskEnded) and event.outcome == "failed"
            return Line(
                line.stream,
                self._style.dim(prefix + bracket.rstrip()) + " " + (self._style.red(rest) if failed else rest),
            )
        if line.text.startswith(("error", "warning", "hint")):
            word, colon, rest = line.text.partition(":")
            paint = {"error": self._style.red, "warning": self._style.yellow}.get(word, self._style.cyan)
            return Line(line.stream, paint(word + colon) + rest)
        return line


class Screen(Protocol):
    """What can be written to."""

    def write(self, text: str, /) -> object:
        """Take text."""

    def flush(self) -> None:
        """Pass it on."""


class LivePainter:
    """Shows a `LiveView` on a terminal.

    Args:
        view: The view.
        out: Where the frame and lines of tasks go.
        err: Where talk about the run goes.
        size: The terminal's columns and rows.
    """

    def __init__(
        self, view: LiveView, out: Screen, err: Screen, size: Callable[[], tuple[int, int]] | None = None
    ) -> None:
        self._view = view
        self._out = out
        self._err = err
        self._size = size or _terminal_size
        self._pending: list[Line] = []
        self._drawn: list[int] = []
        self._painted_at = float("-inf")

    def __call__(self, event: RunEvent) -> None:
        """Take an event; paints at most twenty times a second."""
        self._pending.extend(self._view.on(event))
        last = isinstance(event, RunFinished) or self._view.finished is not None
        if last or event.at - self._painted_at >= SECONDS_BETWEEN_FRAMES or event.at < self._painted_at:
            self._painted_at = event.at
            self._paint()

    def _paint(self) -> None:
        width, height = self._size()
        if any(line.stream == "err" for line in self._pending) and self._err is not self._out:
            self._out.write(self._erase(width))
            self._out.flush()
            self._drawn = []
            for line in self._pending:
                target = self._err if line.stream == "err" else self._out
                target.write(line.text + "\n")
                target.flush()
            text = ""
        else:
            text = self._erase(width) + "".join(line.text + "\n" for line in self._pending)
        self._pending.clear()
        frame = self._view.frame(width, height)
        self._out.write(text + "".join(line + "\n" for line in frame))
        self._out.flush()
        self._drawn = [_visible_length(line) for line in frame]

    def _erase(self, width: int) -> str:
        # A terminal that became narrower has wrapped the lines of the last frame.
        rows = sum(max(1, -(-length // max(1, width))) for length in self._drawn)
        return f"\x1b[{rows}A\r\x1b[J" if rows else ""


def _tally(counts: StepProgress) -> str:
    if not counts.total:
        return ""
    done = counts.succeeded + counts.failed + counts.reused
    return f"{format_count(done)}/{format_count(counts.total)}"


def _note(counts: StepProgress) -> str:
    parts = []
    if counts.failed:
        parts.append(f"{format_count(counts.failed)} failed")
    if counts.running:
        parts.append(f"{format_count(counts.running)} running")
    if counts.reused:
        parts.append(f"{format_count(counts.reused)} reused")
    return ", ".join(parts)


def _urgency(counts: StepProgress) -> int:
    if counts.running or counts.failed:
        return 0
    return 1 if counts.total else 2


def _visible_length(line: str) -> int:
    length, inside = 0, False
    for character in line:
        if character == "\x1b":
            inside = True
        elif inside:
            inside = character != "m"
        else:
            length += 1
    return length


def _terminal_size() -> tuple[int, int]:
    size = shutil.get_terminal_size((80, 24))
    return size.columns, size.lines
