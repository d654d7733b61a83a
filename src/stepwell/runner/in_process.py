"""`MyFlow.run(alpha=0.1)`: run a flow from plain Python, with the engine in this very process."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from stepwell.base.errors import ArgumentError, RunFailed, StepError
from stepwell.base.formats import plural
from stepwell.client.run import Run
from stepwell.client.session import ClientSession
from stepwell.documents.events import LogText, Notice, RunBegan
from stepwell.flow.constants import original_class
from stepwell.flow.current import current, note_fact
from stepwell.flow.parameters import parameters_of
from stepwell.flow.reached import FlowReached, is_loading
from stepwell.runner.flow_file import FlowPlace, place_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stepwell.base.settings import Settings
    from stepwell.documents.events import RunEvent, RunFinished
    from stepwell.flow.spec import FlowSpec

# Options of a run, with the type that each has.
_OPTIONS: dict[str, tuple[type, ...]] = {
    "tags": (list, tuple, set, frozenset),
    "decospecs": (list, tuple),
    "max_workers": (int,),
    "max_num_splits": (int,),
    "isolation": (str,),
    "on_failure": (str,),
    "datastore": (str, os.PathLike),
    "namespace": (str,),
    "show_output": (bool,),
}
# Settings among them.
_SETTINGS = ("max_workers", "isolation", "on_failure", "datastore", "namespace")

# Tasks that run in this process share its streams, its environment and `current`: one such run at a time.
_in_this_process = threading.RLock()


def run_class(flow_class: type[FlowSpec], **given: Any) -> Run:
    """What `MyFlow.run(...)` does; see `FlowSpec.run`."""
    flow_class = _original(flow_class)
    if is_loading():
        raise FlowReached(flow_class)
    options, parameters = split_given(flow_class, given)
    flags: dict[str, object] = {name: options[name] for name in _SETTINGS if name in options}
    if current.is_running_flow:
        flags.setdefault("namespace", current.namespace)
        flags["user"] = current.username
    return start(
        flow_class,
        place_of(flow_class),
        parameters,
        flags,
        tags=tuple(options.get("tags", ())),
        decorators=tuple(options.get("decospecs", ())),
        max_num_splits=options.get("max_num_splits"),
        show_output=bool(options.get("show_output", True)),
    )


def run_from_step(flow: FlowSpec, other: type[FlowSpec], **given: Any) -> Run:
    """What `self.run_flow(Other, ...)` does; see `FlowSpec.run_flow`."""
    from stepwell.flow.spec import FlowSpec

    if not current.is_running_flow:
        raise StepError(
            f"`run_flow` of `{type(flow).__name__}` was called outside of a step",
            hint="outside of a step, call `Other.run(...)`",
        )
    given_class: Any = other
    if not (isinstance(given_class, type) and issubclass(given_class, FlowSpec)):
        raise StepError(
            f"`self.run_flow` got an object of type `{type(other).__name__}`, not a flow",
            hint="give the class: `self.run_flow(OtherFlow, alpha=0.1)`",
        )
    return run_class(other, **given)


def start(
    flow_class: type[FlowSpec],
    place: FlowPlace,
    parameters: dict[str, Any],
    flags: dict[str, object],
    *,
    tags: tuple[str, ...] = (),
    decorators: tuple[str, ...] = (),
    max_num_splits: int | None = None,
    show_output: bool = True,
) -> Run:
    """Run a flow and return the run when it is over.

    Args:
        flow_class: The flow.
        place: Where it is written.
        parameters: Values by parameter name.
        flags: Settings that are to differ from what is configured.
        tags: User tags.
        decorators: `--with` specifications.
        max_num_splits: The most branches of a foreach; None for no limit.
        show_output: Print what the tasks print.

    Raises:
        RunFailed: The run did not succeed.
        KeyboardInterrupt: It was cancelled with Ctrl-C.
    """
    from stepwell.base.settings import load_settings
    from stepwell.engine.launch import run_flow
    from stepwell.engine.request import RunRequest

    settings = load_settings(flags)
    settings = _isolated(settings, place)
    parent = current.pathspec or "" if current.is_running_flow else ""
    request = RunRequest(
        flow=flow_class,
        file=place.file,
        parameters=parameters,
        tags=tags,
        decorators=decorators,
        command=tuple(sys.argv),
        max_num_splits=max_num_splits,
        parent=parent,
    )
    watcher = _Watcher(shown=show_output and settings.isolation != "none")
    with _alone(settings.isolation == "none"):
        finished = run_flow(request, settings, watcher)
    assert watcher.began is not None
    session = ClientSession(watcher.began.datastore, namespace=None)
    run = Run(f"{finished.flow}/{finished.run}", session=session)
    if finished.status != "succeeded":
        _fail(finished, run)
    return run


def split_given(flow_class: type[FlowSpec], given: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Options of the run, and parameters of the flow; a parameter hides an option of its name. Configs are read here.

    Raises:
        ArgumentError: An option has the wrong type.
    """
    given = _shaped(flow_class, given)
    own = {parameter.name.replace("-", "_") for parameter in parameters_of(flow_class)}
    options = {name: value for name, value in given.items() if name in _OPTIONS and name not in own}
    for name, value in list(options.items()):
        if value is None:
            del options[name]
        elif not isinstance(value, _OPTIONS[name]) or (isinstance(value, bool) and name != "show_output"):
            expected = " or ".join(f"`{kind.__name__}`" for kind in _OPTIONS[name])
            raise ArgumentError(
                f"invalid type for `{name}`: `{type(value).__name__}`, expected {expected}",
                hint=f"the options of `{flow_class.__name__}.run` are: " + ", ".join(f"`{one}`" for one in _OPTIONS),
            )
    return options, {name: value for name, value in given.items() if name not in _OPTIONS or name in own}


def _shaped(flow_class: type[FlowSpec], given: dict[str, Any]) -> dict[str, Any]:
    """What is given but for `config` and `config_value`, with which the flow gets its shape."""
    from stepwell.base.settings import load_settings
    from stepwell.decorators.shaping import needs_shape, shape_flow
    from stepwell.flow.config import configs_of
    from stepwell.flow.config_loading import GivenConfigs

    if not needs_shape(flow_class):
        return given
    configs = GivenConfigs()
    rest = dict(given)
    if configs_of(flow_class):
        configs.files.update(rest.pop("config", None) or {})
        configs.values.update(rest.pop("config_value", None) or {})
    shape_flow(flow_class, configs, environ=os.environ, user=load_settings({}).user)
    return rest


def _original(flow_class: type[FlowSpec]) -> type[FlowSpec]:
    original: Any = original_class(flow_class)
    return original  # type: ignore[no-any-return]


def _isolated(settings: Settings, place: FlowPlace) -> Settings:
    """A flow that no other process can load runs in this one; `fork` needs that too, should a zygote die."""
    if place.loadable or settings.isolation == "none":
        return settings
    from msgspec.structs import replace

    return replace(settings, isolation="none")


@contextmanager
def _alone(needed: bool) -> Iterator[None]:
    if not needed:
        yield
        return
    with _in_this_process:
        yield


class _Watcher:
    """Prints what tasks print, and remembers where the run is and where it stands in the records."""

    def __init__(self, *, shown: bool) -> None:
        self._shown = shown
        self.began: RunBegan | None = None

    def __call__(self, event: RunEvent) -> None:
        if isinstance(event, RunBegan):
            self.began = event
            note_fact(f"child-run:{event.flow}/{event.run}", event.datastore)
        elif isinstance(event, LogText):
            if self._shown:
                stream = sys.stdout if event.stream == "stdout" else sys.stderr
                stream.write("".join(f"[{event.step}/{event.task}] {line}\n" for line in event.text.splitlines()))
        elif isinstance(event, Notice):
            hint = f" ({event.hint})" if event.hint else ""
            sys.stderr.write(f"{event.level}: {event.message}{hint}\n")


def _fail(finished: RunFinished, run: Run) -> None:
    where = f"{finished.flow}/{finished.run}"
    if finished.status == "cancelled":
        if finished.reason == "Ctrl-C":
            raise KeyboardInterrupt
        if finished.reason == "SIGTERM":
            _end_by_signal()
        raise RunFailed(f"`{where}` was cancelled by {finished.reason}", hint="resume it with `resume`", run=run)
    message = f"`{where}` failed{f': {finished.reason}' if finished.reason else ''}"
    if not finished.failures:
        raise RunFailed(message, run=run)
    first = finished.failures[0]
    kind = f"{first.error.type}: " if first.error.type else ""
    more = f" ({plural(finished.failed_tasks - 1, 'more task')} failed)" if finished.failed_tasks > 1 else ""
    error = RunFailed(
        f"`{where}` failed in `{first.step}/{first.task}`: {kind}{first.error.message}{more}",
        hint=first.error.hint or f"`stepwell why-failed {where}/{first.step}/{first.task}` shows more",
        run=run,
    )
    if first.error.traceback:
        error.add_note(f"\nIn `{where}/{first.step}/{first.task}`:\n{first.error.traceback.rstrip()}")
    raise error


def _end_by_signal() -> None:
    """The run took the signal for itself; this process was meant as well."""
    import signal

    signal.raise_signal(signal.SIGTERM)
