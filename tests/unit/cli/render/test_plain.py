"""Runs as plain lines."""

from __future__ import annotations

import pytest
from tests.unit.cli.render.runs import (
    ERROR,
    GRAPH,
    T,
    began,
    finished,
    log,
    progress,
    task_began,
    task_ended,
)

from stepwell.cli.render.plain import PlainView, error_headline
from stepwell.documents.events import Notice, TasksCloned
from stepwell.documents.task import ErrorRecord


def shown(view, *events):
    return [f"{line.stream}: {line.text}" for event in events for line in view.on(event)]


def test_a_small_run_tells_every_task():
    assert shown(
        PlainView(GRAPH),
        began(),
        task_began("start", 1, pid=321),
        log("hello\nworld\n"),
        task_ended("start", 1, wall=0.25, peak_memory=20 * 2**20, branches=2),
        task_began("fit", 2, at=3),
        task_ended("fit", 2, at=4, label="svm"),
    ) == [
        "err: Run TrainFlow/7 starts for ada in /p/.stepwell",
        "out: 22:13:21 [7/start/1] started (pid 321)",
        "out: 22:13:21 [7/start/1] hello",
        "out: 22:13:21 [7/start/1] world",
        "out: 22:13:22 [7/start/1] done in 0.25s, 20 MiB, splits into 2 tasks",
        "out: 22:13:23 [7/fit/2] started",
        "out: 22:13:24 [7/fit/2] done in 1.0s (item svm)",
    ]


def test_steps_inside_a_large_foreach_tell_only_their_progress():
    view = PlainView(GRAPH)
    shown(view, began(), task_began("start", 1), task_ended("start", 1, branches=10_000))
    assert shown(view, task_began("fit", 2), task_ended("fit", 2, at=2.1)) == []
    assert shown(view, progress(3, fit={"total": 10_000, "running": 4, "succeeded": 996})) == [
        "out: 22:13:23 [7/fit] 996 of 10,000 done, 4 running, 1.1s"
    ]
    assert shown(view, task_began("pick", 10_002, at=90)) == ["out: 22:14:50 [7/pick/10002] started"]


def test_progress_of_ten_thousand_tasks_is_told_in_few_lines():
    view = PlainView(GRAPH)
    shown(view, began(), task_ended("start", 1, branches=10_000))
    lines = [
        line
        for done in range(10_001)
        for line in shown(view, progress(2 + done / 1000, fit={"total": 10_000, "succeeded": done}))
    ]
    assert 10 <= len(lines) <= 12
    assert "10,000 of 10,000 done" in lines[-1]


def test_a_slow_step_is_told_every_few_seconds_and_only_when_something_changed():
    view = PlainView(GRAPH)
    shown(view, began(), task_ended("start", 1, branches=1000))
    at = [
        second for second in range(60) if shown(view, progress(second, fit={"total": 1000, "succeeded": second // 7}))
    ]
    assert at == [0, 7, 14, 21, 28, 35, 42, 49, 56]


def test_without_a_graph_a_step_counts_as_large_once_it_is():
    view = PlainView()
    starts = [shown(view, task_began("fit", task)) for task in range(1, 12)]
    assert [bool(lines) for lines in starts] == [True] * 8 + [False] * 3


def test_failures_are_told_in_large_steps_too():
    view = PlainView(GRAPH)
    shown(view, began(), task_ended("start", 1, branches=500))
    assert shown(view, task_ended("fit", 3, outcome="failed", error=ERROR, label="svm")) == [
        "out: 22:13:22 [7/fit/3] failed after 1.0s (item svm): ValueError: no such column"
    ]


def test_a_retry_says_when_it_comes():
    view = PlainView(GRAPH)
    shown(view, began())
    assert shown(
        view,
        task_ended("start", 1, outcome="failed", error=ERROR, retry_in=120.0),
        task_began("start", 1, at=5, attempt=1),
        task_ended("start", 1, outcome="cancelled", attempt=1, at=6),
    ) == [
        "out: 22:13:22 [7/start/1] failed after 1.0s: ValueError: no such column; tries again in 2m 00s",
        "out: 22:13:25 [7/start/1] started again (attempt 2)",
        "out: 22:13:26 [7/start/1] cancelled after 1.0s",
    ]


def test_a_resumed_run_says_what_it_reuses():
    view = PlainView(GRAPH)
    assert shown(view, began(origin_run="6"), TasksCloned(at=T, origin_run="6", steps={"start": 1, "fit": 1200})) == [
        "err: Run TrainFlow/7 starts for ada in /p/.stepwell, resumes run 6",
        "out: 22:13:20 [7] reuses 1,201 finished tasks of run 6: start 1, fit 1,200",
    ]


def test_quiet_shows_output_failures_and_warnings_alone():
    view = PlainView(GRAPH, quiet=True)
    assert shown(
        view,
        began(),
        task_began("start", 1),
        log("hello\n"),
        task_ended("start", 1),
        task_ended("fit", 2, outcome="failed", error=ERROR),
        Notice(at=T, level="info", message="a detail"),
        Notice(at=T, level="warning", message="something odd", hint="do this"),
        progress(3, fit={"total": 50, "succeeded": 5}),
        finished(),
    ) == [
        "out: 22:13:21 [7/start/1] hello",
        "out: 22:13:22 [7/fit/2] failed after 1.0s: ValueError: no such column",
        "err: warning: something odd",
        "err: hint: do this",
    ]


def test_too_much_output_is_cut_with_one_word_about_it():
    view = PlainView(GRAPH)
    shown(view, began())
    lines = shown(
        view,
        log("x\n" * 5000),
        log("y\n" * 5000, at=1.6),
        Notice(at=T, level="info", message="there is more", hint="stepwell logs TrainFlow/7/start/1 --stdout"),
        task_ended("start", 1),
    )
    assert len(lines) == 2002
    assert lines[-2].endswith("… prints faster than can be shown; everything: stepwell logs TrainFlow/7/start/1")
    assert lines[-1].endswith("[7/start/1] done in 1.0s")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (None, "no reason is known"),
        (ErrorRecord(kind="exit", message="it left with code 3"), "it left with code 3"),
        (ErrorRecord(kind="exception", type="my.pkg.Odd", message=""), "Odd"),
        (ErrorRecord(kind="exception", type="builtins.KeyError", message="'x'"), "KeyError: 'x'"),
        (ErrorRecord(kind="exception", type="E", message="a\x1b[2Jb"), "E: a␛[2Jb"),
        (ErrorRecord(kind="timeout"), "timeout"),
    ],
)
def test_an_error_in_one_line(error, text):
    assert error_headline(error) == text
