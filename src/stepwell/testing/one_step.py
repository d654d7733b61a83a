"""Running one step in memory: no run before it, no disk, no other process."""

from __future__ import annotations

import itertools
import os
import sys
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any

from stepwell.artifacts.writer import ArtifactWriter
from stepwell.base.errors import LintError, UsageError
from stepwell.base.user_traceback import user_part
from stepwell.decorators.registry import step_decorators
from stepwell.decorators.shaping import ready_flow
from stepwell.documents.refs import ResultRef
from stepwell.documents.task import SplitFrame, TaskResult, TaskSpec, Transition
from stepwell.flow.config_loading import GivenConfigs
from stepwell.flow.constants import class_constants, original_class
from stepwell.flow.current import set_current
from stepwell.flow.lint import lint
from stepwell.flow.parameters import resolve_parameters
from stepwell.flow.parse import build_graph
from stepwell.store.datastore import Datastore
from stepwell.store.memory import MemoryStore
from stepwell.task.attempt import AttemptRunner
from stepwell.testing.outcome import StepOutcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from stepwell.flow.spec import FlowSpec

_PARAMETERS = "_parameters"
_RUN = "1"
_numbers = itertools.count(1)
_NOTHING: Any = object()


def run_step(  # noqa: PLR0913 - what a task can be given, each under its own name
    flow: type[FlowSpec],
    step: str,
    artifacts: Mapping[str, Any] | None = None,
    parameters: Mapping[str, Any] | None = None,
    *,
    inputs: Sequence[Mapping[str, Any]] | Mapping[str, Mapping[str, Any]] | None = None,
    input: Any = _NOTHING,  # noqa: A002 - what steps call it
    index: int = 0,
    foreach_stack: Sequence[tuple[int, int, Any]] = (),
    current: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    secrets: Mapping[str, str] | None = None,
    configs: Mapping[str, Any] | None = None,
    decorators: bool = True,
    check: bool = True,
) -> StepOutcome:
    """Run one step of a flow with given inputs.

    It runs as it does in a task, decorators and storing of artifacts included, but in this process and in memory.

    Args:
        flow: The flow class.
        step: The step.
        artifacts: What steps before it left behind.
        parameters: Values of parameters; the others have their defaults.
        inputs: For a join, the artifacts of each branch: a list for a foreach, a dict by step for branches.
        input: The item of the foreach that the step runs in.
        index: Its position.
        foreach_stack: For nested foreaches in place of `input`: index, number of items and item of each, outermost
            first.
        current: What `current` is to answer beside what it knows, such as `{"retry_count": 2}`.
        environ: Environment variables for the step.
        secrets: Environment variables that stand for what `@secrets` would fetch, which is then not asked.
        configs: Values of configs by name, as dicts or as text for their parsers; the others have their defaults.
        decorators: False leaves the step's decorators out.
        check: Raise what the step raises; False gives an outcome with `.error` in any case.

    Raises:
        UsageError: The flow has no such step, or the inputs do not fit it.
        ParameterError: A parameter is missing, unknown or wrong.
        ConfigError: A config is missing, unknown or cannot be read.
        BaseException: What the step raised.
    """
    __tracebackhide__ = True  # pytest shows the test and the step, not what lies between
    flow = original_class(flow)
    ready_flow(flow, GivenConfigs(values=dict(configs or {})), environ={}, user="test")
    graph = build_graph(flow)
    node = graph.steps.get(step)
    if node is None:
        names = ", ".join(f"`{name}`" for name in graph.steps)
        raise UsageError(f"there is no step `{step}` in `{flow.__name__}`", hint=f"its steps are {names}")
    _refuse_faults(flow, step)
    if node.is_join != (inputs is not None):
        what = "is a join, and needs `inputs=[...]`" if node.is_join else "is no join, and takes no `inputs`"
        raise UsageError(f"step `{step}` {what}", hint="give `artifacts` to a step, and `inputs` to a join")
    values = resolve_parameters(flow, dict(parameters or {}), environ={}, user="test")
    scene = _Scene(flow)
    scene.parameters({**class_constants(flow), **values, **(dict(artifacts or {}) if node.is_join else {})})
    stack = list(foreach_stack) if input is _NOTHING else [*foreach_stack, (index, index + 1, input)]
    frames = scene.splits(stack)
    if node.is_join:
        refs = scene.branches(inputs or [], frames)
    else:
        refs = (scene.before({**class_constants(flow), **values, **dict(artifacts or {})}, frames),)
    spec = scene.spec(step, refs, frames, _skipped(flow, step, all_of_them=not decorators, secrets=secrets is not None))
    return perform(
        flow, scene.datastore, spec, current=current, environ={**(environ or {}), **(secrets or {})}, check=check
    )


def perform(
    flow: type[FlowSpec],
    datastore: Datastore,
    spec: TaskSpec,
    *,
    current: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    check: bool,
    around: Callable[[Callable[..., None], tuple[Any, ...]], None] | None = None,
) -> StepOutcome:
    """Run the attempt that a specification describes, in this process.

    Args:
        flow: The flow class.
        datastore: Where its inputs are, and its result goes.
        spec: The attempt.
        current: Further answers of `current`.
        environ: Further environment variables.
        check: Raise what the step raises.
        around: Calls the step's function with its arguments; None for a plain call.
    """
    __tracebackhide__ = True
    raised: list[BaseException] = []

    def wrapped(function: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        set_current(**dict(current or {}))
        try:
            if around is not None:
                around(function, arguments)
            else:
                function(*arguments)
        except BaseException as error:
            raised.append(error.with_traceback(user_part(error.__traceback__)))
            raise

    runner = AttemptRunner(flow, datastore)
    with _environment(environ or {}), _replaced(flow, spec.step, wrapped):
        result = runner.run(spec)
    outcome = StepOutcome(
        result,
        datastore,
        ResultRef(spec.run, spec.step, spec.task, spec.attempt),
        raised=raised[-1] if raised else None,
        module=sys.modules.get(flow.__module__),
    )
    if check:
        outcome.raise_for_failure()
    return outcome


class _Scene:
    """Records in memory that look as if steps had run before."""

    def __init__(self, flow: type[FlowSpec]) -> None:
        self._flow = flow.__name__
        self._tasks = itertools.count(1)
        self.datastore = Datastore(MemoryStore())
        self.datastore.url = f"memory://step-{next(_numbers)}"
        self._writer = ArtifactWriter(self.datastore.blobs)
        self._start = ResultRef(_RUN, _PARAMETERS, 0, 0)

    def parameters(self, values: Mapping[str, Any]) -> None:
        """The task that holds parameters and class constants."""
        self._record(_PARAMETERS, 0, values)

    def splits(self, stack: Sequence[tuple[int, int, Any]]) -> tuple[SplitFrame, ...]:
        """The foreaches around the step."""
        frames: list[SplitFrame] = []
        for position, size, item in stack:
            task = next(self._tasks)
            items = self._writer.store_items([*[None] * position, item], "items")
            transition = Transition(targets=("_",), foreach="items", items=items, size=size)
            split = self._record("_split", task, {}, transition=transition)
            frames.append(SplitFrame(kind="foreach", split=split, index=position, size=size, variable="items"))
        return tuple(frames)

    def before(self, values: Mapping[str, Any], frames: tuple[SplitFrame, ...]) -> ResultRef:
        """The task that leads to the step."""
        return self._record("_before", next(self._tasks), values, frames=frames)

    def branches(
        self, inputs: Sequence[Mapping[str, Any]] | Mapping[str, Mapping[str, Any]], frames: tuple[SplitFrame, ...]
    ) -> tuple[ResultRef, ...]:
        """The tasks that a join gets."""
        given: Any = inputs
        pairs: list[tuple[str, Any]] = (
            list(given.items()) if isinstance(given, dict) else [("_branch", one) for one in given]
        )
        split = self._record("_split", next(self._tasks), {})
        refs = []
        for position, (step, values) in enumerate(pairs):
            if not hasattr(values, "keys"):
                raise UsageError(
                    f"an input of the join is of type `{type(values).__name__}`, not a dict of artifacts",
                    hint='write `inputs=[{"x": 1}, {"x": 2}]`, or for branches `inputs={"left": {"x": 1}}`',
                )
            frame = SplitFrame(kind="branch", split=split, index=position, size=len(pairs))
            refs.append(self._record(step, next(self._tasks), values, frames=(*frames, frame)))
        return tuple(refs)

    def spec(
        self, step: str, inputs: tuple[ResultRef, ...], frames: tuple[SplitFrame, ...], skip: tuple[str, ...]
    ) -> TaskSpec:
        """The attempt of the step."""
        return TaskSpec(
            flow=self._flow,
            run=_RUN,
            step=step,
            task=next(self._tasks),
            frames=frames,
            path=tuple(frame.index for frame in frames),
            inputs=inputs,
            parameters=self._start,
            code="",
            source="",
            skip_decorators=skip,
            datastore=self.datastore.url,
            user="test",
            namespace="user:test",
        )

    def _record(
        self,
        step: str,
        task: int,
        values: Mapping[str, Any],
        *,
        frames: tuple[SplitFrame, ...] = (),
        transition: Transition | None = None,
    ) -> ResultRef:
        artifacts = {name: self._writer.store(name, value) for name, value in values.items()}
        result = TaskResult(
            flow=self._flow, run=_RUN, step=step, task=task, outcome="succeeded", artifacts=artifacts, frames=frames,
            transition=transition,
        )  # fmt: skip
        log = self.datastore.run_log(self._flow, _RUN)
        locator = log.append([result])[0]
        log.close()
        return ResultRef(_RUN, step, task, 0, locator)


def _refuse_faults(flow: type[FlowSpec], step: str) -> None:
    """A step whose own text is wrong says so here, and not by what it does."""
    graph = build_graph(flow)
    if not graph.steps[step].broken:
        return
    own = [fault for fault in lint(graph) if fault.severity == "error" and f"`{step}`" in fault.message]
    if own:
        raise LintError(f"step `{step}` of `{flow.__name__}`: {own[0].message}", own, hint=own[0].hint)


def _skipped(flow: type[FlowSpec], step: str, *, all_of_them: bool, secrets: bool) -> tuple[str, ...]:
    names = [decorator.name for decorator in step_decorators(flow, step)]
    return tuple(name for name in names if all_of_them or (secrets and name == "secrets"))


@contextmanager
def _environment(changes: Mapping[str, str]) -> Iterator[None]:
    """Within: environment variables are changed; whatever the step does to them is taken back."""
    before = dict(os.environ)
    os.environ.update(changes)
    try:
        yield
    finally:
        if dict(os.environ) != before:
            os.environ.clear()
            os.environ.update(before)


@contextmanager
def _replaced(
    flow: type[FlowSpec], step: str, around: Callable[[Callable[..., None], tuple[Any, ...]], None]
) -> Iterator[None]:
    """Within: calls of the step go through a function. The graph has been read from the original before."""
    own = step in vars(flow)
    original: Any = getattr(flow, step)

    @wraps(original)
    def called(*arguments: Any) -> None:
        around(original, arguments)

    setattr(flow, step, called)
    try:
        yield
    finally:
        if own:
            setattr(flow, step, original)
        else:
            delattr(flow, step)
