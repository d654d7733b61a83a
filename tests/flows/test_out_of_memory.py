"""A step that takes more memory than there is: told as memory, with the cure."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

FLOW = """
import resource

class Hungry(FlowSpec):
    @step
    def start(self):
        self.before = 1
        self.next(self.eat)

    @step
    def eat(self):
        if os.environ["HUNGER"] == "limit":
            resource.setrlimit(resource.RLIMIT_AS, (2**29, 2**29))
        if os.environ["HUNGER"] != "none":
            meal = bytearray(2**30)
            for i in range(0, len(meal), 4096):
                meal[i] = 1
        self.next(self.end)

    @step
    def end(self):
        self.after = self.before + 1
"""

CONTROLLER = Path("/sys/fs/cgroup/memory")


@pytest.fixture
def small_memory(work) -> Iterator[Path]:
    """A control group with 200 MB of memory."""
    home = CONTROLLER
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        if line.split(":")[1] == "memory":
            home = CONTROLLER / line.split(":")[2].lstrip("/")
    group = home / f"stepwell-test-{work.mark}"
    try:
        group.mkdir()
        (group / "memory.limit_in_bytes").write_text(str(200 * 2**20))
    except OSError as error:
        pytest.skip(f"no control group for memory can be made here: {error}")
    yield group
    work.assert_no_process_is_left()
    group.rmdir()


@pytest.mark.parametrize("isolation", ["fork", "spawn"])
def test_the_kernels_kill_is_told_as_memory(work, run_of, small_memory, isolation):
    work.environ["HUNGER"] = "kernel"
    work.write(FLOW)
    enter = f"echo $$ > {small_memory}/cgroup.procs && exec {sys.executable} flow.py run --isolation {isolation}"
    done = work.call(["sh", "-c", enter], code=1)
    assert "the kernel killed the process because memory ran out" in done.err
    assert "@resources(memory=" in done.err
    task = run_of("Hungry/1")["eat"].task
    assert task.exception.type == "memory"
    assert run_of("Hungry/1").status == "failed"
    work.environ["HUNGER"] = "none"
    work.run("resume")
    assert run_of("Hungry/2").data.after == 2


def test_a_limit_of_the_process_is_told_with_the_line_that_hit_it(work, run_of):
    work.environ["HUNGER"] = "limit"
    work.write(FLOW)
    done = work.run("run", code=1)
    assert "MemoryError" in done.err
    assert "meal = bytearray(2**30)" in done.err
    assert run_of("Hungry/1")["eat"].task.exception.type == "MemoryError"
    assert os.environ.get("HUNGER") is None
