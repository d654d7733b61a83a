"""A recorded task once more, in this process and in memory: with the code that it ran, or with other code."""

from __future__ import annotations

import os
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from stepwell.base.errors import FlowLoadError
from stepwell.base.pathspec import parse_pathspec
from stepwell.base.settings import load_settings
from stepwell.client.snapshot_modules import main_module_of
from stepwell.decorators.registry import step_decorators
from stepwell.engine.staging import Stage, find_past_task
from stepwell.flow.constants import original_class
from stepwell.flow.spec import FlowSpec
from stepwell.records.opening import open_records
from stepwell.store.datastore import open_datastore
from stepwell.store.memory import MemoryStore
from stepwell.store.overlay import overlay
from stepwell.task.code import take_shape
from stepwell.task.seeding import seed_generators
from stepwell.testing.one_step import perform

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stepwell.engine.staging import PastTask
    from stepwell.testing.outcome import StepOutcome


def replay(  # noqa: PLR0913 - what a task can be given, each under its own name
    pathspec: str,
    flow: type[FlowSpec] | None = None,
    *,
    datastore: str | os.PathLike[str] | None = None,
    code: str | os.PathLike[str] | None = None,
    artifacts: Mapping[str, Any] | None = None,
    current: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    decorators: bool = True,
    check: bool = True,
    around: Callable[[Callable[..., None], tuple[Any, ...]], None] | None = None,
) -> StepOutcome:
    """Run a recorded task again: same inputs, same parameters, same random numbers; nothing is recorded.

    Args:
        pathspec: The task, `Flow/run/step/task`; of a step, its first task.
        flow: The class to run, for a test of the code as it is now; None for the code that the task ran.
        datastore: Where the task is recorded; by default as for every run.
        code: A folder with the code in place of `flow`, such as the one that `stepwell debug --script` writes.
        artifacts: Values that take the place of input artifacts.
        current: What `current` is to answer beside what it knows.
        environ: Environment variables for the step.
        decorators: False leaves the step's decorators out.
        check: Raise what the step raises; False gives an outcome with `.error` in any case.
        around: Calls the step's function with its arguments, for a debugger.

    Raises:
        NotFound: There is no such task, or it has not finished.
        FlowLoadError: The code does not load.
        BaseException: What the step raised.
    """
    __tracebackhide__ = True  # pytest shows the test and the step, not what lies between
    past = past_task(pathspec, datastore)
    flow_class: Any = original_class(flow) if flow is not None else _recorded_flow(past, code)
    target = overlay(MemoryStore(), past.datastore)
    target.url = past.datastore.url  # what the step asks the client for is in the task's own datastore
    stage = Stage(past, target)
    names = [one.name for one in step_decorators(flow_class, past.result.step)]
    left_out = names if not decorators else [name for name in names if name in ("retry", "catch")]
    spec = stage.set_up(artifacts, skip_decorators=left_out, output=False)
    seed_generators(spec.seed)
    return perform(flow_class, target, spec, current=current, environ=environ, check=check, around=around)


def past_task(pathspec: str, datastore: str | os.PathLike[str] | None = None) -> PastTask:
    """Find a recorded task.

    Raises:
        NotFound: There is no such task, or it has not finished.
        InvalidPathspec: It is no pathspec of a step or a task.
    """
    place = parse_pathspec(pathspec, least=3, most=4)
    opened = open_datastore(datastore or load_settings().datastore, create=False)
    records = open_records(opened)
    try:
        run = None if place.run == "latest" else place.run
        return find_past_task(opened, records, place.flow, run, place.step or "", place.task)
    finally:
        records.close()


def _recorded_flow(past: PastTask, folder: str | os.PathLike[str] | None) -> type[FlowSpec]:
    """The flow class from the code that the task ran, or from a folder with it."""
    module = (
        main_module_of(past.datastore, past.header.code)
        if folder is None
        else module_in(os.fspath(folder), past.header.code.source)
    )
    found = vars(module).get(past.header.flow)
    if not (isinstance(found, type) and issubclass(found, FlowSpec)):
        raise FlowLoadError(
            f"the code of `{past.pathspec}` has no flow `{past.header.flow}`", hint="give the class: `flow=`"
        )
    _give_shape(past, found)
    return found


def module_in(folder: str, source: str) -> ModuleType:
    """The flow file of a folder as a module under a name of its own, with the modules beside it importable.

    Raises:
        FlowLoadError: It cannot be read, or raises.
    """
    from stepwell.flow.user_errors import describe_load_error

    folder = os.path.abspath(folder)
    path = os.path.join(folder, source)
    name = f"_stepwell_replayed_{source.removesuffix('.py')}"
    module = ModuleType(name)
    module.__file__ = path
    if folder not in sys.path:
        sys.path.insert(0, folder)
    sys.modules[name] = module
    try:
        with open(path, "rb") as file:
            compiled = compile(file.read(), path, "exec", dont_inherit=True)
        exec(compiled, module.__dict__)  # noqa: S102 - the task's own code, to be run again
    except Exception as error:
        del sys.modules[name]
        raise describe_load_error(path, error) from error
    return module


def _give_shape(past: PastTask, flow: type[FlowSpec]) -> None:
    """Configs of the run, with the values that they had, and what mutators did."""
    shape = past.header.code.shape
    if shape is not None:
        take_shape(flow, past.datastore, shape)
