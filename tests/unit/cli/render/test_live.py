"""The live table, as text of 80 columns."""

from __future__ import annotations

import io

import pytest
from tests.unit.cli.render.runs import ERROR, GRAPH, began, finished, log, progress, task_began, task_ended

from stepwell.cli.render.live import LivePainter, LiveView
from stepwell.cli.render.style import Style
from stepwell.documents.graph import GraphDocument, GraphNode


def view_of(*events, graph=GRAPH, style=None):
    view = LiveView(graph, style=style)
    lines = [line for event in events for line in view.on(event)]
    return view, lines


HALFWAY = (
    began(),
    task_began("start", 1, at=0.1),
    task_ended("start", 1, at=0.4, branches=10_000),
    task_began("fit", 2, at=0.5),
    task_began("fit", 3, at=0.5),
    task_ended("fit", 3, at=2.0, outcome="failed", error=ERROR),
    progress(
        61,
        start={"total": 1, "succeeded": 1},
        fit={"total": 10_000, "running": 4, "succeeded": 4_995, "failed": 1},
        pick={},
        end={},
    ),
)


def test_the_table_halfway():
    view, _ = view_of(*HALFWAY)
    assert view.frame(80, 24) == [
        "",
        "TrainFlow/7  running  1m 01s",
        "  ✓ start                                 1/1    0.30s",
        "  ▸ fit    ━━━━━━━━━───────────  4,996/10,000   1m 00s  1 failed, 4 running",
        "  · pick",
        "  · end",
    ]


def test_the_table_at_the_end():
    view, _ = view_of(*HALFWAY, finished())
    assert view.frame(80, 24) == [
        "",
        "TrainFlow/7  succeeded  31s",
        "  ✓ start                                  1/1    0.30s",
        "  ✓ fit    ━━━━━━━━━━━━━━━━━━━━  10,000/10,000   1m 00s  1,000 reused",
        "  ✓ pick                                   1/1",
        "  ✓ end                                    1/1",
    ]


def test_nothing_is_drawn_before_the_run_has_its_id():
    assert LiveView(GRAPH).frame(80, 24) == []


def test_signs_have_a_form_for_terminals_without_unicode():
    view, _ = view_of(*HALFWAY, style=Style(unicode=False))
    text = "\n".join(view.frame(80, 24))
    assert text.isascii()
    assert "> fit    #########-----------" in text


@pytest.mark.parametrize("width", [30, 40, 60, 80, 120, 200])
def test_no_line_is_wider_than_the_terminal(width):
    view, _ = view_of(*HALFWAY)
    assert all(len(line) < max(width, 40) for line in view.frame(width, 24))


def test_a_flow_of_many_steps_folds_what_is_least_urgent():
    steps = tuple(GraphNode(name=f"step_{number}", type="linear") for number in range(50))
    graph = GraphDocument(flow="Long", doc="", start="step_0", end="step_49", steps=steps)
    done = {f"step_{number}": {"total": 1, "succeeded": 1} for number in range(25)}
    view, _ = view_of(began(), progress(1, **done, step_25={"total": 1, "running": 1}), graph=graph)
    frame = view.frame(80, 12)
    assert len(frame) <= 12
    assert any("▸ step_25" in line for line in frame)
    assert any("✓ step_24" in line for line in frame)
    assert frame[-1] == "  … 43 more steps"


def test_output_and_failures_scroll_above_the_table_and_ordinary_tasks_do_not():
    _, lines = view_of(*HALFWAY, log("hello\n"))
    assert [line.text for line in lines] == [
        "Run TrainFlow/7 starts for ada in /p/.stepwell",
        "[7/fit/3] failed after 1.0s: ValueError: no such column",
        "[7/start/1] hello",
    ]


def test_colours_only_add_to_what_is_said():
    plain, _ = view_of(*HALFWAY)
    coloured, _ = view_of(*HALFWAY, style=Style(enabled=True))
    import re

    assert [re.sub(r"\x1b\[\d+m", "", line) for line in coloured.frame(80, 24)] == [
        line.ljust(len(re.sub(r"\x1b\[\d+m", "", other)))
        for line, other in zip(plain.frame(80, 24), coloured.frame(80, 24), strict=True)
    ]


def test_the_painter_replaces_its_last_frame():
    out, err = io.StringIO(), io.StringIO()
    painter = LivePainter(LiveView(GRAPH), out, err, size=lambda: (80, 24))
    painter(began())
    assert err.getvalue() == "Run TrainFlow/7 starts for ada in /p/.stepwell\n"
    first = out.getvalue()
    assert first.count("\n") == 6
    painter(log("hello\n", at=1))
    assert out.getvalue()[len(first) :].startswith("\x1b[6A\r\x1b[J[7/start/1] hello\n")


def test_a_terminal_that_became_narrower_is_cleared_in_full():
    sizes = iter([(80, 24), (20, 24)])
    out = io.StringIO()
    painter = LivePainter(LiveView(GRAPH), out, io.StringIO(), size=lambda: next(sizes))
    painter(began())
    before = out.getvalue()
    painter(progress(5, start={"total": 1, "succeeded": 1}))
    # The title of 27 columns now fills two rows of 20.
    assert out.getvalue()[len(before) :].startswith("\x1b[7A\r\x1b[J")


def test_the_painter_paints_at_most_twenty_times_a_second():
    out = io.StringIO()
    painter = LivePainter(LiveView(GRAPH), out, io.StringIO(), size=lambda: (80, 24))
    painter(began())
    for number in range(1000):
        painter(log(f"line {number}\n", at=1 + number / 1000))
    painter(finished())
    assert out.getvalue().count("TrainFlow/7") <= 23
    assert "line 999" in out.getvalue()
