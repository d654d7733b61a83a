"""The inputs of a join."""

from __future__ import annotations

import pickle

import pytest

from stepwell.base.errors import StepError
from stepwell.flow.inputs import Inputs


def test_inputs_are_made_when_they_are_touched_and_only_once() -> None:
    made: list[int] = []

    def make(position: int) -> object:
        made.append(position)
        return object()

    inputs = Inputs(["fit"] * 100_000, make)
    assert len(inputs) == 100_000
    assert made == []
    assert inputs[7] is inputs[7]
    assert inputs[-1] is inputs[99_999]
    assert made == [7, 99_999]


def test_inputs_are_iterated_in_order() -> None:
    inputs = Inputs(["a", "b", "c"], "xyz".__getitem__)
    assert list(inputs) == ["x", "y", "z"]
    assert inputs[1:] == ["y", "z"]


def test_branches_are_found_by_the_name_of_their_step() -> None:
    inputs = Inputs(["a", "b"], "xy".__getitem__)
    assert (inputs.a, inputs.b) == ("x", "y")


def test_a_name_that_stands_for_many_tasks_is_refused() -> None:
    inputs = Inputs(["fit", "fit"], "xy".__getitem__, join="best")
    with pytest.raises(AttributeError, match="several tasks of `fit` lead to step `best`"):
        _ = inputs.fit


def test_an_unknown_name_lists_the_steps() -> None:
    inputs = Inputs(["b", "a"], "xy".__getitem__, join="best")
    with pytest.raises(AttributeError, match=r"no input of step `best` comes from a step `c`.*: `a`, `b`"):
        _ = inputs.c


def test_a_position_that_does_not_exist_is_an_index_error() -> None:
    with pytest.raises(IndexError, match="step `join` has 2 inputs"):
        _ = Inputs(["a", "b"], "xy".__getitem__)[2]


def test_an_empty_foreach_gives_no_inputs() -> None:
    inputs = Inputs([], "".__getitem__)
    assert (list(inputs), bool(inputs)) == ([], False)


def test_inputs_cannot_be_stored() -> None:
    with pytest.raises(StepError, match="the inputs of a join cannot be stored"):
        pickle.dumps(Inputs(["a"], "x".__getitem__))
