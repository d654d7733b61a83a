"""`@catch`: a step that fails for good counts as succeeded, and the flow goes on.

An exception is caught in the attempt itself, so everything that the step had set is kept. After a crash, a kill or a
timeout from outside there is nobody left to catch: one attempt more follows, which does not call the step. Either way
the flow goes where the file says. A foreach goes over what its artifact holds by then, a switch takes the case that
its artifact holds: which is why both must have a value before the step begins.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TypeVar, overload

from stepwell.base.compat_names import recorded_name
from stepwell.base.errors import CaughtException, StepwellError
from stepwell.base.redaction import redact
from stepwell.base.user_traceback import format_user_traceback
from stepwell.decorators.applying import apply
from stepwell.decorators.protocol import StepDecorator
from stepwell.documents.diagnostic import Diagnostic
from stepwell.flow.constants import class_constants
from stepwell.flow.parse import build_graph
from stepwell.flow.spec import take_transition
from stepwell.flow.transition import case_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from stepwell.decorators.protocol import CheckContext, TaskContext
    from stepwell.documents.task import ErrorRecord

    F = TypeVar("F", bound=Callable[..., Any])


class Catch(StepDecorator):
    """The decorator behind `@catch`; options `var` (name of an artifact) and `print_exception`."""

    name = "catch"
    keeps_on_crash = True
    defaults = {"var": None, "print_exception": True}  # noqa: RUF012 - a constant of the class

    def after_task(self, context: TaskContext) -> None:
        """Nothing went wrong: the artifact says so."""
        self._keep(context, None)

    def on_failure(self, context: TaskContext, error: BaseException) -> bool:
        """In the last attempt, keep the exception and go on."""
        if context.spec.attempt + 1 < context.spec.max_attempts:
            return False
        if context.spec.control_task is not None:
            return False  # a gang fails as one: the others must be ended first, then all of it falls back
        stacktrace = redact(format_user_traceback(error))
        kind = type(error)
        name = recorded_name(f"{kind.__module__}.{kind.__qualname__}")
        caught = CaughtException(name, redact(_text_of(error)), stacktrace)
        self._keep(context, caught)
        if not go_on(context):
            return False
        self._tell(context, stacktrace)
        return True

    def fallback(self, context: TaskContext, error: ErrorRecord) -> None:
        """The step crashed or was ended: keep what is known of it and go on."""
        caught = CaughtException(error.type or error.kind, error.message, error.traceback)
        self._keep(context, caught)
        self._tell(context, f"{error.message}\n")
        go_on(context)

    def _keep(self, context: TaskContext, caught: CaughtException | None) -> None:
        if self.options["var"]:
            setattr(context.flow, self.options["var"], caught)

    def _tell(self, context: TaskContext, what: str) -> None:
        if self.options["print_exception"]:
            sys.stderr.write(f"@catch: step `{context.spec.step}` failed, and the flow goes on.\n{what}")

    def check(self, context: CheckContext) -> list[Diagnostic]:
        """The name must be one that an artifact can have, and it must be known where the flow goes on."""
        found = []
        var = self.options["var"]
        if var is not None and not (isinstance(var, str) and var.isidentifier() and not var.startswith("_")):
            found.append(self.option_fault(context, "var", "a name for an artifact", '"failure"'))
        elif var is not None and any(node.name == var for node in context.graph.steps):
            found.append(self.option_fault(context, "var", "a name that no step has", '"failure"'))
        if not isinstance(self.options["print_exception"], (bool, int)):
            found.append(self.option_fault(context, "print_exception", "`True` or `False`", "False"))
        return [*found, *self._check_way(context)]

    def _check_way(self, context: CheckContext) -> list[Diagnostic]:
        """A step that splits by a value goes on by that value, so it must have one whenever it fails."""
        node = next(node for node in context.graph.steps if node.name == context.step)
        if node.num_parallel:
            return [
                self._fault(
                    context,
                    f"`@catch` on step `{context.step}`, which starts a gang: it is not known of how many tasks",
                    "put what may fail into a step before it, and `@catch` there",
                )
            ]
        name = node.foreach or node.condition
        if name is None or context.flow is None or name in _known_before(context.flow, context.step):
            return []
        what = "runs a foreach over" if node.foreach else "switches on"
        default = "[]" if node.foreach else repr(next(iter(node.cases), ""))
        return [
            self._fault(
                context,
                f"`@catch` on step `{context.step}`, which {what} `self.{name}`: when it fails before that is set, "
                "it is not known where the flow goes on",
                f"give it a value to fall back on, in the class (`{name} = {default}`) or in a step before",
            )
        ]

    def _fault(self, context: CheckContext, message: str, hint: str) -> Diagnostic:
        return Diagnostic(code="SW152", message=message, file=context.file, line=context.line, hint=hint)


def go_on(context: TaskContext) -> bool:
    """Call `self.next` as the file has it, unless the step came so far itself; False when that cannot be."""
    flow = context.flow
    graph = build_graph(type(flow))
    step = graph.steps[context.spec.step]
    if take_transition(flow) is not None or step.name == graph.end:
        return True
    call = step.next
    if call is None or call.form == "gang":
        return False
    try:
        if call.form == "switch":
            flow.next({case_of(flow, t): getattr(flow, t.name) for t in call.targets}, condition=call.condition)
        else:
            flow.next(*(getattr(flow, target.name) for target in call.targets), foreach=call.foreach)
    except StepwellError:
        return False  # what made the step fail is the better thing to tell
    return True


def _known_before(flow: type, step: str) -> set[str]:
    """Names that have a value when a step begins: constants, parameters, and what steps before it set."""
    graph = build_graph(flow)
    known = {*class_constants(flow), *(parameter.attribute for parameter in graph.parameters)}
    for name, source in graph.steps.items():
        if name != step and step in graph.reachable_from(name):
            known.update(attribute for attribute, _ in source.assigned)
    return known


def _text_of(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - a user's __str__ may raise anything
        return "<the exception's text cannot be made>"


@overload
def catch(function: F, /) -> F: ...


@overload
def catch(*, var: str | None = None, print_exception: bool = True) -> Callable[[F], F]: ...


def catch(function: F | None = None, /, **options: Any) -> F | Callable[[F], F]:
    """Let the flow go on when the step has failed for good, for whatever reason, crashes included.

    Args:
        function: The step, when used bare.
        **options: `var`: name of the artifact that gets the exception, or None when the step succeeds; it has `type`,
            `exception` (its text) and `stacktrace`. `print_exception`: whether to print it, True by default.

    Returns:
        The step itself.
    """
    return apply(Catch, function, options)
