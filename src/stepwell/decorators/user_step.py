"""Step decorators that users write: as a generator function, or as a class with `pre_step` and `post_step`.

Both are `StepDecorator`s that only use the hook `around_step`. What stands further in is part of the step for those
further out: a decorator that replaces or skips the step replaces or skips the decorators within it too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from stepwell.base.errors import StepError, UsageError
from stepwell.decorators.protocol import StepDecorator
from stepwell.decorators.user_classes import Applied, AppliedByCalling, Arguments, UserClass
from stepwell.decorators.user_next import call_next
from stepwell.flow.attach import attach
from stepwell.flow.spec import take_transition

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from stepwell.decorators.protocol import CheckContext, TaskContext
    from stepwell.documents.diagnostic import Diagnostic

F = TypeVar("F", bound="Callable[..., Any]")

#: Yielded by a decorator (or given to `skip_step`): do not run the step, and go on where it leads.
USER_SKIP_STEP: dict[str, Any] = {}

_GENERATOR = 0x20


class UserStepDecorator(UserClass, metaclass=AppliedByCalling):
    """A step decorator as a class: override `init`, `pre_step` and `post_step`.

    ```python
    class timed(UserStepDecorator):
        def pre_step(self, step_name, flow, inputs=None):
            self.began = time.monotonic()

        def post_step(self, step_name, flow, exception=None):
            flow.took = time.monotonic() - self.began
            return exception
    ```

    Use it as `@timed` or `@timed(...)` on a step, or as `--with module.timed` on every step. Of several, the outermost
    is first before the step and last after it.
    """

    _stepwell_skip: Any = None

    def __call__(self, function: F) -> F:
        """Put the decorator on a step."""
        return attach(function, AppliedStep(type(self), self._stepwell_arguments))

    def pre_step(self, step_name: str, flow: Any, inputs: Any = None) -> Callable[..., Any] | None:
        """Work before the step.

        Args:
            step_name: The step.
            flow: The flow object, whose attributes are the artifacts.
            inputs: The inputs of a join, None otherwise.

        Returns:
            None to go on, or a function to call in place of the step: with the flow, and with the inputs of a join. It
            returns None when it called `flow.next` itself, True to go on where the step leads, or a dict of arguments
            for `self.next`, such as `{"foreach": "items"}`.
        """

    def post_step(
        self,
        step_name: str,  # noqa: ARG002 - for those who override it
        flow: Any,  # noqa: ARG002 - for those who override it
        exception: Exception | None = None,
    ) -> Exception | tuple[Exception | None, dict[str, Any] | None] | None:
        """Work after the step, before its artifacts are stored.

        Args:
            step_name: The step.
            flow: The flow object.
            exception: What the step raised, None when it succeeded.

        Returns:
            The exception with which the step fails, None when it counts as succeeded; or a pair of that and a dict of
            arguments for `self.next`, empty to go on where the step leads.
        """
        return exception

    @property
    def skip_step(self) -> Any:
        """Set in `pre_step` to skip the step: True or an empty dict, or arguments for `self.next`."""
        return self._stepwell_skip

    @skip_step.setter
    def skip_step(self, value: Any) -> None:
        self._stepwell_skip = value


class AppliedStep(Applied, StepDecorator):
    """A step decorator of a user on a step."""

    name = Applied.name
    allow_multiple = True

    def __init__(self, cls: type[UserClass], arguments: Arguments) -> None:
        Applied.__init__(self, cls, arguments)

    def check(self, context: CheckContext) -> list[Diagnostic]:
        """Call `init`: what it refuses is told before anything runs."""
        from stepwell.decorators.user_faults import fault_in_init

        return fault_in_init(self, context)

    def around_step(self, context: TaskContext, call: Callable[[], None]) -> None:
        """The protocol of `pre_step` and `post_step`."""
        self.make_ready()
        step, flow, user = context.spec.step, context.flow, self.user
        arguments: dict[str, Any] | None = None
        failure: Exception | None = None
        user.skip_step = None
        try:
            replacement = user.pre_step(step, flow, context.inputs)
            skip = user.skip_step
            if skip is not None and skip is not False:
                arguments = dict(skip) if isinstance(skip, dict) else {}
            elif replacement is None:
                call()
            else:
                arguments = self._replaced(replacement, context)
        except Exception as error:  # noqa: BLE001 - the step may raise anything, and the decorator is asked
            failure = error
        answer = user.post_step(step, flow, failure)
        failure, given = answer if isinstance(answer, tuple) else (answer, None)
        if failure is not None:
            raise failure
        if given is not None:
            arguments = given
        if arguments is not None or take_transition(flow) is None:
            call_next(flow, step, arguments or {})

    def _replaced(self, replacement: Callable[..., Any], context: TaskContext) -> dict[str, Any] | None:
        if not callable(replacement):
            raise StepError(
                f"`pre_step` of `@{self.name}` returned a value of type `{type(replacement).__name__}`",
                hint="return None, or a function to call in place of the step; to skip it, set `self.skip_step`",
            )
        answer = replacement(context.flow) if context.inputs is None else replacement(context.flow, context.inputs)
        if answer is None or answer is False:
            return None
        if answer is True:
            return {}
        if isinstance(answer, dict):
            return answer
        raise StepError(
            f"what `@{self.name}` calls in place of step `{context.spec.step}` returned a value of type "
            f"`{type(answer).__name__}`",
            hint="return None after calling `flow.next`, True to go on where the step leads, or a dict for `self.next`",
        )


class GeneratedStepDecorator(UserStepDecorator):
    """A decorator made of a generator function: up to its `yield` before the step, the rest after it."""

    function: Any = None

    def init(self, *args: Any, **kwargs: Any) -> None:
        """Arguments are given by name, and only to a function that takes them."""
        count, name = self.function.__code__.co_argcount, type(self).__name__
        if args:
            raise UsageError(f"`@{name}` was given an argument without a name", hint=f"write `@{name}(option=value)`")
        if kwargs and count < 4:
            raise UsageError(
                f"`@{name}` was given `{next(iter(kwargs))}`, but its function takes no attributes",
                hint=f"write `def {name}(step_name, flow, inputs=None, attributes=None)`",
            )

    def pre_step(self, step_name: str, flow: Any, inputs: Any = None) -> Callable[..., Any] | None:
        """Run the function to its `yield`."""
        arguments = (step_name, flow, inputs, dict(self._stepwell_arguments.kwargs))
        self._running: Generator[Any, None, None] | None = self.function(
            *arguments[: self.function.__code__.co_argcount]
        )
        try:
            found = next(self._running)
        except StopIteration:
            # Without a `yield` the step is not run.
            self._running = None
            self.skip_step = USER_SKIP_STEP
            return None
        except Exception:
            self._running = None
            raise
        if isinstance(found, dict):
            self.skip_step = found
            return None
        if found is None or callable(found):
            replacement: Callable[..., Any] | None = found
            return replacement
        raise StepError(
            f"`@{type(self).__name__}` yielded a value of type `{type(found).__name__}`",
            hint="yield nothing to run the step, a function to replace it, or a dict to skip it",
        )

    def post_step(
        self,
        step_name: str,  # noqa: ARG002 - the function knows it
        flow: Any,  # noqa: ARG002 - the function knows it
        exception: Exception | None = None,
    ) -> Exception | None:
        """Run the rest of the function; what the step raised is raised at its `yield`."""
        running, self._running = self._running, None
        if running is None:
            return exception
        try:
            if exception is None:
                next(running)
            else:
                running.throw(exception)
        except StopIteration:
            return None
        except Exception as error:  # noqa: BLE001 - whatever the user's function lets out
            return error
        running.close()
        return StepError(f"`@{type(self).__name__}` yields more than once", hint="yield once, where the step is to run")


def user_step_decorator(function: Callable[..., Any]) -> Any:
    """Make a step decorator of a generator function.

    ```python
    @user_step_decorator
    def timed(step_name, flow, inputs=None, attributes=None):
        began = time.monotonic()

    Yield:
        flow.took = time.monotonic() - began
    ```

    What it yields decides: nothing runs the step; a function replaces it, and is called with the flow (and the inputs
    of a join); `USER_SKIP_STEP` skips it; a dict skips it and is passed to `self.next`. An exception of the step is
    raised at the `yield`, where it can be caught: the step then counts as succeeded.

    Args:
        function: Takes the name of the step, the flow object, the inputs of a join or None, and, if it has a fourth
            argument, the options that the decorator was given, as a dict.

    Returns:
        The decorator, for `@timed`, `@timed(option=value)` and `--with module.timed:option=value`.
    """
    code = getattr(function, "__code__", None)
    if code is None or not code.co_flags & _GENERATOR:
        name = getattr(function, "__name__", type(function).__name__)
        raise UsageError(
            f"`@user_step_decorator` was put on `{name}`, which is no generator function",
            hint="write a `yield` where the step is to run",
        )
    if code.co_argcount not in (3, 4):
        raise UsageError(
            f"`{function.__name__}` takes {code.co_argcount} arguments, and a step decorator takes 3 or 4",
            hint=f"write `def {function.__name__}(step_name, flow, inputs=None, attributes=None)`",
        )
    members = {
        "function": staticmethod(function),
        "__module__": function.__module__,
        "__qualname__": function.__qualname__,
        "__doc__": function.__doc__,
        "_stepwell_generated": True,
    }
    return AppliedByCalling(function.__name__, (GeneratedStepDecorator,), members)
