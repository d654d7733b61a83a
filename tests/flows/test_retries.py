"""`@retry`: how often, how long between, and what each attempt leaves."""

from __future__ import annotations

import itertools

import pytest

FLOW = """
import time

class Retries(FlowSpec):
    @retry(times=2, minutes_between_retries=0.01)
    @step
    def start(self):
        self.began = time.monotonic()
        witness(self.began)
        print(f"attempt {{current.retry_count}}")
        self.count = current.retry_count
        {deed}
        self.next(self.end)

    @step
    def end(self):
        self.total = self.count + 1
"""


@pytest.mark.parametrize("isolation", ["fork", "spawn", "none"])
def test_a_step_that_fails_twice_succeeds_the_third_time(work, run_of, isolation):
    work.write(FLOW.format(deed="assert current.retry_count == 2, 'too early'"))
    done = work.run("run", "--isolation", isolation)
    assert done.out.count("tries again in 0.6") == 2
    began = [float(line) for line in work.witnessed()]
    assert len(began) == 3
    assert all(b - a >= 0.6 for a, b in itertools.pairwise(began))
    task = run_of("Retries/1")["start"].task
    assert run_of("Retries/1").data.total == 3
    assert task.successful
    assert task.exception is None
    assert task.current_attempt == 2
    assert task.stdout == "attempt 2\n"


def test_logs_and_errors_of_every_attempt_are_kept(work, run_of):
    from stepwell.client import Task

    work.write(FLOW.format(deed="assert current.retry_count == 2, f'no {current.retry_count}'"))
    work.run("run")
    pathspec = run_of("Retries/1")["start"].task.pathspec
    for attempt in range(2):
        task = Task(pathspec, attempt=attempt)
        assert task.stdout == f"attempt {attempt}\n"
        assert task.exception.message == f"no {attempt}"
        assert task.data.count == attempt
    shown = work.stepwell("logs", pathspec, "--attempt", "0")
    assert "attempt 0" in shown.out


def test_a_step_that_never_succeeds_is_tried_as_often_as_asked(work, run_of):
    work.write(FLOW.format(deed="raise ValueError('never')"))
    done = work.run("run", code=1)
    assert len(work.witnessed()) == 3
    assert "after 3 attempts" in done.err
    assert "ValueError: never" in done.err
    assert run_of("Retries/1")["start"].task.current_attempt == 2


@pytest.mark.parametrize("deed", ["os._exit(1)", "os.kill(os.getpid(), 9)", "exit(2)"])
def test_a_step_that_dies_is_tried_again_too(work, run_of, deed):
    work.write(FLOW.format(deed=f"current.retry_count or {deed}"))
    work.run("run")
    assert len(work.witnessed()) == 2
    assert run_of("Retries/1").data.total == 2


def test_retries_can_be_added_from_outside_the_file(work, run_of):
    path = work.write(FLOW.format(deed="assert current.retry_count == 1"))
    path.write_text(path.read_text().replace("    @retry(times=2, minutes_between_retries=0.01)\n", ""))
    work.run("run", code=1)
    work.run("run", "--with", "retry:times=1,minutes_between_retries=0")
    assert run_of("Retries/2").data.total == 2
