"""One attempt, from its specification to its result in the run's log. The same code on every backend."""

from __future__ import annotations

import os
import sys
import time
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from stepwell.artifacts.reader import ArtifactReader
from stepwell.artifacts.writer import ArtifactWriter
from stepwell.base.errors import ArtifactError, InvalidNext, StepwellError
from stepwell.base.process import host_name
from stepwell.decorators.dispatch import run_fallback, run_step
from stepwell.decorators.protocol import TaskContext
from stepwell.decorators.registry import step_decorators
from stepwell.documents.run import StepLeft
from stepwell.documents.task import ErrorRecord, TaskResult, Transition, Usage
from stepwell.flow.parse import build_graph
from stepwell.flow.spec import deleted_names, new_flow, public_state, refuse_hidden_steps, take_transition
from stepwell.flow.transition import foreach_items
from stepwell.store.artifact_table import ArtifactTables
from stepwell.store.result_reader import ResultReader
from stepwell.task.boundary import describe_failure
from stepwell.task.checkpoint import Checkpoint
from stepwell.task.current_task import entering
from stepwell.task.inputs import make_inputs
from stepwell.task.persist import Persisted, complete_table, needs_complete_table, persist_state
from stepwell.task.redacting import redacted
from stepwell.task.runtime import StoredRuntime

if TYPE_CHECKING:
    from stepwell.decorators.protocol import StepDecorator
    from stepwell.documents.refs import ResultRef
    from stepwell.documents.task import TaskSpec
    from stepwell.flow.spec import FlowSpec
    from stepwell.store.datastore import Datastore
    from stepwell.store.run_log import RunLog


class AttemptRunner:
    """Runs attempts of one flow against one datastore.

    Args:
        flow_class: The flow.
        datastore: Where inputs are and results go.
        at_terminal: True when Ctrl-C reaches the steps themselves.
    """

    def __init__(self, flow_class: type[FlowSpec], datastore: Datastore, *, at_terminal: bool = False) -> None:
        self._flow_class = flow_class
        self._datastore = datastore
        self._at_terminal = at_terminal
        self._graph = build_graph(flow_class)

    def run(self, spec: TaskSpec) -> TaskResult:
        """Run the attempt and append its result to the run's log.

        A child that the step forked and that comes back here by accident leaves at once: it is not the attempt.

        Raises:
            StoreError: The result could not be recorded.
        """
        log = self._datastore.run_log(spec.flow, spec.run)
        try:
            execution = _Execution(spec, self._flow_class, self._graph, self._datastore, log)
            result = execution.run(at_terminal=self._at_terminal)
            log.append([result])
        finally:
            log.close()
        return result


class _Execution:
    """The parts of one attempt while it runs."""

    def __init__(
        self, spec: TaskSpec, flow_class: type[FlowSpec], graph: Any, datastore: Datastore, log: RunLog
    ) -> None:
        self._spec = spec
        self._log = log
        self._graph = graph
        self._datastore = datastore
        self._pid = os.getpid()
        self._facts: dict[str, str] = {}
        self._began_at = time.time()
        self._began = time.perf_counter()
        self._cpu = _cpu_times()
        self._flow_class = flow_class
        self._results = ResultReader(datastore)
        self._tables = ArtifactTables(self._results)
        # Values of classes of the flow file were stored under `__main__`, which may be another program here.
        self._reader = ArtifactReader(datastore.blobs, main_module=lambda: sys.modules[flow_class.__module__])
        self._writer = ArtifactWriter(datastore.blobs)
        self._is_join = graph.steps[spec.step].is_join
        self._base = spec.parameters if self._is_join or not spec.inputs else spec.inputs[0]
        self._runtime = StoredRuntime(
            flow=spec.flow,
            step=spec.step,
            base=self._base,
            frames=spec.frames,
            is_join=self._is_join,
            tables=self._tables,
            results=self._results,
            reader=self._reader,
        )
        self._flow = new_flow(flow_class, self._runtime)

    def run(self, *, at_terminal: bool) -> TaskResult:
        """The step with its decorators, then its state; whatever happens, the result says it."""
        failure: ErrorRecord | None = None
        transition: Transition | None = None
        context: TaskContext | None = None
        try:
            with entering(self._spec, self._graph, self._facts):
                context = self._call_step()
                refuse_hidden_steps(self._flow)
                transition = self._transition()
        except BaseException as error:  # noqa: BLE001 - this is the border to user code
            failure = describe_failure(error, at_terminal=at_terminal)
        if os.getpid() != self._pid:
            os._exit(0)
        persisted = self._persist()
        if failure is None and persisted.errors:
            failure = _describe_unstorable(persisted.errors)
        return redacted(self._result(failure, transition, persisted, context))

    def _call_step(self) -> TaskContext:
        spec = self._spec
        inputs = (
            make_inputs(spec, self._flow_class, self._tables, self._results, self._reader) if self._is_join else None
        )
        context = TaskContext(spec=spec, flow=self._flow, inputs=inputs, environ=os.environ)
        method = getattr(self._flow, spec.step)

        def call() -> None:
            if self._is_join:
                method(inputs)
            else:
                method()

        decorators = step_decorators(self._flow_class, spec.step, spec.decorators)
        decorators = [one for one in decorators if one.name not in spec.skip_decorators]
        if spec.failed is not None:
            self._fall_back(decorators, context, spec.failed)
            return context
        if spec.attempt + 1 >= spec.max_attempts and any(one.keeps_on_crash for one in decorators):
            Checkpoint(spec, self._flow, self._runtime, self._writer, self._log)
        try:
            run_step(decorators, context, call)
        finally:
            self._tell_step_left()
        return context

    def _fall_back(self, decorators: list[StepDecorator], context: TaskContext, ref: ResultRef) -> None:
        """Go on from what the failed attempt left behind, without calling the step."""
        failed = self._results.result(self._spec.flow, ref)
        self._runtime.adopted.update(failed.artifacts)
        for name in failed.removed:
            delattr(self._flow, name)
        error = failed.error or ErrorRecord(kind="cancelled", message="another task of the same gang failed")
        run_fallback(decorators, context, error)

    def _tell_step_left(self) -> None:
        """A time limit is for the step; storing what it leaves behind may take longer."""
        if self._spec.timeout is not None and os.getpid() == self._pid:
            self._log.append([StepLeft(task=self._spec.task, attempt=self._spec.attempt)])

    def _transition(self) -> Transition:
        """What the step decided, with the items of a foreach stored one by one."""
        pending = take_transition(self._flow)
        if pending is None:
            if self._spec.step == self._graph.end:
                return Transition()
            raise InvalidNext(
                f"step `{self._spec.step}` ended without calling `self.next(...)`",
                hint="every way through a step must end with `self.next(...)`; look for an early `return`",
            )
        if pending.foreach is not None:
            self._refuse_too_many(pending.foreach)
            items = self._writer.store_items(foreach_items(getattr(self._flow, pending.foreach)), pending.foreach)
            return Transition(targets=pending.targets, foreach=pending.foreach, items=items, size=items.count)
        return Transition(
            targets=pending.targets,
            case=pending.case,
            size=pending.num_parallel or 0,
            gang=pending.num_parallel is not None,
        )

    def _refuse_too_many(self, name: str) -> None:
        """Hold a foreach to the limit that the user set for this run."""
        limit = self._spec.max_splits
        if limit is None:
            return
        count = len(list(islice(iter(foreach_items(getattr(self._flow, name))), limit + 1)))
        if count > limit:
            raise InvalidNext(
                f"the foreach over `self.{name}` in step `{self._spec.step}` has more than {limit} items",
                hint=f"raise the limit with `--max-num-splits`, or make `self.{name}` shorter",
            )

    def _persist(self) -> Persisted:
        return persist_state(
            public_state(self._flow), deleted_names(self._flow), self._runtime, self._writer, self._reader
        )

    def _result(
        self,
        failure: ErrorRecord | None,
        transition: Transition | None,
        persisted: Persisted,
        context: TaskContext | None,
    ) -> TaskResult:
        spec = self._spec
        base_depth = self._results.result(spec.flow, self._base).depth
        artifacts, base, depth = persisted.artifacts, self._base, base_depth + 1
        removed = persisted.removed
        complete = needs_complete_table(base_depth)
        if complete:
            artifacts = complete_table(persisted, self._tables.table(spec.flow, self._base))
            removed = ()
        return TaskResult(
            flow=spec.flow,
            run=spec.run,
            step=spec.step,
            task=spec.task,
            attempt=spec.attempt,
            path=spec.path,
            frames=spec.frames,
            outcome="succeeded" if failure is None else _outcome_of(failure),
            transition=transition if failure is None else None,
            artifacts=artifacts,
            removed=removed,
            base=None if complete else base,
            depth=0 if complete else depth,
            reads=self._runtime.reads,
            inputs=tuple((ref.step, ref.task) for ref in spec.inputs),
            error=failure,
            usage=self._usage(),
            started_at=self._began_at,
            finished_at=time.time(),
            label=self._runtime.label,
            host=host_name(),
            pid=self._pid,
            metadata={**self._facts, **(context.metadata if context is not None else {})},
        )

    def _usage(self) -> Usage:
        user, system, peak = _cpu_times()
        return Usage(
            wall=time.perf_counter() - self._began,
            cpu_user=user - self._cpu[0],
            cpu_system=system - self._cpu[1],
            peak_memory=peak,
            bytes_read=self._reader.bytes_read,
            bytes_written=self._writer.bytes_written,
        )


def _outcome_of(failure: ErrorRecord) -> Any:
    return "cancelled" if failure.kind == "cancelled" else "failed"


def _describe_unstorable(errors: dict[str, StepwellError]) -> ErrorRecord:
    """One record for all artifacts of a task that could not be stored."""
    first = next(iter(errors.values()))
    others = list(errors)[1:]
    message = first.message
    if others:
        message += f" (and {len(others)} more: {', '.join(f'`{name}`' for name in others[:5])})"
    kind: Literal["artifact", "store"] = "artifact" if isinstance(first, ArtifactError) else "store"
    return ErrorRecord(kind=kind, type=type(first).__name__, message=message, hint=first.hint)


def _cpu_times() -> tuple[float, float, int]:
    """User and system CPU seconds of this process and its finished children, and its peak memory in bytes."""
    try:
        import resource
    except ImportError:
        times = os.times()
        return times.user, times.system, 0
    own = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    unit = 1 if sys.platform == "darwin" else 1024
    return (
        own.ru_utime + children.ru_utime,
        own.ru_stime + children.ru_stime,
        max(own.ru_maxrss, children.ru_maxrss) * unit,
    )
