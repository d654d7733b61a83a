"""A whole flow in a test, and a recorded task again."""

from __future__ import annotations

import gc
import os

import pytest
from tests.unit.testing.flow_under_test import Small

from stepwell.base.errors import NotFound, ParameterError, RunFailed
from stepwell.testing import replay, run_flow


def test_a_flow_runs_in_a_datastore_that_goes_with_it():
    run = run_flow(Small, n=4, tags=["t"])
    assert run.data.ys == [-2, -3, -4, -5]
    assert run.user_tags == {"t"}
    folder = os.path.dirname(run.code.path).partition("/blobs")[0]
    assert os.path.isdir(folder)
    del run
    gc.collect()
    assert not os.path.isdir(folder)


def test_a_failing_flow_raises_with_its_run():
    with pytest.raises(RunFailed, match="ZeroDivisionError") as failure:
        run_flow(Small, n=7, show_output=False)
    assert failure.value.run["work"].task is not None
    assert [task.index for task in failure.value.run["work"] if not task.successful] == [5]
    with pytest.raises(ParameterError):
        run_flow(Small, n="many")


def test_a_recorded_task_runs_again_with_other_code_and_other_values(tmp_path):
    place = str(tmp_path / "store")
    with pytest.raises(RunFailed) as failure:
        run_flow(Small, n=7, show_output=False, datastore=place, on_failure="continue")
    failed = next(task for task in failure.value.run["work"] if not task.successful)
    before = sorted(str(path) for path in tmp_path.rglob("*") if path.suffix != ".db-wal" and path.suffix != ".db-shm")
    with pytest.raises(ZeroDivisionError):
        replay(failed.pathspec, Small, datastore=place)
    outcome = replay(failed.pathspec, Small, datastore=place, check=False)
    assert outcome.error.type == "ZeroDivisionError"
    good = replay(f"Small/1/work/{int(failed.id) - 1}", datastore=place)
    assert dict(good.artifacts) == {"y": -10}
    first = replay("Small/1/start", Small, datastore=place, artifacts={"n": 3})
    assert first.items == [0, 1, 2]
    after = sorted(str(path) for path in tmp_path.rglob("*") if path.suffix != ".db-wal" and path.suffix != ".db-shm")
    assert before == after
    with pytest.raises(NotFound):
        replay("Small/1/work/99", Small, datastore=place)


PLUGIN_TEST = """
from stepwell import Flow, FlowSpec, step

class Hello(FlowSpec):
    @step
    def start(self):
        self.x = 1
        self.next(self.end)

    @step
    def end(self):
        pass

def test_flow(run_flow, stepwell_datastore):
    assert run_flow(Hello).data.x == 1
    assert [run.id for run in Flow("Hello")] == ["1"]

def test_another_test_has_a_datastore_of_its_own(run_flow, run_step, replay):
    assert run_flow(Hello).id == "1"
    assert replay("Hello/1/start", Hello).artifacts["x"] == 1
    assert run_step(Hello, "start").next == ("end",)
"""


def test_the_plugin_offers_the_same_as_fixtures(tmp_path):
    import subprocess
    import sys

    (tmp_path / "test_mine.py").write_text(PLUGIN_TEST)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:stepwell",
        "-p",
        "stepwell.testing.plugin",
        "-p",
        "no:cacheprovider",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "2 passed" in done.stdout, done.stdout
