"""Faults in single steps and parameters: what the user is told, word for word."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING, Any

from stepwell.flow.lint import lint
from stepwell.flow.parse import build_graph

if TYPE_CHECKING:
    from collections.abc import Callable

HEAD = """\
from stepwell import FlowSpec, JSONType, Parameter, step


"""


def check(faults: Callable[[str], str], flow: str, expected: str) -> None:
    assert faults(HEAD + dedent(flow).lstrip("\n")) == dedent(expected).strip("\n")


def test_sw101_a_step_named_like_a_member_of_the_flow(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def start(self):
                self.next(self.input)

            @step
            def input(self):
                self.next(self.end)

            @step
            def end(self):
                pass
        """,
        """
        error[SW101]: `input` cannot be the name of a step: `self.input` has a meaning of its own
          --> flow.py:10:9
        10 |     def input(self):
           |         ^^^^^
        hint: choose another name
        """,
    )


def test_sw109_the_last_step_goes_on(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def start(self):
                self.next(self.end)

            @step
            def end(self):
                self.next(self.start)
        """,
        """
        error[SW109]: `end` is the last step, and nothing can follow it
          --> flow.py:11:9
        11 |         self.next(self.start)
           |         ^^^^^^^^^^^^^^^^^^^^^
        hint: remove `self.next`, or mark another step with `@step(end=True)`
        """,
    )


def test_sw110_the_last_step_is_a_join(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def start(self):
                self.next(self.a, self.b)

            @step
            def a(self):
                self.next(self.end)

            @step
            def b(self):
                self.next(self.end)

            @step
            def end(self, inputs):
                pass
        """,
        """
        error[SW110]: the last step `end` cannot be a join
          --> flow.py:18:9
        18 |     def end(self, inputs):
           |         ^^^
        hint: add a step `def join(self, inputs)` that leads to `end`, and write `def end(self)`
        """,
    )


def test_sw111_a_step_name_with_capitals(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def start(self):
                self.next(self.trainModel)

            @step
            def trainModel(self):
                self.next(self.end)

            @step
            def end(self):
                pass
        """,
        """
        error[SW111]: `trainModel` cannot be the name of a step
          --> flow.py:10:9
        10 |     def trainModel(self):
           |         ^^^^^^^^^^
        hint: a step's name has small letters, digits and `_`, and starts with a letter: `train_model`
        """,
    )


def test_sw112_too_many_arguments(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def start(self, alpha, beta=1):
                self.next(self.end)

            @step
            def end(self):
                pass
        """,
        """
        error[SW112]: step `start` takes too many arguments: `alpha`, `beta`
         --> flow.py:6:9
        6 |     def start(self, alpha, beta=1):
          |         ^^^^^
        hint: a step takes `self`, and a join `self` and `inputs`; values come from parameters and artifacts
        """,
    )


def test_sw113_no_self(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def start():
                pass

            @step
            def end(self):
                pass
        """,
        """
        error[SW113]: step `start` has no argument `self`
         --> flow.py:6:9
        6 |     def start():
          |         ^^^^^
        hint: write `def start(self):`, or `def start(self, inputs):` for a join
        """,
    )


def test_sw114_no_transition(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def start(self):
                self.next(self.a)

            @step
            def a(self):
                self.x = 1

            @step
            def end(self):
                pass
        """,
        """
        error[SW114]: step `a` does not say which step follows
          --> flow.py:10:9
        10 |     def a(self):
           |         ^
        hint: end it with `self.next(self.other_step)`
        """,
    )


def test_sw115_transition_within_if(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def start(self):
                if self.x:
                    self.next(self.end)

            @step
            def end(self):
                pass
        """,
        """
        error[SW115]: `self.next` is not the last statement of step `start`
         --> flow.py:8:13
        8 |             self.next(self.end)
          |             ^^^^^^^^^^^^^^^^^^^
        hint: move it to the end of the step, outside of any `if`, `for`, `try` or `with`
        """,
    )


def test_sw115_two_transitions(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def start(self):
                if self.x:
                    self.next(self.a)
                else:
                    self.next(self.end)

            @step
            def a(self):
                self.next(self.end)

            @step
            def end(self):
                pass
        """,
        """
        error[SW115]: step `start` has 2 `self.next` calls, and one is allowed
          --> flow.py:10:13
        10 |             self.next(self.end)
           |             ^^^^^^^^^^^^^^^^^^^
        hint: where a step leads is fixed: keep one call, as the last line of the step
        """,
    )


def test_sw116_a_target_in_quotes(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def start(self):
                self.next("end")

            @step
            def end(self):
                pass
        """,
        """
        error[SW116]: `'end'` does not name a step
         --> flow.py:7:19
        7 |         self.next("end")
          |                   ^^^^^
        hint: write a step as `self.end`
        """,
    )


def test_sw116_a_called_target(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def start(self):
                self.next(self.end())

            @step
            def end(self):
                pass
        """,
        """
        error[SW116]: `self.end()` calls the step in place of naming it
         --> flow.py:7:19
        7 |         self.next(self.end())
          |                   ^^^^^^^^^^
        hint: write `self.end`
        """,
    )


def test_sw116_no_target(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def start(self):
                self.next()

            @step
            def end(self):
                pass
        """,
        """
        error[SW116]: `self.next()` names no step
         --> flow.py:7:9
        7 |         self.next()
          |         ^^^^^^^^^^^
        hint: write `self.next(self.other_step)`
        """,
    )


def test_sw116_unknown_argument(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def start(self):
                self.next(self.end, for_each="xs")

            @step
            def end(self):
                pass
        """,
        """
        error[SW116]: `self.next` has no argument `for_each`
         --> flow.py:7:29
        7 |         self.next(self.end, for_each="xs")
          |                             ^^^^^^^^^^^^^
        hint: did you mean `foreach`?
        """,
    )


def test_sw116_foreach_without_quotes(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def start(self):
                self.next(self.a, foreach=self.xs)

            @step
            def a(self):
                self.next(self.j)

            @step
            def j(self, inputs):
                self.next(self.end)

            @step
            def end(self):
                pass
        """,
        """
        error[SW116]: `foreach` is not a text in quotes
         --> flow.py:7:35
        7 |         self.next(self.a, foreach=self.xs)
          |                                   ^^^^^^^
        hint: write the name of the artifact in quotes: `foreach="xs"`
        """,
    )


def test_sw116_foreach_with_two_targets(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def start(self):
                self.next(self.a, self.end, foreach="xs")

            @step
            def a(self):
                self.next(self.end)

            @step
            def end(self):
                pass
        """,
        """
        error[SW116]: `foreach` takes one step, and here are 2
         --> flow.py:7:45
        7 |         self.next(self.a, self.end, foreach="xs")
          |                                             ^^^^
        hint: write `self.next(self.a, foreach=...)`, and branch in that step
        """,
    )


def test_sw116_a_limit_that_is_no_number(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def start(self):
                self.next(self.a, foreach="xs", limit=self.n)

            @step
            def a(self):
                self.next(self.j)

            @step
            def j(self, inputs):
                self.next(self.end)

            @step
            def end(self):
                pass
        """,
        """
        error[SW116]: `limit` is not a whole number above 0
         --> flow.py:7:47
        7 |         self.next(self.a, foreach="xs", limit=self.n)
          |                                               ^^^^^^
        hint: write it out: `limit=8`
        """,
    )


def test_sw116_hidden_arguments(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def start(self):
                self.next(**self.where)

            @step
            def end(self):
                pass
        """,
        """
        error[SW116]: the transition is hidden in `**`
         --> flow.py:7:21
        7 |         self.next(**self.where)
          |                     ^^^^^^^^^^
        hint: write the arguments of `self.next` out
        """,
    )


def test_sw128_an_artifact_named_like_a_step(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def start(self):
                self.model = 1
                self.next(self.model)

            @step
            def model(self):
                self.next(self.end)

            @step
            def end(self):
                pass
        """,
        """
        error[SW128]: step `start` sets `self.model`, which is the name of a step
         --> flow.py:7:9
        7 |         self.model = 1
          |         ^^^^^^^^^^
        hint: give the artifact or the step another name
        """,
    )


def test_sw128_an_artifact_named_like_a_member(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def start(self):
                self.index = 1
                self.next(self.end)

            @step
            def end(self):
                pass
        """,
        """
        error[SW128]: step `start` sets `self.index`, which has a meaning of its own
         --> flow.py:7:9
        7 |         self.index = 1
          |         ^^^^^^^^^^
        hint: give the artifact another name
        """,
    )


def test_sw129_a_parameter_that_is_set(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            alpha = Parameter("alpha", default=0.1)

            @step
            def start(self):
                self.alpha += 1
                self.next(self.end)

            @step
            def end(self):
                pass
        """,
        """
        error[SW129]: step `start` sets `self.alpha`, which is a parameter and read-only
         --> flow.py:9:9
        9 |         self.alpha += 1
          |         ^^^^^^^^^^
        hint: give the new value another name
        """,
    )


def test_sw130_a_switch_with_one_case(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def start(self):
                self.next({"a": self.end}, condition="x")

            @step
            def end(self):
                pass
        """,
        """
        error[SW130]: a switch of 1 case decides nothing
         --> flow.py:7:19
        7 |         self.next({"a": self.end}, condition="x")
          |                   ^^^^^^^^^^^^^^^
        hint: give at least two cases, or write `self.next(self.other_step)`
        """,
    )


def test_sw131_a_switch_without_a_condition(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def start(self):
                self.next({"a": self.a, "b": self.end})

            @step
            def a(self):
                self.next(self.end)

            @step
            def end(self):
                pass
        """,
        """
        error[SW131]: a dict of cases is given, but no `condition`
         --> flow.py:7:19
        7 |         self.next({"a": self.a, "b": self.end})
          |                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        hint: add `condition="artifact"`, the name of the artifact that decides
        """,
    )


def test_sw132_a_case_that_is_no_literal(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def start(self):
                self.next({self.x: self.a, "b": self.end}, condition="x")

            @step
            def a(self):
                self.next(self.end)

            @step
            def end(self):
                pass
        """,
        """
        error[SW132]: a case of the switch is not a literal
         --> flow.py:7:20
        7 |         self.next({self.x: self.a, "b": self.end}, condition="x")
          |                    ^^^^^^
        hint: write each case as text in quotes, a number, `True`, `False`, or `self.config.key`
        """,
    )


def test_sw132_equal_cases(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def start(self):
                self.next({1: self.a, True: self.end}, condition="x")

            @step
            def a(self):
                self.next(self.end)

            @step
            def end(self):
                pass
        """,
        """
        error[SW132]: the cases `1` and `True` are equal
         --> flow.py:7:31
        7 |         self.next({1: self.a, True: self.end}, condition="x")
          |                               ^^^^
        hint: keep one of them
        """,
    )


def test_cases_can_be_keys_of_what_the_class_has(load: Callable[..., Any]) -> None:
    flow = load(
        """
        from types import SimpleNamespace
        from stepwell import FlowSpec, step

        class F(FlowSpec):
            config = SimpleNamespace(quick="q", modes=SimpleNamespace(slow=2))

            @step
            def start(self):
                self.next({self.config.quick: self.a, self.config.modes.slow: self.end}, condition="x")

            @step
            def a(self):
                self.next(self.end)

            @step
            def end(self):
                pass
        """
    )
    graph = build_graph(flow)
    assert lint(graph) == []
    assert graph.nodes["start"].cases == {"q": "a", "2": "end"}


def test_sw140_a_parameter_with_a_reserved_name(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            tag = Parameter("tag")

            @step
            def start(self):
                self.next(self.end)

            @step
            def end(self):
                pass
        """,
        """
        error[SW140]: `tag` cannot be the name of a parameter: the command line needs it for itself
         --> flow.py:5:5
        5 |     tag = Parameter("tag")
          |     ^^^^^^^^^^^^^^^^^^^^^^
        hint: choose another name
        """,
    )


def test_sw140_a_parameter_with_an_odd_name(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            rate = Parameter("learning rate")

            @step
            def start(self):
                self.next(self.end)

            @step
            def end(self):
                pass
        """,
        """
        error[SW140]: `learning rate` cannot be the name of a parameter
         --> flow.py:5:5
        5 |     rate = Parameter("learning rate")
          |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        hint: a name has letters, digits, `_` and `-`, and starts with a letter
        """,
    )


def test_sw140_a_parameter_of_a_type_that_cannot_be(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            xs = Parameter("xs", type=list)

            @step
            def start(self):
                self.next(self.end)

            @step
            def end(self):
                pass
        """,
        """
        error[SW140]: the parameter `xs` has the type `list`, which a parameter cannot have
         --> flow.py:5:5
        5 |     xs = Parameter("xs", type=list)
          |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        hint: use `str`, `int`, `float`, `bool` or `JSONType`
        """,
    )


def test_sw140_a_default_of_another_type(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            depth = Parameter("depth", default="deep", type=int)

            @step
            def start(self):
                self.next(self.end)

            @step
            def end(self):
                pass
        """,
        """
        error[SW140]: the default of the parameter `depth` is the text `deep`, but its type is `int`
         --> flow.py:5:5
        5 |     depth = Parameter("depth", default="deep", type=int)
          |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        hint: give a default of type `int`, or another `type=`
        """,
    )


def test_sw140_a_separator_for_numbers(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            xs = Parameter("xs", type=int, separator=",")

            @step
            def start(self):
                self.next(self.end)

            @step
            def end(self):
                pass
        """,
        """
        error[SW140]: the parameter `xs` has a separator, but its type is `int`
         --> flow.py:5:5
        5 |     xs = Parameter("xs", type=int, separator=",")
          |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        hint: a separator splits text: use `type=str`, or `JSONType` for lists of other things
        """,
    )


def test_sw141_the_same_name_but_for_case(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            a = Parameter("alpha")
            b = Parameter("Alpha")

            @step
            def start(self):
                self.next(self.end)

            @step
            def end(self):
                pass
        """,
        """
        error[SW141]: the parameters `alpha` and `Alpha` have the same name
         --> flow.py:6:5
        6 |     b = Parameter("Alpha")
          |     ^^^^^^^^^^^^^^^^^^^^^^
        hint: names must differ in more than case, `-` and `_`
        """,
    )


def test_sw135_a_generator_as_a_step(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def start(self):
                yield 1
                self.next(self.end)

            @step
            def end(self):
                pass
        """,
        """
        error[SW135]: step `start` has `yield` in it, so that calling it runs nothing
         --> flow.py:6:9
        6 |     def start(self):
          |         ^^^^^
        hint: move the generator to a function
        """,
    )
