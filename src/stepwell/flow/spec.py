"""`FlowSpec`: the class that every flow extends, and what `self` offers inside a step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepwell.base.errors import StepError
from stepwell.flow.reached import FlowReached, is_loading
from stepwell.flow.step import step_mark, steps_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Never

    from stepwell.client.run import Run
    from stepwell.flow.runtime import StepRuntime
    from stepwell.flow.transition import PendingTransition


class FlowName:
    """`self.name`: the flow's name, until a step sets an artifact of that name."""

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is not None:
            state = instance.__dict__
            runtime = state.get("_stepwell_runtime")
            if runtime is not None and "name" not in state.get("_stepwell_deleted", ()) and runtime.has("name"):
                value = state["name"] = runtime.load("name")
                return value
        return owner.__name__


class Upward:
    """A function of a flow that stands in a layer above the language, loaded when it is called.

    A step may use its name for an artifact, as with `self.name`: then the artifact is what a later step finds.

    Args:
        target: `module:function`; the function gets the class, or within a task the flow object, first.
        in_task: True for what steps call, False for what is called outside of flows.
    """

    def __init__(self, target: str, doc: str, *, in_task: bool) -> None:
        self.__doc__ = doc
        self._target = target
        self._in_task = in_task

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, owner: type) -> Any:
        subject: Any = owner
        if instance is not None:
            state = instance.__dict__
            runtime = state.get("_stepwell_runtime")
            if runtime is not None and (not self._in_task or runtime.has(self._name)):
                return instance.__getattr__(self._name)
            subject = instance if self._in_task else owner

        def call(*arguments: Any, **named: Any) -> Any:
            return load_upward(self._target)(subject, *arguments, **named)

        call.__name__, call.__doc__ = self._name, self.__doc__
        return call


class FlowSpec:
    """A flow: extend it, mark methods with `@step`, and end each with `self.next(...)`.

    ```python
    from stepwell import FlowSpec, step

    class Hello(FlowSpec):
        @step
        def start(self):
            self.message = "hello"
            self.next(self.end)

        @step
        def end(self):
            print(self.message)

    if __name__ == "__main__":
        Hello()
    ```

    Constructing the class runs the command line. Every attribute that a step sets is an artifact: it is stored when
    the step ends, and read back when a later step uses it.

    Args:
        use_cli: False makes a bare object, for calling steps as ordinary methods.
    """

    name = FlowName()

    if TYPE_CHECKING:

        @classmethod
        def run(cls, **given: Any) -> Run:
            """Run the flow from Python and wait for its end; see the descriptor below."""

        def run_flow(self, flow: type[FlowSpec], **given: Any) -> Run:
            """Run another flow from within a step; see the descriptor below."""

    else:
        run = Upward(
            "stepwell.runner.in_process:run_class",
            """Run the flow from Python and wait for its end: `run = TrainFlow.run(alpha=0.1)`.

            Args:
                **given: Parameters by name, and options of the run: `tags`, `decospecs`, `max_workers`, `isolation`,
                    `max_num_splits`, `datastore`, `namespace`, `show_output`. A parameter hides an option of its name.

            Returns:
                The run, as the client has it.

            Raises:
                RunFailed: It did not succeed; `.run` is the run.
                ParameterError: A parameter is missing, unknown or wrong.
                LintError: The flow has faults.
            """,
            in_task=False,
        )
        run_flow = Upward(
            "stepwell.runner.in_process:run_from_step",
            """Run another flow from within a step and wait for its end: `run = self.run_flow(Other, alpha=0.1)`.

            Both sides record it: the run knows the task that started it, and the task knows the runs that it started.

            Args:
                flow: The flow's class, such as one that the file imports.
                **given: As for `Other.run(...)`.

            Returns:
                The run, as the client has it.

            Raises:
                RunFailed: It did not succeed; `.run` is the run.
            """,
            in_task=True,
        )

    def __init__(self, use_cli: bool = True) -> None:
        if not use_cli:
            return
        if is_loading():
            raise FlowReached(type(self))
        run_command_line(type(self))

    def next(
        self,
        *targets: Any,
        foreach: str | None = None,
        num_parallel: int | None = None,
        condition: str | None = None,
        limit: int | None = None,
        **unknown: Never,
    ) -> None:
        """Say which step follows; the last line of every step but the last.

        Args:
            *targets: The step, as `self.train`; several steps run in parallel. For a switch, a dict of cases.
            foreach: Name of an attribute: the target runs once for each of its items, a dict's items being pairs.
            num_parallel: The target runs as so many tasks at once that know each other.
            condition: Name of the attribute whose value chooses the case.
            limit: The most tasks of a foreach that run at once, written as a number.
            **unknown: None; here for the message.

        Raises:
            InvalidNext: The call is wrong, or differs from what the file says.
        """
        from stepwell.flow.transition import NextArguments, make_transition

        state = self.__dict__
        runtime = state.get("_stepwell_runtime")
        state["_stepwell_transition"] = make_transition(
            self,
            runtime.step if runtime is not None else _calling_step(type(self)),
            NextArguments(
                targets=targets,
                foreach=foreach,
                num_parallel=num_parallel,
                condition=condition,
                limit=limit,
                unknown=tuple(unknown),
            ),
            again="_stepwell_transition" in state and runtime is not None,
        )

    @property
    def input(self) -> Any:
        """The item of the innermost foreach that this task works on; None outside of a foreach."""
        runtime = self.__dict__.get("_stepwell_runtime")
        return None if runtime is None else runtime.foreach_input()

    @property
    def index(self) -> int | None:
        """Its 0-based position; None outside of a foreach."""
        runtime = self.__dict__.get("_stepwell_runtime")
        return None if runtime is None else runtime.foreach_index()

    def foreach_stack(self) -> list[tuple[int, int, Any]]:
        """For each foreach around this task, outermost first: index, number of items, item."""
        runtime = self.__dict__.get("_stepwell_runtime")
        return [] if runtime is None else runtime.foreach_stack()

    def merge_artifacts(
        self, inputs: Iterable[Any], exclude: Sequence[str] | None = None, include: Sequence[str] | None = None
    ) -> None:
        """In a join, take over the artifacts that the branches agree on.

        An artifact is taken over when all inputs that have it hold the same value, which is told by digest, without
        loading. Names that the join has already set are left alone.

        Args:
            inputs: The inputs of the join.
            exclude: Names to leave out.
            include: Take over only these names.

        Raises:
            MergeConflict: Values differ between the inputs (`.artifact_names`).
            MissingInMerge: `include` names what no input has (`.artifact_names`).
            StepError: The step is not a join, or both `include` and `exclude` are given.
        """
        from stepwell.flow.merging import merge_artifacts

        merge_artifacts(self, inputs, exclude, include)

    @property
    def script_name(self) -> str:
        """Base name of the file that the flow is defined in."""
        import os
        import sys

        file = getattr(sys.modules.get(type(self).__module__), "__file__", None)
        return os.path.basename(file) if file else ""

    def __iter__(self) -> Iterator[tuple[str, Callable[..., None]]]:
        """Name and method of each step, in the order of definition."""
        return iter([(name, getattr(self, name)) for name in steps_of(type(self))])

    def __str__(self) -> str:
        runtime = self.__dict__.get("_stepwell_runtime")
        if runtime is None:
            return f"<flow {type(self).__name__}>"
        indices = ",".join(str(index) for index, _, _ in runtime.foreach_stack())
        return f"<flow {type(self).__name__} step {runtime.step}{f'[{indices}]' if indices else ''}>"

    def __getattr__(self, name: str) -> Any:
        # Only called for what is not there. Dunder names are asked for by the interpreter and by libraries.
        if name.startswith(("__", "_stepwell")):
            raise AttributeError(name)
        state = self.__dict__
        runtime = state.get("_stepwell_runtime")
        if runtime is not None and name not in state.get("_stepwell_deleted", ()) and runtime.has(name):
            value = state[name] = runtime.load(name)
            return value
        from stepwell.flow.missing import missing_attribute

        raise AttributeError(missing_attribute(self, name))

    def __delattr__(self, name: str) -> None:
        state = self.__dict__
        runtime = state.get("_stepwell_runtime")
        inherited = runtime is not None and not name.startswith("__") and runtime.has(name)
        if inherited and not hasattr(getattr(type(self), name, None), "__delete__"):
            state.pop(name, None)
            state.setdefault("_stepwell_deleted", set()).add(name)
            return
        object.__delattr__(self, name)

    def __reduce_ex__(self, protocol: object) -> Any:
        raise StepError(
            f"the flow `{type(self).__name__}` itself cannot be stored",
            hint="did you assign `self`, an input of a join or a method of the flow to an attribute? "
            "assign the values that you need instead",
        )


def run_command_line(flow_class: type[FlowSpec]) -> None:
    """Run the command line of a flow that was constructed.

    A flow file is a program, and this is what makes it one.
    """
    load_upward("stepwell.cli.flow_cli:main")(flow_class)


def load_upward(target: str) -> Any:
    """What a flow class offers although it stands in a layer above: the command line, and running from Python.

    It is named by a text, so that nothing here imports it, and so that a flow class that is only imported loads
    neither.
    """
    import importlib

    module, _, name = target.partition(":")
    return getattr(importlib.import_module(module), name)


def bind_runtime(flow: FlowSpec, runtime: StepRuntime) -> None:
    """Put a running task behind a flow object."""
    flow.__dict__["_stepwell_runtime"] = runtime


def new_flow(flow_class: type[FlowSpec], runtime: StepRuntime) -> FlowSpec:
    """A flow object for a task, or for one input of a join: bare, with a runtime behind it.

    The class's own `__init__` is not called, since it runs the command line.
    """
    from stepwell.flow.constants import task_class

    made: Any = task_class(flow_class)
    flow: FlowSpec = made.__new__(made)
    bind_runtime(flow, runtime)
    return flow


def next_again(flow: FlowSpec, *targets: Any, **arguments: Any) -> None:
    """Call `self.next` for a step, whether it did so itself or not; variables may differ from those in the file."""
    state = flow.__dict__
    state.pop("_stepwell_transition", None)
    state["_stepwell_any_variable"] = True
    try:
        flow.next(*targets, **arguments)
    finally:
        del state["_stepwell_any_variable"]


def take_transition(flow: FlowSpec) -> PendingTransition | None:
    """What the step decided by `self.next`, None when it did not call it."""
    found: PendingTransition | None = flow.__dict__.get("_stepwell_transition")
    return found


def deleted_names(flow: FlowSpec) -> set[str]:
    """Inherited artifacts that the step removed with `del self.x`, those set again aside."""
    deleted: set[str] = flow.__dict__.get("_stepwell_deleted", set())
    return deleted - flow.__dict__.keys()


def public_state(flow: FlowSpec) -> dict[str, Any]:
    """The attributes of a flow object that are to become artifacts, in the order in which they were set.

    Inherited artifacts, parameters and class constants are among them when the step used them, so that a change in
    place can be seen. Left out is what a class keeps private: names with two leading underscores, and what
    `refuse_hidden_steps` refuses.
    """
    private = tuple(f"_{cls.__name__.lstrip('_')}__" for cls in type(flow).__mro__)
    state: dict[str, Any] = {}
    for name, value in flow.__dict__.items():
        if name.startswith(("_stepwell", "__", *private)):
            continue
        if not _hides_step(flow, name):
            state[name] = value
    return state


def refuse_hidden_steps(flow: FlowSpec) -> None:
    """Refuse a flow object in which an attribute stands before a step, as `setattr(self, "end", 1)` makes one.

    Raises:
        StepError: An attribute has the name of a step, so that it could not be read back.
    """
    for name in flow.__dict__:
        if _hides_step(flow, name):
            raise StepError(
                f"`self.{name}` was set to a value, which hides the step `{name}`",
                hint="give the artifact or the step another name",
            )


def _hides_step(flow: FlowSpec, name: str) -> bool:
    return step_mark(getattr(type(flow), name, None)) is not None


def _calling_step(flow_class: type) -> str:
    """The step that calls `self.next` on a bare object: the nearest caller that is one."""
    import sys

    frame = sys._getframe(2)  # noqa: SLF001 - the only way to the caller
    while frame.f_back is not None and step_mark(getattr(flow_class, frame.f_code.co_name, None)) is None:
        frame = frame.f_back
    return frame.f_code.co_name
