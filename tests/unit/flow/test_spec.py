"""What `self` offers in a step: artifacts, foreach, names, deletion; and what a flow object refuses."""

from __future__ import annotations

import copy
import pickle
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from stepwell.base.errors import StepError
from stepwell.flow.parameters import Parameter
from stepwell.flow.spec import FlowSpec, deleted_names, public_state, refuse_hidden_steps
from stepwell.flow.step import step, steps_of

if TYPE_CHECKING:
    from collections.abc import Callable

Task = "Callable[..., Any]"


class Work(FlowSpec):
    alpha = Parameter("alpha", default=0.5)

    @step
    def start(self):
        self.__private = 1
        self._half = 2
        self.value = 3
        self.next(self.end)

    @step
    def end(self):
        pass


def test_an_inherited_artifact_is_loaded_once_and_only_when_used(task: Callable[..., Any]) -> None:
    flow = task(Work, "end", {"x": [1], "unused": 2})
    assert flow._stepwell_runtime.loads == []
    flow.x.append(2)
    assert flow.x == [1, 2]
    assert flow._stepwell_runtime.loads == ["x"]


def test_the_state_holds_what_was_set_or_used_and_nothing_private(task: Callable[..., Any]) -> None:
    flow = task(Work, "start", {"x": 1, "unused": 2, "alpha": 0.7})
    flow.start()
    assert flow.x == 1
    assert flow.alpha == 0.7
    assert public_state(flow) == {"_half": 2, "value": 3, "x": 1, "alpha": 0.7}


def test_a_function_that_was_set_is_part_of_the_state(task: Callable[..., Any]) -> None:
    flow = task(Work, "start")
    flow.square = square = lambda x: x * x
    assert public_state(flow) == {"square": square}


def test_an_artifact_with_the_name_of_a_step_is_refused(task: Callable[..., Any]) -> None:
    flow = task(Work, "start")
    refuse_hidden_steps(flow)
    flow.end = 5
    flow.x = 1
    with pytest.raises(StepError, match=r"`self.end` was set to a value, which hides the step `end`"):
        refuse_hidden_steps(flow)
    assert public_state(flow) == {"x": 1}


def test_a_deleted_artifact_is_gone_even_if_it_was_never_loaded(task: Callable[..., Any]) -> None:
    flow = task(Work, "end", {"big": 1, "kept": 2})
    del flow.big
    assert deleted_names(flow) == {"big"}
    assert flow._stepwell_runtime.loads == []
    with pytest.raises(AttributeError, match=r"`self.big` was deleted in step `end`"):
        _ = flow.big
    flow.big = 7
    assert (flow.big, deleted_names(flow)) == (7, set())


def test_deleting_what_is_not_there_is_an_error(task: Callable[..., Any]) -> None:
    with pytest.raises(AttributeError):
        del task(Work, "end").nothing


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (("end", {"learning_rate": 1}), {}, "`self.learnin_rate` does not exist in step `end`; did you mean"),
        (("end", {}), {}, "`self.learnin_rate` does not exist in step `end`: no step before it sets it"),
        (("meet", {}), {"is_join": True}, "a join does not inherit the artifacts of its branches"),
    ],
)
def test_a_missing_artifact_says_why(
    task: Callable[..., Any], arguments: tuple[Any, ...], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(AttributeError, match=message):
        _ = task(Work, *arguments, **options).learnin_rate


def test_dunder_lookups_do_not_reach_the_runtime(task: Callable[..., Any]) -> None:
    flow = task(Work, "end", {"__array__": 1})
    assert not hasattr(flow, "__array__")


def test_parameters_cannot_be_set_or_deleted(task: Callable[..., Any]) -> None:
    flow = task(Work, "end", {"alpha": 0.7})
    with pytest.raises(AttributeError, match="parameters are read-only"):
        flow.alpha = 1
    with pytest.raises(AttributeError, match="parameters are read-only"):
        del flow.alpha
    assert flow.alpha == 0.7


def test_the_flow_knows_its_name_until_an_artifact_takes_it(task: Callable[..., Any]) -> None:
    flow = task(Work, "start")
    assert flow.name == "Work"
    assert public_state(flow) == {}
    flow.name = "mine"
    assert public_state(flow) == {"name": "mine"}
    assert task(Work, "end", {"name": "mine"}).name == "mine"


def test_foreach_attributes_come_from_the_runtime(task: Callable[..., Any]) -> None:
    flow = task(Work, "start", stack=[(1, 3, "b"), (0, 2, "x")])
    assert (flow.input, flow.index, flow.foreach_stack()) == ("x", 0, [(1, 3, "b"), (0, 2, "x")])
    assert str(flow) == "<flow Work step start[1,0]>"
    assert (task(Work, "start").input, task(Work, "start").index) == (None, None)


@pytest.mark.parametrize("store", [pickle.dumps, copy.deepcopy], ids=["pickle", "copy"])
def test_a_flow_cannot_be_stored_and_says_what_was_probably_meant(task: Callable[..., Any], store: Any) -> None:
    with pytest.raises(StepError, match="did you assign `self`, an input of a join or a method of the flow"):
        store({"me": task(Work, "start")})


def test_iterating_a_flow_gives_its_steps() -> None:
    flow = Work(use_cli=False)
    assert [(name, method.__name__) for name, method in flow] == [("start", "start"), ("end", "end")]


def test_steps_of_base_classes_come_first_and_can_be_replaced() -> None:
    class Mixin:
        @step
        def extra(self):
            pass

    class Child(Mixin, Work):
        @step
        def last(self):
            pass

        @step
        def start(self):
            self.next(self.extra)

        def end(self):
            """No step any more."""

    assert list(steps_of(Child)) == ["start", "extra", "last"]
    assert steps_of(Child)["start"] is Child.start


def test_constructing_a_flow_runs_its_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[type] = []
    module = ModuleType("stepwell.cli.flow_cli")
    module.main = called.append  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "stepwell.cli.flow_cli", module)
    Work()
    assert called == [Work]
