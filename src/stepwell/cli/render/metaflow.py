"""A run in the lines that Metaflow prints, for scripts that read them: what compat mode shows where no terminal is.

Lines about tasks and what tasks print go to standard output, those about the flow to standard error, as there.
"""

from __future__ import annotations

from time import localtime, strftime
from typing import TYPE_CHECKING, NamedTuple

from stepwell.base.formats import format_count, plural
from stepwell.cli.render.plain import Line, notice_lines
from stepwell.cli.render.usertext import clean_line
from stepwell.documents.events import (
    LogText,
    Notice,
    Progress,
    RunBegan,
    RunFinished,
    TaskBegan,
    TaskEnded,
    TasksCloned,
)

if TYPE_CHECKING:
    from stepwell.documents.events import RunEvent, StepProgress
    from stepwell.documents.graph import GraphDocument

SECONDS_BETWEEN_PROGRESS = 300.0


class _Attempt(NamedTuple):
    step: str
    task: int
    attempt: int


class MetaflowView:
    """Turns events into lines.

    Args:
        graph: The flow's graph, if known.
        quiet: Only what tasks print, and failures.
    """

    def __init__(self, graph: GraphDocument | None = None, *, quiet: bool = False) -> None:
        self._graph = graph
        self._quiet = quiet
        self._flow = self._run = ""
        self._pids: dict[_Attempt, int] = {}
        self._next_progress = SECONDS_BETWEEN_PROGRESS

    def on(self, event: RunEvent) -> list[Line]:
        """The lines that an event gives rise to."""
        match event:
            case LogText():
                where = self._where(_Attempt(event.step, event.task, event.attempt))
                return [_out(event.at, f"{where} {clean_line(text)}") for text in event.text.splitlines()]
            case Notice():
                return [] if self._quiet and event.level == "info" else notice_lines(event)
            case RunBegan():
                return self._began(event)
            case RunFinished():
                return self._finished(event)
            case _:
                return [] if self._quiet else self._news(event)

    def _news(self, event: TasksCloned | TaskBegan | TaskEnded | Progress) -> list[Line]:
        if isinstance(event, TaskBegan):
            attempt = _Attempt(event.step, event.task, event.attempt)
            self._pids[attempt] = event.pid
            again = " (retry)" if event.attempt else ""
            return [_out(event.at, f"{self._where(attempt)} Task is starting{again}.")]
        if isinstance(event, TaskEnded):
            return self._ended(event)
        if isinstance(event, TasksCloned):
            lines = [_out(event.at, f"Cloning {self._flow}/{event.origin_run}")]
            lines += [
                _out(event.at, f"[{self._run}/{step}] Cloning {plural(count, 'previously run task')}")
                for step, count in event.steps.items()
            ]
            return [*lines, _out(event.at, f"{self._flow}/{event.origin_run} cloned!")]
        return self._progress(event)

    def _began(self, event: RunBegan) -> list[Line]:
        self._flow, self._run = event.flow, event.run
        if self._quiet:
            return []
        lines = [Line("err", header_line(event.flow, event.user)), *[Line("err", text) for text in VALIDATED]]
        if event.origin_run is not None:
            text = "Gathering required information to resume run (this may take a bit of time)..."
            lines.append(_out(event.at, text))
        return [*lines, _out(event.at, f"Workflow starting (run-id {event.run}):")]

    def _ended(self, event: TaskEnded) -> list[Line]:
        attempt = _Attempt(event.step, event.task, event.attempt)
        where = self._where(attempt)
        self._pids.pop(attempt, None)
        if event.outcome == "succeeded":
            split = [f"Foreach yields {event.branches} child steps."] if event.branches is not None else []
            return [_out(event.at, f"{where} {text}") for text in (*split, "Task finished successfully.")]
        if event.outcome == "cancelled":
            return []
        # What a step raised was printed by its task; what ended a task from outside was not.
        told = [] if event.error is None or event.error.traceback else event.error.message.splitlines()[:1]
        return [_out(event.at, f"{where} {clean_line(text)}") for text in (*told, "Task failed.")]

    def _progress(self, event: Progress) -> list[Line]:
        if event.elapsed < self._next_progress:
            return []
        self._next_progress = event.elapsed + SECONDS_BETWEEN_PROGRESS
        return [_out(event.at, text) for text in progress_lines(event.steps, self._graph)]

    def _finished(self, event: RunFinished) -> list[Line]:
        if event.status == "succeeded":
            return [] if self._quiet else [_out(event.at, "Done!")]
        lines = []
        if not self._quiet:
            word = "interrupted" if event.status == "cancelled" else "failed"
            lines = [_out(event.at, text) for text in (f"Workflow {word}.", "Terminating 0 active tasks...")]
            lines.append(_out(event.at, "Flushing logs..."))
        if event.failures:
            first = event.failures[0]
            lines.append(Line("err", "    Step failure:"))
            lines.append(Line("err", f"    Step {first.step} (task-id {first.task}) failed."))
            lines.append(Line("err", ""))
        return lines

    def _where(self, attempt: _Attempt) -> str:
        pid = self._pids.get(attempt)
        process = f" (pid {pid})" if pid else ""
        return f"[{self._run}/{attempt.step}/{attempt.task}{process}]"


#: What stands between the header and the run once the graph has been checked; no linter runs beside that.
VALIDATED = ("Validating your flow...", "    The graph looks good!")


def header_line(flow: str, user: str) -> str:
    """Who runs what, in Metaflow's words and with its version first."""
    from stepwell.compat.modules import METAFLOW_VERSION

    return f"Metaflow {METAFLOW_VERSION} executing {flow} for user:{user}"


def progress_lines(steps: tuple[StepProgress, ...], graph: GraphDocument | None) -> list[str]:
    """Where a long run stands."""
    running = [counts for counts in steps if counts.running]
    waiting = sum(max(c.total - c.running - c.succeeded - c.failed - c.reused, 0) for c in steps)
    begun = {counts.step for counts in steps}
    ahead = [node.name for node in graph.steps if node.name not in begun] if graph is not None else []
    lines = []
    if running:
        each = ", ".join(f"{c.step} ({c.running} running; {c.succeeded + c.reused} done)" for c in running)
        lines.append(f"{_are(sum(c.running for c in running), 'task')} running: {each}.")
    if waiting:
        lines.append(f"{_are(waiting, 'task')} waiting in the queue.")
    if ahead:
        have = "has" if len(ahead) == 1 else "have"
        lines.append(f"{plural(len(ahead), 'step')} {have} not started: {', '.join(ahead)}.")
    return lines


def _are(count: int, what: str) -> str:
    return f"{format_count(count)} {what} is" if count == 1 else f"{format_count(count)} {what}s are"


def _out(at: float, text: str) -> Line:
    clock = strftime("%Y-%m-%d %H:%M:%S", localtime(at))
    return Line("out", f"{clock}.{int(at * 1000) % 1000:03d} {text}")
