"""The hook protocol: what a decorator can do to a step. Built-in decorators use nothing else.

A decorator is an object with options. It is attached to a step by `@name(...)` in the file or by `--with name:...`
on the command line. Its hooks are called with one context object each, so that a later version can say more
without breaking anyone. Hooks that are not overridden cost nothing.

Order: before and around the step from the outermost decorator to the innermost; after the step reversed.

    check          statically, before anything is written; return diagnostics
    prepare        once per run, before the first task, in the run's process
    before_task    in the task's process, before the step
    around_step    wraps the call of the step
    after_task     in the task's process, after the step succeeded, before artifacts are stored
    on_failure     in the task's process, after the step raised; may say that the failure is handled
    fallback       in an attempt of its own, after the last attempt failed or crashed; the step is not called

Beside the hooks, a decorator answers questions that are asked before the run: `retry_policy`, `resource_needs`,
`time_limit`, `private_files`, and `recorded_options`, which says what the run's record may keep of its options.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from stepwell.base.redaction import hide_secrets
from stepwell.decorators.options import Decorator, recorded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, MutableMapping, Sequence

    from stepwell.documents.diagnostic import Diagnostic
    from stepwell.documents.graph import GraphDocument
    from stepwell.documents.run import RunHeader
    from stepwell.documents.task import ErrorRecord, ResourceNeeds, TaskSpec


__all__ = ("CheckContext", "PrepareContext", "RetryPolicy", "StepDecorator", "TaskContext", "recorded")


class RetryPolicy:
    """How often and after what wait a failed attempt is repeated.

    Attributes:
        times: Further attempts after the first.
        wait: Seconds between attempts.
    """

    __slots__ = ("times", "wait")

    def __init__(self, times: int, wait: float) -> None:
        self.times = times
        self.wait = wait


class CheckContext:
    """For `check`: the step's name, the graph, the place of the decorator, all decorators of the step, the flow."""

    __slots__ = ("decorators", "file", "flow", "graph", "line", "step")

    def __init__(
        self,
        *,
        step: str,
        graph: GraphDocument,
        file: str,
        line: int,
        decorators: Sequence[StepDecorator],
        flow: type | None = None,
    ) -> None:
        self.flow = flow
        self.step = step
        self.graph = graph
        self.file = file
        self.line = line
        self.decorators = decorators


class PrepareContext:
    """For `prepare`: the step's name, the run's header, and a function that tells the user something, once."""

    __slots__ = ("header", "notice", "step")

    def __init__(self, *, step: str, header: RunHeader, notice: Callable[[str, str], None] = lambda *_: None) -> None:
        self.notice = notice
        self.step = step
        self.header = header


class TaskContext:
    """For the hooks inside a task.

    Attributes:
        spec: The attempt's specification.
        flow: The flow object whose attributes are the artifacts.
        inputs: The inputs of a join, None otherwise.
        environ: The process's environment, to be changed in place.
        metadata: Facts to record with the result, name to text.
        hide: Takes texts that must not be seen: from then on the task's output and records have `***` instead.
    """

    __slots__ = ("environ", "flow", "hide", "inputs", "metadata", "spec")

    def __init__(
        self,
        *,
        spec: TaskSpec,
        flow: Any,
        inputs: Any,
        environ: MutableMapping[str, str],
        hide: Callable[[Iterable[str]], None] = hide_secrets,
    ) -> None:
        self.hide = hide
        self.spec = spec
        self.flow = flow
        self.inputs = inputs
        self.environ = environ
        self.metadata: dict[str, str] = {}


class StepDecorator(Decorator):
    """Base class of step decorators.

    Attributes:
        backend: For a decorator that names a place to run the step on: what that is, in words.
        keeps_on_crash: True when what the step sets is stored as it is set, because `fallback` may need it.
        gang: True for decorators of steps that run as a gang (`num_parallel`).
    """

    backend: ClassVar[str] = ""
    keeps_on_crash: ClassVar[bool] = False
    gang: ClassVar[bool] = False

    def option_fault(self, context: CheckContext, option: str, expected: str, example: str) -> Diagnostic:
        """The diagnostic for an option whose value does not fit.

        Args:
            context: What `check` was given.
            option: Name of the option.
            expected: What it must be, for example `a whole number, 0 or more`.
            example: A value to type instead.
        """
        where = f"on step `{context.step}`"
        return self.fault(option, expected, example, where=where, file=context.file, line=context.line)

    def time_limit(self) -> float | None:
        """Seconds that one attempt of the step may take, if this decorator has a say."""
        return None

    def private_files(self) -> list[str]:
        """Files that must not be kept with the run's code."""
        return []

    def retry_policy(self) -> RetryPolicy | None:
        """How often failed attempts are repeated, if this decorator has a say."""
        return None

    def resource_needs(self) -> ResourceNeeds | None:
        """What the step asks for, if this decorator has a say."""
        return None

    def resource_limits(self) -> ResourceNeeds | None:
        """What the step may use at most, if this decorator says it expressly; for `enforce_resources`."""
        return None

    def check(self, context: CheckContext) -> list[Diagnostic]:
        """Faults that can be seen without running anything; those of the options' kinds, unless overridden."""
        return self.faults_of_kind(context.file, context.line, f"on step `{context.step}`")

    def prepare(self, context: PrepareContext) -> None:
        """Work that is done once, before the first task."""

    def before_task(self, context: TaskContext) -> None:
        """Work in the task's process before the step."""

    def around_step(self, context: TaskContext, call: Callable[[], None]) -> None:  # noqa: ARG002
        """Call the step; override to do something around it."""
        call()

    def after_task(self, context: TaskContext) -> None:
        """Work after the step succeeded."""

    def on_failure(self, context: TaskContext, error: BaseException) -> bool:  # noqa: ARG002
        """Work after the step raised; True when the failure is handled and the task counts as succeeded."""
        return False

    def fallback(self, context: TaskContext, error: ErrorRecord) -> None:
        """Let the flow go on after the last attempt failed, crashed or was ended; the step itself is not called.

        A step with a decorator that has this hook gets one attempt more. What its last attempt stored is there.
        """
