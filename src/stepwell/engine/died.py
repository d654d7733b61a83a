"""What is recorded for an attempt that ended without a result of its own."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Literal

from stepwell.base.compat_names import recorded_name
from stepwell.base.formats import format_duration, format_size
from stepwell.documents.task import ErrorRecord, TaskResult
from stepwell.task.entry import BROKEN, UNRECORDED

if TYPE_CHECKING:
    from stepwell.documents.refs import ArtifactRef
    from stepwell.documents.task import ExitStatus, Outcome, TaskSpec, Usage

MEGABYTE = 2**20

_CRASHES = {
    signal.SIGSEGV: "it touched memory that is not its own (segmentation fault)",
    signal.SIGABRT: "native code aborted",
    signal.SIGFPE: "native code divided by zero or met another arithmetic fault",
    signal.SIGILL: "it met an instruction that this processor does not have",
}
if hasattr(signal, "SIGBUS"):
    _CRASHES[signal.SIGBUS] = "a mapped file vanished or the disk is full (bus error)"


# Exit codes that say why there is no result, when it is not the step's doing.
_OWN_CODES: dict[int | None, tuple[Literal["store", "internal"], str, str]] = {
    UNRECORDED: (
        "store",
        "it could not write its output or its result to the datastore",
        "look for a full disk or a missing right to write, then `resume`; its last words",
    ),
    BROKEN: (
        "internal",
        "Stepwell failed when it recorded what the step did, which is a bug in Stepwell",
        "report it with the traceback in the task's log",
    ),
}


def explain_death(
    spec: TaskSpec, status: ExitStatus, *, asked: bool, because: str, overdue: bool, memory_kills: int, peak_memory: int
) -> ErrorRecord:
    """Why an attempt ended without a result.

    Args:
        spec: The attempt.
        status: How its process ended.
        asked: True when the run itself ended it.
        because: The task of its gang that failed, for which it was ended.
        overdue: True when it was ended because its time was over.
        memory_kills: Processes that the kernel killed for memory since the attempt began.
        peak_memory: Bytes at its peak, 0 when unknown.
    """
    if asked:
        why = f"because `{because}`, of the same gang, failed" if because else "by the run"
        return ErrorRecord(kind="cancelled", message=f"the attempt was ended {why}")
    if overdue:
        return _explain_overdue(spec)
    return _explain_exit(spec, status, memory_kills=memory_kills, peak_memory=peak_memory)


def explain_over_memory(spec: TaskSpec, used: int) -> ErrorRecord:
    """Why an attempt was ended that used more memory than it may: so many bytes."""
    return ErrorRecord(
        kind="memory",
        message=f"step `{spec.step}` used {used / MEGABYTE:.0f} MB of the {spec.limits.memory:g} MB that it has",
        hint="give it more with `@resources(memory=...)`, or make it use less; "
        "it is held to that by the setting `enforce_resources`",
    )


def _explain_overdue(spec: TaskSpec) -> ErrorRecord:
    limit = format_duration(spec.timeout or 0.0)
    return ErrorRecord(
        kind="timeout",
        type=recorded_name("stepwell.base.errors.StepTimeout"),
        message=f"step `{spec.step}` ran longer than {limit}, and was ended from outside",
        hint="it was in native code, or caught the exception that told it; give it more time with `@timeout`, "
        "or look into what it waits for",
    )


def _explain_exit(spec: TaskSpec, status: ExitStatus, *, memory_kills: int, peak_memory: int) -> ErrorRecord:
    where = f"stepwell logs {spec.flow}/{spec.run}/{spec.step}/{spec.task}"
    if status.code in _OWN_CODES:
        kind, reason, cure = _OWN_CODES[status.code]
        return ErrorRecord(
            kind=kind, message=f"the task ended with exit code {status.code}: {reason}", hint=f"{cure}: {where}"
        )
    if status.signal is None:
        return ErrorRecord(
            kind="exit",
            message=f"the process left with exit code {status.code} in the middle of the step",
            hint=f"something called `os._exit` or ended the interpreter; its last words: {where}",
        )
    number = status.signal
    peak = f"; it had used {format_size(peak_memory)}" if peak_memory else ""
    if number == signal.SIGKILL and memory_kills > 0:
        return ErrorRecord(
            kind="memory",
            message=f"the kernel killed the process because memory ran out{peak}{_asked_for(spec)}",
            hint="run fewer tasks at once (`--max-workers`), say what the step needs with `@resources(memory=...)`, "
            "or make the step use less",
        )
    name = signal.Signals(number).name if number in signal.Signals._value2member_map_ else f"signal {number}"
    if number in _CRASHES:
        return ErrorRecord(
            kind="signal",
            type=name,
            message=f"the process crashed with {name}: {_CRASHES[signal.Signals(number)]}{peak}",
            hint=f"the fault is in native code that the step called; its last words: {where}",
        )
    return ErrorRecord(
        kind="signal",
        type=name,
        message=f"the process was ended by {name} from outside{peak}",
        hint="if memory was short, the kernel or a limit of the container may have done it; "
        "say what the step needs with `@resources(memory=...)`"
        if number == signal.SIGKILL
        else f"somebody or something sent the signal; the attempt's output: {where}",
    )


def _asked_for(spec: TaskSpec) -> str:
    memory = spec.resources.memory
    return "" if memory is None else f", and `@resources` asked for {memory:g} MB"


def _label(spec: TaskSpec) -> str:
    """The item itself cannot be told any more, its place can."""
    frame = next((frame for frame in reversed(spec.frames) if frame.kind == "foreach"), None)
    return "" if frame is None else f"{frame.variable}[{frame.index}]"


def result_of_death(
    spec: TaskSpec,
    status: ExitStatus | None,
    error: ErrorRecord,
    usage: Usage,
    *,
    started_at: float,
    now: float,
    artifacts: dict[str, ArtifactRef] | None = None,
) -> TaskResult:
    """The result that the run loop records in the attempt's place."""
    outcome: Outcome = "cancelled" if error.kind == "cancelled" else "failed"
    return TaskResult(
        flow=spec.flow,
        run=spec.run,
        step=spec.step,
        task=spec.task,
        attempt=spec.attempt,
        path=spec.path,
        frames=spec.frames,
        outcome=outcome,
        artifacts=artifacts or {},
        base=spec.inputs[0] if len(spec.inputs) == 1 else spec.parameters,
        depth=1,
        inputs=tuple((ref.step, ref.task) for ref in spec.inputs),
        error=error,
        usage=usage,
        exit=status,
        started_at=started_at,
        finished_at=now,
        label=_label(spec),
    )
