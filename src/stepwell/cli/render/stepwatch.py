"""What a view remembers of each step: since when it runs, until when it ran, and whether it has many tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepwell.documents.events import Progress, RunEvent, RunFinished, TaskBegan, TaskEnded

if TYPE_CHECKING:
    from stepwell.documents.graph import GraphDocument

FEW_TASKS = 8


class StepWatch:
    """Follows the events of a run.

    Args:
        graph: The flow's graph: tells which steps a foreach multiplies before they begin. Without it, a step counts
            as having many tasks once it has.
    """

    def __init__(self, graph: GraphDocument | None = None) -> None:
        self._inside = _steps_inside_splits(graph) if graph is not None else {}
        self._seen: dict[str, int] = {}
        self._many: set[str] = set()
        self._began: dict[str, float] = {}
        self._ended: dict[str, float] = {}
        self._running: dict[str, int] = {}

    def on(self, event: RunEvent) -> None:
        """Take note of an event."""
        if isinstance(event, TaskBegan):
            self._seen[event.step] = self._seen.get(event.step, 0) + (event.attempt == 0)
            self._running[event.step] = self._running.get(event.step, 0) + 1
            self._began.setdefault(event.step, event.at)
            self._ended.pop(event.step, None)
            if self._seen[event.step] > FEW_TASKS:
                self._many.add(event.step)
        elif isinstance(event, TaskEnded):
            self._began.setdefault(event.step, event.at - event.wall)
            self._running[event.step] = max(0, self._running.get(event.step, 0) - 1)
            self._ended[event.step] = event.at
            if event.branches is not None and event.branches > FEW_TASKS:
                self._many |= self._inside.get(event.step, set())
        elif isinstance(event, (Progress, RunFinished)):
            self._many |= {counts.step for counts in event.steps if counts.total > FEW_TASKS}

    def has_many(self, step: str) -> bool:
        """True when single tasks of the step are not worth a line each."""
        return step in self._many

    def elapsed(self, step: str, now: float) -> float | None:
        """Seconds from the step's first task to its last end, or to now while one runs; None before the first."""
        began = self._began.get(step)
        if began is None:
            return None
        until = now if self._running.get(step) else self._ended.get(step, now)
        return max(0.0, until - began)


def _steps_inside_splits(graph: GraphDocument) -> dict[str, set[str]]:
    nodes = {node.name: node for node in graph.steps}
    inside: dict[str, set[str]] = {}
    for node in graph.steps:
        if node.foreach is None and not node.num_parallel:
            continue
        found: set[str] = set()
        ahead = list(node.next)
        while ahead:
            name = ahead.pop()
            if name in found or name == node.matching_join or name not in nodes:
                continue
            found.add(name)
            ahead.extend(nodes[name].next)
        inside[node.name] = found
    return inside
