"""Processes that a step starts and forgets are gone when its task is over, however well they hide."""

from __future__ import annotations

import pytest

from tests.flows.workspace import wait_until

FLOW = """
import signal, subprocess, sys

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]

def detach():
    # What daemons do: a child in a session of its own, whose parent is gone.
    if os.fork() == 0:
        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        pid = os.fork()
        if pid == 0:
            os.execv(SLEEP[0], SLEEP)
        witness(f"hidden {pid}")
        os._exit(0)
    os.wait()

class Litter(FlowSpec):
    @step
    def start(self):
        if "plain" in os.environ["LITTER"]:
            self.pid = subprocess.Popen(SLEEP).pid
            witness(f"hidden {self.pid}")
        if "session" in os.environ["LITTER"]:
            witness(f"hidden {subprocess.Popen(SLEEP, start_new_session=True).pid}")
        if "daemon" in os.environ["LITTER"]:
            detach()
        if "crash" in os.environ["LITTER"]:
            os._exit(9)
        self.next(self.end)

    @step
    def end(self):
        for line in list(open(os.environ["WITNESS_FOLDER"] + "/witness.txt")):
            try:
                os.kill(int(line.split()[1]), 0)
            except ProcessLookupError:
                witness("gone")
"""


@pytest.mark.parametrize("isolation", ["fork", "spawn"])
@pytest.mark.parametrize("litter", ["plain", "session", "daemon"])
def test_they_are_gone_before_the_next_task_begins(work, run_of, litter, isolation):
    work.environ["LITTER"] = litter
    (work.folder / "witness.txt").touch()
    work.write(FLOW)
    work.run("run", "--isolation", isolation)
    assert run_of("Litter/1").successful
    hidden, *gone = work.witnessed()
    assert hidden.startswith("hidden")
    assert gone == ["gone"]
    work.assert_no_process_is_left(0)


def test_they_are_gone_after_a_crash(work, run_of):
    work.environ["LITTER"] = "plain session daemon crash"
    (work.folder / "witness.txt").touch()
    work.write(FLOW)
    work.run("run", code=1)
    assert len(work.witnessed()) == 3
    work.assert_no_process_is_left(0)
    assert run_of("Litter/1").status == "failed"


@pytest.mark.parametrize("isolation", ["fork", "spawn"])
def test_those_of_a_task_that_still_runs_are_left_alone_when_another_ends(work, run_of, isolation):
    work.environ["LITTER"] = ""
    work.write(
        FLOW.partition("class Litter")[0]
        + """
class Service(FlowSpec):
    @step
    def start(self):
        self.next(self.serves, self.quick)

    @step
    def serves(self):
        detach()
        await_file("go")
        pid = int(open(os.environ["WITNESS_FOLDER"] + "/witness.txt").read().split()[1])
        os.kill(pid, 0)
        self.next(self.join)

    @step
    def quick(self):
        await_file("witness.txt")
        self.next(self.join)

    @step
    def join(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        pass
"""
    )
    process = work.start("run", "--max-workers", "2", "--isolation", isolation)
    wait_until(lambda: "quick/3] done" in (work.folder / "out.txt").read_text(), "the quick step")
    work.touch("go")
    work.finish(process)
    assert run_of("Service/1").successful


def test_a_task_ends_although_a_child_keeps_its_output_open(work, run_of):
    work.environ["LITTER"] = "plain"
    (work.folder / "witness.txt").touch()
    work.write(FLOW)
    done = work.run("run", timeout=30)
    assert "succeeded" in done.err
