"""`--on-failure`: what happens to others when a task has failed for good."""

from __future__ import annotations

import pytest

from tests.flows.workspace import wait_until

FLOW = """
class Branches(FlowSpec):
    @step
    def start(self):
        self.next(self.bad, self.good)

    @step
    def bad(self):
        await_file("witness.txt")
        raise ValueError("bad luck")
        self.next(self.join)

    @step
    def good(self):
        witness("good began")
        await_file("go")
        self.value = 1
        witness("good ended")
        self.next(self.after)

    @step
    def after(self):
        witness("after")
        self.next(self.join)

    @step
    def join(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        pass
"""


@pytest.mark.parametrize(
    ("mode", "witnessed"),
    [
        ("wait", ["good began", "good ended"]),
        ("stop", ["good began"]),
        ("continue", ["good began", "good ended", "after"]),
    ],
)
def test_what_runs_after_a_failure(work, run_of, mode, witnessed):
    work.environ["STEPWELL_GRACE_SECONDS"] = "30"
    work.write(FLOW)
    process = work.start("run", "--on-failure", mode, "--max-workers", "2")
    wait_until(lambda: "failed after" in (work.folder / "out.txt").read_text(), "the failure")
    if mode != "stop":
        work.touch("go")
    work.finish(process, 1)
    assert work.witnessed() == witnessed
    run = run_of("Branches/1")
    assert run.status == "failed"
    assert run["bad"].task.status == "failed"
    assert run["good"].task.status == ("cancelled" if mode == "stop" else "succeeded")
    path = work.folder / "flow.py"
    path.write_text(path.read_text().replace('raise ValueError("bad luck")', "pass"))
    work.touch("go")
    work.forget_witnesses()
    work.touch("witness.txt")
    work.run("resume")
    assert run_of("Branches/2").successful
    assert work.witnessed() == {"wait": ["after"], "stop": ["good began", "good ended", "after"], "continue": []}[mode]
