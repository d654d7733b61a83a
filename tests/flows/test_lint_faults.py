"""Faults of the graph: all of them at once, each with its line and its cure, before anything is written."""

from __future__ import annotations

from tests.flows.test_broken_flow_files import GOOD


def test_every_fault_is_told_at_once_with_line_and_cure(work, run_of):
    path = work.write("""
    class Faulty(FlowSpec):
        @step
        def start(self):
            self.next(self.middle)

        @step
        def middle(self):
            self.next(self.nowhere)

        @step
        def end(self, inputs):
            pass

        @step
        def open_ended(self):
            self.x = 1
    """)
    lines = path.read_text().splitlines()
    missing = lines.index("        self.next(self.nowhere)") + 1
    open_ended = lines.index("    def open_ended(self):") + 1
    done = work.run("run", code=1)
    assert f"flow.py:{missing}" in done.err
    assert "`nowhere`, which does not exist" in done.err
    assert f"flow.py:{open_ended}" in done.err
    assert "`open_ended`" in done.err
    assert "hint:" in done.err
    assert not work.root.exists()
    work.write(GOOD)
    work.run("run")
    assert run_of("Good/1").successful


def test_check_tells_the_same_faults_as_run(work):
    work.write("""
    class Faulty(FlowSpec):
        @step
        def start(self):
            self.next(self.a, self.b)

        @step
        def a(self):
            self.next(self.end)

        @step
        def b(self):
            self.next(self.end)

        @step
        def end(self):
            pass
    """)
    checked = work.run("check", code=1)
    ran = work.run("run", code=1)
    assert "inputs" in ran.err
    assert "end" in ran.err
    assert sorted(checked.text.splitlines()) == sorted(ran.text.splitlines())


def test_resume_of_an_unknown_step_names_the_steps_that_there_are(work, run_of):
    work.write(GOOD)
    work.run("run")
    done = work.run("resume", "middle", code=2)
    assert "there is no step `middle`" in done.err
    assert "`start`" in done.err
    assert "`end`" in done.err
    work.run("resume", "end")
    assert run_of("Good/2").successful


def test_resume_without_a_run_says_so(work):
    work.write(GOOD)
    done = work.run("resume", code=None)
    assert done.code in (1, 2)
    assert "no run of `Good` to resume" in done.err
    assert "run" in done.err


def test_resume_of_an_unknown_run_says_so(work):
    work.write(GOOD)
    work.run("run")
    done = work.run("resume", "--origin-run-id", "77", code=None)
    assert done.code in (1, 2)
    assert "77" in done.err


def test_an_unknown_option_gets_the_nearest_one_as_a_hint(work):
    work.write(GOOD)
    done = work.run("run", "--max-worker", "2", code=2)
    assert "--max-worker" in done.err
    assert "--max-workers" in done.err
