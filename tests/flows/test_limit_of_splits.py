"""`--max-num-splits` holds a foreach to a limit; without it there is none."""

from __future__ import annotations

FLOW = """
class Wide(FlowSpec):
    @step
    def start(self):
        self.items = list(range(150))
        self.next(self.work, foreach="items")

    @step
    def work(self):
        self.next(self.join)

    @step
    def join(self, inputs):
        self.n = len(inputs)
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def test_a_foreach_above_the_limit_fails_before_it_splits(work, run_of):
    work.write(FLOW)
    done = work.run("run", "--max-num-splits", "100", code=1)
    assert "the foreach over `self.items` in step `start` has more than 100 items" in done.text
    assert "--max-num-splits" in done.text
    assert [step.id for step in run_of("Wide/1")] == ["start"]


def test_there_is_no_limit_unless_one_is_given(work, run_of):
    work.write(FLOW)
    work.run("run")
    assert run_of("Wide/1").data.n == 150
