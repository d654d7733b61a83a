"""Where each task of an imported run stands: what led to it, and its place in branches, foreaches and repetitions.

Metaflow records a task's foreach indices and its transition; from these and the graph the rest follows. What comes out
is what a run of ours would have recorded, so that an imported run can be looked through and resumed like any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from stepwell.documents.refs import ResultRef
from stepwell.documents.task import SplitFrame

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stepwell.documents.graph import GraphDocument, GraphNode
    from stepwell.documents.task import SplitKind, Transition

_KINDS: dict[str, SplitKind] = {"split-static": "branch", "split-foreach": "foreach", "split-parallel": "gang"}


class Placed(NamedTuple):
    """A task by its number here, its step, its foreach indices outermost first, and how its last attempt went on."""

    number: int
    step: str
    indices: tuple[int, ...]
    attempt: int
    transition: Transition | None


class Position(NamedTuple):
    """Where a task stands; see `documents.task.TaskResult`."""

    frames: tuple[SplitFrame, ...] = ()
    path: tuple[int, ...] = ()
    inputs: tuple[int, ...] = ()


def positions(run: str, graph: GraphDocument, tasks: Sequence[Placed]) -> dict[int, Position]:
    """The position of every task, by its number.

    Args:
        run: The run's id here.
        graph: Its graph.
        tasks: All tasks but `_parameters`, in the order in which they were made.
    """
    return _Positions(run, graph, tasks).all()


class _Positions:
    def __init__(self, run: str, graph: GraphDocument, tasks: Sequence[Placed]) -> None:
        self._run = run
        self._tasks = tasks
        self._nodes = {node.name: node for node in graph.steps}
        self._splits = {node.matching_join: node for node in graph.steps if node.matching_join}
        self._before: dict[str, list[str]] = {}
        for node in graph.steps:
            for target in node.next:
                self._before.setdefault(target, []).append(node.name)
        self._by_place: dict[tuple[str, tuple[int, ...]], list[Placed]] = {}
        for task in tasks:
            self._by_place.setdefault((task.step, task.indices), []).append(task)
        self._known: dict[int, Position] = {}
        self._by_number = {task.number: task for task in tasks}

    def all(self) -> dict[int, Position]:
        # A clone may have a lower number than what led to it, so the order is that of the graph, not of numbers.
        waiting = list(self._tasks)
        while waiting:
            rest = [task for task in waiting if not self._place(task)]
            if len(rest) == len(waiting):
                break
            waiting = rest
        return {task.number: self._known.get(task.number, Position()) for task in self._tasks}

    def _place(self, task: Placed) -> bool:
        """Find the position of a task whose inputs have theirs; False when it has to wait for them."""
        inputs = self._inputs(task)
        if any(parent.number not in self._known for parent in inputs):
            return False
        node = self._nodes.get(task.step)
        if not inputs or node is None:
            self._known[task.number] = Position()
            return True
        first = inputs[0]
        position = self._known[first.number]
        frames, path = position.frames, position.path
        if self._repeats(first.step):
            path = path[:-1]
        if node.is_join:
            frames, path = frames[:-1], path[:-1]
        else:
            frame = self._frame(first, task)
            if frame is not None:
                frames, path = (*frames, frame), (*path, frame.index)
        if self._repeats(task.step):
            path = (*path, self._iteration(task))
        self._known[task.number] = Position(frames, path, tuple(parent.number for parent in inputs))
        return True

    def _inputs(self, task: Placed) -> list[Placed]:
        """The tasks that led here, those of a join in the order of their branches."""
        repeated = self._iteration(task) if self._repeats(task.step) else 0
        if repeated:
            return [self._by_place[task.step, task.indices][repeated - 1]]
        before = [step for step in self._before.get(task.step, ()) if step != task.step]
        return [
            candidate
            for step in before
            for candidate in self._candidates(step, task)
            if candidate.transition is None or task.step in candidate.transition.targets
        ]

    def _candidates(self, step: str, task: Placed) -> list[Placed]:
        node = self._nodes[step]
        if node.type in ("split-foreach", "split-parallel"):
            return self._last(step, task.indices[:-1])
        target = self._nodes.get(task.step)
        closes = self._splits.get(task.step) if target is not None and target.is_join else None
        if closes is not None and _KINDS.get(closes.type) in ("foreach", "gang"):
            depth = len(task.indices) + 1
            places = sorted(
                place for place in self._by_place if place[0] == step and place[1][: depth - 1] == task.indices
            )
            return [last for place in places if len(place[1]) == depth for last in self._last(*place)]
        return self._last(step, task.indices)

    def _last(self, step: str, indices: tuple[int, ...]) -> list[Placed]:
        """The task of a place; of a step that repeats itself, the last."""
        return self._by_place.get((step, indices), [])[-1:]

    def _frame(self, parent: Placed, task: Placed) -> SplitFrame | None:
        """The split that a task stands in and its parent does not."""
        node = self._nodes[parent.step]
        kind = _KINDS.get(node.type)
        if kind is None:
            return None
        split = ResultRef(self._run, parent.step, parent.number, parent.attempt)
        if kind == "branch":
            index = node.next.index(task.step) if task.step in node.next else 0
            return SplitFrame(kind=kind, split=split, index=index, size=len(node.next))
        size = parent.transition.size if parent.transition is not None else 0
        index = task.indices[-1] if task.indices else 0
        return SplitFrame(kind=kind, split=split, index=index, size=size, variable=node.foreach or "")

    def _repeats(self, step: str) -> bool:
        node: GraphNode | None = self._nodes.get(step)
        return node is not None and step in node.next

    def _iteration(self, task: Placed) -> int:
        return self._by_place[task.step, task.indices].index(task)
