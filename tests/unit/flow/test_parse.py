"""The graph is read from the steps' text, wherever it stands."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING, Any

from stepwell.flow.diagnostics import render_diagnostics
from stepwell.flow.lint import lint
from stepwell.flow.parse import build_graph

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_a_flow_of_one_step_needs_no_special_name(load: Callable[..., Any]) -> None:
    graph = build_graph(
        load("""
            from stepwell import FlowSpec, step

            class F(FlowSpec):
                @step
                def work(self):
                    print("done")
            """)
    )
    assert (lint(graph), graph.start, graph.end) == ([], "work", "work")


def test_first_and_last_step_may_have_any_name(load: Callable[..., Any]) -> None:
    graph = build_graph(
        load("""
            from stepwell import FlowSpec, step

            class F(FlowSpec):
                @step(start=True, node_info={"colour": "blue"})
                def load_data(self):
                    self.next(self.report)

                @step(end=True)
                def report(self):
                    pass
            """)
    )
    assert (lint(graph), graph.start, graph.end) == ([], "load_data", "report")
    assert graph.steps["load_data"].node_info == {"colour": "blue"}


def test_steps_of_base_classes_and_mixins_are_read_from_their_own_files(
    load: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "basis.py").write_text(
        dedent("""\
        from stepwell import FlowSpec, step


        class Basis(FlowSpec):
            @step
            def start(self):
                self.next(self.train)

            @step
            def end(self):
                pass
        """)
    )
    (tmp_path / "mixins.py").write_text(
        dedent("""\
        from stepwell import step


        class Training:
            @step
            def train(self):
                "Fit it."
                self.next(self.lost)
        """)
    )
    graph = build_graph(
        load("""
            from basis import Basis
            from mixins import Training

            class F(Training, Basis):
                '''A flow of parts.

                    Indented.
                '''
            """)
    )
    assert list(graph.steps) == ["start", "end", "train"]
    assert (graph.doc, graph.steps["train"].doc) == ("A flow of parts.\n\nIndented.", "Fit it.")
    assert [node.file for node in graph.document(str(tmp_path)).steps] == ["basis.py", "mixins.py", "basis.py"]
    assert render_diagnostics(lint(graph)) == dedent("""\
        error[SW118]: step `train` leads to `lost`, which does not exist
         --> mixins.py:8:19
        8 |         self.next(self.lost)
          |                   ^^^^^^^^^
        hint: did you mean `self.start`?""").replace("did you mean `self.start`?", hint_of(graph))


def hint_of(graph: Any) -> str:
    return "the steps are: " + ", ".join(f"`{name}`" for name in graph.steps)


def test_steps_are_documented_in_the_order_in_which_they_run(load: Callable[..., Any]) -> None:
    flow = load("""
        from stepwell import FlowSpec, step

        class Ending:
            @step
            def end(self):
                pass

            @step
            def prepare(self):
                self.next(self.a, self.b)

        class Ordered(Ending, FlowSpec):
            @step
            def join(self, inputs):
                self.next(self.end)

            @step
            def b(self):
                self.next(self.join)

            @step
            def a(self):
                self.next(self.join)

            @step
            def start(self):
                self.next(self.prepare)
    """)
    names = [node.name for node in build_graph(flow).document().steps]
    assert names == ["start", "prepare", "a", "b", "join", "end"]


def test_decorators_stand_above_or_below_step(load: Callable[..., Any]) -> None:
    graph = build_graph(
        load("""
            from stepwell import FlowSpec, resources, retry, step

            class F(FlowSpec):
                @retry(
                    times=2,
                )
                @step
                @resources
                def work(self):
                    pass
            """)
    )
    node = graph.nodes["work"]
    assert [(spec.name, spec.options["times"] if spec.name == "retry" else None) for spec in node.decorators] == [
        ("retry", 2),
        ("resources", None),
    ]
    assert (lint(graph), node.line) == ([], 9)


def test_a_users_own_wrapper_around_a_step_is_seen_through(load: Callable[..., Any]) -> None:
    graph = build_graph(
        load("""
            import functools
            from stepwell import FlowSpec, step

            def logged(function):
                @functools.wraps(function)
                def inner(self):
                    return function(self)
                return inner

            class F(FlowSpec):
                @step
                @logged
                def start(self):
                    self.next(self.end)

                @logged
                @step
                def end(self):
                    pass
            """)
    )
    assert lint(graph) == []
    assert graph.successors == {"start": ("end",), "end": ()}


def test_self_may_have_another_name_and_lines_other_letters(load: Callable[..., Any]) -> None:
    graph = build_graph(
        load("""
            from stepwell import FlowSpec, step

            class F(FlowSpec):
                @step
                def start(this):
                    "é"; this.next(this.ende)

                @step
                def end(this):
                    pass
            """)
    )
    (fault,) = lint(graph)
    assert fault.text[fault.column - 1 : fault.end_column - 1] == "this.ende"


def test_a_limit_of_a_foreach_is_kept(load: Callable[..., Any]) -> None:
    graph = build_graph(
        load("""
            from stepwell import FlowSpec, step

            class F(FlowSpec):
                @step
                def start(self):
                    self.xs = "abc"
                    self.next(self.work, foreach="xs", limit=2)

                @step
                def work(self):
                    self.next(self.join)

                @step
                def join(self, inputs):
                    self.next(self.end)

                @step
                def end(self):
                    pass
            """)
    )
    assert lint(graph) == []
    assert (graph.nodes["start"].limit, graph.nodes["start"].foreach) == (2, "xs")


def test_a_graph_is_read_once_per_class(load: Callable[..., Any]) -> None:
    flow = load("""
        from stepwell import FlowSpec, step

        class F(FlowSpec):
            @step
            def work(self):
                pass
        """)
    assert build_graph(flow) is build_graph(flow)
    assert build_graph(type("Child", (flow,), {})) is not build_graph(flow)
