"""Faults in how steps hang together: what the user is told, word for word."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

HEAD = """\
from stepwell import FlowSpec, JSONType, Parameter, step


"""


def check(faults: Callable[[str], str], flow: str, expected: str) -> None:
    assert faults(HEAD + dedent(flow).lstrip("\n")) == dedent(expected).strip("\n")


def test_sw102_a_flow_without_steps(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            def start(self):
                pass
        """,
        """
        error[SW102]: the flow `F` has no steps
         --> flow.py:4:7
        4 | class F(FlowSpec):
          |       ^
        hint: write `@step` above the methods that are steps
        """,
    )


def test_sw103_no_first_step(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def begin(self):
                self.next(self.end)

            @step
            def end(self):
                pass
        """,
        """
        error[SW103]: the flow `F` has no first step
         --> flow.py:4:7
        4 | class F(FlowSpec):
          |       ^
        hint: call `begin` `start`, or mark it with `@step(start=True)`
        """,
    )


def test_sw104_two_steps_marked_as_first(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step(start=True)
            def a(self):
                self.next(self.end)

            @step(start=True)
            def b(self):
                self.next(self.end)

            @step
            def end(self):
                pass
        """,
        """
        error[SW104]: steps `a` and `b` are both marked with `@step(start=True)`
          --> flow.py:10:9
        10 |     def b(self):
           |         ^
        hint: keep one of the marks
        """,
    )


def test_sw105_no_last_step(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def start(self):
                self.next(self.finish)

            @step
            def finish(self):
                pass
        """,
        """
        error[SW105]: the flow `F` has no last step
         --> flow.py:4:7
        4 | class F(FlowSpec):
          |       ^
        hint: call `finish` `end`, or mark it with `@step(end=True)`
        """,
    )


def test_sw106_a_mark_against_the_name_start(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def start(self):
                self.next(self.end)

            @step(start=True)
            def a(self):
                self.next(self.start)

            @step
            def end(self):
                pass
        """,
        """
        error[SW106]: step `a` is marked with `@step(start=True)`, but there is also a step `start`
          --> flow.py:10:9
        10 |     def a(self):
           |         ^
        hint: remove the mark, or give the step `start` another name
        """,
    )


def test_sw108_a_mark_against_the_name_end(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def start(self):
                self.next(self.end)

            @step
            def end(self):
                self.next(self.last)

            @step(end=True)
            def last(self):
                pass
        """,
        """
        error[SW108]: step `last` is marked with `@step(end=True)`, but there is also a step `end`
          --> flow.py:14:9
        14 |     def last(self):
           |         ^^^^
        hint: remove the mark, or give the step `end` another name
        """,
    )


def test_sw107_two_steps_marked_as_last(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def start(self):
                self.next(self.a)

            @step(end=True)
            def a(self):
                pass

            @step(end=True)
            def b(self):
                pass
        """,
        """
        error[SW107]: steps `a` and `b` are both marked with `@step(end=True)`
          --> flow.py:14:9
        14 |     def b(self):
           |         ^
        hint: keep one of the marks
        """,
    )


def test_sw117_back_to_the_first_step(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def start(self):
                self.next(self.a)

            @step
            def a(self):
                self.next(self.start)

            @step
            def end(self):
                pass
        """,
        """
        error[SW117]: step `a` leads back to the first step `start`
          --> flow.py:11:19
        11 |         self.next(self.start)
           |                   ^^^^^^^^^^
        hint: nothing can lead to the first step; lead to a step after it
        """,
    )


def test_sw118_a_misspelt_target(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def start(self):
                self.next(self.trian)

            @step
            def train(self):
                self.next(self.end)

            @step
            def end(self):
                pass
        """,
        """
        error[SW118]: step `start` leads to `trian`, which does not exist
         --> flow.py:7:19
        7 |         self.next(self.trian)
          |                   ^^^^^^^^^^
        hint: did you mean `self.train`?
        """,
    )


def test_sw118_a_method_that_is_not_a_step(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def start(self):
                self.next(self.train)

            @step
            def end(self):
                pass

            def train(self):
                self.next(self.end)
        """,
        """
        error[SW118]: step `start` leads to `train`, which is not a step
         --> flow.py:7:19
        7 |         self.next(self.train)
          |                   ^^^^^^^^^^
        hint: write `@step` above `def train`
        """,
    )


def test_sw119_a_loop(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def start(self):
                self.next(self.a)

            @step
            def a(self):
                self.next(self.b)

            @step
            def b(self):
                self.next(self.c)

            @step
            def c(self):
                self.next(self.a)

            @step
            def end(self):
                pass
        """,
        """
        error[SW119]: the steps run in a circle: `a` -> `b` -> `c` -> `a`
          --> flow.py:19:19
        19 |         self.next(self.a)
           |                   ^^^^^^
        hint: a flow runs forward: let one of them lead to a later step; repeat work with a loop inside a step
        """,
    )


def test_sw119_a_step_that_leads_to_itself_without_a_switch(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def start(self):
                self.next(self.start)

            @step
            def end(self):
                pass
        """,
        """
        error[SW119]: the steps run in a circle: `start` -> `start`
         --> flow.py:7:19
        7 |         self.next(self.start)
          |                   ^^^^^^^^^^
        hint: a flow runs forward: let one of them lead to a later step; repeat work with a loop inside a step
        """,
    )


def test_sw136_a_step_that_can_only_repeat_itself(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def start(self):
                self.next(self.again)

            @step
            def again(self):
                self.next({1: self.again, 2: self.again}, condition="x")

            @step
            def end(self):
                pass
        """,
        """
        error[SW136]: step `again` leads to nothing but itself, so that the flow never ends
          --> flow.py:11:23
        11 |         self.next({1: self.again, 2: self.again}, condition="x")
           |                       ^^^^^^^^^^
        hint: give it a case that leads to another step
        """,
    )


def test_sw136_a_join_that_repeats_itself(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def start(self):
                self.next(self.a, self.b)

            @step
            def a(self):
                self.next(self.join)

            @step
            def b(self):
                self.next(self.join)

            @step
            def join(self, inputs):
                self.next({1: self.join, 2: self.end}, condition="x")

            @step
            def end(self):
                pass
        """,
        """
        error[SW136]: the join `join` leads back to itself, where it would have nothing to join
          --> flow.py:19:23
        19 |         self.next({1: self.join, 2: self.end}, condition="x")
           |                       ^^^^^^^^^
        hint: lead to a step after it that repeats itself
        """,
    )


def test_sw121_a_switch_that_leads_past_the_join(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def start(self):
                self.xs = [1, 2]
                self.next(self.each, foreach="xs")

            @step
            def each(self):
                self.next({1: self.join, 2: self.end}, condition="x")

            @step
            def join(self, inputs):
                self.next(self.end)

            @step
            def end(self):
                pass
        """,
        """
        error[SW121]: step `each` leads to the last step `end` from within the split in `start`
          --> flow.py:12:37
        12 |         self.next({1: self.join, 2: self.end}, condition="x")
           |                                     ^^^^^^^^
        hint: lead to the join `join` first
        """,
    )


def test_sw120_a_step_that_nothing_leads_to(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def start(self):
                self.next(self.end)

            @step
            def a(self):
                self.next(self.b)

            @step
            def b(self):
                self.next(self.end)

            @step
            def end(self):
                pass
        """,
        """
        error[SW120]: no step leads to `a`
          --> flow.py:10:9
        10 |     def a(self):
           |         ^
        hint: add `self.next(self.a)` to a step, or remove `a`
        """,
    )


def test_sw121_a_split_that_is_never_joined(faults: Callable[[str], str]) -> None:
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
            def end(self):
                pass
        """,
        """
        error[SW121]: step `start` splits, but its branches are not joined before the last step `end`
         --> flow.py:7:9
        7 |         self.next(self.a, self.b)
          |         ^^^^^^^^^^^^^^^^^^^^^^^^^
        hint: add a step `def join(self, inputs)` between them and `end`
        """,
    )


def test_sw121_a_foreach_that_is_never_joined(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def start(self):
                self.xs = [1]
                self.next(self.a, foreach="xs")

            @step
            def a(self):
                self.next(self.end)

            @step
            def end(self):
                pass
        """,
        """
        error[SW121]: step `start` splits, but its branches are not joined before the last step `end`
         --> flow.py:8:9
        8 |         self.next(self.a, foreach="xs")
          |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        hint: add a step `def join(self, inputs)` between them and `end`
        """,
    )


def test_sw122_a_branch_that_misses_the_join(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def start(self):
                self.next(self.a, self.b, self.c)

            @step
            def a(self):
                self.next(self.j)

            @step
            def b(self):
                self.next(self.j)

            @step
            def c(self):
                self.next(self.end)

            @step
            def j(self, inputs):
                self.next(self.end)

            @step
            def end(self):
                pass
        """,
        """
        error[SW122]: step `j` joins the split in `start`, but its branch `c` does not lead here
          --> flow.py:22:9
        22 |     def j(self, inputs):
           |         ^
        hint: lead every branch of a split to the same join
        """,
    )


def test_sw123_a_join_without_a_split(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def start(self):
                self.next(self.j)

            @step
            def j(self, inputs):
                self.next(self.end)

            @step
            def end(self):
                pass
        """,
        """
        error[SW123]: step `j` is a join (it takes `inputs`), but there is no split before it
          --> flow.py:10:9
        10 |     def j(self, inputs):
           |         ^
        hint: write `def j(self)`, or split before it
        """,
    )


def test_sw124_a_join_of_different_splits(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def start(self):
                self.next(self.a, self.b)

            @step
            def a(self):
                self.xs = [1]
                self.next(self.c, foreach="xs")

            @step
            def c(self):
                self.next(self.j)

            @step
            def b(self):
                self.next(self.j)

            @step
            def j(self, inputs):
                self.next(self.end)

            @step
            def end(self):
                pass
        """,
        """
        error[SW124]: step `j` joins steps that do not come from one split: `b`, `c`
          --> flow.py:23:9
        23 |     def j(self, inputs):
           |         ^
        hint: join the innermost split first, then the one around it
        """,
    )


def test_sw125_a_join_without_inputs(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def start(self):
                self.next(self.a, self.b)

            @step
            def a(self):
                self.next(self.j)

            @step
            def b(self):
                self.next(self.j)

            @step
            def j(self):
                self.next(self.end)

            @step
            def end(self):
                pass
        """,
        """
        error[SW125]: several branches of the split in `start` lead to step `j`, but it is not a join: `a`, `b`
          --> flow.py:18:9
        18 |     def j(self):
           |         ^
        hint: write `def j(self, inputs)`
        """,
    )


def test_sw126_the_same_target_twice(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def start(self):
                self.next(self.a, self.a)

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
        error[SW126]: step `start` leads to `a` twice
         --> flow.py:7:27
        7 |         self.next(self.a, self.a)
          |                           ^^^^^^
        hint: name it once; to run it several times use `foreach="items"`
        """,
    )


def test_sw127_two_joins_for_one_split(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def start(self):
                self.next(self.a, self.b, self.c, self.d)

            @step
            def a(self):
                self.next(self.j)

            @step
            def b(self):
                self.next(self.j)

            @step
            def c(self):
                self.next(self.k)

            @step
            def d(self):
                self.next(self.k)

            @step
            def j(self, inputs):
                self.next(self.end)

            @step
            def k(self, inputs):
                self.next(self.end)

            @step
            def end(self):
                pass
        """,
        """
        error[SW127]: the split in `start` is joined in several steps: `j`, `k`
          --> flow.py:30:9
        30 |     def k(self, inputs):
           |         ^
        hint: lead all branches to one join
        """,
    )


def test_sw133_steps_of_different_splits_meet(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def start(self):
                self.next(self.a, self.b)

            @step
            def a(self):
                self.xs = [1]
                self.next(self.c, foreach="xs")

            @step
            def c(self):
                self.next(self.m)

            @step
            def b(self):
                self.next(self.m)

            @step
            def m(self):
                self.next(self.end)

            @step
            def end(self):
                pass
        """,
        """
        error[SW133]: step `m` is reached from steps that stand in different splits: `b`, `c`
          --> flow.py:23:9
        23 |     def m(self):
           |         ^
        hint: join the branches before `m`
        """,
    )


def test_sw134_a_foreach_straight_to_its_join(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def start(self):
                self.xs = [1]
                self.next(self.j, foreach="xs")

            @step
            def j(self, inputs):
                self.next(self.end)

            @step
            def end(self):
                pass
        """,
        """
        error[SW134]: the foreach in step `start` leads straight to the join `j`
         --> flow.py:8:9
        8 |         self.next(self.j, foreach="xs")
          |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        hint: add a step between them, which runs once for each item
        """,
    )


def test_several_faults_are_told_at_once_and_none_twice(faults: Callable[[str], str]) -> None:
    check(
        faults,
        """
        class F(FlowSpec):
            @step
            def start(self):
                self.x = 1
                self.next(self.lode, self.clean)

            @step
            def load(self):
                self.next(self.join)

            @step
            def clean(self):
                self.next(self.join)
                print(1)

            @step
            def join(self, inputs):
                self.next(self.ende)

            @step
            def end(self):
                pass

            @step
            def Extra(self):
                pass
        """,
        """
        error[SW118]: step `start` leads to `lode`, which does not exist
         --> flow.py:8:19
        8 |         self.next(self.lode, self.clean)
          |                   ^^^^^^^^^
        hint: did you mean `self.load`?

        error[SW115]: `self.next` is not the last statement of step `clean`
          --> flow.py:16:9
        16 |         self.next(self.join)
           |         ^^^^^^^^^^^^^^^^^^^^
        hint: move it to the end of the step, outside of any `if`, `for`, `try` or `with`

        error[SW118]: step `join` leads to `ende`, which does not exist
          --> flow.py:21:19
        21 |         self.next(self.ende)
           |                   ^^^^^^^^^
        hint: did you mean `self.end`?

        error[SW111]: `Extra` cannot be the name of a step
          --> flow.py:28:9
        28 |     def Extra(self):
           |         ^^^^^
        hint: a step's name has small letters, digits and `_`, and starts with a letter: `extra`

        error[SW114]: step `Extra` does not say which step follows
          --> flow.py:28:9
        28 |     def Extra(self):
           |         ^^^^^
        hint: end it with `self.next(self.other_step)`
        """,
    )
