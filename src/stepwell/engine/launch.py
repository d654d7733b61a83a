"""Starting a run or a resume: check everything, then write the header, then let the run loop work.

Nothing is written before everything that can be seen to be wrong has been told.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import msgspec

from stepwell.backends.local.backend import LocalBackend
from stepwell.backends.local.machine import out_of_memory_kills, usable_cores
from stepwell.base.clock import SystemClock
from stepwell.base.errors import LintError, UsageError
from stepwell.decorators.checking import check_flow
from stepwell.decorators.dispatch import prepare_decorators, private_files
from stepwell.decorators.flow_dispatch import configure_run
from stepwell.decorators.flow_protocol import RunSetup
from stepwell.decorators.protocol import PrepareContext
from stepwell.decorators.registry import parse_decorator_spec
from stepwell.decorators.shaping import finish_shape, packaged_files
from stepwell.documents.events import Notice, RunBegan
from stepwell.documents.graph import DecoratorSpec
from stepwell.engine.attempts import SpecMaker
from stepwell.engine.configuring import config_values, find_origin, record_shape, shape_for_run
from stepwell.engine.context import RunContext
from stepwell.engine.enforcement import Cores, usable_core_numbers
from stepwell.engine.freshness import forkable, modules_changed_since_start
from stepwell.engine.header import RunFacts, header_maker
from stepwell.engine.ledger import Ledger
from stepwell.engine.loop import RunLoop
from stepwell.engine.parameters_task import inherited_parameters, parameters_again, parameters_result
from stepwell.engine.planning import make_plan
from stepwell.engine.run_end import tell_run_end
from stepwell.engine.scheduler.scheduler import Scheduler
from stepwell.flow.parameters import resolve_parameters
from stepwell.flow.parse import build_graph
from stepwell.records.opening import open_records
from stepwell.store.datastore import open_datastore
from stepwell.store.git_state import start_git_state
from stepwell.store.snapshot import take_snapshot
from stepwell.task.code import forget_snapshot, use_snapshot
from stepwell.task.entry import run_here, serve_forked

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping

    from stepwell.base.settings import Settings
    from stepwell.decorators.protocol import StepDecorator
    from stepwell.documents.events import RunEvent, RunFinished
    from stepwell.documents.run import RunHeader
    from stepwell.documents.task import TaskSpec
    from stepwell.engine.history import OriginHistory
    from stepwell.engine.request import RunRequest
    from stepwell.flow.graph import Graph
    from stepwell.flow.spec import FlowSpec
    from stepwell.records.sqlite import Records
    from stepwell.store.datastore import Datastore
    from stepwell.store.git_state import GitProbe
    from stepwell.store.run_log import RunLog
    from stepwell.task.code import SnapshotSources

# The most tasks at once when nobody says a number; what really runs is what fits the machine.
DEFAULT_WORKERS = 16
# How much of a long text the header keeps for display.
MOST_SHOWN = 200


def run_flow(request: RunRequest, settings: Settings, observer: Callable[[RunEvent], None]) -> RunFinished:
    """Run a flow, or resume a run of it, to the end.

    Args:
        request: What to run.
        settings: How.
        observer: Is told what happens, in this thread.

    Returns:
        The summary; its status tells success, failure and cancellation apart.

    Raises:
        LintError: The graph or a decorator has faults; carries all of them.
        ParameterError: Parameters are missing, unknown or wrong.
        UsageError: A request that cannot be met, such as an unknown step to resume from.
        StoreError: The datastore cannot be used, or broke during the run.
    """
    launch = _Launch(request, settings, observer)
    launch.check()
    return launch.run()


class _Launch:
    """The stages of starting a run, in order."""

    def __init__(self, request: RunRequest, settings: Settings, observer: Callable[[RunEvent], None]) -> None:
        self._request = request
        self._settings = settings
        self._observer = observer
        self._clock = SystemClock()
        self._origin = shape_for_run(request, settings)
        self._added = tuple(
            DecoratorSpec(name=name, options=options, in_file=False)
            for name, options in map(parse_decorator_spec, (*request.decorators, *settings.default_decorators))
        )
        self._told: set[str] = set()
        self._setup = RunSetup(
            flow=request.flow.__name__, user=settings.user, given=request.flow_options, notice=self._notice_once
        )
        finish_shape(request.flow, self._added)
        self._graph: Graph = build_graph(request.flow)
        self._decorators: dict[str, list[StepDecorator]] = {}
        self._parameters: dict[str, Any] = {}
        self._datastore: Datastore | None = None

    def check(self) -> None:
        """Everything that can be wrong before anything is written."""
        request = self._request
        self._decorators = checked_decorators(request.flow, self._graph, self._added)
        configure_run(request.flow, self._setup)
        step = request.resume_step
        if step is not None and step not in self._decorators:
            names = ", ".join(f"`{name}`" for name in self._decorators)
            raise UsageError(f"there is no step `{step}` in this flow", hint=f"its steps are {names}")
        if request.origin_run is None:
            self._parameters = resolve_parameters(
                request.flow, request.parameters, environ=os.environ, user=self._settings.user
            )

    def run(self) -> RunFinished:
        """Start the backend, write the header, run the loop."""
        git = start_git_state(os.path.dirname(self._request.file))
        backend = self._make_backend()
        try:
            datastore = open_datastore(self._settings.datastore, create=True, durability=self._settings.durability)
            self._datastore = datastore
            datastore.store.check_writable()
            records = open_records(datastore)
            try:
                return self._run_in(datastore, records, backend, git)
            finally:
                records.close()
        finally:
            backend.close()

    def _make_backend(self) -> LocalBackend:
        """The backend comes first: a fork of this process, taken now, is the freshest zygote, and costs no imports."""
        flow = self._request.flow
        python = task_command()
        root = os.path.dirname(self._request.file) + os.sep

        def serve(sock: socket.socket) -> None:
            serve_forked(sock, flow)

        def here(spec: TaskSpec) -> None:
            assert self._datastore is not None
            run_here(spec, flow, self._datastore)

        return LocalBackend(
            self._settings.isolation,
            serve=serve if forkable() and not modules_changed_since_start(root) else None,
            zygote_command=[*python, "zygote"],
            spawn_command=[*python, "run"],
            run_here=here,
        )

    def _open_history(self, datastore: Datastore, records: Records) -> OriginHistory | None:
        """For a resume: what the origin finished, less the steps that are to be run again."""
        request = self._request
        if request.origin_run is None:
            return None
        from stepwell.engine.history import OriginHistory

        flow = request.flow.__name__
        origin = self._origin
        if origin is None or origin == "latest":
            origin = find_origin(request, self._settings, datastore, records)
        datastore.header(flow, origin)
        rerun = self._graph.reachable_from(request.resume_step) if request.resume_step else ()
        return OriginHistory(datastore, flow, origin, rerun)

    def _run_in(self, datastore: Datastore, records: Records, backend: LocalBackend, git: GitProbe) -> RunFinished:
        request, settings = self._request, self._settings
        flow = request.flow
        history = self._open_history(datastore, records)
        inherited = inherited_parameters(flow, history)
        origin = None if history is None else datastore.header(flow.__name__, history.run)
        if history is not None:
            given = parameters_again(flow, history, origin)
            self._parameters = resolve_parameters(
                flow, given, environ={}, user=settings.user, leave_out=frozenset(inherited)
            )
        code = take_snapshot(
            datastore,
            request.file,
            suffixes=settings.code_suffixes,
            max_bytes=settings.code_max_bytes,
            extra_files=packaged_files(flow),
            notice=self._notice,
            left_out={path for decorators in self._decorators.values() for path in private_files(decorators)},
        )
        code = msgspec.structs.replace(code, shape=record_shape(flow, datastore))
        facts = RunFacts(
            graph=self._graph.document(code.root),
            code=code,
            git=git.finish(0.5),
            shown=shown_parameters({**self._parameters, **config_values(flow)}, origin),
            decorators=self._added,
            setup=self._setup,
            origin=origin,
        )
        make_header = header_maker(request, settings, datastore, facts, self._clock)
        header = datastore.create_run(make_header, flow.__name__, records.latest_run_number(flow.__name__))
        log = datastore.run_log(flow.__name__, header.run)
        in_use: SnapshotSources | None = None
        try:
            parameters = parameters_result(header, flow, self._parameters, inherited, datastore)
            locator = log.append([parameters])[0]
            records.register_run(header)
            self._announce(header, datastore)
            for step, decorators in self._decorators.items():
                context = PrepareContext(step=step, header=header, notice=self._notice_once)
                prepare_decorators(decorators, context)
            # A file may hold several flows: the zygote that loads it is to take this one.
            named = msgspec.structs.replace(code, source=f"{code.source}:{flow.__name__}")
            backend.prepare(datastore.url, named)
            if settings.isolation == "none":
                in_use = use_snapshot(datastore, code.digest, code.root)
            finished = self._loop(datastore, records, backend, header, log, history, locator).run()
        finally:
            if in_use is not None:
                forget_snapshot(in_use)
            log.close()
            if history is not None:
                history.close()
        command = [*task_command(), "run-end"]
        tell_run_end(flow, finished, datastore.url, command, self._notice)
        return finished

    def _loop(
        self,
        datastore: Datastore,
        records: Records,
        backend: LocalBackend,
        header: RunHeader,
        log: RunLog,
        history: OriginHistory | None,
        parameters: str,
    ) -> RunLoop:
        settings = self._settings
        capacity = backend.capacity()
        enforce = settings.enforce_resources and settings.isolation != "none"
        plan = make_plan(self._graph, self._decorators, capacity, enforce=enforce)
        if settings.isolation == "none" and any(step.split == "gang" for step in plan.steps.values()):
            self._notice(
                "with `--isolation none` the tasks of a gang run one after another",
                "a step that waits for the others of its gang waits for ever; leave the option away then",
            )
        workers = self._request.max_workers or settings.max_workers or max(DEFAULT_WORKERS, usable_cores())
        scheduler = Scheduler(
            plan,
            capacity=capacity,
            max_workers=1 if settings.isolation == "none" else workers,
            on_failure=settings.on_failure,
            history=history,
            seen_memory=records.step_peak_memory(header.flow),
        )
        context = RunContext(
            header=header,
            datastore=datastore,
            log=log,
            records=records,
            ledger=Ledger(header.run, parameters),
            specs=SpecMaker(header, plan, datastore, self._request.max_num_splits),
            history=history,
            observer=self._observer,
            clock=self._clock,
            show_output=settings.isolation != "none",
            grace=settings.grace_seconds,
            memory_kills=out_of_memory_kills,
            cores=Cores(usable_core_numbers()) if enforce else None,
        )
        return RunLoop(context, scheduler, backend)

    def _notice(self, message: str, hint: str) -> None:
        self._observer(Notice(at=self._clock.now(), level="warning", message=message, hint=hint))

    def _notice_once(self, message: str, hint: str) -> None:
        if message not in self._told:
            self._told.add(message)
            self._notice(message, hint)

    def _announce(self, header: RunHeader, datastore: Datastore) -> None:
        if self._request.run_id_file is not None:
            with open(self._request.run_id_file, "w", encoding="utf-8") as file:
                file.write(header.run)
        self._observer(
            RunBegan(
                at=self._clock.now(),
                flow=header.flow,
                run=header.run,
                user=header.user,
                datastore=datastore.url,
                pid=os.getpid(),
                origin_run=header.origin_run,
            )
        )


def checked_decorators(
    flow: type[FlowSpec], graph: Graph, added: tuple[DecoratorSpec, ...]
) -> dict[str, list[StepDecorator]]:
    """The decorators of every step, after the graph and they were checked.

    Raises:
        LintError: With every fault of the graph, or of the decorators when the graph has none.
    """
    found, decorators = check_flow(flow, graph, added)
    faults = [fault for fault in found if fault.severity == "error"]
    if faults:
        count = f"{len(faults)} fault{'s' if len(faults) > 1 else ''}"
        raise LintError(f"`{flow.__name__}` has {count}", faults)
    return decorators


def shown_parameters(values: Mapping[str, Any], origin: RunHeader | None) -> dict[str, Any]:
    """Parameter values as plain JSON for the header; what is no JSON is shown as text."""
    shown = dict(origin.parameters) if origin is not None else {}
    for name, value in values.items():
        if isinstance(value, (str, bytes)) and len(value) > MOST_SHOWN:
            kind = "characters" if isinstance(value, str) else "bytes"
            shown[name] = f"{value[:MOST_SHOWN]!r} … ({len(value)} {kind})"
            continue
        try:
            shown[name] = msgspec.json.decode(msgspec.json.encode(value))
        except (TypeError, ValueError):
            shown[name] = repr(value)[:200]
    return shown


def task_command() -> list[str]:
    """What starts a process of the `task` package in an interpreter like this one."""
    return [sys.executable, *interpreter_flags(), "-P", "-m", "stepwell.task"]


def interpreter_flags() -> list[str]:
    """Flags that make a child interpreter behave like this one: `-O`, `-X dev`, `-W` and the like."""
    from subprocess import _args_from_interpreter_flags  # type: ignore[attr-defined]

    flags: list[str] = list(_args_from_interpreter_flags())
    return flags
