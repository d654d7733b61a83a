"""A run's header, and the records that its log holds beside task results."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct, field

from stepwell.documents.graph import DecoratorSpec, GraphDocument
from stepwell.documents.refs import ArtifactRef, BlobRef
from stepwell.documents.task import TaskResult

RunStatus = Literal["running", "succeeded", "failed", "cancelled"]


class ProcessIdentity(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A process, so that a reader can tell whether it still lives: host, boot, pid, and the moment it began."""

    host: str
    pid: int
    boot: str = ""
    started: str = ""


class GitState(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The git checkout that the flow file stood in."""

    commit: str = ""
    branch: str = ""
    remote: str = ""
    dirty: bool = False


class FlowShape(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What configs and mutators made of the flow's declarations, for processes that load the code again.

    Attributes:
        configs: Values of configs by attribute, the same artifacts that the `_parameters` task has.
        changes: What mutators did to decorators and parameters, None when nothing.
    """

    configs: dict[str, ArtifactRef] = field(default_factory=dict)
    changes: ArtifactRef | None = None


class CodeSnapshot(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The flow's files as they were: a manifest blob that lists path, digest and size of each file.

    Attributes:
        digest: Digest of the manifest blob; the snapshot's name.
        source: The flow file within it.
        root: The folder on the machine where the files were taken, for messages and for data beside the code.
        files: Number of files.
        size: Bytes in all.
        shape: What the run made of the flow's declarations; None when it runs as it is declared.
    """

    digest: str
    source: str
    root: str = ""
    files: int = 0
    size: int = 0
    shape: FlowShape | None = None


class RunHeader(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known when a run starts: written once, create-only, which is also how its id is allocated.

    Attributes:
        run: Run id, a small integer as text.
        parameters: Parameter and config values as plain JSON, for display; the values themselves are artifacts of
            the `_parameters` task.
        packages: Blob with the list of installed distributions, `name==version` lines.
        seed: The run's random seed.
        command: The command line as typed.
        origin_run: The run that this one resumes.
        current: What flow decorators add to `current` in every task.
        resume_step: The step from which it was asked to rerun, if any.
        parent: Pathspec of the task whose step started this run; empty for a run that was started otherwise.
        imported_from: Where a run comes from that another system ran: `metaflow:Flow/run`; empty for runs of ours.
    """

    version: int = 1
    flow: str
    run: str
    created_at: float
    user: str
    namespace: str | None = None
    tags: tuple[str, ...] = ()
    system_tags: tuple[str, ...] = ()
    parameters: dict[str, Any] = field(default_factory=dict)
    graph: GraphDocument
    code: CodeSnapshot
    git: GitState | None = None
    packages: BlobRef | None = None
    python: str = ""
    stepwell: str = ""
    platform: str = ""
    command: tuple[str, ...] = ()
    decorators: tuple[DecoratorSpec, ...] = ()
    owner: ProcessIdentity
    seed: int = 0
    origin_run: str | None = None
    resume_step: str | None = None
    current: dict[str, Any] = field(default_factory=dict)
    parent: str = ""
    imported_from: str = ""


class TaskStarted(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="started"):
    """An attempt began; written by the run loop, in batches, for tasks that are still running by then."""

    step: str
    task: int
    attempt: int = 0
    path: tuple[int, ...] = ()
    at: float = 0.0
    pid: int = 0


class StepLeft(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="left"):
    """The step of an attempt with a time limit is over; its limit does not hold for storing what it leaves behind."""

    task: int
    attempt: int = 0


class StepKept(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="kept"):
    """What an attempt has set so far, stored in case that it crashes; without meaning once the attempt has a result."""

    task: int
    attempt: int = 0
    artifacts: dict[str, ArtifactRef] = field(default_factory=dict)


class RunEnded(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="ended"):
    """The run is over. `by` tells who says so: the run itself, or a reader that found its process gone."""

    status: RunStatus
    at: float
    reason: str = ""
    failed: tuple[tuple[str, int], ...] = ()
    by: Literal["run", "reader"] = "run"


class TagChange(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="tags"):
    """User tags added and removed, removals first."""

    at: float
    user: str
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


class CancelAsked(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="cancel"):
    """Somebody asked the run to stop."""

    at: float
    user: str


LogRecord = TaskResult | TaskStarted | StepLeft | StepKept | RunEnded | TagChange | CancelAsked
