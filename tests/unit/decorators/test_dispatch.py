"""The hooks of a step's decorators are called in the promised order, and only when there are any."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from stepwell.decorators.dispatch import overriding, prepare_decorators, resource_needs, retry_policy, run_step
from stepwell.decorators.protocol import StepDecorator
from stepwell.decorators.resources import Resources
from stepwell.decorators.retry import Retry
from stepwell.documents.task import ResourceNeeds

if TYPE_CHECKING:
    from collections.abc import Callable

CONTEXT: Any = object()


class Noting(StepDecorator):
    """Writes down each hook; `handles` says what `on_failure` answers, `fails` which hook raises."""

    name = "noting"
    defaults = {"label": "", "handles": False, "fails": ""}  # noqa: RUF012

    def __init__(self, notes: list[str], **options: Any) -> None:
        super().__init__(**options)
        self.notes = notes

    def note(self, hook: str) -> None:
        self.notes.append(f"{hook} {self.options['label']}")
        if self.options["fails"] == hook:
            raise RuntimeError(hook)

    def prepare(self, context: Any) -> None:
        self.note("prepare")

    def before_task(self, context: Any) -> None:
        self.note("before")

    def around_step(self, context: Any, call: Callable[[], None]) -> None:
        self.note("enter")
        call()
        self.note("leave")

    def after_task(self, context: Any) -> None:
        self.note("after")

    def on_failure(self, context: Any, error: BaseException) -> bool:
        self.note("failed")
        return bool(self.options["handles"])


class Silent(StepDecorator):
    name = "silent"


def run(step: Callable[[], None], *options: dict[str, Any]) -> list[str]:
    notes: list[str] = []
    decorators = [Noting(notes, label=str(position), **given) for position, given in enumerate(options)]
    try:
        run_step([decorators[0], Silent(), *decorators[1:]], CONTEXT, lambda: (notes.append("step"), step())[1])
    except BaseException as error:
        notes.append(f"raised {type(error).__name__}")
    return notes


def test_hooks_go_from_the_outside_in_and_back() -> None:
    assert run(lambda: None, {}, {}) == [
        "before 0", "before 1", "enter 0", "enter 1", "step", "leave 1", "leave 0", "after 1", "after 0",
    ]  # fmt: skip


def test_a_failure_is_offered_from_the_inside_out_until_one_handles_it() -> None:
    start = ["before 0", "before 1", "enter 0", "enter 1", "step"]
    assert run(lambda: 1 / 0, {}, {}) == [*start, "failed 1", "failed 0", "raised ZeroDivisionError"]
    assert run(lambda: 1 / 0, {"handles": True}, {}) == [*start, "failed 1", "failed 0"]
    assert run(lambda: 1 / 0, {}, {"handles": True}) == [*start, "failed 1"]


def test_a_failing_hook_counts_as_a_failure() -> None:
    assert run(lambda: None, {"fails": "before"}) == ["before 0", "failed 0", "raised RuntimeError"]
    assert run(lambda: None, {"fails": "after", "handles": True})[-2:] == ["after 0", "failed 0"]


def test_an_interrupt_is_not_offered() -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    assert run(interrupt, {"handles": True})[-2:] == ["step", "raised KeyboardInterrupt"]


def test_an_early_exit_is_offered() -> None:
    def leave() -> None:
        raise SystemExit(3)

    assert run(leave, {"handles": True})[-1] == "failed 0"


def test_without_decorators_the_step_is_simply_called() -> None:
    called: list[int] = []
    run_step([], CONTEXT, lambda: called.append(1))
    assert called == [1]
    with pytest.raises(ZeroDivisionError):
        run_step([Silent()], CONTEXT, lambda: 1 / 0)


def test_only_hooks_that_are_overridden_are_found() -> None:
    noting = Noting([])
    assert overriding([Silent(), noting], "around_step") == [noting]
    assert overriding([Silent(), noting], "check") == []


def test_prepare_is_called_from_the_outside_in() -> None:
    notes: list[str] = []
    prepare_decorators([Noting(notes, label="0"), Silent(), Noting(notes, label="1")], CONTEXT)
    assert notes == ["prepare 0", "prepare 1"]


def test_the_outermost_retry_counts_and_of_resources_the_most() -> None:
    policy = retry_policy([Silent(), Retry(times=1, minutes_between_retries=0.5), Retry()])
    assert (policy.times, policy.wait) == (1, 30.0)
    assert (retry_policy([Silent()]).times, retry_policy([]).wait) == (0, 0.0)
    assert resource_needs([Resources(cpu="8", gpu=1), Silent(), Resources(memory=9000)]) == ResourceNeeds(
        cpu=8.0, memory=9000.0, gpu=1
    )
    assert resource_needs([]) == ResourceNeeds()
