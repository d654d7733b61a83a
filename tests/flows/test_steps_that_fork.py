"""A step may fork: its result counts once, whatever the child does."""

from __future__ import annotations

import pytest

FLOW = """
class Forks(FlowSpec):
    @step
    def start(self):
        self.value = 1
        pid = os.fork()
        {deed}
        self.next(self.end)

    @step
    def end(self):
        self.total = self.value + 1
"""

DEEDS = {
    "falls-through": "self.value = 100 if pid == 0 else 1",
    "falls-through-before-the-parent": "self.value = 100 if pid == 0 else os.waitpid(pid, 0)[1] + 1",
    "raises": "assert pid, 'only the child'",
    "exits": "exit(3) if pid == 0 else os.waitpid(pid, 0)",
    "leaves": "os._exit(7) if pid == 0 else os.waitpid(pid, 0)",
}


@pytest.mark.parametrize("isolation", ["fork", "spawn"])
@pytest.mark.parametrize("deed", DEEDS)
def test_there_is_exactly_one_result(work, run_of, deed, isolation):
    work.write(FLOW.format(deed=DEEDS[deed]))
    work.run("run", "--isolation", isolation)
    run = run_of("Forks/1")
    assert run.data.total == 2
    assert [step.id for step in run] == ["end", "start"]
    assert len(list(run["start"])) == 1
    log = (work.root / "flows" / "Forks" / "1" / "log").read_text()
    assert log.count('"step":"start"') - log.count('"started"') <= 3
    assert results_of(log, "start") == 1


def test_multiprocessing_works_within_a_step(work, run_of):
    work.write("""
    import multiprocessing

    def double(value):
        return 2 * value

    class Pools(FlowSpec):
        @step
        def start(self):
            with multiprocessing.get_context("fork").Pool(2) as pool:
                self.forked = pool.map(double, range(4))
            self.next(self.end)

        @step
        def end(self):
            pass
    """)
    work.run("run")
    assert run_of("Pools/1").data.forked == [0, 2, 4, 6]


def results_of(log: str, step: str) -> int:
    """How many results a run's log has for a step."""
    return sum('"type":"result"' in line and f'"step":"{step}"' in line for line in log.splitlines())
