"""What editors and type checkers see of the language; mypy checks this file, nothing runs it."""

from __future__ import annotations

from typing import Any, assert_type

from stepwell import FlowSpec, JSONType, Parameter, current, resources, retry, step


class Typed(FlowSpec):
    """Each parameter has the type of its values."""

    rate = Parameter("rate", default=0.1)
    depth = Parameter("depth", type=int, default=3)
    name_given = Parameter("name-given", type=str, required=True)
    maybe = Parameter("maybe", type=int)
    words = Parameter("words", separator=",")
    grid = Parameter("grid", type=JSONType, default={"a": [1]})
    computed = Parameter("computed", default=lambda context: len(context.flow_name), type=int)
    text = Parameter("text")

    @retry
    @step
    @resources(cpu=2, memory=16_000)
    def start(self) -> None:
        """Ends with a transition."""
        assert_type(self.rate, float)
        assert_type(self.depth, int)
        assert_type(self.name_given, str)
        assert_type(self.maybe, int | None)
        assert_type(self.words, list[str])
        assert_type(self.grid, Any)
        assert_type(self.computed, int)
        assert_type(self.text, str | None)
        assert_type(self.index, int | None)
        assert_type(current.run_id, str | None)
        self.next(self.end)

    @retry(times=2)
    @step(end=True)
    def end(self) -> None:
        """The last step."""


assert_type(Typed.depth, Parameter[int])
assert_type(Typed(use_cli=False).end(), None)
