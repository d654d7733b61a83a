"""`merge_artifacts`: by digest, without loading."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from stepwell.base.errors import MergeConflict, MissingInMerge, StepError
from stepwell.flow.inputs import Inputs
from stepwell.flow.parameters import Parameter
from stepwell.flow.spec import FlowSpec
from stepwell.flow.step import step

if TYPE_CHECKING:
    from collections.abc import Callable


class Joined(FlowSpec):
    alpha = Parameter("alpha", default=1)
    threshold = 3

    @step
    def join(self, inputs):
        pass


@pytest.fixture
def join(task: Callable[..., Any]) -> Callable[..., Any]:
    """A join and its inputs, from the artifacts of each branch; all have the parameter and the constant."""

    def make(*branches: dict[str, Any]) -> Any:
        common = {"alpha": 1, "threshold": 3}
        tasks = [task(Joined, "branch", {**common, **branch}) for branch in branches]
        inputs = Inputs(["branch"] * len(tasks), tasks.__getitem__)
        return task(Joined, "join", common, is_join=True), inputs

    return make


def merged(flow: Any) -> dict[str, Any]:
    return {name: value for name, value in flow._stepwell_runtime.artifacts.items() if name != "alpha"}


def test_what_all_branches_agree_on_is_taken_over_without_loading(join: Callable[..., Any]) -> None:
    flow, inputs = join({"x": 1, "only": 2}, {"x": 1})
    flow.merge_artifacts(inputs)
    assert merged(flow) == {"threshold": 3, "x": 1, "only": 2}
    assert [i._stepwell_runtime.loads for i in inputs] == [[], []]
    assert flow.x == 1


def test_different_values_are_named_all_at_once(join: Callable[..., Any]) -> None:
    flow, inputs = join({"x": 1, "y": 1, "same": 0}, {"x": 2, "y": 2, "same": 0})
    with pytest.raises(MergeConflict, match="`x`, `y`") as caught:
        flow.merge_artifacts(inputs)
    assert caught.value.artifact_names == ["x", "y"]
    assert merged(flow) == {"threshold": 3}


def test_what_the_join_has_set_is_left_alone(join: Callable[..., Any]) -> None:
    flow, inputs = join({"x": 1, "y": 5}, {"x": 2, "y": 5})
    flow.x = 3
    flow.merge_artifacts(inputs)
    assert (flow.x, flow.y) == (3, 5)


def test_exclude_leaves_names_out(join: Callable[..., Any]) -> None:
    flow, inputs = join({"x": 1, "y": 5}, {"x": 2, "y": 5})
    flow.merge_artifacts(inputs, exclude=["x"])
    assert merged(flow) == {"threshold": 3, "y": 5}


def test_include_takes_only_the_names_given(join: Callable[..., Any]) -> None:
    flow, inputs = join({"x": 1, "y": 5}, {"x": 2, "y": 5})
    flow.merge_artifacts(inputs, include=["y"])
    assert merged(flow) == {"threshold": 3, "y": 5}


def test_included_names_that_no_input_has_are_told(join: Callable[..., Any]) -> None:
    flow, inputs = join({"x": 1}, {"x": 1})
    with pytest.raises(MissingInMerge) as caught:
        flow.merge_artifacts(inputs, include=["x", "zebra", "ant"])
    assert caught.value.artifact_names == ["ant", "zebra"]


def test_a_constant_that_all_branches_changed_alike_keeps_the_change(join: Callable[..., Any]) -> None:
    flow, inputs = join({"threshold": 4}, {"threshold": 4})
    assert flow.threshold == 3
    flow.merge_artifacts(inputs)
    assert flow.threshold == 4


def test_a_constant_that_one_branch_changed_is_a_conflict(join: Callable[..., Any]) -> None:
    flow, inputs = join({"threshold": 4}, {})
    with pytest.raises(MergeConflict, match="`threshold`"):
        flow.merge_artifacts(inputs)


def test_merging_no_inputs_is_fine(join: Callable[..., Any]) -> None:
    flow, inputs = join()
    flow.merge_artifacts(inputs)
    assert merged(flow) == {"threshold": 3}


def test_merging_works_in_a_join_only(task: Callable[..., Any]) -> None:
    with pytest.raises(StepError, match="step `branch` is not a join"):
        task(Joined, "branch").merge_artifacts([])
    with pytest.raises(StepError, match="no task is running"):
        Joined(use_cli=False).merge_artifacts([])


def test_include_and_exclude_together_are_refused(join: Callable[..., Any]) -> None:
    flow, inputs = join({})
    with pytest.raises(StepError, match="both `include` and `exclude`"):
        flow.merge_artifacts(inputs, include=["a"], exclude=["b"])


def test_a_text_in_place_of_a_list_is_refused(join: Callable[..., Any]) -> None:
    flow, inputs = join({"x": 1})
    with pytest.raises(StepError, match='write `include=\\["x"\\]`'):
        flow.merge_artifacts(inputs, include="x")
