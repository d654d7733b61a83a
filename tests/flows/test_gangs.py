"""Gangs (`num_parallel`), run for real: processes at the same time, which succeed or fail as one."""

from __future__ import annotations

import pytest

GANG = """
from stepwell import parallel

class Gang(FlowSpec):
    @step
    def start(self):
        self.size = 3
        self.before = "inherited"
        self.next(self.train, num_parallel=self.size)

    @parallel
    @step
    def train(self):
        place = current.parallel
        open(f"here-{place.node_index}", "w").close()
        for index in range(place.num_nodes):
            await_file(f"here-{index}")  # none can pass before all are there
        self.place = tuple(place)
        self.own = (self.input, self.index, current.is_parallel, current.task_id, self.before)
        print("out of", self.index)
        self.next(self.join)

    @step
    def join(self, inputs):
        self.places = [i.place for i in inputs]
        self.owns = [i.own for i in inputs]
        self.outside = (tuple(current.parallel), current.is_parallel)
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def test_a_gang_runs_at_the_same_time_and_every_task_knows_its_place(work, run_of):
    work.write(GANG)
    work.run("run")
    run = run_of("Gang/1")
    assert run["join"].task.data.places == [("127.0.0.1", 3, index, "2") for index in range(3)]
    assert run["join"].task.data.owns == [(index, index, True, str(index + 2), "inherited") for index in range(3)]
    assert run["join"].task.data.outside == (("127.0.0.1", 1, 0, None), False)
    assert [task.stdout for task in sorted(run["train"], key=lambda task: task.id)] == [
        f"out of {index}\n" for index in range(3)
    ]
    assert run["train"].control_task.id == "2"
    assert [task.id for task in run["train"].control_tasks()] == ["2"]
    assert run["join"].control_task is None


@pytest.mark.parametrize("options", [("--max-workers", "1"), ("--isolation", "spawn")])
def test_a_gang_that_is_larger_than_what_there_is_runs_all_the_same(work, run_of, options):
    work.write(GANG)
    work.run("run", *options)
    assert len(run_of("Gang/1")["join"].task.data.places) == 3


FAILING = """
from stepwell import catch, parallel

class Failing(FlowSpec):
    tries = Parameter("tries", default=1)

    @step
    def start(self):
        self.next(self.train, num_parallel=3)

    DECORATORS
    @parallel
    @step
    def train(self):
        attempt = current.retry_count
        witness(f"train {self.index} attempt {attempt}")
        if attempt + 1 < self.tries:
            self.half = (self.index, attempt)
            if self.index == 1:
                for index in range(3):
                    while f"train {index} attempt {attempt}" not in open(
                        os.path.join(os.environ["WITNESS_FOLDER"], "witness.txt")
                    ).read():
                        pass
                raise ValueError("number 1 fails")
            if self.index == 2:
                await_file("never")
        self.done = (self.index, attempt)
        self.next(self.join)

    @step
    def join(self, inputs):
        self.all_done = [getattr(i, "done", None) for i in inputs]
        self.halves = [getattr(i, "half", None) for i in inputs]
        self.failures = [getattr(i, "failure", None) for i in inputs]
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def test_when_one_of_a_gang_fails_all_of_it_is_tried_again(work, run_of):
    work.write(FAILING.replace("DECORATORS", "@retry(times=2, minutes_between_retries=0)"))
    work.run("run", "--tries", "2")
    run = run_of("Failing/1")
    assert run["join"].task.data.all_done == [(0, 1), (1, 1), (2, 1)]
    assert run["join"].task.data.halves == [None, None, None], "nothing of the first attempt is left"
    assert sorted(work.witnessed()) == sorted(f"train {i} attempt {a}" for i in range(3) for a in range(2))


def test_when_one_of_a_gang_fails_for_good_the_others_are_ended_and_the_run_fails_with_its_reason(work, run_of):
    work.write(FAILING.replace("DECORATORS", ""))
    done = work.run("run", "--tries", "2", code=1)
    assert "number 1 fails" in done.err
    run = run_of("Failing/1")
    assert run.status == "failed"
    statuses = {task.index: task.status for task in run["train"]}
    assert statuses == {0: "succeeded", 1: "failed", 2: "cancelled"}
    ended = next(task for task in run["train"] if task.index == 2)
    assert "because `train/3`, of the same gang, failed" in work.stepwell("show", ended.pathspec).text


def test_when_one_of_a_gang_is_killed_the_others_are_ended_and_all_of_it_is_tried_again(work, run_of):
    work.write("""
    from stepwell import parallel

    class Killed(FlowSpec):
        @step
        def start(self):
            self.next(self.train, num_parallel=2)

        @retry(times=1, minutes_between_retries=0)
        @parallel
        @step
        def train(self):
            if current.retry_count == 0:
                if self.index == 0:
                    os.kill(os.getpid(), 9)
                await_file("never")
            self.done = current.retry_count
            self.next(self.join)

        @step
        def join(self, inputs):
            self.all_done = [i.done for i in inputs]
            self.next(self.end)

        @step
        def end(self):
            pass
    """)
    work.run("run")
    assert run_of("Killed/1")["join"].task.data.all_done == [1, 1]


def test_a_resume_runs_a_gang_again_as_a_whole_or_takes_it_over_as_a_whole(work, run_of):
    work.write(FAILING.replace("DECORATORS", ""))
    work.run("run", "--tries", "2", code=1)
    source = (work.folder / "flow.py").read_text()
    (work.folder / "flow.py").write_text(source.replace("attempt + 1 < self.tries", "False"))
    work.forget_witnesses()
    work.run("resume")
    assert sorted(work.witnessed()) == [f"train {index} attempt 0" for index in range(3)]
    work.forget_witnesses()
    work.run("resume", "end")
    assert work.witnessed() == []
    run = run_of("Failing/3")
    assert run["join"].task.data.all_done == [(0, 0), (1, 0), (2, 0)]
    assert [task.origin_pathspec for task in sorted(run["train"], key=lambda task: task.id)] == [
        f"Failing/2/train/{number}" for number in (2, 3, 4)
    ]


def test_a_resume_does_not_piece_a_gang_together_from_different_attempts(work, run_of):
    work.write("""
    from stepwell import parallel

    class Pieces(FlowSpec):
        @step
        def start(self):
            self.next(self.train, num_parallel=2)

        @retry(times=1, minutes_between_retries=0)
        @parallel
        @step
        def train(self):
            self.attempt = current.retry_count
            mended = os.path.exists(os.environ["WITNESS_FOLDER"] + "/mended")
            if not mended:
                done = f"done-{self.attempt}"
                if self.index == self.attempt:
                    open(done, "w").close()
                else:
                    await_file(done)
                    raise ValueError("the other one was done")
            witness(f"train {self.index}")
            self.next(self.join)

        @step
        def join(self, inputs):
            self.attempts = [i.attempt for i in inputs]
            self.next(self.end)

        @step
        def end(self):
            pass
    """)
    work.run("run", code=1)
    work.touch("mended")
    work.forget_witnesses()
    work.run("resume")
    assert sorted(work.witnessed()) == ["train 0", "train 1"]
    assert run_of("Pieces/2")["join"].task.data.attempts == [0, 0]


def test_a_gang_whose_failure_is_caught_goes_on_as_a_whole(work, run_of):
    work.write(FAILING.replace("DECORATORS", '@catch(var="failure", print_exception=False)'))
    work.run("run", "--tries", "2")
    data = run_of("Failing/1")["join"].task.data
    assert data.all_done == [(0, 0), None, None] or data.all_done == [None, None, None]
    assert data.halves[1] == (1, 0)
    assert "number 1 fails" in data.failures[1].exception
    assert "train/3" in data.failures[2].exception


def test_a_gang_stands_in_a_foreach_and_in_a_branch(work, run_of):
    work.write("""
    from stepwell import parallel

    class Inside(FlowSpec):
        @step
        def start(self):
            self.sizes = [1, 2]
            self.next(self.lead, foreach="sizes")

        @step
        def lead(self):
            self.size = self.input
            self.next(self.train, num_parallel=self.size)

        @parallel
        @step
        def train(self):
            self.where = (self.foreach_stack(), current.parallel.num_nodes)
            self.next(self.join)

        @step
        def join(self, inputs):
            self.wheres = [i.where for i in inputs]
            self.item = self.input
            self.next(self.gather)

        @step
        def gather(self, inputs):
            self.all_wheres = [i.wheres for i in inputs]
            self.items = [i.item for i in inputs]
            self.next(self.end)

        @step
        def end(self):
            pass
    """)
    work.run("run")
    data = run_of("Inside/1")["gather"].task.data
    assert data.items == [1, 2]
    assert data.all_wheres == [
        [([(0, 2, 1), (0, 1, 0)], 1)],
        [([(1, 2, 2), (0, 2, 0)], 2), ([(1, 2, 2), (1, 2, 1)], 2)],
    ]
    assert [task.id for task in run_of("Inside/1")["train"].control_tasks()] != []


def test_pytorch_parallel_sets_what_torch_reads(work, run_of):
    work.write("""
    from stepwell import pytorch_parallel

    NAMES = "MASTER_ADDR", "NODE_RANK", "WORLD_SIZE", "NUM_NODES", "PL_TORCH_DISTRIBUTED_BACKEND"

    class Torch(FlowSpec):
        @step
        def start(self):
            self.next(self.train, num_parallel=2)

        @pytorch_parallel
        @step
        def train(self):
            self.env = [os.environ[name] for name in NAMES]
            self.port = int(os.environ["MASTER_PORT"])
            self.next(self.again)

        @step
        def again(self, inputs):
            self.envs = [i.env for i in inputs]
            self.ports = [i.port for i in inputs]
            self.next(self.train_again, num_parallel=2)

        @pytorch_parallel(master_port=29512)
        @step
        def train_again(self):
            self.port = int(os.environ["MASTER_PORT"])
            self.next(self.join)

        @step
        def join(self, inputs):
            self.ports = [i.port for i in inputs]
            self.left = [name for name in NAMES if name in os.environ]
            self.next(self.end)

        @step
        def end(self):
            pass
    """)
    work.run("run")
    run = run_of("Torch/1")
    data = run["again"].task.data
    assert data.envs == [["127.0.0.1", str(index), "2", "2", "gloo"] for index in range(2)]
    assert data.ports[0] == data.ports[1]
    assert 1024 < data.ports[0] < 32768
    assert run["join"].task.data.ports == [29512, 29512]
    assert run["join"].task.data.left == []


def test_in_one_process_a_gang_runs_one_after_another_and_says_so(work, run_of):
    work.write(GANG.replace('await_file(f"here-{index}")', "pass"))
    done = work.run("run", "--isolation", "none")
    assert "the tasks of a gang run one after another" in done.err
    assert len(run_of("Gang/1")["join"].task.data.places) == 3


MISUSED = {
    "no @parallel": (
        GANG.replace("    @parallel\n", ""),
        "error[SW160]: step `start` starts `train` as a gang (`num_parallel`), but it has no `@parallel`",
        "write `@parallel` above `def train`",
    ),
    "no num_parallel": (
        GANG.replace(", num_parallel=self.size", ""),
        "error[SW161]: step `train` has `@parallel`, but step `start` does not start it as a gang",
        "write `self.next(self.train, num_parallel=...)` in step `start`",
    ),
    "a gang that splits": (
        GANG.replace("self.next(self.join)", 'self.xs = [1]\n        self.next(self.other, foreach="xs")').replace(
            "    @step\n    def join",
            "    @step\n    def other(self):\n        self.next(self.inner)\n\n"
            "    @step\n    def inner(self, inputs):\n        self.next(self.join)\n\n    @step\n    def join",
        ),
        "error[SW162]: step `train` is run by a gang, and leads to more than a join",
        "join the gang first",
    ),
    "no join after it": (
        GANG.replace("self.next(self.join)", "self.next(self.other)").replace(
            "    @step\n    def join",
            "    @step\n    def other(self):\n        self.next(self.join)\n\n    @step\n    def join",
        ),
        "error[SW162]: step `train` is run by a gang, but the step after it, `other`, is not a join",
        "write `def other(self, inputs)`",
    ),
}


@pytest.mark.parametrize("command", ["run", "check"])
@pytest.mark.parametrize("which", MISUSED)
def test_a_gang_that_is_written_wrongly_is_refused_with_its_cure(work, which, command):
    source, message, hint = MISUSED[which]
    work.write(source)
    done = work.run(command, code=1)
    assert message in done.err
    assert hint in " ".join(done.err.split())
    assert not work.root.exists()


def test_what_show_and_the_graph_commands_say_of_a_gang(work):
    work.write(GANG)
    assert "=> train as a gang: `num_parallel` tasks at the same time" in work.run("show").out
    assert '"start" -> "train" [label="gang"];' in work.run("output-dot").out
    assert '"split-parallel"' in work.run("output-raw").out
