"""Ctrl-C and SIGTERM: tasks get time to end, then are killed; the run is cancelled, and `resume` completes it."""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.flows.workspace import wait_until

FLOW = """
import signal, subprocess, sys

class Slow(FlowSpec):
    @step
    def start(self):
        self.x = 1
        self.items = [0, 1]
        self.next(self.work, foreach="items")

    @step
    def work(self):
        if self.input == 1:
            {before}
            witness("working")
            await_file("go")
        self.y = self.x + self.input
        self.next(self.join)

    @step
    def join(self, inputs):
        self.total = sum(i.y for i in inputs)
        self.next(self.end)

    @step
    def end(self):
        pass
"""
POLITE = """signal.signal(signal.SIGTERM, lambda *a: (witness("asked"), sys.exit(1)))"""
STUBBORN = """signal.signal(signal.SIGTERM, lambda *a: witness("asked"))"""
LITTER = """subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)"""


def started(work, before: str, *arguments: str):
    work.write(FLOW.format(before=before))
    process = work.start("run", "--max-workers", "2", *arguments)
    work.wait_for_witness("working")
    return process


def check_cancelled_and_resume(work, run_of) -> None:
    work.assert_no_process_is_left(0)
    run = run_of("Slow/1")
    assert run.status == "cancelled"
    assert run.finished
    assert not run.successful
    assert run["start"].task.data.x == 1
    work.touch("go")
    work.run("resume")
    assert run_of("Slow/2")["join"].task.data.total == 3
    assert run_of("Slow/2")["start"].task.origin_pathspec == "Slow/1/start/1"


@pytest.mark.parametrize("isolation", ["fork", "spawn"])
@pytest.mark.parametrize(("number", "code", "word"), [(signal.SIGINT, 130, "Ctrl-C"), (signal.SIGTERM, 143, "SIGTERM")])
def test_the_run_is_cancelled_and_tasks_are_asked_first(work, run_of, number, code, word, isolation):
    process = started(work, POLITE, "--isolation", isolation)
    os.killpg(process.pid, number)
    done = work.finish(process, code)
    assert "cancelled" in done.text
    assert word in done.text
    assert work.witnessed().count("asked") == 1
    check_cancelled_and_resume(work, run_of)


def test_a_signal_to_the_run_alone_does_the_same(work, run_of):
    process = started(work, LITTER)
    process.send_signal(signal.SIGTERM)
    work.finish(process, 143)
    check_cancelled_and_resume(work, run_of)


def test_a_task_that_ignores_the_request_is_killed_after_the_grace(work, run_of):
    work.environ["STEPWELL_GRACE_SECONDS"] = "0.3"
    process = started(work, STUBBORN)
    asked = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    done = work.finish(process, 130)
    assert time.monotonic() - asked >= 0.3
    assert "0.3 s to end" in done.text
    assert "asked" in work.witnessed()
    check_cancelled_and_resume(work, run_of)


def test_a_second_request_kills_at_once(work, run_of):
    work.environ["STEPWELL_GRACE_SECONDS"] = "300"
    process = started(work, STUBBORN)
    os.killpg(process.pid, signal.SIGINT)
    work.wait_for_witness("asked")
    os.killpg(process.pid, signal.SIGINT)
    work.finish(process, 130)
    check_cancelled_and_resume(work, run_of)


def test_a_run_in_one_process_is_interrupted_in_its_step(work, run_of):
    process = started(work, "pass", "--isolation", "none")
    os.killpg(process.pid, signal.SIGINT)
    done = work.finish(process, 130)
    assert "Ctrl-C" in done.text
    check_cancelled_and_resume(work, run_of)


def test_what_waits_for_its_retry_is_not_started_again(work, run_of):
    work.write("""
    class Waits(FlowSpec):
        @retry(times=3, minutes_between_retries=10)
        @step
        def start(self):
            witness("tried")
            raise ValueError("once")
            self.next(self.end)

        @step
        def end(self):
            pass
    """)
    process = work.start("run")
    wait_until(lambda: "tries again in" in (work.folder / "out.txt").read_text(), "the first failure")
    os.killpg(process.pid, signal.SIGINT)
    work.finish(process, 130)
    assert work.witnessed() == ["tried"]
    assert run_of("Waits/1").status == "cancelled"
    assert run_of("Waits/1")["start"].task.exception.message == "once"


def test_a_run_that_is_killed_is_not_running_for_ever(work, run_of):
    process = started(work, LITTER)
    assert run_of("Slow/1").status == "running"
    process.kill()
    process.wait()
    work.assert_no_process_is_left()
    run = run_of("Slow/1")
    assert run.status == "failed"
    assert "gone" in run.reason
    work.touch("go")
    work.run("resume")
    assert run_of("Slow/2")["join"].task.data.total == 3
