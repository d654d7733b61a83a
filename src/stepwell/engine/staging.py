"""A task of the past, set up to run once more: its inputs, its splits and its parameters in a datastore of their own.

`spin`, `debug` and replayed tests stand on this. The origin is only read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec.structs import replace

from stepwell.artifacts.writer import ArtifactWriter
from stepwell.base.errors import NotFound, UsageError
from stepwell.base.process import this_process
from stepwell.documents.refs import ResultRef
from stepwell.documents.run import ProcessIdentity, RunEnded
from stepwell.documents.task import TaskSpec
from stepwell.engine.attempts import attempt_seed
from stepwell.store.artifact_table import ArtifactTables
from stepwell.store.overlay import OverlayBlobs
from stepwell.store.result_reader import ResultReader

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stepwell.documents.run import CodeSnapshot, RunHeader
    from stepwell.documents.task import SplitFrame, TaskResult
    from stepwell.records.sqlite import Records
    from stepwell.store.datastore import Datastore

PARAMETERS = "_parameters"


class PastTask(NamedTuple):
    """A task that ran.

    Attributes:
        datastore: Where it is recorded.
        header: Its run.
        result: What became of it, well or not.
        inputs: The results that led to it, in order.
    """

    datastore: Datastore
    header: RunHeader
    result: TaskResult
    inputs: tuple[ResultRef, ...]

    @property
    def pathspec(self) -> str:
        """Where it is."""
        return f"{self.header.flow}/{self.header.run}/{self.result.step}/{self.result.task}"


def find_past_task(
    datastore: Datastore, records: Records, flow: str, run: str | None, step: str, task: str | None
) -> PastTask:
    """Find a task.

    Args:
        datastore: Where to look.
        records: Its index.
        flow: The flow's name.
        run: The run's id; None for the latest run.
        step: The step.
        task: The task's id; None for the first task of the step.

    Raises:
        NotFound: There is none, or it still runs.
    """
    if run is None:
        run = records.latest_run(flow)
        if run is None:
            raise NotFound(
                f"there is no run of `{flow}` in `{datastore.url}`", hint="`run` the flow first: its inputs are needed"
            )
    header = datastore.header(flow, run)
    if task is None:
        first = next(iter(records.iter_tasks(flow, run, step)), None)
        if first is None:
            raise NotFound(
                f"`{flow}/{run}` has no task of step `{step}`",
                hint="name a run that came that far: `RUN/STEP`; `stepwell ls` lists the runs",
            )
        task = str(first.task)
    return PastTask(datastore, header, *_result_of(datastore, records, flow, run, step, task))


def _result_of(
    datastore: Datastore, records: Records, flow: str, run: str, step: str, task: str
) -> tuple[TaskResult, tuple[ResultRef, ...]]:
    def latest(step: str, task: int) -> ResultRef:
        attempts = [row for row in records.attempts(flow, run, step, task) if row.status != "running"]
        if not attempts:
            raise NotFound(
                f"there is no finished task `{flow}/{run}/{step}/{task}` in `{datastore.url}`",
                hint=f"`stepwell show {flow}/{run}/{step}` lists the tasks of the step",
            )
        return ResultRef(run, step, task, attempts[-1].attempt, attempts[-1].locator)

    reader = ResultReader(datastore)
    try:
        result = reader.result(flow, latest(step, int(task) if task.isdecimal() else -1))
    finally:
        reader.close()
    return result, tuple(latest(*place) for place in result.inputs)


class Stage:
    """A datastore in which a past task can run.

    Args:
        past: The task.
        target: The datastore; it must see the blobs of the past task's own.
        code: The code that will run; None for that of the past.
        keep: False drops large values that the task makes.
        tags: System tags of the run that is made.
    """

    def __init__(
        self,
        past: PastTask,
        target: Datastore,
        *,
        code: CodeSnapshot | None = None,
        keep: bool = True,
        tags: tuple[str, ...] = (),
    ) -> None:
        self._past = past
        self._keep = keep
        self._target = target
        self._flow = past.header.flow
        self._results = ResultReader(past.datastore)
        self._tables = ArtifactTables(self._results)
        self._needed: dict[tuple[str, int], TaskResult] = {}
        own = this_process()
        template = replace(
            past.header,
            owner=ProcessIdentity(host=own.host, pid=own.pid, boot=own.boot, started=own.started),
            system_tags=(*past.header.system_tags, *tags),
            code=code or past.header.code,
        )
        self.header: RunHeader = target.create_run(lambda run: replace(template, run=run), self._flow, 0)

    def set_up(
        self, overrides: Mapping[str, Any] | None = None, *, skip_decorators: Iterable[str] = (), output: bool = True
    ) -> TaskSpec:
        """Copy what the task needs, by reference, and say how to run it.

        Args:
            overrides: Artifacts that the inputs are to have with other values.
            skip_decorators: Names of decorators to leave out.
            output: True to keep what the task prints beside its result.

        Raises:
            UsageError: An override names what no input has.
        """
        past, result = self._past, self._past.result
        parameters = ResultRef(past.header.run, PARAMETERS, 0, 0)
        for frame in result.frames:
            self._take(frame.split)
        for ref in (*past.inputs, parameters):
            for frame in self._take(ref).frames:
                self._take(frame.split)
        artifacts = self._changed(overrides or {})
        if isinstance(self._target.blobs, OverlayBlobs):
            # Values of the caller's own exist nowhere else; what the task makes may be dropped.
            self._target.blobs.keep = self._keep
        inputs = {(ref.step, ref.task) for ref in past.inputs} or {(PARAMETERS, 0)}
        clones = []
        for place, needed in self._needed.items():
            table = self._tables.table(self._flow, ResultRef(past.header.run, *place, needed.attempt))
            if place in inputs or place == (PARAMETERS, 0):
                table.update({name: ref for name, ref in artifacts.items() if place in inputs or name in table})
            clones.append(
                replace(
                    needed, run=self.header.run, artifacts=table, removed=(), base=None, depth=0,
                    frames=self._frames(needed.frames), origin=None,
                )
            )  # fmt: skip
        log = self._target.run_log(self._flow, self.header.run)
        try:
            locators = log.append(clones)
        finally:
            log.close()
        refs = {
            (clone.step, clone.task): ResultRef(self.header.run, clone.step, clone.task, clone.attempt, locator)
            for clone, locator in zip(clones, locators, strict=True)
        }
        return self._spec(refs, tuple(skip_decorators), output=output)

    def conclude(self, result: TaskResult) -> None:
        """Record the end."""
        log = self._target.run_log(self._flow, self.header.run)
        try:
            log.append([RunEnded(status=result.outcome, at=result.finished_at)])
        finally:
            log.close()
        self._results.close()

    def _take(self, ref: ResultRef) -> TaskResult:
        place = (ref.step, ref.task)
        if place not in self._needed:
            self._needed[place] = self._results.result(self._flow, ref)
        return self._needed[place]

    def _changed(self, overrides: Mapping[str, Any]) -> dict[str, Any]:
        if not overrides:
            return {}
        unknown = [name for name in overrides if not name.isidentifier()]
        if unknown:
            raise UsageError(
                f"`{unknown[0]}` cannot be the name of an artifact", hint="the keys of `ARTIFACTS` are artifact names"
            )
        writer = ArtifactWriter(self._target.blobs)
        return {name: writer.store(name, value) for name, value in overrides.items()}

    def _frames(self, frames: tuple[SplitFrame, ...]) -> tuple[SplitFrame, ...]:
        return tuple(
            replace(
                frame,
                split=ResultRef(self.header.run, frame.split.step, frame.split.task, frame.split.attempt),
            )
            for frame in frames
        )

    def _spec(
        self, refs: Mapping[tuple[str, int], ResultRef], skip_decorators: tuple[str, ...], *, output: bool
    ) -> TaskSpec:
        header, result = self.header, self._past.result
        place = (header.flow, header.run, result.step, result.task, 0)
        path = self._target.output_path
        return TaskSpec(
            flow=header.flow,
            run=header.run,
            step=result.step,
            task=result.task,
            path=result.path,
            frames=self._frames(result.frames),
            inputs=tuple(refs[ref.step, ref.task] for ref in self._past.inputs),
            parameters=refs[PARAMETERS, 0],
            code=header.code.digest,
            source=f"{header.code.source}:{header.flow}",
            decorators=header.decorators,
            skip_decorators=skip_decorators,
            datastore=self._target.url,
            stdout=(path(*place, "stdout") or "") if output else "",
            stderr=(path(*place, "stderr") or "") if output else "",
            seed=attempt_seed(header.seed, result.step, result.path, result.attempt),
            user=header.user,
            namespace=header.namespace,
            tags=header.tags,
            origin_run=self._past.header.run,
        )
