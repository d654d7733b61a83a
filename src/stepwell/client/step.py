"""Steps of a run."""
# The classes of the client are friends: they make each other and share what was read.
# ruff: noqa: SLF001

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepwell.client.client_object import ClientObject, local_time
from stepwell.client.results import find_result, reference
from stepwell.client.task import Task
from stepwell.client.task_facts import environment_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from stepwell.documents.graph import GraphNode
    from stepwell.records.rows import StepRow

_PAGE = 1000
_SUGGESTIONS = 1000


class Step(ClientObject[Task]):
    """A step of a run: the family of its tasks.

    Args:
        pathspec: `FlowName/RunID/StepName`.
        session: Where to look; None for the default session.
    """

    _depth = 3

    def _row(self) -> StepRow | None:
        flow, run, step = self._names
        return next((row for row in self._session.records.steps(flow, run) if row.step == step), None)

    def _find(self) -> bool:
        return self._row() is not None

    def _children(self) -> Iterator[Task]:
        flow, run, step = self._names
        before: int | None = None
        while rows := self._session.records.tasks(flow, run, step, before=before, limit=_PAGE):
            for row in rows:
                yield Task.of(self._session, (flow, run, step, str(row.task)), row)
            before = rows[-1].task

    def _child(self, name: str) -> Task | None:
        row = find_result(self._session, (*self._names, name), None)
        return Task.of(self._session, (*self._names, name), row) if row is not None else None

    def _key_names(self) -> list[str]:
        flow, run, step = self._names
        return [str(row.task) for row in self._session.records.tasks(flow, run, step, limit=_SUGGESTIONS)]

    def tasks(self, *tags: str) -> Iterator[Task]:
        """Tasks of the step, newest first.

        Args:
            *tags: Only if the run has all of these tags.
        """
        if tags and not self.tags.issuperset(tags):
            return iter(())
        return self._children()

    @property
    def task(self) -> Task | None:
        """Any one task of the step: the newest. None when there is none."""
        flow, run, step = self._names
        rows = self._session.records.tasks(flow, run, step, limit=1)
        return Task.of(self._session, (flow, run, step, str(rows[0].task)), rows[0]) if rows else None

    @property
    def control_task(self) -> Task | None:
        """The task that leads a gang (`num_parallel`); None for other steps."""
        return next(self.control_tasks(), None)

    def control_tasks(self, *tags: str) -> Iterator[Task]:
        """The tasks that lead gangs (`num_parallel`), newest first.

        Args:
            *tags: Only if the run has all of these tags.
        """
        flow, run, step = self._names
        graph = self._session.header(flow, run).graph
        if not any(node.num_parallel and step in node.next for node in graph.steps):
            return
        for task in self.tasks(*tags):
            row = find_result(self._session, task._names, None)
            if row is None or row.status == "running":
                continue
            frames = self._session.result(flow, reference(run, row)).frames
            if frames and frames[-1].kind == "gang" and frames[-1].index == 0:
                yield task

    @property
    def created_at(self) -> datetime | None:
        """When its first task began, in local time without a zone."""
        row = self._row()
        return local_time(row.started_at or None) if row is not None else None

    @property
    def finished_at(self) -> datetime | None:
        """When its last task ended, in local time without a zone; None while any of those that began is running."""
        flow, run, step = self._names
        row = self._row()
        if row is None or not row.finished_at:
            return None
        records = self._session.records
        open_tasks = records.unsuccessful_tasks(flow, run, "running", step=step, limit=1)
        if open_tasks and records.run_status(flow, run) == "running":
            return None
        return local_time(row.finished_at)

    @property
    def origin_pathspec(self) -> str | None:
        """For a step of which `resume` took tasks over: where they came from."""
        task = self.task
        origin = task.origin_pathspec if task is not None else None
        return origin.rpartition("/")[0] if origin is not None else None

    @property
    def environment_info(self) -> dict[str, Any] | None:
        """The environment that its tasks ran in."""
        return environment_of(self._session.header(self._names[0], self._names[1]))

    def _nodes(self) -> tuple[GraphNode, ...]:
        return self._session.header(self._names[0], self._names[1]).graph.steps

    @property
    def parent_steps(self) -> Iterator[Step]:
        """The steps before it in the graph, as far as they have begun."""
        return self._steps(node.name for node in self._nodes() if self.id in node.next)

    @property
    def child_steps(self) -> Iterator[Step]:
        """The steps after it in the graph, as far as they have begun."""
        return self._steps(name for node in self._nodes() if node.name == self.id for name in node.next)

    def _steps(self, names: Iterator[str]) -> Iterator[Step]:
        flow, run = self._names[:2]
        begun = {row.step for row in self._session.records.steps(flow, run)}
        return iter([Step._made(self._session, (flow, run, name)) for name in names if name in begun])
