"""Random numbers: siblings draw different ones, a task that is run again draws its own again."""

from __future__ import annotations

import pytest

FLOW = """
import random
import numpy

class Draws(FlowSpec):
    @step
    def start(self):
        self.items = [0, 1, 2]
        self.next(self.work, foreach="items")

    @step
    def work(self):
        self.drawn = (random.random(), float(numpy.random.rand()))
        self.next(self.join)

    @step
    def join(self, inputs):
        self.all = [i.drawn for i in inputs]
        self.next(self.end)

    @step
    def end(self):
        pass
"""


@pytest.mark.parametrize("isolation", ["fork", "spawn", "none"])
def test_siblings_differ_and_a_task_run_again_repeats(work, run_of, isolation):
    work.write(FLOW)
    work.run("run", "--isolation", isolation)
    first = run_of("Draws/1")["join"].task.data.all
    assert len({number for pair in first for number in pair}) == 6
    work.run("resume", "work", "--isolation", isolation)
    assert run_of("Draws/2")["join"].task.data.all == first


def test_isolation_makes_no_difference_and_another_run_does(work, run_of):
    work.write(FLOW)
    work.run("run", "--isolation", "fork")
    first = run_of("Draws/1")["join"].task.data.all
    work.run("resume", "work", "--isolation", "spawn")
    work.run("resume", "work", "--isolation", "none")
    work.run("run")
    assert run_of("Draws/2")["join"].task.data.all == first
    assert run_of("Draws/3")["join"].task.data.all == first
    assert run_of("Draws/4")["join"].task.data.all != first


def test_attempts_of_one_task_differ(work, run_of):
    work.write("""
    import random

    class Again(FlowSpec):
        @retry(times=1, minutes_between_retries=0)
        @step
        def start(self):
            self.drawn = random.random()
            witness(self.drawn)
            assert current.retry_count
            self.next(self.end)

        @step
        def end(self):
            pass
    """)
    work.run("run")
    first, second = work.witnessed()
    assert first != second
