"""The task contract: `TaskSpec` goes in, `TaskResult` comes out, on every backend."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct, field

from stepwell.documents.graph import DecoratorSpec
from stepwell.documents.refs import ArtifactRef, ItemsRef, ResultRef

Outcome = Literal["succeeded", "failed", "cancelled"]
SplitKind = Literal["branch", "foreach", "gang"]


class ResourceNeeds(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a task asks for. None means not asked: the scheduler then goes by what the step used before.

    Attributes:
        cpu: Cores.
        memory: Megabytes (2**20 bytes).
        gpu: Devices.
        disk: Megabytes.
    """

    cpu: float | None = None
    memory: float | None = None
    gpu: int = 0
    disk: float | None = None


class SplitFrame(Struct, frozen=True, kw_only=True):
    """One level of the stack of splits that a task stands in; outermost first.

    Attributes:
        kind: What split it.
        split: The result of the split task (where the items of a foreach are found).
        index: 0-based position of this branch.
        size: Number of branches.
        variable: Name of the foreach artifact, empty otherwise.
    """

    kind: SplitKind
    split: ResultRef
    index: int
    size: int
    variable: str = ""


class TaskSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything that is needed to run one attempt of one task, anywhere.

    Attributes:
        path: Identity of the task within its step, whatever its number: the split indices from the outside in,
            and iteration counts of recursive steps. Equal paths in two runs name the same logical task.
        inputs: Results of the tasks that led here; one, or all branches in order for a join.
        parameters: The result of the run's `_parameters` task.
        code: Digest of the code snapshot's manifest.
        source: The flow file, relative to the snapshot, and the class in it: `train.py:TrainFlow`.
        decorators: Decorators that were added from outside the file (`--with`).
        skip_decorators: Names of decorators of the file that are left out (`spin`).
        max_attempts: How many attempts the task has in all.
        control_task: For one of a gang, the number of the task that leads it; None for others.
        max_splits: The most branches that a foreach of this task may have; None for no limit.
        limits: What the task may use at most; None where nothing is enforced.
        cores: The cores that it is to keep to, by number; empty for all.
        timeout: Seconds that the step may take.
        failed: For an attempt that only lets the flow go on: the result of the last one, which failed for good.
        datastore: URL of the datastore.
        stdout: Path or key of the attempt's log of standard output.
        stderr: Path or key of the attempt's log of standard error.
        seed: Seed for the random generators of this attempt, derived from the run's.
        current: Further attributes of `current`, from the flow's decorators.
        origin_run: The run that was resumed, if any.
    """

    version: int = 1
    flow: str
    run: str
    step: str
    task: int
    attempt: int = 0
    path: tuple[int, ...] = ()
    frames: tuple[SplitFrame, ...] = ()
    inputs: tuple[ResultRef, ...] = ()
    parameters: ResultRef
    code: str
    source: str
    decorators: tuple[DecoratorSpec, ...] = ()
    skip_decorators: tuple[str, ...] = ()
    max_attempts: int = 1
    resources: ResourceNeeds = field(default_factory=ResourceNeeds)
    limits: ResourceNeeds = field(default_factory=ResourceNeeds)
    cores: tuple[int, ...] = ()
    timeout: float | None = None
    failed: ResultRef | None = None
    environment: str | None = None
    control_task: int | None = None
    max_splits: int | None = None
    datastore: str
    stdout: str = ""
    stderr: str = ""
    seed: int = 0
    user: str = ""
    namespace: str | None = None
    tags: tuple[str, ...] = ()
    origin_run: str | None = None
    current: dict[str, Any] = field(default_factory=dict)


class Transition(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a step decided by `self.next(...)`.

    Attributes:
        targets: Steps that follow; for a switch, the one taken.
        foreach: Name of the artifact iterated over.
        items: The stored items of a foreach.
        size: Number of branches of a foreach or gang.
        case: For a switch, the value that decided, as text.
        gang: True for `num_parallel`.
    """

    targets: tuple[str, ...] = ()
    foreach: str | None = None
    items: ItemsRef | None = None
    size: int = 0
    case: str | None = None
    gang: bool = False


class TracebackFrame(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One frame of the user's code.

    Attributes:
        file: As the interpreter names it.
        line: 1-based.
        function: The function's name.
        text: The line's text.
        locals: Variables with a preview of each, `self.x` for the artifacts of a flow object; secrets are hidden.
    """

    file: str
    line: int
    function: str
    text: str = ""
    locals: dict[str, str] = field(default_factory=dict)


class ChainedError(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An exception that led to another one.

    Attributes:
        relation: `cause` for `raise ... from`, `context` for what was being handled.
        type: Qualified exception type.
        message: The exception's text.
        frames: The user's frames, outermost first.
    """

    relation: Literal["cause", "context"]
    type: str
    message: str = ""
    frames: tuple[TracebackFrame, ...] = ()


class ErrorRecord(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why an attempt failed.

    Attributes:
        kind: `exception` (raised in user code), `artifact` (a value could not be stored), `exit` (the process left
            early), `signal` (it was ended by a signal), `memory` (killed for memory), `timeout`, `language` (the
            step broke a rule, for example a wrong `self.next`), `store` (the datastore failed), `internal`.
        type: Qualified exception type, or an empty string.
        message: One sentence or the exception's own text.
        traceback: Text as Python prints it, frames of the framework removed, causes included.
        frames: The frames of the last exception, outermost first.
        chain: What led to the last exception, nearest first.
        hint: What to do about it.
    """

    kind: Literal[
        "exception",
        "artifact",
        "exit",
        "signal",
        "memory",
        "timeout",
        "language",
        "store",
        "internal",
        "cancelled",
    ]
    type: str = ""
    message: str = ""
    traceback: str = ""
    frames: tuple[TracebackFrame, ...] = ()
    chain: tuple[ChainedError, ...] = ()
    hint: str = ""


class Usage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an attempt used: seconds of wall and CPU time, bytes of memory and of artifacts."""

    wall: float = 0.0
    cpu_user: float = 0.0
    cpu_system: float = 0.0
    peak_memory: int = 0
    bytes_read: int = 0
    bytes_written: int = 0


class ExitStatus(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How the process of an attempt ended: an exit code, or the number of the signal that ended it."""

    code: int | None = None
    signal: int | None = None


class TaskResult(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="result"):
    """The answer to a `TaskSpec`.

    Written to the run's log by whoever knows it first: the task, or the run loop for a task that died.

    Attributes:
        artifacts: Name to reference of what this task set or changed.
        removed: Names that it deleted.
        base: The result whose artifacts it started from (its artifacts are the base's, then these); see `depth`.
        depth: Length of the chain of bases; 0 when `artifacts` is complete by itself.
        reads: What the step really read, by digest: artifacts and parameters by name, foreach items as `name[index]`.
        inputs: Step and task id of every task that led here.
        label: Short text of the foreach item.
        origin: For a task cloned by resume, the result that it stands for.
        metadata: Further facts, name to text, added by hooks.
    """

    version: int = 1
    flow: str
    run: str
    step: str
    task: int
    attempt: int = 0
    path: tuple[int, ...] = ()
    frames: tuple[SplitFrame, ...] = ()
    outcome: Outcome
    transition: Transition | None = None
    artifacts: dict[str, ArtifactRef] = field(default_factory=dict)
    removed: tuple[str, ...] = ()
    base: ResultRef | None = None
    depth: int = 0
    reads: dict[str, str] = field(default_factory=dict)
    inputs: tuple[tuple[str, int], ...] = ()
    error: ErrorRecord | None = None
    usage: Usage = field(default_factory=Usage)
    exit: ExitStatus | None = None
    started_at: float = 0.0
    finished_at: float = 0.0
    label: str = ""
    host: str = ""
    pid: int = 0
    origin: ResultRef | None = None
    metadata: dict[str, str] = field(default_factory=dict)
