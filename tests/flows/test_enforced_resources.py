"""`@resources` with the setting `enforce_resources`: a task keeps to its cores and its memory."""

from __future__ import annotations

import os

import pytest

HUNGRY = """
class Hungry(FlowSpec):
    @catch(var="failure")
    @resources(memory={memory})
    @step
    def start(self):
        {body}
        self.next(self.end)

    @step
    def end(self):
        witness(f"{{self.failure.type}}: {{self.failure}}" if self.failure else "no failure")
"""
GROW = "kept = bytearray(os.urandom(1)) * (300 << 20); await_file('never')"


@pytest.mark.parametrize("isolation", ["fork", "spawn"])
def test_a_task_that_uses_more_memory_than_it_has_is_ended_and_told(work, isolation):
    work.environ["STEPWELL_ENFORCE_RESOURCES"] = "1"
    work.write(HUNGRY.format(memory=150, body=GROW))
    work.run("run", "--isolation", isolation)
    told = work.witnessed()[0]
    assert told.startswith("memory: memory: step `start` used ")
    assert told.endswith(" MB of the 150 MB that it has")


def test_memory_of_processes_that_a_step_starts_counts(work):
    work.environ["STEPWELL_ENFORCE_RESOURCES"] = "1"
    script = "import time; x = bytearray(b'x') * (300 << 20); time.sleep(100)"
    body = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {script!r}]).wait()"
    work.write(HUNGRY.format(memory=150, body=body))
    work.run("run")
    assert "MB of the 150 MB" in work.witnessed()[0]
    work.assert_no_process_is_left()


def test_what_stays_below_and_what_did_not_say_it_run(work):
    work.environ["STEPWELL_ENFORCE_RESOURCES"] = "1"
    work.write(HUNGRY.format(memory=2000, body="kept = bytearray(b'x') * (200 << 20)"))
    work.run("run")
    work.write(HUNGRY.format(memory=1, body="pass").replace("@resources(memory=1)", "@resources"))
    work.run("run")
    assert work.witnessed() == ["no failure", "no failure"]


def test_nothing_is_enforced_unless_it_is_asked_for(work):
    work.write(
        HUNGRY.format(memory=1, body="kept = bytearray(b'x') * (50 << 20); witness(os.environ['OMP_NUM_THREADS'])")
    )
    work.environ["OMP_NUM_THREADS"] = "7"
    work.run("run")
    assert work.witnessed() == ["7", "no failure"]


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one core cannot be shared out")
def test_a_task_keeps_to_its_cores_and_libraries_to_as_many_threads(work):
    work.environ["STEPWELL_ENFORCE_RESOURCES"] = "1"
    work.environ.pop("OMP_NUM_THREADS")
    work.write("""
class Narrow(FlowSpec):
    @resources(cpu=1)
    @step
    def start(self):
        witness(f"{len(os.sched_getaffinity(0))} {os.environ['OMP_NUM_THREADS']} {os.environ['POLARS_MAX_THREADS']}")
        self.items = [0, 1]
        self.next(self.both, foreach="items")

    @resources(cpu=1)
    @step
    def both(self):
        with open(os.path.join(os.environ["WITNESS_FOLDER"], f"core-{self.index}"), "w") as file:
            file.write(str(sorted(os.sched_getaffinity(0))))
        await_file(f"core-{1 - self.index}")
        self.next(self.join)

    @step
    def join(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        witness(str(len(os.sched_getaffinity(0)) > 1))
""")
    work.run("run")
    assert work.witnessed() == ["1 1 1", "True"]
    cores = {(work.folder / f"core-{index}").read_text() for index in (0, 1)}
    assert len(cores) == 2
