"""Matching joins: random nestings of splits are recognised, and every way to break one is noticed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepwell.flow.graph import Graph
from stepwell.flow.lint import lint
from stepwell.flow.parse import build_graph
from stepwell.flow.written import NextCall, Place, StepSource, Target

if TYPE_CHECKING:
    from collections.abc import Callable

    from stepwell.flow.written import Form


@dataclass
class Builder:
    """Makes steps of a nested shape: a list of blocks, a block being None (a step) or a split of inner lists."""

    steps: dict[str, dict[str, Any]] = field(default_factory=dict)
    matching: dict[str, str] = field(default_factory=dict)
    depth: dict[str, int] = field(default_factory=dict)

    def chain(self, blocks: list[Any], level: int, *, first_is: str | None = None) -> tuple[str, str]:
        """Add a chain; return its first and last step. A block's split may be the step before it, a join included."""
        first = last = first_is or self.step(level)
        for block in blocks:
            if block is None or self.steps[last]["next"] is not None:
                following = self.step(level)
                self.link(last, "linear", [following])
                last = following
            if block is not None:
                last = self.split(last, block, level)
        return first, last

    def split(self, name: str, block: tuple[str, list[Any]], level: int) -> str:
        form, branches = block
        if form == "switch":
            heads, tails = zip(*(self.chain(inner, level) for inner in branches), strict=True)
            self.link(name, "switch", list(heads))
            meet = self.step(level)
            for tail in tails:
                self.link(tail, "linear", [meet])
            return meet
        heads, tails = zip(*(self.chain(inner, level + 1) for inner in branches), strict=True)
        self.link(name, form, list(heads))
        join = self.step(level + 1, is_join=True)
        for tail in tails:
            self.link(tail, "linear", [join])
        self.matching[name] = join
        return join

    def step(self, level: int, *, is_join: bool = False) -> str:
        name = f"s{len(self.steps)}"
        self.steps[name] = {"is_join": is_join, "next": None}
        self.depth[name] = level
        return name

    def link(self, name: str, form: str, targets: list[str]) -> None:
        self.steps[name]["next"] = (form, targets)

    def graph(self, start: str, end: str) -> Graph:
        return Graph("F", [self.source(name, start, end) for name in self.steps])

    def source(self, name: str, start: str, end: str) -> StepSource:
        made = self.steps[name]
        call = None
        if made["next"] is not None:
            form: Form = made["next"][0]
            targets = tuple(
                Target(target, Place(), str(i) if form == "switch" else None)
                for i, target in enumerate(made["next"][1])
            )
            call = NextCall(form=form, targets=targets, place=Place(), foreach="xs" if form == "foreach" else None)
        return StepSource(
            name=name,
            place=Place("flow.py", int(name[1:]) + 1),
            arguments=("self", "inputs") if made["is_join"] else ("self",),
            start=name == start,
            end=name == end,
            next=call,
            calls=(Place(),) if call is not None else (),
        )


def _blocks(children: st.SearchStrategy[list[Any]]) -> st.SearchStrategy[list[Any]]:
    branch = st.tuples(st.just("branch"), st.lists(children, min_size=2, max_size=3))
    single = st.tuples(st.sampled_from(["foreach", "gang"]), st.lists(children, min_size=1, max_size=1))
    switch = st.tuples(st.just("switch"), st.lists(children, min_size=2, max_size=2))
    return st.lists(st.one_of(st.none(), branch, single, switch), max_size=3)


NESTINGS = st.recursive(st.just([]), _blocks, max_leaves=8)


def build(blocks: list[Any]) -> tuple[Builder, Graph]:
    builder = Builder()
    start, last = builder.chain(blocks, 0)
    end = builder.step(0)
    builder.link(last, "linear", [end])
    return builder, builder.graph(start, end)


def codes(graph: Graph) -> set[str]:
    return {fault.code for fault in lint(graph)}


@settings(max_examples=200, deadline=None)
@given(NESTINGS)
def test_every_nesting_of_splits_is_understood(blocks: list[Any]) -> None:
    builder, graph = build(blocks)
    assert codes(graph) == set()
    assert graph.splits.matching == builder.matching
    assert {name: len(stack) for name, stack in graph.splits.stacks.items()} == builder.depth
    assert graph.reachable_from(graph.start) == set(graph.steps) == set(graph.order)
    for name, following in graph.successors.items():
        assert all(graph.ranks[name] < graph.ranks[target] for target in following)


@settings(max_examples=200, deadline=None)
@given(NESTINGS, st.data())
def test_a_join_without_inputs_or_a_step_with_them_is_noticed(blocks: list[Any], data: st.DataObject) -> None:
    builder, graph = build(blocks)
    name = data.draw(st.sampled_from([step for step in graph.steps if step not in (graph.start, graph.end)] or [""]))
    if not name:
        return
    builder.steps[name]["is_join"] = not builder.steps[name]["is_join"]
    assert codes(builder.graph(graph.start, graph.end))


@settings(max_examples=200, deadline=None)
@given(NESTINGS, st.data())
def test_a_branch_that_leads_past_its_join_is_noticed(blocks: list[Any], data: st.DataObject) -> None:
    builder, graph = build(blocks)
    into_joins = [
        name for name, made in builder.steps.items()
        if made["next"] and made["next"][0] == "linear" and made["next"][1][0] in builder.matching.values()
    ]  # fmt: skip
    if not into_joins:
        return
    builder.link(data.draw(st.sampled_from(into_joins)), "linear", [graph.end])
    assert codes(builder.graph(graph.start, graph.end))


def test_a_step_can_be_a_join_and_a_split_at_once(load: Callable[..., Any]) -> None:
    graph = build_graph(
        load("""
            from stepwell import FlowSpec, step

            class F(FlowSpec):
                @step
                def start(self):
                    self.next(self.a, self.b)

                @step
                def a(self):
                    self.next(self.middle)

                @step
                def b(self):
                    self.next(self.middle)

                @step
                def middle(self, inputs):
                    self.xs = [1]
                    self.next(self.c, foreach="xs")

                @step
                def c(self):
                    self.next(self.last)

                @step
                def last(self, inputs):
                    self.next(self.end)

                @step
                def end(self):
                    pass
            """)
    )
    assert lint(graph) == []
    assert graph.splits.matching == {"start": "middle", "middle": "last"}
    node = graph.nodes["middle"]
    assert (node.type, node.is_join, node.matching_join, node.foreach) == ("split-foreach", True, "last", "xs")
    assert {name: node.type for name, node in graph.nodes.items()} == {
        "start": "split-static",
        "a": "linear",
        "b": "linear",
        "middle": "split-foreach",
        "c": "linear",
        "last": "join",
        "end": "end",
    }


@pytest.mark.parametrize(
    ("step", "expected"), [("start", {"start", "a", "b", "join", "end"}), ("a", {"a", "join", "end"}), ("end", {"end"})]
)
def test_what_may_run_after_a_step_is_known(load: Callable[..., Any], step: str, expected: set[str]) -> None:
    graph = build_graph(
        load("""
            from stepwell import FlowSpec, step

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
                    self.next(self.end)

                @step
                def end(self):
                    pass
            """)
    )
    assert graph.reachable_from(step) == expected
