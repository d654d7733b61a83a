"""`self.next` while a step runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from stepwell.base.errors import InvalidNext
from stepwell.flow.spec import FlowSpec, take_transition
from stepwell.flow.step import step
from stepwell.flow.transition import foreach_items

if TYPE_CHECKING:
    from collections.abc import Callable


class Shapes(FlowSpec):
    """Steps whose transitions the tests call by hand."""

    @step
    def start(self):
        self.next(self.fan)

    @step
    def fan(self):
        self.next(self.left, self.right)

    @step
    def left(self):
        self.next(self.meet)

    @step
    def right(self):
        self.next(self.meet)

    @step
    def meet(self, inputs):
        self.next(self.each, foreach="items", limit=2)

    @step
    def each(self):
        self.next(self.collect)

    @step
    def collect(self, inputs):
        self.next({"a": self.start, 2: self.end}, condition="way")

    @step
    def gang(self):
        self.next(self.each, num_parallel=3)

    @step
    def end(self):
        pass

    def helper(self):
        pass


@pytest.fixture
def at(task: Callable[..., Any]) -> Callable[..., Any]:
    return lambda step, **attributes: _with(task(Shapes, step), attributes)


def _with(flow: Any, attributes: dict[str, Any]) -> Any:
    for name, value in attributes.items():
        setattr(flow, name, value)
    return flow


def test_a_linear_step_and_a_branch_name_their_targets(at: Callable[..., Any]) -> None:
    for name, targets in (("start", ("fan",)), ("fan", ("left", "right"))):
        flow = at(name)
        getattr(flow, name)()
        assert take_transition(flow).targets == targets


def test_a_step_without_a_call_has_decided_nothing(at: Callable[..., Any]) -> None:
    assert take_transition(at("end")) is None


def test_a_foreach_names_its_attribute(at: Callable[..., Any]) -> None:
    flow = at("meet", items=[1, 2])
    flow.meet(None)
    assert (take_transition(flow).targets, take_transition(flow).foreach) == (("each",), "items")


@pytest.mark.parametrize("items", [[], "text", range(3), {1, 2}, {"a": 1}, (1,)])
def test_anything_that_can_be_iterated_again_serves_a_foreach(at: Callable[..., Any], items: Any) -> None:
    flow = at("meet", items=items)
    flow.meet(None)
    assert take_transition(flow).foreach == "items"


def test_a_dict_yields_its_items_as_pairs() -> None:
    assert list(foreach_items({"a": 1, "b": 2})) == [("a", 1), ("b", 2)]
    assert list(foreach_items([3, 4])) == [3, 4]


def test_a_switch_takes_the_case_of_its_condition(at: Callable[..., Any]) -> None:
    flow = at("collect", way=2)
    flow.collect(None)
    taken = take_transition(flow)
    assert (taken.targets, taken.condition, taken.case) == (("end",), "way", "2")


@pytest.mark.parametrize("value", [2, 2.0])
def test_cases_are_compared_as_keys_of_a_dict(at: Callable[..., Any], value: object) -> None:
    flow = at("collect", way=value)
    flow.collect([])
    taken = take_transition(flow)
    assert (taken.targets, taken.case) == (("end",), "2")


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("2", "the cases are: `'a'`, `2`; the value is of type `str`"),
        ([2], "the cases are: `'a'`, `2`"),
        ({}, "the cases are: `'a'`, `2`"),
        (None, "the cases are: `'a'`, `2`"),
    ],
)
def test_a_value_that_is_no_case_is_shown_with_the_cases(at: Callable[..., Any], value: object, hint: str) -> None:
    with pytest.raises(InvalidNext, match="is none of the cases") as caught:
        at("collect", way=value).collect([])
    assert caught.value.hint == hint


def test_a_gang_has_its_size(at: Callable[..., Any]) -> None:
    flow = at("gang")
    flow.gang()
    assert take_transition(flow).num_parallel == 3


def test_a_bare_object_runs_steps_as_methods() -> None:
    flow = Shapes(use_cli=False)
    flow.start()
    flow.fan()
    assert take_transition(flow).targets == ("left", "right")


WRONG_CALLS = {
    "unknown argument": (
        lambda f: f.next(f.fan, for_each="x"),
        "step `start` passes the unknown argument `for_each` to `self.next`",
    ),
    "no target": (lambda f: f.next(), "step `start` names no step in `self.next()`"),
    "a text": (lambda f: f.next("fan"), "argument 1 of `self.next` in step `start` is of type `str`, not a step"),
    "a method": (lambda f: f.next(f.fan, f.helper), "step `start` names `helper` in `self.next`, which is not a step"),
    "twice the same": (lambda f: f.next(f.fan, f.fan), "step `start` names a step twice in `self.next`"),
    "a foreign step": (lambda f: f.next(Other(use_cli=False).odd), "step `start` leads to `odd`, which is no step"),
    "foreach that is no text": (lambda f: f.next(f.each, foreach=[1]), "`foreach` in step `start` is of type `list`"),
    "foreach with two targets": (lambda f: f.next(f.each, f.fan, foreach="x"), "`foreach` in step `start` has 2"),
    "foreach over nothing": (
        lambda f: f.next(f.each, foreach="things"),
        "step `start` runs a foreach over `self.things`, which does not exist",
    ),
    "foreach over a number": (
        lambda f: f.next(f.each, foreach="number"),
        "`self.number` in step `start` is of type `int`, which cannot be iterated over",
    ),
    "foreach over a generator": (
        lambda f: f.next(f.each, foreach="stream"),
        "`self.stream` in step `start` is of type `generator`, which can be read only once",
    ),
    "foreach and gang": (
        lambda f: f.next(f.each, foreach="items", num_parallel=2),
        "step `start` gives `foreach` together with `num_parallel`",
    ),
    "limit alone": (lambda f: f.next(f.each, limit=2), "step `start` gives `limit` without `foreach`"),
    "gang of none": (lambda f: f.next(f.each, num_parallel=0), "`num_parallel` in step `start` is `0`"),
    "gang with two targets": (lambda f: f.next(f.each, f.fan, num_parallel=2), "`num_parallel` in step `start` has 2"),
    "dict without condition": (lambda f: f.next({"a": f.fan}), "step `start` gives a dict to `self.next`, but no"),
    "condition without dict": (lambda f: f.next(f.fan, condition="number"), "`condition` in step `start` needs a"),
    "condition that is no text": (lambda f: f.next({1: f.fan}, condition=1), "`condition` in step `start` is of type"),
    "condition that is missing": (
        lambda f: f.next({1: f.fan, 2: f.end}, condition="way"),
        "step `start` switches on `self.way`, which does not exist",
    ),
    "condition with another value": (
        lambda f: f.next({1: f.fan, 2: f.end}, condition="number"),
        "step `start` switches on `self.number`, whose value 7 is none of the cases",
    ),
    "switch with foreach": (
        lambda f: f.next({7: f.fan}, condition="number", foreach="items"),
        "step `start` combines a switch with `foreach`",
    ),
    "another target than in the file": (
        lambda f: f.next(f.end),
        "step `start` leads to `end`, but the file says `fan`",
    ),
    "another form than in the file": (
        lambda f: f.next(f.fan, foreach="items"),
        "step `start` leads to `fan` for each item of `items`, but the file says `fan`",
    ),
}


class Other(FlowSpec):
    @step
    def odd(self):
        pass


@pytest.mark.parametrize("which", WRONG_CALLS)
def test_a_wrong_call_says_what_is_wrong_and_what_to_write(at: Callable[..., Any], which: str) -> None:
    call, message = WRONG_CALLS[which]
    flow = at("start", items=[1], number=7, stream=(i for i in range(3)))
    with pytest.raises(InvalidNext) as caught:
        call(flow)
    assert caught.value.message.startswith(message)
    assert caught.value.hint
    assert take_transition(flow) is None


def test_a_second_call_is_refused(at: Callable[..., Any]) -> None:
    flow = at("start")
    flow.start()
    with pytest.raises(InvalidNext, match=r"called `self.next` more than once"):
        flow.start()


def test_an_artifact_that_hides_a_step_is_named(at: Callable[..., Any]) -> None:
    flow = at("start", fan=[1, 2])
    with pytest.raises(InvalidNext, match=r"`self.fan` was set to a value, which hides the step `fan`"):
        flow.start()
