"""Runs of one flow that start at the same moment, on one datastore."""

from __future__ import annotations

FLOW = """
class Together(FlowSpec):
    number = Parameter("number", default=0)

    @step
    def start(self):
        witness("ready")
        await_file("go")
        self.items = [1, 2]
        self.next(self.work, foreach="items")

    @step
    def work(self):
        self.value = self.input * self.number
        self.next(self.join)

    @step
    def join(self, inputs):
        self.total = sum(i.value for i in inputs)
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def run_together(work, run_of, count: int) -> None:
    work.write(FLOW)
    processes = [work.start("run", "--number", str(n), out=f"out-{n}.txt") for n in range(count)]
    work.wait_for_witness("ready", count)
    work.touch("go")
    for n, process in enumerate(processes):
        text = work.finish(process, out=f"out-{n}.txt").text
        assert "locked" not in text
    flow = run_of("Together/1").parent
    runs = list(flow)
    assert sorted(int(run.id) for run in runs) == list(range(1, count + 1))
    assert all(run.successful for run in runs)
    numbers = {run["_parameters"].task.data.number: run["join"].task.data.total for run in runs}
    assert numbers == {n: 3 * n for n in range(count)}


def test_two_runs_get_two_ids_and_both_succeed(work, run_of):
    run_together(work, run_of, 2)


def test_twenty_runs_all_succeed_and_are_all_listed(work, run_of):
    run_together(work, run_of, 20)
    assert work.stepwell("ls", "Together", "--limit", "50").out.count("succeeded") == 20


def test_two_resumes_of_one_run_at_the_same_moment_both_succeed(work, run_of):
    path = work.write(FLOW)
    work.touch("go")
    path.write_text(path.read_text().replace("self.total = sum", "1 / 0; self.total = sum"))
    work.run("run", "--number", "5", code=1)
    path.write_text(path.read_text().replace("1 / 0; ", ""))
    processes = [work.start("resume", "--origin-run-id", "1", out=f"out-{n}.txt") for n in range(2)]
    for n, process in enumerate(processes):
        work.finish(process, out=f"out-{n}.txt")
    assert run_of("Together/2")["join"].task.data.total == 15
    assert run_of("Together/3")["join"].task.data.total == 15
