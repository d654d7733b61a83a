"""Class constants: every task can read and change them, and no change is lost."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from stepwell.flow.constants import class_constants, task_class
from stepwell.flow.parameters import Parameter
from stepwell.flow.spec import FlowSpec, deleted_names, public_state
from stepwell.flow.step import step

if TYPE_CHECKING:
    from collections.abc import Callable


class Base(FlowSpec):
    inherited = "base"
    replaced = 1
    hidden = 2


class Constants(Base):
    threshold = 3
    names = ["a"]  # noqa: RUF012
    replaced = 4
    nothing = None
    _half_private = 5
    __private = 6
    module = math
    function = len
    kind = dict
    alpha = Parameter("alpha", default=1)

    def hidden(self):
        pass

    @property
    def computed(self):
        return 7

    @step
    def start(self):
        pass


VALUES: dict[str, Any] = {
    "inherited": "base",
    "replaced": 4,
    "threshold": 3,
    "names": ["a"],
    "nothing": None,
    "_half_private": 5,
}


def test_constants_are_plain_values_of_the_class_and_its_bases() -> None:
    assert class_constants(Constants) == VALUES
    assert class_constants(task_class(Constants)) == VALUES


def test_the_task_class_looks_like_the_class_that_the_user_wrote() -> None:
    made: Any = task_class(Constants)
    assert made is task_class(Constants) is task_class(made)
    assert issubclass(made, Constants)
    assert (made.__name__, made.__module__, made.__qualname__) == ("Constants", __name__, "Constants")
    assert made.threshold == 3


def test_a_constant_that_was_only_defined_is_not_part_of_the_state(task: Callable[..., Any]) -> None:
    flow = task(Constants, "start", VALUES)
    assert public_state(flow) == {}
    assert flow._stepwell_runtime.loads == []


def test_a_constant_changed_in_place_is_seen(task: Callable[..., Any]) -> None:
    flow = task(Constants, "start", {**VALUES, "names": ["a"]})
    flow.names.append("b")
    assert public_state(flow) == {"names": ["a", "b"]}
    assert Constants.names == ["a"]


def test_a_constant_that_is_set_becomes_an_artifact(task: Callable[..., Any]) -> None:
    flow = task(Constants, "start", VALUES)
    flow.threshold += 1
    assert public_state(flow) == {"threshold": 4}


def test_a_task_sees_what_an_earlier_step_made_of_a_constant(task: Callable[..., Any]) -> None:
    assert task(Constants, "start", {**VALUES, "threshold": 9}).threshold == 9


def test_without_a_run_a_constant_has_the_value_of_the_class() -> None:
    assert Constants(use_cli=False).threshold == 3


def test_deleting_a_constant_gives_back_the_value_of_the_class(task: Callable[..., Any]) -> None:
    flow = task(Constants, "start", {**VALUES, "threshold": 9})
    del flow.threshold
    assert (flow.threshold, deleted_names(flow)) == (3, {"threshold"})
