"""A run as plain, short lines: for files, pipes, CI, and `--quiet`.

Steps with few tasks get a line when a task starts and ends. Of steps with many tasks only the progress is told, at
every tenth and at most every few seconds. Failures are always told. Lines of tasks and what they print go to standard
output; talk about the run goes to standard error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from stepwell.base.formats import format_clock, format_count, format_duration, format_size, plural, shorten
from stepwell.cli.render.stepwatch import StepWatch
from stepwell.cli.render.usertext import OutputBudget, clean_line
from stepwell.documents.events import (
    LogText,
    Notice,
    Progress,
    RunBegan,
    RunEvent,
    RunFinished,
    StepProgress,
    TaskBegan,
    TaskEnded,
    TasksCloned,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stepwell.documents.graph import GraphDocument
    from stepwell.documents.task import ErrorRecord

SECONDS_BETWEEN_PROGRESS = 5.0


class Line(NamedTuple):
    """One line of text, without its end, and the stream that it belongs to."""

    stream: Literal["out", "err"]
    text: str


class PlainView:
    """Turns events into lines.

    Args:
        graph: The flow's graph, if known.
        quiet: Only what tasks print, and failures.
        clock: Put the time of day before lines about tasks.
        tasks: Tell the start and end of single tasks, and progress; False where something else shows it.
    """

    def __init__(
        self, graph: GraphDocument | None = None, *, quiet: bool = False, clock: bool = True, tasks: bool = True
    ) -> None:
        self.watch = StepWatch(graph)
        self._quiet = quiet
        self._clock = clock
        self._tasks = tasks and not quiet
        self._budget = OutputBudget()
        self._stopped: set[str] = set()
        self._flow = ""
        self._run = ""
        self._told: dict[str, tuple[float, int]] = {}

    def on(self, event: RunEvent) -> list[Line]:
        """The lines that an event gives rise to."""
        self.watch.on(event)
        match event:
            case LogText():
                return self._log(event)
            case TaskEnded():
                return self._ended(event)
            case RunBegan():
                self._flow, self._run = event.flow, event.run
                return [] if self._quiet else began_lines(event)
            case Notice():
                return self._notice(event)
            case _:
                return self._news(event) if self._tasks else []

    def _notice(self, event: Notice) -> list[Line]:
        # The engine and this view both stop showing what is too much; one word about it is enough.
        told = any(event.hint.startswith(command) for command in self._stopped)
        return [] if event.level == "info" and (self._quiet or told) else notice_lines(event)

    def _news(self, event: TasksCloned | TaskBegan | Progress | RunFinished) -> list[Line]:
        if isinstance(event, TaskBegan):
            return self._began(event)
        if isinstance(event, TasksCloned):
            return [self._task_line(event.at, "", reuse_text(event))]
        return self._progress(event.at, event.steps, final=isinstance(event, RunFinished))

    def _began(self, event: TaskBegan) -> list[Line]:
        if self.watch.has_many(event.step):
            return []
        again = f" again (attempt {event.attempt + 1})" if event.attempt else ""
        pid = f" (pid {event.pid})" if event.pid else ""
        return [self._task_line(event.at, f"{event.step}/{event.task}", f"started{again}{pid}")]

    def _ended(self, event: TaskEnded) -> list[Line]:
        self._budget.close(event.task, event.attempt)
        where = f"{event.step}/{event.task}"
        name = f" (item {clean_line(shorten(event.label, 40))})" if event.label else ""
        if event.outcome == "failed":
            text = f"failed after {format_duration(event.wall)}{name}: {error_headline(event.error)}"
            if event.retry_in is not None:
                wait = f"in {format_duration(event.retry_in)}" if event.retry_in else "now"
                text += f"; tries again {wait}"
            return [self._task_line(event.at, where, text)]
        if not self._tasks or self.watch.has_many(event.step):
            return []
        if event.outcome == "cancelled":
            return [self._task_line(event.at, where, f"cancelled after {format_duration(event.wall)}{name}")]
        memory = f", {format_size(event.peak_memory)}" if event.peak_memory else ""
        branches = f", splits into {plural(event.branches, 'task')}" if event.branches is not None else ""
        text = f"done in {format_duration(event.wall)}{memory}{branches}{name}"
        return [self._task_line(event.at, where, text)]

    def _log(self, event: LogText) -> list[Line]:
        shown = self._budget.admit(event.task, event.attempt, event.at, event.text)
        where = f"{event.step}/{event.task}"
        lines = []
        if shown.resumed_after:
            lines.append(self._task_line(event.at, where, f"… {plural(shown.resumed_after, 'line')} not shown here"))
        lines.extend(self._task_line(event.at, where, text) for text in shown.lines)
        if shown.stopped:
            command = f"stepwell logs {self._flow}/{self._run}/{where}"
            self._stopped.add(command)
            text = f"… prints faster than can be shown; everything: {command}"
            lines.append(self._task_line(event.at, where, text))
        return lines

    def _progress(self, at: float, steps: Iterable[StepProgress], *, final: bool) -> list[Line]:
        lines = []
        for counts in steps:
            if not self.watch.has_many(counts.step) or counts.total == counts.reused:
                continue
            done = counts.succeeded + counts.failed + counts.reused
            last_at, last_done = self._told.get(counts.step, (at - SECONDS_BETWEEN_PROGRESS, -1))
            if done == last_done:
                continue
            passed_a_tenth = done * 10 // counts.total > max(last_done, 0) * 10 // counts.total
            waited = at - last_at
            due = waited >= SECONDS_BETWEEN_PROGRESS or (passed_a_tenth and waited >= 1.0)
            if due or final or (done == counts.total and counts.running == 0):
                self._told[counts.step] = (at, done)
                lines.append(
                    self._task_line(at, counts.step, progress_text(counts, self.watch.elapsed(counts.step, at)))
                )
        return lines

    def _task_line(self, at: float, where: str, text: str) -> Line:
        clock = f"{format_clock(at)} " if self._clock else ""
        place = f"{self._run}/{where}" if where else self._run
        return Line("out", f"{clock}[{place}] {text}")


def began_lines(event: RunBegan) -> list[Line]:
    """What is said when a run has its id."""
    resumes = f", resumes run {event.origin_run}" if event.origin_run else ""
    return [
        Line(
            "err",
            f"Run {event.flow}/{event.run} starts for {event.user} in {event.datastore.removeprefix('file://')}{resumes}",
        )
    ]


def reuse_text(event: TasksCloned) -> str:
    """What a resumed run took over."""
    steps = ", ".join(f"{step} {format_count(count)}" for step, count in event.steps.items())
    return f"reuses {plural(sum(event.steps.values()), 'finished task')} of run {event.origin_run}: {steps}"


def notice_lines(event: Notice) -> list[Line]:
    """A notice with its cure."""
    word = "note" if event.level == "info" else event.level
    lines = [Line("err", f"{word}: {event.message}")]
    return [*lines, Line("err", f"hint: {event.hint}")] if event.hint else lines


def progress_text(counts: StepProgress, elapsed: float | None) -> str:
    """Where a step with many tasks stands."""
    done = counts.succeeded + counts.failed + counts.reused
    parts = [f"{format_count(done)} of {format_count(counts.total)} done"]
    if counts.running:
        parts.append(f"{format_count(counts.running)} running")
    if counts.failed:
        parts.append(f"{format_count(counts.failed)} failed")
    if counts.reused:
        parts.append(f"{format_count(counts.reused)} reused")
    if elapsed is not None:
        parts.append(format_duration(elapsed))
    return ", ".join(parts)


def error_headline(error: ErrorRecord | None) -> str:
    """An error in one line: the exception's type and the first line of its message."""
    if error is None:
        return "no reason is known"
    first = clean_line(error.message.strip().partition("\n")[0])
    kind = error.type.rpartition(".")[2]
    if error.kind == "exception" and kind and not first.startswith(kind):
        first = f"{kind}: {first}" if first else kind
    return shorten(first or error.kind, 200)
