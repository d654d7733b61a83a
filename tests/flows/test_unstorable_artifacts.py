"""An artifact that cannot be stored fails its task by name, with the path to the part; the others survive."""

from __future__ import annotations

FLOW = """
import threading

class Holder:
    def __init__(self):
        self.lock = threading.Lock()

class Unstorable(FlowSpec):
    @step
    def start(self):
        self.good = list(range(5))
        self.more = "kept"
        self.settings = {"workers": [1, Holder()]}
        self.next(self.end)

    @step
    def end(self):
        self.total = sum(self.good)
"""


def test_the_part_is_named_and_the_other_artifacts_survive(work, run_of):
    work.write(FLOW)
    done = work.run("run", code=1)
    assert "`settings`" in done.err
    assert "self.settings['workers'][1].lock" in done.err
    assert "lock" in done.err
    task = run_of("Unstorable/1")["start"].task
    assert task.status == "failed"
    assert "self.settings['workers'][1].lock" in task.exception.message
    assert task.data.good == [0, 1, 2, 3, 4]
    assert task.data.more == "kept"
    assert not hasattr(task.data, "settings")
    assert run_of("Unstorable/1").status == "failed"


def test_resume_runs_the_mended_step(work, run_of):
    path = work.write(FLOW)
    work.run("run", code=1)
    path.write_text(path.read_text().replace("Holder()]", "2]"))
    work.run("resume")
    assert run_of("Unstorable/2").data.total == 10


def test_several_are_named_together(work, run_of):
    work.write("""
    class Several(FlowSpec):
        @step
        def start(self):
            self.numbers = (i for i in range(3))
            self.stream = open(os.devnull)
            self.good = 1
    """)
    done = work.run("run", code=1)
    assert "`numbers`" in done.err
    assert "`stream`" in done.err
    assert run_of("Several/1")["start"].task.data.good == 1


def test_an_object_that_raises_while_it_is_pickled_is_named_with_what_it_raised(work, run_of):
    work.write("""
    class Stubborn:
        def __reduce__(self):
            raise ValueError("I stay here")

    class Raises(FlowSpec):
        @step
        def start(self):
            self.good = 1
            self.bad = [Stubborn()]
    """)
    done = work.run("run", code=1)
    assert "bad" in done.err
    assert "I stay here" in done.err
    assert run_of("Raises/1")["start"].task.data.good == 1


def test_an_attribute_that_hides_a_step_fails_its_task_and_the_others_survive(work, run_of):
    work.write("""
    class Hides(FlowSpec):
        @step
        def start(self):
            for name in ("good", "end"):
                setattr(self, name, 1)
            self.next(self.middle)

        @step
        def middle(self):
            self.next(self.end)

        @step
        def end(self):
            pass
    """)
    done = work.run("run", code=1)
    assert "`self.end` was set to a value, which hides the step `end`" in done.err
    assert "give the artifact or the step another name" in done.err
    task = run_of("Hides/1")["start"].task
    assert task.data.good == 1
    assert "end" not in task
