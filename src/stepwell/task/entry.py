"""How attempts get into a process: as a child of a zygote, in a fresh interpreter, or in the run's own process."""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING, NoReturn

from stepwell.base.errors import StoreError
from stepwell.base.lineage import inherit_orphans
from stepwell.base.redaction import forget_secrets
from stepwell.documents.codec import decode_spec
from stepwell.store.datastore import open_datastore
from stepwell.task.attempt import AttemptRunner
from stepwell.task.code import load_flow_of, use_snapshot
from stepwell.task.output_filter import OutputFilter
from stepwell.task.process import (
    flush_streams,
    forget_exit_handlers,
    prepare_streams,
    redirect_output,
    remove_empty_output,
    reset_signals,
    run_exit_handlers,
    set_parent_death_signal,
)
from stepwell.task.seeding import seed_generators

if TYPE_CHECKING:
    import socket

    from stepwell.documents.launching import Prepare
    from stepwell.documents.task import TaskSpec
    from stepwell.flow.spec import FlowSpec
    from stepwell.store.datastore import Datastore

# Exit codes of an attempt's process; the result in the log says more, if it could be written.
SUCCEEDED, FAILED, BROKEN, UNRECORDED = 0, 1, 70, 74


def serve_forked(sock: socket.socket, flow_class: type[FlowSpec]) -> NoReturn:
    """Be a zygote for a flow that this process, a fork of the run's, has imported already."""
    from stepwell.task.zygote import leave_parent

    leave_parent()
    _serve(sock, flow_class)


def serve_fresh(sock: socket.socket) -> NoReturn:
    """Be a zygote in a fresh interpreter: the flow is loaded from the snapshot when its name is known."""
    os.setsid()
    _serve(sock, None)


def _serve(sock: socket.socket, flow_class: type[FlowSpec] | None) -> NoReturn:
    from stepwell.task.zygote import Zygote

    flow = flow_class
    datastore: Datastore | None = None

    def prepare(message: Prepare) -> None:
        """Open the datastore; load the flow if this process has not imported it."""
        nonlocal flow, datastore
        datastore = open_datastore(message.datastore, create=False)
        if flow is None:
            flow = load_flow_of(datastore, message.code, message.root, message.source, message.shape)
        else:
            use_snapshot(datastore, message.code, message.root)
        AttemptRunner(flow, datastore)  # the graph is made once, here, for all children

    def run(encoded: bytes, zygote: int) -> NoReturn:
        assert flow is not None
        assert datastore is not None
        set_parent_death_signal(zygote)
        os.setsid()
        reset_signals()
        forget_exit_handlers()
        spec = decode_spec(encoded)
        _take_streams(spec)
        gc.enable()
        _run_and_leave(spec, flow, datastore)

    Zygote(sock, prepare, run, loaded=flow_class is not None).serve()


def run_spawned(encoded: bytes) -> NoReturn:
    """Run one attempt in this fresh interpreter."""
    spec = decode_spec(encoded)
    set_parent_death_signal(os.getppid())
    _take_streams(spec)
    datastore = open_datastore(spec.datastore, create=False)
    header = datastore.header(spec.flow, spec.run)
    flow = load_flow_of(datastore, spec.code, header.code.root, spec.source, header.code.shape)
    _run_and_leave(spec, flow, datastore)


def _take_streams(spec: TaskSpec) -> None:
    """Send the output of this process to the attempt's log files; leaves when there can be none."""
    try:
        redirect_output(spec.stdout, spec.stderr)
    except StoreError:
        os._exit(UNRECORDED)
    prepare_streams()


def _run_and_leave(spec: TaskSpec, flow: type[FlowSpec], datastore: Datastore) -> NoReturn:
    """Run the attempt, then leave without the interpreter's own ending, which could only undo what was done."""
    seed_generators(spec.seed)
    inherit_orphans()
    code = UNRECORDED
    pid = os.getpid()
    output = OutputFilter()
    try:
        result = AttemptRunner(flow, datastore).run(spec)
        if result.error is not None and result.error.traceback:
            sys.stderr.write(result.error.traceback)
        code = SUCCEEDED if result.outcome == "succeeded" else FAILED
        run_exit_handlers()
    except StoreError as error:
        sys.stderr.write(f"the task's result could not be recorded: {error}\n")
    except Exception:  # noqa: BLE001 - a fault of ours must not pass for one of the step's
        import traceback

        code = BROKEN
        sys.stderr.write(traceback.format_exc())
    finally:
        if os.getpid() == pid:
            flush_streams()
            output.close()
            remove_empty_output(spec.stdout, spec.stderr)
        os._exit(code)


def run_here(spec: TaskSpec, flow: type[FlowSpec], datastore: Datastore) -> None:
    """Run one attempt in the run's own process, its output both shown and kept.

    Raises:
        StoreError: The result could not be recorded.
    """
    from stepwell.task.tee import teeing

    seed_generators(spec.seed)
    environ = dict(os.environ)
    try:
        with teeing(spec.stdout, spec.stderr):
            result = AttemptRunner(flow, datastore, at_terminal=True).run(spec)
            if result.error is not None and result.error.traceback:
                sys.stderr.write(result.error.traceback)
    finally:
        forget_secrets()
        if dict(os.environ) != environ:
            os.environ.clear()
            os.environ.update(environ)
