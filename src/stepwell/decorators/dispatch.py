"""Calling the hooks of a step's decorators, in the order that `protocol` promises.

Hooks that nobody overrides cost nothing.
"""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from stepwell.decorators.protocol import CheckContext, RetryPolicy, StepDecorator
from stepwell.documents.diagnostic import Diagnostic
from stepwell.documents.task import ResourceNeeds
from stepwell.flow.source import source_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from stepwell.decorators.protocol import PrepareContext, TaskContext
    from stepwell.documents.graph import GraphDocument, GraphNode
    from stepwell.documents.task import ErrorRecord


def run_step(decorators: Sequence[StepDecorator], context: TaskContext, call: Callable[[], None]) -> None:
    """Run a step within its decorators.

    When the step or a hook around it raises, `on_failure` is asked from the innermost decorator to the outermost, and
    the first that answers True ends the matter. What is left is raised, an interrupt always.

    Args:
        decorators: Outermost first.
        context: The task.
        call: Calls the step.

    Raises:
        BaseException: What the step raised, when no decorator handled it.
    """
    try:
        for decorator in overriding(decorators, "before_task"):
            decorator.before_task(context)
        for decorator in reversed(overriding(decorators, "around_step")):
            call = partial(decorator.around_step, context, call)
        call()
        for decorator in reversed(overriding(decorators, "after_task")):
            decorator.after_task(context)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        for decorator in reversed(overriding(decorators, "on_failure")):
            if decorator.on_failure(context, error):
                return
        raise


def run_fallback(decorators: Sequence[StepDecorator], context: TaskContext, error: ErrorRecord) -> None:
    """Let the flow go on after a step failed for good, without calling the step.

    Args:
        decorators: Outermost first.
        context: The task.
        error: Why the last attempt failed.
    """
    for decorator in reversed(overriding(decorators, "fallback")):
        decorator.fallback(context, error)


def prepare_decorators(decorators: Iterable[StepDecorator], context: PrepareContext) -> None:
    """Call `prepare` of each decorator of a step, outermost first."""
    for decorator in overriding(decorators, "prepare"):
        decorator.prepare(context)


def check_decorators(
    graph: GraphDocument, decorators_of: Mapping[str, Sequence[StepDecorator]], flow: type | None = None
) -> list[Diagnostic]:
    """Every fault that decorators see without running anything, duplicates included.

    Args:
        graph: The flow's graph.
        decorators_of: The decorators of each step, outermost first.
        flow: The flow class.
    """
    found: list[Diagnostic] = []
    for node in graph.steps:
        decorators = decorators_of.get(node.name, ())
        found += _duplicates(node, decorators)
        if node.num_parallel:
            found += [
                _not_a_gang(node, target) for target in graph.steps if _misses_parallel(node, target, decorators_of)
            ]
        for decorator in decorators:
            context = CheckContext(
                step=node.name,
                graph=graph,
                file=decorator.file or node.file,
                line=decorator.line or node.line,
                decorators=decorators,
                flow=flow,
            )
            found += decorator.check(context)
    return [with_text(diagnostic) for diagnostic in found]


def retry_policy(decorators: Iterable[StepDecorator]) -> RetryPolicy:
    """How often a step is repeated: the outermost decorator that has a say; never, when none has."""
    for decorator in decorators:
        policy = decorator.retry_policy()
        if policy is not None:
            return policy
    return RetryPolicy(0, 0.0)


def time_limit(decorators: Iterable[StepDecorator]) -> float | None:
    """Seconds that an attempt may take: the least that a decorator says, None when none does."""
    limits = [limit for limit in (decorator.time_limit() for decorator in decorators) if limit is not None]
    return min(limits, default=None)


def private_files(decorators: Iterable[StepDecorator]) -> set[str]:
    """Absolute paths of files that must not be kept with the run's code."""
    return {os.path.abspath(path) for decorator in decorators for path in decorator.private_files()}


def resource_needs(decorators: Iterable[StepDecorator]) -> ResourceNeeds:
    """What a step asks for: of each resource the most that a decorator says."""
    needs = [need for need in (decorator.resource_needs() for decorator in decorators) if need is not None]
    return ResourceNeeds(
        cpu=max((need.cpu for need in needs if need.cpu is not None), default=None),
        memory=max((need.memory for need in needs if need.memory is not None), default=None),
        gpu=max((need.gpu for need in needs), default=0),
        disk=max((need.disk for need in needs if need.disk is not None), default=None),
    )


def resource_limits(decorators: Iterable[StepDecorator]) -> ResourceNeeds:
    """What a step may use at most: of each resource the most that a decorator says expressly."""
    limits = [limit for limit in (decorator.resource_limits() for decorator in decorators) if limit is not None]
    return ResourceNeeds(
        cpu=max((limit.cpu for limit in limits if limit.cpu is not None), default=None),
        memory=max((limit.memory for limit in limits if limit.memory is not None), default=None),
    )


def overriding(decorators: Iterable[StepDecorator], hook: str) -> list[StepDecorator]:
    """The decorators that have a hook of their own."""
    inherited = getattr(StepDecorator, hook)
    return [decorator for decorator in decorators if getattr(type(decorator), hook) is not inherited]


def _misses_parallel(node: GraphNode, target: GraphNode, decorators_of: Mapping[str, Sequence[StepDecorator]]) -> bool:
    return target.name in node.next and not any(decorator.gang for decorator in decorators_of.get(target.name, ()))


def _not_a_gang(node: GraphNode, target: GraphNode) -> Diagnostic:
    return Diagnostic(
        code="SW160",
        message=f"step `{node.name}` starts `{target.name}` as a gang (`num_parallel`), but it has no `@parallel`",
        file=target.file,
        line=target.line,
        hint=f"write `@parallel` above `def {target.name}`",
    )


def _duplicates(node: GraphNode, decorators: Sequence[StepDecorator]) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    seen: set[str] = set()
    for decorator in decorators:
        if decorator.name in seen and not decorator.allow_multiple:
            found.append(
                Diagnostic(
                    code="SW150",
                    message=f"step `{node.name}` has `@{decorator.name}` twice",
                    file=decorator.file or node.file,
                    line=decorator.line or node.line,
                    hint="keep one of them",
                )
            )
        seen.add(decorator.name)
    return found


def with_text(diagnostic: Diagnostic) -> Diagnostic:
    """The diagnostic with the line that it speaks of, which decorators do not look up themselves."""
    source = source_of(diagnostic.file) if diagnostic.file and not diagnostic.text else None
    if source is None:
        return diagnostic
    place = source.line_place(diagnostic.line)
    return replace(diagnostic, file=place.file, column=place.column, end_column=place.end_column, text=place.text)
