"""Tasks: status, artifacts, output, neighbours."""
# The classes of the client are friends: they make each other and share what was read.
# ruff: noqa: SLF001

from __future__ import annotations

import collections
import functools
import keyword
from typing import TYPE_CHECKING, Any

from stepwell.client.artifact import DataArtifact, MetaflowData
from stepwell.client.client_object import ClientObject, class_at, local_time
from stepwell.client.code import MetaflowCode
from stepwell.client.results import find_result, reference
from stepwell.client.task_facts import Metadata, TaskException, environment_of, metadata_of
from stepwell.records.rows import path_of
from stepwell.records.status import task_status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from typing import Literal

    from stepwell.client.session import ClientSession
    from stepwell.documents.refs import ArtifactRef
    from stepwell.documents.task import TaskResult
    from stepwell.records.rows import TaskRow, TaskStatus

# From so many neighbours in one step on, they are read page by page instead of one by one.
_MANY = 20


class Task(ClientObject[DataArtifact]):
    """One execution of a step for one branch or foreach item. Shows its last attempt unless told otherwise.

    Args:
        pathspec: `FlowName/RunID/StepName/TaskID`.
        attempt: Which attempt, from 0; None for the last.
        session: Where to look; None for the default session.
    """

    _depth = 4
    _row: TaskRow

    @classmethod
    def of(cls, session: ClientSession, names: tuple[str, ...], row: TaskRow, attempt: int | None = None) -> Task:
        """The task of a row."""
        made = cls._made(session, names, attempt)
        made._row = row
        return made

    def _find(self) -> bool:
        row = find_result(self._session, self._names, self._attempt)
        if row is None:
            return False
        self._row = row
        return True

    def _current(self) -> TaskRow:
        """The row, read again while a change is possible."""
        if "_row" not in self.__dict__:
            if not self._find():
                raise self._not_found()
        elif self._row.status == "running" or (self._row.status == "failed" and self._attempt is None):
            # A running task may have ended, and a failed one may have been tried again.
            self._find()
        return self._row

    def _result(self) -> TaskResult | None:
        """The result document, None while the task runs."""
        row = self._current()
        if row.status == "running":
            return None
        return self._session.result(self._names[0], reference(self._names[1], row))

    def _refs(self) -> dict[str, ArtifactRef]:
        row = self._current()
        if row.status == "running":
            return {}
        return self._session.artifacts(self._names[0], reference(self._names[1], row))

    # -- artifacts

    @property
    def data(self) -> MetaflowData:
        """The values of all artifacts as attributes: `task.data.x`."""
        return MetaflowData(self._session, self._names, self._current())

    @property
    def artifacts(self) -> Any:
        """A named tuple of `DataArtifact`, one for each public name: `task.artifacts.x.data`."""
        found = {artifact.id: artifact for artifact in self._children() if not keyword.iskeyword(artifact.id)}
        return _artifacts_type(tuple(found))(*found.values())

    def _children(self) -> Iterator[DataArtifact]:
        refs = self._refs()
        for name in sorted(refs):
            if not name.startswith("_"):
                yield self._artifact(name, refs[name])

    def _child(self, name: str) -> DataArtifact | None:
        row = self._current()
        if row.status == "running":
            return None
        ref = self._session.artifact(self._names[0], reference(self._names[1], row), name)
        return self._artifact(name, ref) if ref is not None else None

    def _artifact(self, name: str, ref: ArtifactRef) -> DataArtifact:
        return DataArtifact.of(self._session, (*self._names, name), self._attempt, self._row, ref)

    # -- status

    @property
    def status(self) -> TaskStatus:
        """`running`, `succeeded`, `failed` or `cancelled`."""
        row = self._current()
        if row.status != "running":
            return row.status
        return task_status("running", self._session.records.run_status(self._names[0], self._names[1]) or "failed")

    @property
    def successful(self) -> bool:
        """True when the attempt ended well."""
        return self._current().status == "succeeded"

    @property
    def finished(self) -> bool:
        """True when the attempt is over, well or not."""
        return self.status != "running"

    @property
    def created_at(self) -> datetime | None:
        """When the attempt began, in local time without a zone."""
        return local_time(self._current().started_at)

    @property
    def finished_at(self) -> datetime | None:
        """When the attempt ended, in local time without a zone; None while it runs or when nobody saw it end."""
        return local_time(self._current().finished_at)

    @property
    def exception(self) -> TaskException | None:
        """Why the attempt failed: `.type`, `.message`, `.traceback`; None when it did not."""
        result = self._result()
        return TaskException(result.error) if result is not None and result.error is not None else None

    @property
    def current_attempt(self) -> int:
        """The number of the attempt that is shown, from 0."""
        return self._current().attempt

    @property
    def index(self) -> int | None:
        """Position in the innermost foreach, from 0; None outside one."""
        return self._current().foreach_index

    @property
    def origin_pathspec(self) -> str | None:
        """For a task that `resume` took over: where it came from."""
        origin = self._current().origin
        return "/".join((self._names[0], *origin.split("/")[:3])) if origin else None

    # -- output

    @property
    def stdout(self) -> str:
        """What the attempt printed so far, also while it runs."""
        return self._output("stdout").decode("utf-8", errors="replace")

    @property
    def stderr(self) -> str:
        """What the attempt wrote to standard error so far, also while it runs."""
        return self._output("stderr").decode("utf-8", errors="replace")

    @property
    def stdout_size(self) -> int:
        """Bytes of `stdout`."""
        return self._session.datastore.output_size(*self._output_place(), "stdout")

    @property
    def stderr_size(self) -> int:
        """Bytes of `stderr`."""
        return self._session.datastore.output_size(*self._output_place(), "stderr")

    def loglines(
        self, stream: Literal["stdout", "stderr"], as_unicode: bool = True, meta_dict: dict[str, Any] | None = None
    ) -> Iterator[tuple[datetime | None, str | bytes]]:
        """The lines of the output.

        Args:
            stream: `stdout` or `stderr`.
            as_unicode: True for text, False for bytes.
            meta_dict: Taken for compatibility; not needed.

        Yields:
            Pairs of None, since raw output carries no times, and a line without its end.
        """
        del meta_dict
        for line in self._output(stream).splitlines():
            yield None, line.decode("utf-8", errors="replace") if as_unicode else line

    def _output(self, stream: Literal["stdout", "stderr"]) -> bytes:
        return self._session.datastore.read_output(*self._output_place(), stream)

    def _output_place(self) -> tuple[str, str, str, int, int]:
        """Where the output stands: with the task that a clone stands for."""
        flow, run = self._names[:2]
        row = self._current()
        seen = {run}
        while row.origin:
            origin_run, step, task, attempt = row.origin.split("/")
            found = find_result(self._session, (flow, origin_run, step, task), int(attempt))
            if found is None or origin_run in seen:
                return flow, origin_run, step, int(task), int(attempt)
            seen.add(origin_run)
            run, row = origin_run, found
        return flow, run, row.step, row.task, row.attempt

    # -- facts

    @property
    def metadata(self) -> list[Metadata]:
        """Facts about all attempts that have ended, first to last."""
        flow, run, step, task = self._names
        facts: list[Metadata] = []
        for row in self._session.records.attempts(flow, run, step, int(task)):
            if row.status != "running" and self._attempt in (None, row.attempt):
                facts += metadata_of(self._session.result(flow, reference(run, row)), self)
        return facts

    @property
    def metadata_dict(self) -> dict[str, str]:
        """The last value of each fact."""
        return {fact.name: fact.value for fact in self.metadata}

    @property
    def runtime_name(self) -> str | None:
        """What ran it, from the tag `runtime:`."""
        return next((tag.partition(":")[2] for tag in self.system_tags if tag.startswith("runtime:")), None)

    @property
    def code(self) -> MetaflowCode | None:
        """The code of the run."""
        return MetaflowCode(self._session, self._names[0], self._names[1])

    @property
    def environment_info(self) -> dict[str, Any]:
        """The environment that it ran in."""
        return environment_of(self._session.header(self._names[0], self._names[1]))

    # -- neighbours

    @property
    def parent_task_pathspecs(self) -> Iterator[str]:
        """Where the tasks are that led here; for a join, all branches in order."""
        result = self._result()
        for step, task in result.inputs if result is not None else ():
            yield "/".join((*self._names[:2], step, str(task)))

    @property
    def parent_tasks(self) -> Iterator[Task]:
        """The tasks that led here; for a join, all branches in order."""
        result = self._result()
        inputs = result.inputs if result is not None else ()
        flow, run = self._names[:2]
        many = {step for step, count in collections.Counter(step for step, _ in inputs).items() if count >= _MANY}
        rows = {(row.step, row.task): row for step in many for row in self._session.records.iter_tasks(flow, run, step)}
        for step, task in inputs:
            row = rows.get((step, task))
            names = (flow, run, step, str(task))
            yield Task.of(self._session, names, row) if row is not None else Task._made(self._session, names)

    @property
    def child_tasks(self) -> Iterator[Task]:
        """The tasks that began where this one ended, lowest id first."""
        flow, run, step, task = self._names
        mine = path_of(self._current().path)
        header = self._session.header(flow, run)
        following = next((node.next for node in header.graph.steps if node.name == step), ())
        for target in following:
            for row in self._session.records.iter_tasks(flow, run, target):
                path = path_of(row.path)
                if row.status == "running" or path[: len(mine)] != mine[: len(path)]:
                    # A child stands in the same branches as its parent, as far as both stand in any.
                    continue
                if (step, int(task)) in self._session.result(flow, reference(run, row)).inputs:
                    yield Task.of(self._session, (flow, run, target, str(row.task)), row)

    @property
    def started_runs(self) -> list[Any]:
        """The runs that its step started (`self.run_flow`), all attempts of it, in order; none while it runs."""
        from stepwell.client.session import session_at

        runs: dict[str, Any] = {}
        for fact in self.metadata:
            if fact.name.startswith("child-run:"):
                pathspec = fact.name.partition(":")[2]
                here = fact.value == self._session.datastore.url
                session = self._session if here else session_at(fact.value)
                runs[pathspec] = class_at(2)._made(session, tuple(pathspec.split("/")))
        return list(runs.values())

    @property
    def child_task_pathspecs(self) -> Iterator[str]:
        """Where the tasks are that began where this one ended."""
        for child in self.child_tasks:
            yield child.pathspec


@functools.lru_cache(maxsize=64)
def _artifacts_type(names: tuple[str, ...]) -> Any:
    return collections.namedtuple("MetaflowArtifacts", names, rename=True)  # noqa: PYI024 - the names are data
