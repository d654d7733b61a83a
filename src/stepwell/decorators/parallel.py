"""`@parallel`: a step that runs as a gang, all of its tasks at the same time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, overload

from stepwell.decorators.applying import apply
from stepwell.decorators.protocol import StepDecorator
from stepwell.documents.diagnostic import Diagnostic
from stepwell.flow.current import Parallel as Place
from stepwell.flow.current import set_current

if TYPE_CHECKING:
    from collections.abc import Callable

    from stepwell.decorators.protocol import CheckContext, TaskContext

    F = TypeVar("F", bound=Callable[..., Any])

# All tasks of a gang are processes of this machine.
MAIN_IP = "127.0.0.1"


class Parallel(StepDecorator):
    """The decorator behind `@parallel`, and the base of those that set up a framework for distributed work."""

    name = "parallel"
    gang = True

    def before_task(self, context: TaskContext) -> None:
        """Say where in its gang the task stands."""
        set_current(parallel=place_in_gang(context), is_parallel=True)

    def check(self, context: CheckContext) -> list[Diagnostic]:
        """The step must be started as a gang, by every step that leads to it, and lead to a join."""
        nodes = {node.name: node for node in context.graph.steps}
        step = nodes[context.step]
        before = [node for node in nodes.values() if step.name in node.next]
        found = [
            self._fault(
                context,
                "SW161",
                f"step `{step.name}` has `@{self.name}`, but step `{node.name}` does not start it as a gang",
                f"write `self.next(self.{step.name}, num_parallel=...)` in step `{node.name}`, "
                f"or remove `@{self.name}`",
            )
            for node in before
            if not node.num_parallel
        ]
        if not before:
            found.append(
                self._fault(
                    context,
                    "SW161",
                    f"step `{step.name}` has `@{self.name}`, but no step starts it as a gang",
                    f"remove `@{self.name}`, or lead to the step by `self.next(self.{step.name}, num_parallel=...)`",
                )
            )
        if found:
            return found
        if len(step.next) != 1 or step.condition or step.foreach or step.num_parallel:
            found.append(
                self._fault(
                    context,
                    "SW162",
                    f"step `{step.name}` is run by a gang, and leads to more than a join",
                    "join the gang first; branch, switch or fan out in the join or in a step after it",
                )
            )
        elif not nodes[step.next[0]].is_join:
            found.append(
                self._fault(
                    context,
                    "SW162",
                    f"step `{step.name}` is run by a gang, but the step after it, `{step.next[0]}`, is not a join",
                    f"write `def {step.next[0]}(self, inputs)`",
                )
            )
        return found

    def _fault(self, context: CheckContext, code: str, message: str, hint: str) -> Diagnostic:
        return Diagnostic(code=code, message=message, file=context.file, line=context.line, hint=hint)


def place_in_gang(context: TaskContext) -> Place:
    """Where a task stands in its gang."""
    spec = context.spec
    frame = spec.frames[-1]
    return Place(MAIN_IP, frame.size, frame.index, str(spec.control_task))


@overload
def parallel(function: F, /) -> F: ...


@overload
def parallel() -> Callable[[F], F]: ...


def parallel(function: F | None = None, /, **options: Any) -> F | Callable[[F], F]:
    """Run the step as a gang: `num_parallel` tasks, all at the same time.

    The step before it says how many: `self.next(self.train, num_parallel=4)`; the step after it is a join. In the
    step, `current.parallel` tells how many there are, which one this is, and where to find the first. When one of
    them fails, all are ended; `@retry` repeats all of them.

    Args:
        function: The step, when used bare.
        **options: There are none.

    Returns:
        The step itself.
    """
    return apply(Parallel, function, options)
