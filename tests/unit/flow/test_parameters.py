"""Parameters: where values come from, how text becomes a value, and what is told when it cannot."""

from __future__ import annotations

from typing import Any

import pytest

from stepwell.base.errors import ParameterError
from stepwell.flow.parameters import JSONType, Parameter, parameters_of, resolve_parameters
from stepwell.flow.spec import FlowSpec


def flow_with(**parameters: Parameter[Any]) -> type:
    return type("Train", (FlowSpec,), parameters)


def resolve(flow: type, environ: dict[str, str] | None = None, **given: Any) -> dict[str, Any]:
    return resolve_parameters(flow, given, environ=environ or {}, user="ada")


def refused(flow: type, environ: dict[str, str] | None = None, **given: Any) -> tuple[str, str]:
    with pytest.raises(ParameterError) as caught:
        resolve(flow, environ, **given)
    return caught.value.message, caught.value.hint


@pytest.mark.parametrize(
    ("options", "given", "value"),
    [
        ({"type": int}, "42", 42),
        ({"type": int}, 42, 42),
        ({"type": float}, "1e-3", 0.001),
        ({"type": float}, 2, 2.0),
        ({"type": str}, "7", "7"),
        ({"default": 3}, "4", 4),
        ({"default": 0.5}, "4", 4.0),
        ({"default": True}, "no", False),
        ({}, "text", "text"),
        ({"type": JSONType}, '{"a": [1, null]}', {"a": [1, None]}),
        ({"type": JSONType}, {"a": (1, 2)}, {"a": [1, 2]}),
        ({"default": [1]}, "[2, 3]", [2, 3]),
        ({"separator": ","}, "a,b", ["a", "b"]),
        ({"separator": ","}, "", []),
        ({"separator": ","}, ["a", "b"], ["a", "b"]),
        ({"type": int}, None, None),
    ],
)
def test_a_given_value_gets_the_type_of_the_parameter(options: dict[str, Any], given: Any, value: Any) -> None:
    result = resolve(flow_with(x=Parameter("x", **options)), x=given)["x"]
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize("text", ["true", "True", "1", "yes", "on", " TRUE "])
def test_many_words_mean_true(text: str) -> None:
    assert resolve(flow_with(x=Parameter("x", type=bool)), x=text) == {"x": True}


@pytest.mark.parametrize("text", ["false", "False", "0", "no", "off"])
def test_many_words_mean_false(text: str) -> None:
    assert resolve(flow_with(x=Parameter("x", type=bool)), x=text) == {"x": False}


@pytest.mark.parametrize(
    ("options", "value"),
    [
        ({"default": 3}, 3),
        ({"default": 3, "type": float}, 3.0),
        ({"default": '{"a": 1}', "type": JSONType}, {"a": 1}),
        ({"default": {"a": 1}}, {"a": 1}),
        ({"default": "a,b", "separator": ","}, ["a", "b"]),
        ({"type": int}, None),
        ({"default": 3, "required": True}, 3),
        ({"default": lambda context: len(context.flow_name), "type": int}, 5),
    ],
)
def test_without_a_value_the_default_counts(options: dict[str, Any], value: Any) -> None:
    assert resolve(flow_with(x=Parameter("x", **options))) == {"x": value}


def test_a_given_value_wins_over_the_environment_and_that_over_the_default() -> None:
    flow = flow_with(rate=Parameter("learning-rate", default=0.1))
    environ = {"STEPWELL_RUN_LEARNING_RATE": "0.2"}
    assert resolve(flow) == {"rate": 0.1}
    assert resolve(flow, environ) == {"rate": 0.2}
    assert resolve(flow, environ, learning_rate="0.3") == {"rate": 0.3}
    assert resolve(flow, environ, rate=0.4) == {"rate": 0.4}


def test_a_computed_default_is_told_about_the_run() -> None:
    seen: list[Any] = []

    def compute(context: Any) -> str:
        seen.append(context)
        return context.user_name

    flow = flow_with(who=Parameter("who", default=compute))
    assert resolve_parameters(flow, {}, environ={}, user="ada", datastore_type="s3") == {"who": "ada"}
    assert seen[0]._asdict().keys() == {
        "flow_name", "user_name", "parameter_name", "logger", "ds_type", "configs"
    }  # fmt: skip
    assert (seen[0].flow_name, seen[0].parameter_name, seen[0].ds_type) == ("Train", "who", "s3")


def test_a_computed_default_is_not_computed_when_a_value_is_given() -> None:
    assert resolve(flow_with(x=Parameter("x", default=lambda context: 1 / 0, type=int)), x="3") == {"x": 3}


REFUSALS = {
    "text for a whole number": (
        {"type": int},
        "many",
        "the parameter `x` is a whole number, and `many` is not",
        "type for example `--x 3`",
    ),
    "a fraction for a whole number": (
        {"type": int},
        1.5,
        "the parameter `x` is of type `int`, and `1.5` is of type `float`",
        "give a value of type `int`",
    ),
    "a truth value for a whole number": (
        {"type": int},
        True,
        "the parameter `x` is of type `int`, and `True` is of type `bool`",
        "give a value of type `int`",
    ),
    "a number for text": (
        {"type": str},
        3,
        "the parameter `x` is of type `str`, and `3` is of type `int`",
        "give a value of type `str`",
    ),
    "text for a truth value": (
        {"type": bool},
        "maybe",
        "the parameter `x` is true or false, and `maybe` is neither",
        "type `--x true` or `--x false`",
    ),
    "broken JSON": (
        {"type": JSONType},
        '{"a": oops}',
        (
            "the parameter `x` is JSON, and the text given is not: expecting value at line 1, column 7"
            '\n  {"a": oops}\n        ^'
        ),
        """type for example `--x '{"key": [1, 2]}'`; text stands in double quotes within JSON""",
    ),
    "what JSON cannot say": (
        {"type": JSONType},
        {"a": {1, 2}},
        "the parameter `x` is JSON, and the value given cannot be: object of type set is not JSON serializable",
        "use dicts with text keys, lists, text, numbers, true, false and null",
    ),
}


@pytest.mark.parametrize("which", REFUSALS)
def test_a_value_that_does_not_fit_is_told_with_what_to_type(which: str) -> None:
    options, given, message, hint = REFUSALS[which]
    assert refused(flow_with(x=Parameter("x", **options)), x=given) == (message, hint)


def test_a_value_from_the_environment_names_the_variable() -> None:
    message, hint = refused(flow_with(x=Parameter("x", type=int)), {"STEPWELL_RUN_X": "many"})
    assert message.endswith("`many` is not (from the environment variable `STEPWELL_RUN_X`)")
    assert hint == "type for example `STEPWELL_RUN_X=3`"


def test_all_missing_parameters_are_told_at_once() -> None:
    flow = flow_with(
        a=Parameter("a", type=int, required=True), b=Parameter("b", default=1), c=Parameter("c", required=True)
    )
    message, hint = refused(flow)
    assert message == "the parameter `a` is missing\nthe parameter `c` is missing"
    assert hint == "add `--a 3 --c TEXT`"


def test_an_unknown_parameter_names_the_nearest() -> None:
    flow = flow_with(rate=Parameter("learning-rate", default=0.1))
    assert refused(flow, learning_rat="1") == (
        "`Train` has no parameter `learning_rat`",
        "did you mean `learning-rate`?",
    )
    assert refused(flow, zzz="1")[1] == "its parameters are: `learning-rate`"
    assert refused(flow_with(), zzz="1")[1] == "it has no parameters at all"


def test_a_computed_default_that_raises_is_told_with_its_place() -> None:
    message, _ = refused(flow_with(x=Parameter("x", default=lambda context: 1 / 0, type=int)))
    assert "default of the parameter `x` raised ZeroDivisionError: division by zero, at " in message
    assert "test_parameters.py:" in message


def test_a_computed_default_of_another_type_is_refused() -> None:
    message, _ = refused(flow_with(x=Parameter("x", default=lambda context: "7", type=int)))
    assert message.endswith("returned `'7'`, which is not of type `int`")


def test_parameters_come_in_the_order_of_definition_those_of_base_classes_first() -> None:
    class Base(FlowSpec):
        first = Parameter("first")
        second = Parameter("second")

    class Child(Base):
        third = Parameter("third")
        first = Parameter("first", default="again")

    assert [(p.attribute, p.default) for p in parameters_of(Child)] == [
        ("first", "again"), ("second", None), ("third", None)
    ]  # fmt: skip


def test_a_bare_object_has_the_constant_defaults() -> None:
    flow: Any = flow_with(x=Parameter("x", default=[1]), y=Parameter("y", required=True))
    assert flow(use_cli=False).x == [1]
    with pytest.raises(AttributeError, match="the parameter `y` has no value outside of a run"):
        _ = flow(use_cli=False).y
    assert flow.x.name == "x"


def test_unknown_arguments_are_kept() -> None:
    assert Parameter("x", multiple=True).extra == {"multiple": True}
