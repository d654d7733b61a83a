"""A run in the lines that scripts written for Metaflow look for (the behaviour document's appendix A)."""

from __future__ import annotations

import re
import time

from stepwell.cli.render.metaflow import MetaflowView, progress_lines
from stepwell.documents.events import (
    FailedTask,
    LogText,
    Notice,
    Progress,
    RunBegan,
    RunFinished,
    StepProgress,
    TaskBegan,
    TaskEnded,
    TasksCloned,
)
from stepwell.documents.graph import GraphDocument, GraphNode
from stepwell.documents.task import ErrorRecord

AT = time.mktime((2024, 5, 1, 12, 0, 0, 0, 0, -1)) + 0.1234
CLOCK = "2024-05-01 12:00:00.123"


def began(origin: str | None = None) -> RunBegan:
    return RunBegan(at=AT, flow="MyFlow", run="7", user="alice", datastore="file:///d", pid=9, origin_run=origin)


def finished(status: str, failures: tuple[FailedTask, ...] = ()) -> RunFinished:
    return RunFinished(at=AT, flow="MyFlow", run="7", status=status, wall=1.0, failures=failures)  # type: ignore[arg-type]


def texts(view: MetaflowView, *events: object, stream: str = "out") -> list[str]:
    return [line.text for event in events for line in view.on(event) if line.stream == stream]  # type: ignore[arg-type]


def test_the_header_and_the_validation_go_to_standard_error() -> None:
    lines = texts(MetaflowView(), began(), stream="err")
    assert re.fullmatch(r"Metaflow 2\.\d+\.\d+ executing MyFlow for user:alice", lines[0])
    assert lines[1:] == ["Validating your flow...", "    The graph looks good!"]


def test_the_start_and_the_end_of_a_run() -> None:
    view = MetaflowView()
    assert texts(view, began()) == [f"{CLOCK} Workflow starting (run-id 7):"]
    assert texts(view, finished("succeeded")) == [f"{CLOCK} Done!"]


def test_a_task_from_its_start_to_its_end() -> None:
    view = MetaflowView()
    view.on(began())
    place = f"{CLOCK} [7/train/3 (pid 41)]"
    assert texts(
        view,
        TaskBegan(at=AT, step="train", task=3, attempt=0, pid=41),
        LogText(at=AT, step="train", task=3, attempt=0, stream="stdout", text="one\ntwo\n"),
        LogText(at=AT, step="train", task=3, attempt=0, stream="stderr", text="three\n"),
        TaskEnded(at=AT, step="train", task=3, attempt=0, outcome="succeeded", wall=1.0, branches=5),
    ) == [
        f"{place} Task is starting.",
        f"{place} one",
        f"{place} two",
        f"{place} three",
        f"{place} Foreach yields 5 child steps.",
        f"{place} Task finished successfully.",
    ]


def test_a_retry() -> None:
    view = MetaflowView()
    view.on(began())
    error = ErrorRecord(kind="signal", message="it was ended by signal SIGKILL\nmore")
    assert texts(
        view,
        TaskBegan(at=AT, step="a", task=1, attempt=0, pid=5),
        TaskEnded(at=AT, step="a", task=1, attempt=0, outcome="failed", wall=1.0, error=error, retry_in=0.0),
        TaskBegan(at=AT, step="a", task=1, attempt=1, pid=6),
    ) == [
        f"{CLOCK} [7/a/1 (pid 5)] Task is starting.",
        f"{CLOCK} [7/a/1 (pid 5)] it was ended by signal SIGKILL",
        f"{CLOCK} [7/a/1 (pid 5)] Task failed.",
        f"{CLOCK} [7/a/1 (pid 6)] Task is starting (retry).",
    ]


def test_a_failure() -> None:
    view = MetaflowView()
    view.on(began())
    failure = FailedTask(step="a", task=2, attempts=1, error=ErrorRecord(kind="exception"))
    lines = view.on(finished("failed", (failure,)))
    assert [line.text for line in lines if line.stream == "out"] == [
        f"{CLOCK} Workflow failed.",
        f"{CLOCK} Terminating 0 active tasks...",
        f"{CLOCK} Flushing logs...",
    ]
    assert [line.text for line in lines if line.stream == "err"] == [
        "    Step failure:",
        "    Step a (task-id 2) failed.",
        "",
    ]


def test_an_interrupted_run() -> None:
    assert texts(MetaflowView(), finished("cancelled"))[0].endswith("Workflow interrupted.")


def test_a_resumed_run() -> None:
    view = MetaflowView()
    lines = texts(view, began("6"), TasksCloned(at=AT, origin_run="6", steps={"start": 1, "train": 3}))
    assert [line.removeprefix(f"{CLOCK} ") for line in lines] == [
        "Gathering required information to resume run (this may take a bit of time)...",
        "Workflow starting (run-id 7):",
        "Cloning MyFlow/6",
        "[7/start] Cloning 1 previously run task",
        "[7/train] Cloning 3 previously run tasks",
        "MyFlow/6 cloned!",
    ]


def test_progress_is_told_every_five_minutes() -> None:
    view = MetaflowView()
    view.on(began())
    steps = (StepProgress(step="train", total=8, running=2, succeeded=5),)

    def told(elapsed: float) -> int:
        return len(texts(view, Progress(at=AT, elapsed=elapsed, steps=steps)))

    assert [told(elapsed) for elapsed in (1, 299, 301, 302, 602)] == [0, 0, 2, 0, 2]


def test_what_progress_says() -> None:
    nodes = [GraphNode(name=name, type="linear") for name in ("start", "train", "join", "end")]
    graph = GraphDocument(flow="F", doc="", start="start", end="end", steps=tuple(nodes))
    steps = (
        StepProgress(step="start", total=1, succeeded=1),
        StepProgress(step="train", total=10, running=2, succeeded=5),
    )
    assert progress_lines(steps, graph) == [
        "2 tasks are running: train (2 running; 5 done).",
        "3 tasks are waiting in the queue.",
        "2 steps have not started: join, end.",
    ]


def test_quiet_leaves_what_tasks_print_and_failures() -> None:
    view = MetaflowView(quiet=True)
    log = LogText(at=AT, step="a", task=1, attempt=0, stream="stdout", text="hello\n")
    assert view.on(began()) == []
    assert view.on(TaskBegan(at=AT, step="a", task=1, attempt=0)) == []
    assert view.on(finished("succeeded")) == []
    assert len(texts(view, log)) == 1
    assert len(texts(view, Notice(at=AT, level="warning", message="careful"), stream="err")) == 1
