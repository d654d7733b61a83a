"""`@environment`: variables are there when the step begins, and in what it starts, and nowhere else."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("isolation", ["fork", "spawn", "none"])
def test_variables_are_there_for_their_step_alone(work, isolation):
    work.write("""
import subprocess

class Variables(FlowSpec):
    @environment(vars={"COLOUR": "blue", "COUNT": 3})
    @step
    def start(self):
        witness(os.environ["COLOUR"] + os.environ["COUNT"])
        witness(subprocess.run(["sh", "-c", "echo $COLOUR"], capture_output=True, text=True).stdout.strip())
        self.next(self.end)

    @step
    def end(self):
        witness(str(os.environ.get("COLOUR")))
""")
    work.run("run", "--isolation", isolation)
    assert work.witnessed() == ["blue3", "blue", "None"]


@pytest.mark.parametrize("given", ['"A=1"', "{1: '2'}", "{'A': None}", "{'A=B': '1'}", "{'A': ['x']}"])
def test_what_is_no_dict_of_texts_is_refused(work, given):
    work.write(f"""
class Variables(FlowSpec):
    @environment(vars={given})
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
""")
    done = work.run("run", code=1)
    assert "`vars` of `@environment` on step `start` is" in done.text
    assert '@environment(vars={"MODE": "fast"})' in done.text
