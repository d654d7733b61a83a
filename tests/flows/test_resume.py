"""`resume`: finished tasks are taken over, the others run; from any run, at any step, inside any foreach."""

from __future__ import annotations

import pytest

LINEAR = """
class Linear(FlowSpec):
    alpha = Parameter("alpha", default=1)

    @step
    def start(self):
        witness("start")
        self.x = self.alpha
        self.next(self.middle)

    @step
    def middle(self):
        witness("middle")
        self.y = self.x + 1
        self.next(self.last)

    @step
    def last(self):
        witness("last")
        assert os.path.exists(os.environ["WITNESS_FOLDER"] + "/mended"), "not yet"
        self.z = self.y + 1
        self.next(self.end)

    @step
    def end(self):
        witness("end")
"""


def test_only_what_was_not_finished_runs(work, run_of):
    work.write(LINEAR)
    work.run("run", "--alpha", "5", code=1)
    work.touch("mended")
    work.forget_witnesses()
    done = work.run("resume")
    assert work.witnessed() == ["last", "end"]
    assert "resumes run 1" in done.err
    run = run_of("Linear/2")
    assert run.data.z == 7
    assert run.origin_pathspec == "Linear/1"
    assert run["_parameters"].task.data.alpha == 5
    assert run["middle"].task.origin_pathspec == "Linear/1/middle/2"
    assert run["last"].task.origin_pathspec is None


def test_a_resumed_run_can_be_resumed(work, run_of):
    work.write(LINEAR)
    work.run("run", code=1)
    work.run("resume", code=1)
    work.touch("mended")
    work.forget_witnesses()
    work.run("resume")
    assert work.witnessed() == ["last", "end"]
    run = run_of("Linear/3")
    assert run.data.z == 3
    assert run.origin_pathspec == "Linear/2"
    assert run["start"].task.origin_pathspec == "Linear/1/start/1"


def test_any_run_can_be_named(work, run_of):
    work.write(LINEAR)
    work.touch("mended")
    work.run("run", "--alpha", "10")
    work.run("run", "--alpha", "20")
    work.run("resume", "last", "--origin-run-id", "1")
    assert run_of("Linear/3").data.z == 12


def test_a_step_is_run_again_with_all_that_follow(work, run_of):
    path = work.write(LINEAR)
    work.touch("mended")
    work.run("run")
    work.forget_witnesses()
    path.write_text(path.read_text().replace("self.y = self.x + 1", "self.y = self.x + 100"))
    work.run("resume", "middle")
    assert work.witnessed() == ["middle", "last", "end"]
    assert run_of("Linear/2").data.z == 102
    assert run_of("Linear/1").data.z == 3


def test_parameters_cannot_be_changed_by_a_resume(work):
    work.write(LINEAR)
    work.run("run", code=1)
    done = work.run("resume", "--alpha", "3", code=2)
    assert "--alpha" in done.err
    assert "keeps the parameters" in done.err


def test_output_of_a_task_taken_over_can_be_read(work, run_of):
    path = work.write(LINEAR)
    path.write_text(path.read_text().replace('witness("start")', 'print("from the first run")'))
    work.run("run", code=1)
    work.touch("mended")
    work.run("resume")
    assert run_of("Linear/2")["start"].task.stdout == "from the first run\n"


def test_a_finished_run_can_be_resumed_and_nothing_runs(work, run_of):
    work.write(LINEAR)
    work.touch("mended")
    work.run("run")
    work.forget_witnesses()
    work.run("resume")
    assert work.witnessed() == []
    assert run_of("Linear/2").successful
    assert run_of("Linear/2").data.z == 3


FOREACH = """
class Fans(FlowSpec):
    @step
    def start(self):
        self.items = ["a", "b", "c", "d"]
        self.next(self.work, foreach="items")

    @step
    def work(self):
        witness(self.input)
        mended = os.path.exists(os.environ["WITNESS_FOLDER"] + "/mended")
        assert mended or self.input not in "bd", f"no {self.input}"
        self.value = self.input * 2
        self.next(self.join)

    @step
    def join(self, inputs):
        witness("join")
        self.values = [i.value for i in inputs]
        self.next(self.end)

    @step
    def end(self):
        pass
"""


@pytest.mark.parametrize("isolation", ["fork", "spawn", "none"])
def test_inside_a_foreach_only_the_failed_items_run_again(work, run_of, isolation):
    work.write(FOREACH)
    work.run("run", "--isolation", isolation, "--on-failure", "continue", code=1)
    assert sorted(work.witnessed()) == ["a", "b", "c", "d"]
    work.touch("mended")
    work.forget_witnesses()
    work.run("resume", "--isolation", isolation)
    assert sorted(work.witnessed()) == ["b", "d", "join"]
    run = run_of("Fans/2")
    assert run["join"].task.data.values == ["aa", "bb", "cc", "dd"]
    assert sum(task.origin_pathspec is not None for task in run["work"]) == 2


NESTED = """
class Nest(FlowSpec):
    @step
    def start(self):
        self.letters = ["a", "b"]
        self.next(self.outer, foreach="letters")

    @step
    def outer(self):
        self.letter = self.input
        witness(f"outer {self.letter}")
        self.numbers = [1, 2, 3]
        self.next(self.inner, foreach="numbers")

    @step
    def inner(self):
        name = f"{self.letter}{self.input}"
        witness(name)
        mended = os.path.exists(os.environ["WITNESS_FOLDER"] + "/mended")
        assert mended or name != "b2", "not yet"
        self.name = name
        self.next(self.join_inner)

    @step
    def join_inner(self, inputs):
        self.names = [i.name for i in inputs]
        witness(f"join {self.input}")
        self.next(self.join_outer)

    @step
    def join_outer(self, inputs):
        self.names = [name for i in inputs for name in i.names]
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def test_inside_a_nested_foreach_only_the_failed_item_and_its_joins_run_again(work, run_of):
    work.write(NESTED)
    work.run("run", "--on-failure", "continue", code=1)
    assert sorted(work.witnessed()) == ["a1", "a2", "a3", "b1", "b2", "b3", "join a", "outer a", "outer b"]
    work.touch("mended")
    work.forget_witnesses()
    work.run("resume")
    assert work.witnessed() == ["b2", "join b"]
    assert run_of("Nest/2")["join_outer"].task.data.names == ["a1", "a2", "a3", "b1", "b2", "b3"]


def test_a_step_inside_a_nested_foreach_is_run_again_for_every_item(work, run_of):
    work.write(NESTED)
    work.touch("mended")
    work.run("run")
    work.forget_witnesses()
    work.run("resume", "inner")
    assert sorted(work.witnessed()) == ["a1", "a2", "a3", "b1", "b2", "b3", "join a", "join b"]
    assert run_of("Nest/2")["join_outer"].task.data.names == ["a1", "a2", "a3", "b1", "b2", "b3"]


def test_a_resumed_run_inside_a_foreach_can_be_resumed(work, run_of):
    path = work.write(FOREACH)
    work.run("run", "--on-failure", "continue", code=1)
    path.write_text(path.read_text().replace('not in "bd"', 'not in "d"'))
    work.run("resume", "--on-failure", "continue", code=1)
    work.touch("mended")
    work.forget_witnesses()
    work.run("resume")
    assert sorted(work.witnessed()) == ["d", "join"]
    assert run_of("Fans/3")["join"].task.data.values == ["aa", "bb", "cc", "dd"]


def test_a_foreach_whose_list_became_longer_runs_the_new_items(work, run_of):
    path = work.write(FOREACH)
    work.touch("mended")
    work.run("run")
    path.write_text(path.read_text().replace('"c", "d"]', '"c", "d", "e"]'))
    work.run("resume", "start")
    assert run_of("Fans/2")["join"].task.data.values == ["aa", "bb", "cc", "dd", "ee"]
