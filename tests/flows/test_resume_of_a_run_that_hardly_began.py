"""A run killed before it had recorded anything: resuming it loses nothing of the run that it resumed itself."""

from __future__ import annotations

FLOW = """
import os

class Early(FlowSpec):
    alpha = Parameter("alpha", default=1)

    @step
    def start(self):
        with open("witness.txt", "a") as file:
            file.write("start\\n")
        self.x = self.alpha
        self.next(self.end)

    @step
    def end(self):
        if os.path.exists("fail"):
            raise ValueError("not yet")
        self.y = self.x
"""


def cut_log(work, run: str, keep: int) -> None:
    """Leave only the first records of a run's log, as if its process had been killed then."""
    log = work.root / "flows" / "Early" / run / "log"
    lines = [line for line in log.read_bytes().split(b"\n") if line]
    log.write_bytes(b"".join(b"\n" + line + b"\n" for line in lines[:keep]))
    for path in work.root.glob("records.db*"):
        path.unlink()


def test_what_its_own_origin_finished_is_taken_over(work, run_of):
    work.write(FLOW)
    (work.folder / "fail").touch()
    work.run("run", "--alpha", "5", code=1)
    work.run("resume", code=1)
    cut_log(work, "2", 1)
    (work.folder / "fail").unlink()
    work.run("resume")
    run = run_of("Early/3")
    assert run.data.y == 5
    assert (work.folder / "witness.txt").read_text() == "start\n"
    assert run["start"].task.origin_pathspec == "Early/1/start/1"


def test_steps_that_it_was_to_run_again_are_run_again(work, run_of):
    work.write(FLOW)
    work.run("run", "--alpha", "5")
    work.run("resume", "end")
    cut_log(work, "2", 1)
    work.run("resume", "--origin-run-id", "2")
    assert run_of("Early/3")["start"].task.origin_pathspec == "Early/1/start/1"
    assert run_of("Early/3")["end"].task.origin_pathspec is None


def test_parameters_come_from_the_header_when_nothing_else_was_recorded(work, run_of):
    work.write(FLOW)
    work.run("run", "--alpha", "7")
    cut_log(work, "1", 0)
    work.run("resume", "--origin-run-id", "1")
    assert run_of("Early/2").data.y == 7
