"""Decorators by name, as `--with` gives them."""

from __future__ import annotations

from typing import Any

import pytest

from stepwell.base.errors import UsageError
from stepwell.decorators.registry import make_decorator, parse_decorator_spec, step_decorators
from stepwell.decorators.resources import resources
from stepwell.decorators.retry import Retry, retry
from stepwell.flow.spec import FlowSpec
from stepwell.flow.step import step


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("retry", ("retry", {})),
        ("@retry", ("retry", {})),
        ("retry:times=2,minutes_between_retries=0", ("retry", {"times": 2, "minutes_between_retries": 0})),
        ("resources:cpu=0.5, memory=1e3", ("resources", {"cpu": 0.5, "memory": 1000.0})),
        ("a:x=[1,2],y={\"k\": [1, 2]},z=3", ("a", {"x": [1, 2], "y": {"k": [1, 2]}, "z": 3})),
        ('a:x="one, two",y=word,z=a=b', ("a", {"x": "one, two", "y": "word", "z": "a=b"})),
        ("a:x=true,y=True,z=null,w=None", ("a", {"x": True, "y": True, "z": None, "w": None})),
        ("a:x=", ("a", {"x": ""})),
    ],
)  # fmt: skip
def test_a_specification_is_read(text: str, parsed: tuple[str, dict[str, Any]]) -> None:
    assert parse_decorator_spec(text) == parsed


@pytest.mark.parametrize("text", ["", ":times=2", "retry:", "retry:times", "retry:=2", "retry:times=1,,x=2"])
def test_another_form_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not a decorator with its options") as caught:
        parse_decorator_spec(text)
    assert "--with retry:times=2" in caught.value.hint


def test_a_decorator_is_made_by_name() -> None:
    made = make_decorator("retry", {"times": 1})
    assert isinstance(made, Retry)
    assert made.options == {"times": 1, "minutes_between_retries": 2}


def test_an_unknown_decorator_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="there is no decorator `rety`") as caught:
        make_decorator("rety", {})
    assert "`retry`" in caught.value.hint


def test_an_unknown_option_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match="`@retry` has no option `time`") as caught:
        make_decorator("retry", {"time": 1})
    assert caught.value.hint == "its options are: `times`, `minutes_between_retries`"


class Decorated(FlowSpec):
    @retry(times=0)
    @step
    @resources(cpu=2)
    def work(self):
        pass


def test_the_file_wins_over_the_command_line_and_stands_inside_of_it() -> None:
    found = step_decorators(Decorated, "work", ["retry:times=5", "resources"])
    assert [(made.name, made.given) for made in found] == [("retry", {"times": 0}), ("resources", {"cpu": 2})]


def test_one_given_twice_on_the_command_line_counts_once() -> None:
    class Plain(FlowSpec):
        @resources
        @step
        def work(self):
            pass

    found = step_decorators(Plain, "work", ["retry:times=5", "retry:times=6"])
    assert [(made.name, made.given) for made in found] == [("retry", {"times": 5}), ("resources", {})]


def test_a_decorator_goes_on_functions_only() -> None:
    with pytest.raises(UsageError, match="`@retry` was put on a class"):
        retry(Decorated)
    with pytest.raises(UsageError, match="`@step` was put on an object of type `int`"):
        step(3)  # type: ignore[type-var]


def test_one_prepared_decorator_can_go_on_many_steps() -> None:
    twice = retry(times=2)

    class Many(FlowSpec):
        @twice
        @step
        def a(self):
            pass

        @twice
        @step
        def b(self):
            pass

    (first,), (second,) = step_decorators(Many, "a"), step_decorators(Many, "b")
    assert first is not second
    assert second.line > first.line > 0
