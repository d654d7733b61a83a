"""`stepwell import-metaflow`: runs that Metaflow itself made, brought in and used."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from stepwell.client import Run
    from tests.flows.workspace import Workspace

FLOW = '''
import collections
import os

from metaflow import FlowSpec, IncludeFile, JSONType, Parameter, catch, current, retry, step


class Thing:
    def __init__(self, size):
        self.size = size


class Made(FlowSpec):
    """Made by Metaflow."""

    alpha = Parameter("alpha", default=0.5, help="a number")
    table = Parameter("table", type=JSONType, default='{"a": [1, 2]}')
    text = IncludeFile("text", default="text.txt")
    constant = {"kept": True}

    @step
    def start(self):
        """The first."""
        print("hello", self.alpha)
        self.shared = 1
        self.next(self.split, self.side)

    @step
    def split(self):
        self.items = [10, 20, 30]
        self.next(self.each, foreach="items")

    @retry(times=1, minutes_between_retries=0)
    @step
    def each(self):
        self.double = self.input * 2
        if self.index == 1 and current.retry_count == 0:
            raise ValueError("at first")
        if self.index == 2 and not os.path.exists("mended"):
            raise KeyError("broken")
        self.next(self.gather)

    @step
    def gather(self, inputs):
        self.doubles = [i.double for i in inputs]
        self.next(self.join)

    @catch(var="problem")
    @step
    def side(self):
        self.thing = Thing(3)
        self.ordered = collections.OrderedDict(z=1, a=2)
        self._hidden = "yes"
        raise RuntimeError("caught")
        self.next(self.join)

    @step
    def join(self, inputs):
        self.merge_artifacts(inputs, include=["thing", "doubles", "problem", "shared"])
        self.count = 0
        self.next(self.loop)

    @step
    def loop(self):
        self.count += 1
        self.more = "again" if self.count < 3 else "done"
        self.next({"again": self.loop, "done": self.end}, condition="more")

    @step
    def end(self):
        import sys
        print("bye", file=sys.stderr)


if __name__ == "__main__":
    Made()
'''


def metaflow(folder: Path, environ: dict[str, str], *arguments: str, code: int = 0) -> str:
    """Run Metaflow itself; returns the id of the run that it made."""
    done = subprocess.run(
        [sys.executable, "made.py", *arguments], cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout.partition("(run-id ")[2].partition(")")[0]


@pytest.fixture(scope="module")
def made(
    tmp_path_factory: pytest.TempPathFactory, real_metaflow: dict[str, str]
) -> tuple[Path, dict[str, str], dict[str, str]]:
    """A folder in which Metaflow ran: a run that failed, its resume, and a run with other parameters."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "made.py").write_text(FLOW)
    (folder / "text.txt").write_text("the content\n")
    runs = {"failed": metaflow(folder, real_metaflow, "run", "--tag", "first", code=1)}
    (folder / "mended").touch()
    runs["resumed"] = metaflow(folder, real_metaflow, "resume")
    runs["other"] = metaflow(folder, real_metaflow, "run", "--alpha", "0.75", "--tag", "a", "--tag", "b")
    (folder / "mended").unlink()
    return folder, runs, real_metaflow


@pytest.fixture
def imported(work: Workspace, made: tuple[Path, dict[str, str], dict[str, str]]) -> list[dict[str, Any]]:
    out = work.stepwell("import-metaflow", str(made[0]), "--json", "--datastore", str(work.root)).out
    return list(json.loads(out))


def test_every_run_is_here_with_where_it_came_from(
    imported: list[dict[str, Any]], made: tuple[Path, dict[str, str], dict[str, str]], run_of: Callable[[str], Run]
) -> None:
    _, runs, _ = made
    assert [(one["origin"], one["run"], one["status"]) for one in imported] == [
        (f"Made/{runs['failed']}", "Made/1", "failed"),
        (f"Made/{runs['resumed']}", "Made/2", "succeeded"),
        (f"Made/{runs['other']}", "Made/3", "succeeded"),
    ]
    assert f"metaflow_run_id:{runs['other']}" in run_of("Made/3").system_tags
    assert run_of("Made/2").origin_pathspec == "Made/1"
    assert [run.id for run in run_of("Made/1").parent.runs(f"metaflow_run_id:{runs['failed']}")] == ["1"]


@pytest.mark.usefixtures("imported")
def test_artifacts_are_readable(run_of: Callable[[str], Run]) -> None:
    run = run_of("Made/3")
    data = run.data
    assert data is not None
    assert (data.alpha, data.table, data.text, data.constant) == (0.75, {"a": [1, 2]}, "the content\n", {"kept": True})
    assert (data.doubles, data.shared, data.count) == ([20, 40, 60], 1, 3)
    assert "RuntimeError" in data.problem.type
    assert "caught" in str(data.problem)
    side = run["side"].task
    assert side is not None
    assert list(side.data.ordered) == ["z", "a"]
    assert side["_hidden"].data == "yes"
    assert side["thing"].type == "__main__.Thing"
    assert "name" not in side.data
    assert "_graph_info" not in [artifact.id for artifact in side]


@pytest.mark.usefixtures("imported")
def test_values_of_the_flows_own_classes_load_where_the_code_is(
    work: Workspace, made: tuple[Path, dict[str, str], dict[str, str]]
) -> None:
    (work.folder / "made.py").write_text((made[0] / "made.py").read_text())
    (work.folder / "read.py").write_text(
        "from metaflow import Flow, namespace\nfrom made import Thing\nnamespace(None)\n"
        "print(Flow('Made').latest_run.data.thing.size)\n"
    )
    assert work.stepwell("compat", "read.py").out.strip() == "3"


@pytest.mark.usefixtures("imported")
def test_tags_times_users_and_the_graph_are_kept(
    made: tuple[Path, dict[str, str], dict[str, str]], run_of: Callable[[str], Run]
) -> None:
    _, runs, _ = made
    run = run_of("Made/3")
    assert run.user_tags == {"a", "b"}
    assert "user:alice" in run.system_tags
    assert run.created_at is not None
    assert abs(run.created_at.timestamp() - int(runs["other"]) / 1e6) < 5
    assert run.finished_at is not None
    assert run.finished_at > run.created_at
    assert [step.id for step in run][::-1][0] == "start"
    assert [step.id for step in run["each"].parent_steps] == ["split"]
    assert run["each"].task is not None


@pytest.mark.usefixtures("imported")
def test_tasks_attempts_errors_and_output(run_of: Callable[[str], Run]) -> None:
    run = run_of("Made/1")
    assert not run.successful
    tasks = {task.index: task for task in run["each"]}
    assert sorted(tasks) == [0, 1, 2]
    assert (tasks[1].successful, tasks[1].current_attempt) == (True, 1)
    assert not tasks[2].successful
    assert tasks[2].exception is not None
    assert (tasks[2].exception.type, tasks[2].exception.message) == ("KeyError", "'broken'")
    start = run["start"].task
    assert start is not None
    assert start.stdout == "hello 0.5\n"
    end = run_of("Made/3")["end"].task
    assert end is not None
    assert end.stderr == "bye\n"
    loops = run_of("Made/3")["loop"]
    assert sorted(task.data.count for task in loops) == [1, 2, 3]
    gather = run_of("Made/3")["gather"].task
    assert gather is not None
    assert [task.index for task in gather.parent_tasks] == [0, 1, 2]
    join = run_of("Made/3")["join"].task
    assert join is not None
    assert {task.path_components[2] for task in join.parent_tasks} == {"gather", "side"}


@pytest.mark.usefixtures("imported")
def test_a_second_import_adds_nothing(work: Workspace, made: tuple[Path, dict[str, str], dict[str, str]]) -> None:
    before = work.stepwell("ls", "Made", "--json").out
    logs = {path: path.read_bytes() for path in work.root.glob("flows/*/*/log")}
    said = work.stepwell("import-metaflow", str(made[0] / ".metaflow"), "--datastore", str(work.root)).out
    assert said.strip() == "0 runs imported, 3 here already"
    assert work.stepwell("ls", "Made", "--json").out == before
    assert {path: path.read_bytes() for path in work.root.glob("flows/*/*/log")} == logs


def test_a_second_import_brings_what_is_new(
    work: Workspace, made: tuple[Path, dict[str, str], dict[str, str]], run_of: Callable[[str], Run], tmp_path: Path
) -> None:
    """A run that was under way at first, a tag that was added there, and one that was removed here."""
    import shutil

    folder, runs, environ = made
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    hidden = copy / ".metaflow" / "Made" / runs["other"] / "end"
    hidden.rename(tmp_path / "end")
    work.stepwell("import-metaflow", str(copy), "--datastore", str(work.root))
    run = run_of("Made/3")
    assert (run.status, run.reason) == ("failed", "it had not ended when it was imported")
    run.remove_tag("a")

    (tmp_path / "end").rename(hidden)
    metaflow(copy, environ, "tag", "add", "--run-id", runs["other"], "late")
    said = work.stepwell("import-metaflow", str(copy), "--datastore", str(work.root)).out
    assert f"Made/{runs['other']} is Made/3: succeeded, 1 attempt" in said
    run = run_of("Made/3")
    assert run.successful
    assert run.user_tags == {"b", "late"}
    assert sorted(child.id for child in run.parent) == ["1", "2", "3"]


@pytest.mark.usefixtures("imported")
def test_an_imported_run_can_be_resumed_where_the_code_is(
    work: Workspace, made: tuple[Path, dict[str, str], dict[str, str]], run_of: Callable[[str], Run]
) -> None:
    folder, _, _ = made
    (work.folder / "made.py").write_text((folder / "made.py").read_text())
    (work.folder / "mended").touch()
    done = work.stepwell("compat", "made.py", "resume", "--origin-run-id", "1", "--datastore", str(work.root))
    run = run_of("Made/4")
    assert run.successful
    assert run.data is not None
    assert run.data.doubles == [20, 40, 60]
    assert run.data.text == "the content\n"
    assert "[4/each] Cloning 2 previously run tasks" in done.out
    assert done.out.count("/each/") == 2, "only the task that had failed runs again"
    later = work.stepwell("compat", "made.py", "resume", "join", "--origin-run-id", "3", "--datastore", str(work.root))
    assert "[5/each] Cloning 3 previously run tasks" in later.out
    assert run_of("Made/5").successful


def test_a_folder_without_a_datastore_is_refused(work: Workspace) -> None:
    told = work.stepwell("import-metaflow", ".", code=1)
    assert "there is no local datastore of Metaflow's" in told.err
    assert not work.root.exists()


def test_a_flow_that_is_not_there_is_refused(
    work: Workspace, made: tuple[Path, dict[str, str], dict[str, str]]
) -> None:
    told = work.stepwell("import-metaflow", str(made[0]), "--flow", "Nope", code=2)
    assert "there are: `Made`" in told.err
