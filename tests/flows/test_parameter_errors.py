"""Parameters that are missing, unknown or of the wrong type: told before anything is written."""

from __future__ import annotations

import pytest

FLOW = """
class Typed(FlowSpec):
    alpha = Parameter("alpha", type=float, required=True)
    count = Parameter("count", default=3)
    flag = Parameter("flag", default=False)
    table = Parameter("table", type=JSONType, default="{}")

    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        self.seen = (self.alpha, self.count, self.flag, self.table)
"""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), ("alpha", "--alpha")),
        (("--alpha", "much"), ("alpha", "much")),
        (("--alpha", "1", "--count", "2.5"), ("count", "2.5")),
        (("--alpha", "1", "--flag", "perhaps"), ("flag", "perhaps")),
        (("--alpha", "1", "--table", "{'a': 1}"), ("table", "JSON")),
        (("--alpha", "1", "--beta", "2"), ("--beta",)),
    ],
    ids=["missing", "float", "int", "bool", "json", "unknown"],
)
def test_a_wrong_parameter_is_named_with_what_was_given(work, arguments, words):
    work.write(FLOW)
    done = work.run("run", *arguments, code=2)
    for word in words:
        assert word in done.err
    assert "Traceback" not in done.text
    assert not work.root.exists()


def test_all_wrong_parameters_are_told_at_once(work):
    work.write(FLOW)
    done = work.run("run", "--count", "many", "--flag", "perhaps", code=2)
    for word in ("alpha", "count", "flag"):
        assert word in done.err


def test_the_right_values_are_what_the_steps_see_after_wrong_ones(work, run_of):
    work.write(FLOW)
    work.run("run", "--alpha", "much", code=2)
    work.run("run", "--alpha", "1", "--count", "4", "--flag", "true", "--table", '{"a": [1]}')
    assert run_of("Typed/1").data.seen == (1.0, 4, True, {"a": [1]})


def test_a_default_that_raises_names_the_parameter_and_the_users_line(work):
    work.write("""
    def compute(context):
        raise KeyError("no default today")

    class Computed(FlowSpec):
        alpha = Parameter("alpha", default=compute, type=float)

        @step
        def start(self):
            pass
    """)
    done = work.run("run", code=2)
    assert "alpha" in done.err
    assert "no default today" in done.err
    assert not work.root.exists()
