"""The hook protocol of flow decorators: what stands on the class of a flow.

    command_line   options that they add to the commands of the flow
    check          statically, before anything is written; return diagnostics
    configure      before the run has an id: system tags, attributes of `current`, things to tell
    run_ended      after the run, in a process of its own, however it ended

What they are and their options stand in the graph of every run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, TypeVar

from stepwell.decorators.delayed import DelayedDecorator
from stepwell.decorators.options import Decorator
from stepwell.flow.attach import attach_to_flow
from stepwell.flow.config_references import is_delayed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from stepwell.documents.diagnostic import Diagnostic
    from stepwell.documents.graph import GraphDocument
    from stepwell.documents.run import RunHeader, RunStatus

    C = TypeVar("C", bound=type)


class CommandLineOption(NamedTuple):
    """An option that a flow decorator adds to `run` and the other commands of the flow.

    Attributes:
        name: Without dashes, for example `branch`.
        kind: `text` takes a value, `flag` takes none.
        help: One sentence.
        metavar: What stands for the value in the help.
    """

    name: str
    kind: Literal["text", "flag"]
    help: str
    metavar: str = "TEXT"


class FlowCheckContext:
    """For `check`: the flow's class and graph, the place of the decorator, and all decorators of the flow."""

    __slots__ = ("decorators", "file", "flow", "graph", "line")

    def __init__(
        self, *, flow: type, graph: GraphDocument, file: str, line: int, decorators: Sequence[FlowDecorator]
    ) -> None:
        self.flow = flow
        self.graph = graph
        self.file = file
        self.line = line
        self.decorators = decorators


class RunSetup:
    """For `configure`: what is known of a run before it has an id, and what decorators may add.

    Attributes:
        flow: Name of the flow.
        user: Who runs it.
        given: Values of the decorators' own command line options.
        system_tags: Tags of the run, to be extended.
        current: Further attributes of `current` in every task, plain data.
        notice: Tells the user something: a message and what to do about it.
    """

    __slots__ = ("current", "flow", "given", "notice", "system_tags", "user")

    def __init__(self, *, flow: str, user: str, given: Mapping[str, Any], notice: Callable[[str, str], None]) -> None:
        self.flow = flow
        self.user = user
        self.given = given
        self.notice = notice
        self.system_tags: list[str] = []
        self.current: dict[str, Any] = {}


class RunEndContext:
    """For `run_ended`: the run's header, its status, and a function that gives the run as a client object."""

    __slots__ = ("header", "run", "status")

    def __init__(self, *, header: RunHeader, status: RunStatus, run: Callable[[], Any]) -> None:
        self.header = header
        self.status = status
        self.run = run


class FlowDecorator(Decorator):
    """Base class of flow decorators."""

    command_line: ClassVar[tuple[CommandLineOption, ...]] = ()

    def check(self, context: FlowCheckContext) -> list[Diagnostic]:
        """Faults that can be seen without running anything; those of the options' kinds, unless overridden."""
        return self.faults_of_kind(context.file, context.line, f"on the flow `{context.graph.flow}`")

    def option_fault(self, context: FlowCheckContext, option: str, expected: str, example: str) -> Diagnostic:
        """The diagnostic for an option whose value does not fit."""
        where = f"on the flow `{context.graph.flow}`"
        return self.fault(option, expected, example, where=where, file=context.file, line=context.line)

    def configure(self, setup: RunSetup) -> None:
        """Say what this decorator means for a run."""

    def run_ended(self, context: RunEndContext) -> None:
        """Work after the run. What it raises is told, and changes nothing."""


def apply_to_flow(decorator_class: type[FlowDecorator], flow: C | None, options: Mapping[str, Any]) -> Any:
    """Put a flow decorator on a class, or return what does so.

    Raises:
        UsageError: An option is unknown, or it is put on something else than a class.
    """
    made: Any = DelayedDecorator(decorator_class, options) if is_delayed(dict(options)) else decorator_class(**options)

    def put(flow: C) -> C:
        return attach_to_flow(flow, made)

    return put if flow is None else put(flow)
