"""How tasks are kept apart makes no difference to what a flow computes."""

from __future__ import annotations

import os

import pytest

SHAPES = """
import state

class Shapes(FlowSpec):
    '''Every form of self.next in one flow.'''
    alpha = Parameter("alpha", default=2)

    @step
    def start(self):
        self.common = self.alpha
        self.next(self.left, self.right)

    @step
    def left(self):
        self.value = "left"
        self.items = {"a": 1, "b": 2}
        self.next(self.work, foreach="items")

    @step
    def work(self):
        self.got = (self.index, self.input, self.common, current.step_name, current.task_id != "")
        self.next(self.gather)

    @step
    def gather(self, inputs):
        self.got = [i.got for i in inputs]
        self.merge_artifacts(inputs, exclude=["items"])
        self.next(self.join)

    @step
    def right(self):
        self.value = "right"
        self.next(self.join)

    @step
    def join(self, inputs):
        self.names = [i.value for i in inputs]
        self.got = inputs.gather.got
        self.next(self.end)

    @step
    def end(self):
        self.flow = current.flow_name
        self.run = current.run_id
"""


def test_all_give_the_same_results(work, run_of):
    (work.folder / "state.py").write_text("counter = 0\n")
    work.write(SHAPES)
    for isolation in ("fork", "spawn", "none"):
        work.run("run", "--isolation", isolation, "--alpha", "7")
    results = []
    for run in reversed(list(run_of("Shapes/1").parent)):
        assert run.successful
        data = run.data
        results.append((data.names, data.got, data.flow))
        assert data.run == run.id
        assert [step.id for step in reversed(list(run)) if step.id != "right"] == [
            "start", "left", "work", "gather", "join", "end",
        ]  # fmt: skip
    got = [(0, ("a", 1), 7, "work", True), (1, ("b", 2), 7, "work", True)]
    assert results == [(["left", "right"], got, "Shapes")] * 3


def test_tasks_do_not_see_what_others_changed_in_memory(work, run_of):
    (work.folder / "state.py").write_text("counter = 0\n")
    work.write("""
    import state

    class Apart(FlowSpec):
        @step
        def start(self):
            state.counter += 1
            os.environ["CHANGED"] = "yes"
            os.chdir("/")
            self.next(self.end)

        @step
        def end(self):
            self.seen = (state.counter, os.environ.get("CHANGED"), os.getcwd())
    """)
    for isolation in ("fork", "spawn"):
        work.run("run", "--isolation", isolation)
    for run in run_of("Apart/1").parent:
        assert run.data.seen == (0, None, str(work.folder))


def test_which_processes_run_the_tasks(work, run_of):
    work.write("""
    class Processes(FlowSpec):
        @step
        def start(self):
            self.pids = [os.getpid()]
            self.next(self.end)

        @step
        def end(self):
            self.pids.append(os.getpid())
    """)
    for isolation, count in (("fork", 2), ("spawn", 2), ("none", 1)):
        done = work.run("run", "--isolation", isolation)
        assert "fresh interpreter" not in done.text
        run = run_of("Processes/1").parent.latest_run
        assert len(set(run.data.pids)) == count
        assert os.getpid() not in run.data.pids


UNSAFE = """
import threading

def wait_for_ever():
    threading.Event().wait()

threading.Thread(target=wait_for_ever, name="collector", daemon=True).start()

class Unsafe(FlowSpec):
    @step
    def start(self):
        self.items = [1, 2]
        self.next(self.work, foreach="items")

    @step
    def work(self):
        self.value = self.input * 10
        self.next(self.join)

    @step
    def join(self, inputs):
        self.values = [i.value for i in inputs]
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def test_a_flow_file_that_starts_a_thread_is_run_by_fresh_interpreters_and_told_so_once(work, run_of):
    work.write(UNSAFE)
    done = work.run("run")
    assert done.err.count("every task gets a fresh interpreter") == 1
    assert "collector" in done.err
    assert "--isolation spawn" in done.err
    assert run_of("Unsafe/1")["join"].task.data.values == [10, 20]


@pytest.mark.parametrize("isolation", ["spawn", "none"])
def test_without_forking_there_is_nothing_to_tell(work, run_of, isolation):
    work.write(UNSAFE)
    done = work.run("run", "--isolation", isolation)
    assert "interpreter" not in done.err
    assert run_of("Unsafe/1")["join"].task.data.values == [10, 20]


@pytest.mark.parametrize("isolation", ["fork", "spawn", "none"])
def test_numpy_and_pandas_work_in_tasks(work, run_of, isolation):
    work.write("""
    import numpy as np
    import pandas as pd

    class Arrays(FlowSpec):
        @step
        def start(self):
            self.array = np.arange(300_000.0).reshape(300, 1000)
            self.table = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
            self.next(self.end)

        @step
        def end(self):
            self.product = float((self.array @ self.array.T).trace())
            self.array[0, 0] = -1
            self.rows = self.table.to_dict("records")
    """)
    work.run("run", "--isolation", isolation)
    run = run_of("Arrays/1")
    assert run.data.rows == [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]
    assert run["start"].task.data.array[0, 0] == 0
    assert run.data.array[0, 0] == -1
    assert run.data.product > 0
