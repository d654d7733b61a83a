"""`spin`: one step, with the code as it is now and the inputs of a past task, in this process, beside the real runs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from stepwell.base.errors import UsageError
from stepwell.base.pathspec import Pathspec
from stepwell.decorators.registry import step_decorators
from stepwell.documents.refs import ResultRef
from stepwell.engine.configuring import shape_as_in
from stepwell.engine.staging import Stage, find_past_task
from stepwell.flow.parse import build_graph
from stepwell.records.opening import open_records
from stepwell.store.datastore import open_datastore
from stepwell.store.local import LocalStore
from stepwell.store.overlay import mark_overlay, overlay
from stepwell.store.result_reader import ResultReader
from stepwell.store.snapshot import take_snapshot
from stepwell.task.entry import run_here

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stepwell.base.settings import Settings
    from stepwell.documents.task import TaskResult
    from stepwell.engine.staging import PastTask
    from stepwell.flow.spec import FlowSpec
    from stepwell.store.datastore import Datastore

#: The folder beside the datastore's own in which spun tasks are kept.
SPIN_FOLDER = ".stepwell_spin"

# What makes no sense for a step that runs once, to be looked at.
_LEFT_OUT = ("retry", "catch", "cache")


class SpinRequest(NamedTuple):
    """What to spin.

    Attributes:
        flow: The flow class, as it is now.
        file: Its file.
        step: The step.
        run: The run that the inputs come from; None for the latest.
        task: The task of the step there; None for the first.
        artifacts: Values that take the place of input artifacts.
        skip_decorators: True leaves all decorators out.
        persist: True keeps large values too.
    """

    flow: type[FlowSpec]
    file: str
    step: str
    run: str | None = None
    task: str | None = None
    artifacts: Mapping[str, Any] = {}
    skip_decorators: bool = False
    persist: bool = False


class Spun(NamedTuple):
    """A task that was spun: the past task, its own place, the folder of the datastore, and what became of it."""

    past: PastTask
    pathspec: str
    folder: str
    result: TaskResult


def spin_step(
    request: SpinRequest,
    settings: Settings,
    *,
    began: Callable[[str, str], None],
    notice: Callable[[str, str], None],
) -> Spun:
    """Run one step.

    Args:
        request: What to run.
        settings: Where the past is.
        began: Told the new task's pathspec and the folder of its datastore before the step runs.
        notice: Told what the user should know, with a hint.

    Raises:
        NotFound: There is no past task of the step.
        UsageError: The flow has no such step, or it cannot run alone.
    """
    node = build_graph(request.flow).steps.get(request.step)  # no config and no mutator changes which steps there are
    if node is None:
        names = ", ".join(f"`{name}`" for name in build_graph(request.flow).steps)
        raise UsageError(
            f"there is no step `{request.step}` in `{request.flow.__name__}`", hint=f"its steps are {names}"
        )
    datastore = open_datastore(settings.datastore, create=False)
    records = open_records(datastore)
    try:
        past = find_past_task(datastore, records, request.flow.__name__, request.run, request.step, request.task)
    finally:
        records.close()
    shape_as_in(request.flow, datastore, past.header, settings)
    if any(frame.kind == "gang" for frame in past.result.frames[-1:]):
        raise UsageError(
            f"step `{request.step}` is one of a gang, and cannot run alone", hint="spin another step, or `run` the flow"
        )
    folder = spin_folder(datastore)
    store = LocalStore(folder)
    store.prepare()
    mark_overlay(store, datastore)
    target = overlay(store, datastore)
    code = take_snapshot(
        target, request.file, suffixes=settings.code_suffixes, max_bytes=settings.code_max_bytes, notice=notice
    )
    stage = Stage(past, target, code=code, keep=request.persist, tags=("spin", f"spin-of:{past.pathspec}"))
    spec = stage.set_up(request.artifacts, skip_decorators=_skipped(request, notice))
    pathspec = f"{spec.flow}/{spec.run}/{spec.step}/{spec.task}"
    began(pathspec, folder)
    run_here(spec, request.flow, target)
    result = _result(target, spec.flow, spec.run, spec.step, spec.task)
    stage.conclude(result)
    return Spun(past, pathspec, folder, result)


def spin_folder(datastore: Datastore) -> str:
    """Where the tasks that were spun from a datastore are: beside it, or in the working directory."""
    flows = datastore.local_path("flows")
    parent = os.path.dirname(os.path.dirname(flows)) if flows is not None else os.getcwd()
    return os.path.join(parent, SPIN_FOLDER)


def place_of_spin(text: str, flow: str) -> Pathspec:
    """What `spin` is given: a step, `run/step`, `run/step/task`, or the same after the flow's name.

    Raises:
        UsageError: It is something else.
    """
    parts = text.strip().strip("/").split("/")
    if parts[0] == flow and len(parts) > 1:
        parts = parts[1:]
    if len(parts) == 1:
        return Pathspec(flow, None, parts[0])
    if len(parts) == 2 or len(parts) == 3:
        run = None if parts[0] == "latest" else parts[0]
        return Pathspec(flow, run, *parts[1:])
    raise UsageError(
        f"`{text}` names neither a step of `{flow}` nor a task of one",
        hint="give `STEP`, `RUN/STEP` or `RUN/STEP/TASK`",
    )


def _skipped(request: SpinRequest, notice: Callable[[str, str], None]) -> list[str]:
    names = [decorator.name for decorator in step_decorators(request.flow, request.step)]
    if "parallel" in names:
        raise UsageError(
            f"step `{request.step}` is one of a gang, and cannot run alone", hint="spin another step, or `run` the flow"
        )
    if request.skip_decorators:
        return names
    left_out = [name for name in names if name in _LEFT_OUT]
    for name in left_out:
        notice(f"`@{name}` is left out: the step runs once, and shows what happens", "")
    return left_out


def _result(datastore: Datastore, flow: str, run: str, step: str, task: int) -> TaskResult:
    reader = ResultReader(datastore)
    try:
        return reader.result(flow, ResultRef(run, step, task, 0))
    finally:
        reader.close()


def artifacts_of_module(path: str) -> dict[str, Any]:
    """The dict `ARTIFACTS` of a Python file.

    Raises:
        UsageError: The file cannot be read or run, or has no such dict.
    """
    import runpy

    if not os.path.isfile(path):
        raise UsageError(f"there is no file `{path}`", hint="`--artifacts-module` takes a Python file")
    try:
        found = runpy.run_path(path).get("ARTIFACTS")
    except Exception as error:
        raise UsageError(
            f"`{path}` raised {type(error).__name__}: {error}", hint="mend the file that `--artifacts-module` names"
        ) from error
    if not isinstance(found, dict) or not all(isinstance(name, str) for name in found):
        raise UsageError(f"`{path}` has no dict `ARTIFACTS`", hint='write `ARTIFACTS = {"name": value}`')
    return found
