"""Time of day may jump: runs keep their order, and nothing waits for the past."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

FLOW = """
import time

class Clocked(FlowSpec):
    @step
    def start(self):
        self.at = time.time()
        if os.environ.get("FAKETIME_TIMESTAMP_FILE"):
            with open(os.environ["FAKETIME_TIMESTAMP_FILE"], "w") as file:
                file.write("-2d")
        self.next(self.middle)

    @retry(times=1, minutes_between_retries=0.002)
    @step
    def middle(self):
        assert current.retry_count, "the first attempt fails"
        self.later = time.time()
        self.next(self.end)

    @step
    def end(self):
        self.went_back = self.later < self.at
"""


@pytest.fixture(scope="session")
def fake_clock(tmp_path_factory) -> Path:
    """The library that makes a process see another time."""
    script = Path(__file__).parents[2] / "scripts" / "get-faketime"
    done = subprocess.run([str(script)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"the fake clock cannot be had here: {done.stderr.strip()}")
    return Path(done.stdout.strip())


def test_a_run_whose_clock_jumps_back_by_two_days_ends_well(work, run_of, fake_clock):
    work.write(FLOW)
    clock = work.folder / "clock"
    clock.write_text("+0d")
    work.environ.update(
        LD_PRELOAD=str(fake_clock),
        FAKETIME_TIMESTAMP_FILE=str(clock),
        FAKETIME_NO_CACHE="1",
        FAKETIME_DONT_FAKE_MONOTONIC="1",
    )
    done = work.run("run")
    run = run_of("Clocked/1")
    assert run.data.went_back
    assert run.successful
    assert "-" not in done.out.partition("done in ")[2][:8]
    assert run["middle"].task.current_attempt == 1


def test_a_run_in_the_past_is_still_the_latest(work, run_of, fake_clock):
    work.write(FLOW)
    work.run("run")
    work.environ.update(LD_PRELOAD=str(fake_clock), FAKETIME="-400d", FAKETIME_DONT_FAKE_MONOTONIC="1")
    work.run("run")
    assert run_of("Clocked/2").created_at < run_of("Clocked/1").created_at
    assert run_of("Clocked/2").parent.latest_run.id == "2"
    assert [run.id for run in run_of("Clocked/2").parent] == ["2", "1"]
    work.run("resume", "end")
    assert run_of("Clocked/3").origin_pathspec == "Clocked/2"
