"""Bringing the runs of Metaflow's local datastore into ours.

A run that was brought in says where it came from in its header, and has a tag `metaflow_run_id:`. So a second import
finds it, and adds only what has come since: tasks that had not ended, and tags.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from stepwell.compat.metaflow_graph import graph_document
from stepwell.compat.metaflow_positions import Placed, positions
from stepwell.compat.metaflow_values import ValueImporter
from stepwell.documents.refs import ResultRef
from stepwell.documents.run import CodeSnapshot, ProcessIdentity, RunEnded, RunHeader, TagChange
from stepwell.documents.task import ErrorRecord, TaskResult, Transition, Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from stepwell.base.errors import CaughtException
    from stepwell.compat.metaflow_files import MetaflowFiles, MetaflowRun, MetaflowTask
    from stepwell.compat.metaflow_positions import Position
    from stepwell.documents.graph import GraphDocument
    from stepwell.documents.run import LogRecord, RunStatus
    from stepwell.records.sqlite import Records
    from stepwell.store.datastore import Datastore

_PARAMETERS = "_parameters"
#: Tells in a header and in a tag change that an import wrote it.
_ORIGIN = "metaflow"
TAG = "metaflow_run_id"


class ImportedRun(NamedTuple):
    """What became of one run.

    Attributes:
        origin: `Flow/run` there.
        run: `Flow/run` here.
        status: How it ended.
        is_new: False when it was here already.
        tasks: Attempts that were added.
    """

    origin: str
    run: str
    status: str
    is_new: bool
    tasks: int


def import_flow(
    files: MetaflowFiles,
    flow: str,
    datastore: Datastore,
    records: Records,
    told: Callable[[ImportedRun], None] | None = None,
) -> list[ImportedRun]:
    """Bring in all runs of a flow, oldest first.

    Args:
        files: Where they are.
        flow: The flow.
        datastore: Where they go.
        records: Its index.
        told: Is called after every run.
    """
    known = {header.imported_from: header for header in _headers(datastore, flow) if header.imported_from}
    values = ValueImporter(files, flow, datastore.blobs)
    imported = []
    for run in files.runs(flow):
        runs_here = {origin.rpartition("/")[2]: header.run for origin, header in known.items()}
        one = _RunImport(files, run, datastore, records, values, runs_here)
        header, result = one.bring(known.get(f"{_ORIGIN}:{flow}/{run.run}"))
        known[header.imported_from] = header
        imported.append(result)
        if told is not None:
            told(result)
    return imported


def _headers(datastore: Datastore, flow: str) -> Iterable[RunHeader]:
    return (datastore.header(flow, run) for run in datastore.runs(flow))


class _RunImport:
    """One run, from its files to a header and a log."""

    def __init__(
        self,
        files: MetaflowFiles,
        run: MetaflowRun,
        datastore: Datastore,
        records: Records,
        values: ValueImporter,
        runs_here: dict[str, str],
    ) -> None:
        self._files = files
        self._run = run
        self._datastore = datastore
        self._records = records
        self._values = values
        self._runs_here = runs_here
        tasks = [task for task in files.tasks(run) if task.attempts]
        self._parameters = next((task for task in tasks if task.step == _PARAMETERS), None)
        self._tasks = [task for task in tasks if task.step != _PARAMETERS]
        self._numbers = _numbers(self._tasks)
        info: dict[str, Any] = {}
        if self._parameters is not None:
            info = values.internal(self._parameters, self._parameters.attempts[-1], "_graph_info", {})
        self._graph: GraphDocument = graph_document(run.flow, info, {task.step for task in self._tasks})

    def bring(self, header: RunHeader | None) -> tuple[RunHeader, ImportedRun]:
        """Write what is not here yet."""
        is_new = header is None
        if header is None:
            latest = self._records.latest_run_number(self._run.flow)
            header = self._datastore.create_run(self._header, self._run.flow, latest)
        log = self._datastore.run_log(self._run.flow, header.run)
        try:
            before = [record for batch, _ in log.batches() for _, record in batch]
            added = self._results(header, before)
            changed = self._tag_change(header, before)
            ended = self._end(before)
            new: list[LogRecord] = [*added, *changed, *ended]
            if new:
                log.append(new)
                log.sync()
        finally:
            log.close()
        self._records.refresh(self._run.flow, header.run)
        status, _ = self._status()
        flow = self._run.flow
        return header, ImportedRun(f"{flow}/{self._run.run}", f"{flow}/{header.run}", status, is_new, len(added))

    # --- the header

    def _header(self, number: str) -> RunHeader:
        run, first = self._run, self._parameters or next(iter(self._tasks), None)
        # Changing a tag there changes the time of the run, but not those of its tasks.
        times = [run.began, *(task.began for task in self._tasks[:1]), *([first.began] if first is not None else [])]
        origin = first.fact("origin-run-id") if first is not None else None
        for task in self._tasks:
            if origin in (None, "None"):
                origin = task.fact("origin-run-id")
        script = first.fact("script-name") if first is not None else None
        python = first.fact("python_version") if first is not None else None
        return RunHeader(
            flow=run.flow,
            run=number,
            created_at=min(time for time in times if time) if any(times) else 0.0,
            user=run.user,
            namespace=f"user:{run.user}",
            tags=run.tags,
            system_tags=(*run.system_tags, f"{TAG}:{run.run}"),
            parameters=self._shown_parameters(),
            graph=self._graph,
            code=CodeSnapshot(
                digest=self._datastore.blobs.put([b"[]"]).digest, source=script or f"{run.flow.lower()}.py"
            ),
            python=python or "",
            owner=ProcessIdentity(host="", pid=0),
            origin_run=self._runs_here.get(origin) if origin is not None else None,
            imported_from=f"{_ORIGIN}:{run.flow}/{run.run}",
        )

    def _shown_parameters(self) -> dict[str, Any]:
        if self._parameters is None:
            return {}
        attempt = self._parameters.attempts[-1]
        info = self._values.internal(self._parameters, attempt, "_graph_info", {})
        shown: dict[str, Any] = {}
        for parameter in info.get("parameters") or ():
            value = self._values.internal(self._parameters, attempt, parameter["name"])
            try:
                shown[parameter["name"]] = msgspec.json.decode(msgspec.json.encode(value))
            except (TypeError, ValueError):
                shown[parameter["name"]] = repr(value)[:200]
        return shown

    # --- results

    def _results(self, header: RunHeader, before: Sequence[LogRecord]) -> list[TaskResult]:
        """Results of attempts that are over and not here yet."""
        known = {(r.step, r.task, r.attempt) for r in before if isinstance(r, TaskResult)}
        results: list[TaskResult] = []
        if self._parameters is not None and (_PARAMETERS, 0, 0) not in known:
            results.append(self._parameters_result(header))
        placed = []
        for task in self._tasks:
            last = task.attempts[-1]
            number = self._numbers[task.task]
            placed.append(Placed(number, task.step, self._indices(task), last, self._transition(task, last)))
        found = positions(header.run, self._graph, placed)
        steps = {task.number: task.step for task in placed}
        for task in self._tasks:
            number = self._numbers[task.task]
            for attempt in task.attempts:
                over = self._files.is_done(task, attempt) or attempt < task.attempts[-1]
                if over and (task.step, number, attempt) not in known:
                    self._copy_output(header, task, number, attempt)
                    results.append(self._result(header, task, attempt, found[number], steps))
        return results

    def _parameters_result(self, header: RunHeader) -> TaskResult:
        assert self._parameters is not None
        return TaskResult(
            flow=header.flow,
            run=header.run,
            step=_PARAMETERS,
            task=0,
            outcome="succeeded",
            transition=Transition(targets=(self._graph.start,)),
            artifacts=self._values.artifacts(self._parameters, self._parameters.attempts[-1]),
            started_at=header.created_at,
            finished_at=header.created_at,
        )

    def _result(
        self, header: RunHeader, task: MetaflowTask, attempt: int, position: Position, steps: dict[int, str]
    ) -> TaskResult:
        began, ended = _times(task, attempt)
        succeeded = self._succeeded(task, attempt)
        return TaskResult(
            flow=header.flow,
            run=header.run,
            step=task.step,
            task=self._numbers[task.task],
            attempt=attempt,
            path=position.path,
            frames=position.frames,
            outcome="succeeded" if succeeded else "failed",
            transition=self._transition(task, attempt) if succeeded else None,
            artifacts=self._values.artifacts(task, attempt),
            inputs=tuple((steps[number], number) for number in position.inputs),
            error=None if succeeded else self._error(task, attempt),
            usage=Usage(wall=max(ended - began, 0.0)),
            started_at=began,
            finished_at=ended,
            label=self._label(task, attempt),
            origin=self._origin(task),
            metadata=_metadata(task, attempt),
        )

    def _succeeded(self, task: MetaflowTask, attempt: int) -> bool:
        told = task.fact("attempt_ok", attempt)
        value = self._values.internal(task, attempt, "_task_ok") if told is None else told == "True"
        return bool(value)

    def _error(self, task: MetaflowTask, attempt: int) -> ErrorRecord:
        caught: CaughtException | None = self._values.internal(task, attempt, "_exception")
        if caught is None:
            return ErrorRecord(kind="exit", message="the task ended without saying why, under Metaflow")
        return ErrorRecord(
            kind="exception",
            type=caught.type.removeprefix("builtins."),
            message=str(caught.message),
            traceback=caught.stacktrace,
        )

    def _transition(self, task: MetaflowTask, attempt: int) -> Transition | None:
        node = next((node for node in self._graph.steps if node.name == task.step), None)
        found = self._values.internal(task, attempt, "_transition")
        if found is None:
            return Transition() if task.step == self._graph.end and self._succeeded(task, attempt) else None
        targets = tuple(found[0])
        size = self._values.internal(task, attempt, "_foreach_num_splits") or 0
        if node is not None and node.foreach:
            items = self._values.items(task, attempt, node.foreach)
            return Transition(targets=targets, foreach=node.foreach, items=items, size=size)
        if node is not None and node.num_parallel:
            return Transition(targets=targets, size=size or self._members(targets), gang=True)
        if node is not None and node.condition:
            return Transition(targets=targets, case=str(self._values.internal(task, attempt, node.condition)))
        return Transition(targets=targets)

    def _members(self, targets: tuple[str, ...]) -> int:
        return sum(task.step in targets for task in self._tasks)

    def _indices(self, task: MetaflowTask) -> tuple[int, ...]:
        stack = self._values.internal(task, task.attempts[-1], "_foreach_stack", ())
        if not stack:
            # Recorded when the task began, so it is there for one that died, too.
            recorded = task.fact("foreach-execution-path") or ""
            return tuple(int(part.rpartition(":")[2]) for part in recorded.split(",") if ":" in part)
        return tuple(frame[3] for frame in stack)

    def _label(self, task: MetaflowTask, attempt: int) -> str:
        stack = self._values.internal(task, attempt, "_foreach_stack", ())
        text = stack[-1][4] if stack and len(stack[-1]) > 4 else None
        return "" if text in (None, "None") else str(text)

    def _origin(self, task: MetaflowTask) -> ResultRef | None:
        run, number = task.fact("origin-run-id"), task.fact("origin-task-id")
        here = self._runs_here.get(run) if run is not None else None
        return ResultRef(here, task.step, int(number), 0) if here and number and number.isdecimal() else None

    def _copy_output(self, header: RunHeader, task: MetaflowTask, number: int, attempt: int) -> None:
        for stream in ("stdout", "stderr"):
            data = self._files.output(task, attempt, stream)
            if data:
                place = (header.flow, header.run, task.step, number, attempt)
                key = self._datastore.output_key(*place, "stdout" if stream == "stdout" else "stderr")
                self._datastore.store.put(key, [data])

    # --- tags and the end

    def _tag_change(self, header: RunHeader, before: Sequence[LogRecord]) -> list[TagChange]:
        """Tags that were added there since; what was removed here stays removed."""
        met = set(header.tags)
        for record in before:
            if isinstance(record, TagChange):
                met.update(record.add, record.remove)
        new = tuple(tag for tag in self._run.tags if tag not in met)
        return [TagChange(at=self._run.began, user=self._run.user, add=new)] if new else []

    def _end(self, before: Sequence[LogRecord]) -> list[RunEnded]:
        status, reason = self._status()
        ends = [record for record in before if isinstance(record, RunEnded)]
        if ends and ends[-1].status == status:
            return []
        times = [_times(task, task.attempts[-1])[1] for task in self._tasks]
        return [RunEnded(status=status, at=max(times, default=self._run.began), reason=reason, failed=self._failed())]

    def _failed(self) -> tuple[tuple[str, int], ...]:
        return tuple(
            (task.step, self._numbers[task.task])
            for task in self._tasks
            if not self._succeeded(task, task.attempts[-1])
        )

    def _status(self) -> tuple[RunStatus, str]:
        ends = [task for task in self._tasks if task.step == self._graph.end]
        if any(self._succeeded(task, task.attempts[-1]) for task in ends):
            return "succeeded", ""
        if self._failed():
            return "failed", ""
        return "failed", "it had not ended when it was imported"


def _numbers(tasks: Sequence[MetaflowTask]) -> dict[str, int]:
    """A number for every task id; those that are numbers stay what they are."""
    numbers = {task.task: int(task.task) for task in tasks if task.task.isdecimal()}
    free = max(numbers.values(), default=0)
    for task in tasks:
        if task.task not in numbers:
            free += 1
            numbers[task.task] = free
    return numbers


def _times(task: MetaflowTask, attempt: int) -> tuple[float, float]:
    """When an attempt began and ended."""
    own = [fact.at for fact in task.facts if fact.attempt == attempt]
    began = task.began if attempt == 0 and task.began else min(own, default=task.began)
    return began, max([fact.at for fact in task.facts if fact.attempt == attempt], default=began)


def _metadata(task: MetaflowTask, attempt: int) -> dict[str, str]:
    ours = {"attempt", "attempt_ok", "attempt-done", "origin-run-id", "origin-task-id"}
    return {fact.name: fact.value for fact in task.facts if fact.attempt in (None, attempt) and fact.name not in ours}
