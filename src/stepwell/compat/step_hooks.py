"""Decorators written against Metaflow's own hooks, called through ours.

`metaflow.decorators.StepDecorator` is the class here: a plug-in's subclass has `task_pre_step`, `task_post_step` and so
on. The hooks of Metaflow's launcher (`runtime_...`, `package_...`) have no counterpart and are not called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from stepwell.base.errors import MetaflowException
from stepwell.decorators.applying import apply
from stepwell.decorators.catch import go_on
from stepwell.decorators.flow_protocol import FlowDecorator, apply_to_flow
from stepwell.decorators.protocol import RetryPolicy, StepDecorator
from stepwell.documents.diagnostic import Diagnostic
from stepwell.flow.parse import build_graph

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from stepwell.decorators.protocol import CheckContext, TaskContext


class MetaDatum(NamedTuple):
    """A fact to record: name, text, kind, and tags, which are not kept."""

    field: str
    value: Any
    type: str = ""
    tags: Iterable[str] = ()


class Registrar:
    """What plug-ins get as `metadata`: facts that they register are recorded with the task's result."""

    def __init__(self, context: TaskContext) -> None:
        self._context = context

    def register_metadata(self, run_id: str, step_name: str, task_id: str, metadata: Iterable[MetaDatum]) -> None:  # noqa: ARG002
        """Record facts of the running task."""
        self._context.metadata.update({datum.field: str(datum.value) for datum in metadata})


class PluginNode(NamedTuple):
    """A step as plug-ins ask for it."""

    name: str
    type: str
    out_funcs: tuple[str, ...]
    in_funcs: tuple[str, ...]
    matching_join: str | None
    foreach_param: str | None
    condition: str | None
    parallel_foreach: bool
    func_lineno: int
    doc: str


class PluginGraph:
    """The graph as plug-ins ask for it: steps by name, in their order.

    Args:
        flow: The flow class.
    """

    def __init__(self, flow: Any) -> None:
        document = build_graph(flow).document()
        self.name = document.flow
        self.doc = document.doc
        self.start_step = document.start
        self.end_step = document.end
        self.nodes = {
            node.name: PluginNode(
                name=node.name,
                type=node.type,
                out_funcs=node.next,
                in_funcs=tuple(other.name for other in document.steps if node.name in other.next),
                matching_join=node.matching_join,
                foreach_param=node.foreach,
                condition=node.condition,
                parallel_foreach=node.num_parallel,
                func_lineno=node.line,
                doc=node.doc,
            )
            for node in document.steps
        }

    def __getitem__(self, step: str) -> PluginNode:
        return self.nodes[step]

    def __contains__(self, step: object) -> bool:
        return step in self.nodes

    def __iter__(self) -> Iterator[PluginNode]:
        return iter(self.nodes.values())


class HookedStepDecorator(StepDecorator):
    """A step decorator with Metaflow's hooks; `attributes` are its options."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.attributes = self.options
        self.statically_defined = True
        self.inserted_by: list[str] = []
        self.init()

    # --- what plug-ins override ----------------------------------------------------------------------------------

    def init(self) -> None:
        """Called when the decorator has been made."""

    def step_init(
        self,
        flow: Any,
        graph: Any,
        step_name: str,
        decorators: Any,
        environment: Any,
        flow_datastore: Any,
        logger: Any,
    ) -> None:
        """Called before a run, once all decorators are known; `environment` and `flow_datastore` are None here."""

    def step_task_retry_count(self) -> tuple[int, int]:
        """How often the step is repeated after a failure, and how often more without its code."""
        return 0, 0

    def task_pre_step(  # noqa: PLR0913, PLR0917 - Metaflow's signature
        self,
        step_name: str,
        task_datastore: Any,
        metadata: Any,
        run_id: str,
        task_id: str,
        flow: Any,
        graph: Any,
        retry_count: int,
        max_user_code_retries: int,
        ubf_context: Any,
        inputs: Any,
    ) -> None:
        """Called in the task before the step; `task_datastore` is None here."""

    def task_decorate(
        self,
        step_func: Callable[..., Any],
        flow: Any,
        graph: Any,
        retry_count: int,
        max_user_code_retries: int,
        ubf_context: Any,
    ) -> Callable[..., Any]:
        """The function to call in place of the step."""
        del flow, graph, retry_count, max_user_code_retries, ubf_context
        return step_func

    def task_post_step(
        self, step_name: str, flow: Any, graph: Any, retry_count: int, max_user_code_retries: int
    ) -> None:
        """Called after the step succeeded."""

    def task_exception(
        self,
        exception: BaseException,
        step_name: str,
        flow: Any,
        graph: Any,
        retry_count: int,
        max_user_code_retries: int,
    ) -> bool | None:
        """Called after the step raised; True when that is the end of the matter."""

    def task_finished(
        self, step_name: str, flow: Any, graph: Any, is_task_ok: bool, retry_count: int, max_user_code_retries: int
    ) -> None:
        """Called at the end, whatever happened."""

    # --- our hooks ------------------------------------------------------------------------------------------------

    def check(self, context: CheckContext) -> list[Diagnostic]:
        """Let the plug-in look at the flow."""
        graph = PluginGraph(context.flow) if context.flow is not None else None
        try:
            self.step_init(context.flow, graph, context.step, list(context.decorators), None, None, _log)
        except Exception as error:  # noqa: BLE001 - this is how a plug-in refuses what it is given
            said = error.message if isinstance(error, MetaflowException) else f"{type(error).__name__}: {error}"
            return [
                Diagnostic(
                    code="SW151",
                    message=f"`@{self.name}` refuses step `{context.step}`: {said}",
                    file=context.file,
                    line=context.line,
                    hint=getattr(error, "hint", "") or f"see the documentation of the package that has `@{self.name}`",
                )
            ]
        return super().check(context)

    def retry_policy(self) -> RetryPolicy | None:
        """How often failed attempts are repeated, when the plug-in has a say."""
        times, _ = self.step_task_retry_count()
        return RetryPolicy(times, 0.0) if times else None

    def before_task(self, context: TaskContext) -> None:
        """Before the step."""
        spec = context.spec
        self.task_pre_step(
            spec.step,
            None,
            Registrar(context),
            spec.run,
            str(spec.task),
            context.flow,
            PluginGraph(type(context.flow)),
            spec.attempt,
            spec.max_attempts - 1,
            None,
            context.inputs,
        )

    def around_step(self, context: TaskContext, call: Callable[[], None]) -> None:
        """Call what the plug-in puts in place of the step."""
        spec = context.spec

        def step(*_: Any) -> None:
            call()

        put = self.task_decorate(
            step, context.flow, PluginGraph(type(context.flow)), spec.attempt, spec.max_attempts - 1, None
        )
        if context.inputs is None:
            put()
        else:
            put(context.inputs)

    def after_task(self, context: TaskContext) -> None:
        """After the step succeeded."""
        self.task_post_step(*self._place(context))
        step, flow, graph, attempt, attempts = self._place(context)
        self.task_finished(step, flow, graph, True, attempt, attempts)

    def on_failure(self, context: TaskContext, error: BaseException) -> bool:
        """After the step raised."""
        step, flow, graph, attempt, attempts = self._place(context)
        handled = bool(self.task_exception(error, *self._place(context))) and go_on(context)
        self.task_finished(step, flow, graph, handled, attempt, attempts)
        return handled

    def _place(self, context: TaskContext) -> tuple[str, Any, Any, int, int]:
        spec = context.spec
        return spec.step, context.flow, PluginGraph(type(context.flow)), spec.attempt, spec.max_attempts - 1


class HookedFlowDecorator(FlowDecorator):
    """A flow decorator of a plug-in; `attributes` are its options."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.attributes = self.options


def as_function(decorator_class: Any) -> Callable[..., Any]:
    """What stands behind the name after the `@`."""

    def put(target: Any = None, /, **options: Any) -> Any:
        if issubclass(decorator_class, FlowDecorator):
            return apply_to_flow(decorator_class, target, options)
        return apply(decorator_class, target, options)

    put.__name__ = put.__qualname__ = getattr(decorator_class, "name", decorator_class.__name__)
    put.__doc__ = decorator_class.__doc__
    return put


def _log(text: str, *_: Any, **__: Any) -> None:
    import sys

    sys.stderr.write(f"{text}\n")
