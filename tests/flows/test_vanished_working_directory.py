"""A step that removes or leaves the working directory: its result is stored all the same."""

from __future__ import annotations

import subprocess
import sys

import pytest

FLOW = """
import shutil

class Homeless(FlowSpec):
    @step
    def start(self):
        self.x = 1
        here = os.getcwd()
        {deed}
        print("still here")
        self.next(self.end)

    @step
    def end(self):
        self.y = self.x + 1
"""


@pytest.mark.parametrize("deed", ["shutil.rmtree(here)", "os.chdir('/'); shutil.rmtree(here)", "os.chdir('/')"])
@pytest.mark.parametrize("isolation", ["fork", "spawn", "none"])
def test_the_run_goes_on_and_relative_paths_were_made_absolute_before(work, run_of, deed, isolation):
    work.write(FLOW.format(deed=deed))
    room = work.folder / "room"
    room.mkdir()
    command = [sys.executable, "../flow.py", "run", "--datastore", "../.stepwell", "--isolation", isolation]
    done = subprocess.run(command, cwd=room, env=work.environ, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "stepwell/" not in done.stderr.replace(".stepwell", "")
    assert run_of("Homeless/1").data.y == 2
    assert run_of("Homeless/1")["start"].task.stdout == "still here\n"
