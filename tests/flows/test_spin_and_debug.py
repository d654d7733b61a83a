"""One step again: `spin` beside the real runs, `debug` in a debugger or as a script, `breakpoint()` within a run."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import time

FLOW = """
import state

class Model:
    def __init__(self, x):
        self.x = x

class Spins(FlowSpec):
    n = Parameter("n", default=3)

    @step
    def start(self):
        self.big = bytes(300_000) + bytes([self.n])
        self.items = list(range(self.n))
        self.next(self.work, foreach="items")

    @retry(times=2)
    @step
    def work(self):
        witness(f"work {self.input}")
        self.model = Model(self.input * state.FACTOR)
        self.size = len(self.big)
        self.larger = self.big + b"x"
        if self.input == 99:
            raise ValueError("unlucky")
        self.next(self.join)

    @step
    def join(self, inputs):
        self.total = sum(i.model.x for i in inputs)
        self.sizes = [i.size for i in inputs]
        self.next(self.end)

    @step
    def end(self):
        assert self.total >= 0, "less than nothing"
"""


def prepared(work):
    (work.folder / "state.py").write_text("FACTOR = 10\n")
    work.write(FLOW)
    work.run("run")
    return work


def test_a_step_runs_as_it_is_now_and_other_runs_never_see_it(work):
    prepared(work)
    (work.folder / "state.py").write_text("FACTOR = 1000\n")
    done = work.run("spin", "work")
    assert "work succeeded" in done.err
    assert "as Spins/1/work/2" in done.err
    assert "`@retry` is left out" in done.err
    assert "next: join" in done.err
    assert json.loads(work.stepwell("ls", "--json").out)[0]["runs"] == 1
    task = json.loads(work.run("spin", "1/work/4", "--json").out)
    assert task["result"]["outcome"] == "succeeded"
    shown = work.stepwell("show", task["task"], "--datastore", task["datastore"]).out
    assert "Model" in shown
    assert work.witnessed().count("work 2") == 2


def test_inputs_can_be_other_ones_and_joins_and_the_first_step_spin_too(work):
    prepared(work)
    (work.folder / "mine.py").write_text("ARTIFACTS = {'size': 7, 'n': 5, 'total': -3}\n")
    assert "sizes = [7, 7, 7]" in work.run("spin", "join", "--artifacts-module", "mine.py").err
    assert "next: work x5" in work.run("spin", "start", "--artifacts-module", "mine.py").err
    done = work.run("spin", "end", "--artifacts-module", "mine.py", code=1)
    assert "AssertionError: less than nothing" in done.err
    assert "stepwell why-failed Spins/3/end/6 --datastore" in done.err
    shown = work.stepwell("why-failed", "Spins/3/end/6", "--datastore", str(work.folder / ".stepwell_spin"))
    assert "self.total = -3" in shown.out


def test_what_cannot_spin_says_why(work):
    work.write(FLOW)
    (work.folder / "state.py").write_text("FACTOR = 10\n")
    assert "there is no datastore" in work.run("spin", "work", code=None).err
    work.run("run", "--n", "0")
    assert "`Spins/1` has no task of step `work`" in work.run("spin", "work", code=1).err
    assert "there is no step `wrk`" in work.run("spin", "wrk", code=2).err
    assert "no dict `ARTIFACTS`" in work.run("spin", "end", "--artifacts-module", "state.py", code=2).err
    assert "there is no file" in work.run("spin", "end", "--artifacts-module", "nowhere.py", code=2).err
    assert "there is no finished task `Spins/1/end/77`" in work.run("spin", "1/end/77", code=1).err


def test_spinning_from_python_and_looking_at_it(work):
    prepared(work)
    (work.folder / "drive.py").write_text(
        """
import asyncio, json
from stepwell import Flow, Runner, inspect_spin, default_metadata

async def later():
    async with Runner("flow.py", show_output=False) as runner:
        executing = await runner.async_spin("1/work/3")
        await executing.wait()
        return executing

if __name__ == "__main__":
    with Runner("flow.py", show_output=False) as runner:
        open("mine.py", "w").write("ARTIFACTS = {'big': bytes(400_000) + b'3'}")
        mine = {"artifacts_module": "mine.py"}
        spun = runner.spin("work", skip_decorators=True, **mine)
        print(json.dumps([spun.status, spun.task.pathspec, spun.task["size"].data, spun.task["big"].data[-1]]))
        try:
            spun.task["larger"].data
        except Exception as error:
            print(json.dumps(str(error)))
        print(json.dumps(len(runner.spin("work", persist=True, **mine).task["larger"].data)))
        print(json.dumps(asyncio.run(later()).task["size"].data))
    inspect_spin()
    print(json.dumps(len(list(Flow("Spins")))))
    default_metadata()
    print(json.dumps(len(list(Flow("Spins")))))
"""
    )
    lines = [json.loads(line) for line in work.call(work.command(file="drive.py")).out.splitlines()]
    assert lines[0] == ["successful", "Spins/1/work/2", 400001, 51]
    assert "spin --persist" in lines[1]
    assert lines[2:] == [400002, 300001, 3, 1]


class Terminal:
    """A program at a terminal of its own."""

    def __init__(self, work, command):
        self.text = ""
        self._near, far = pty.openpty()
        self.process = subprocess.Popen(
            command, cwd=work.folder, env={**work.environ, "TERM": "dumb"}, stdin=far, stdout=far, stderr=far,
            start_new_session=True,
        )  # fmt: skip
        os.close(far)

    def expect(self, text):
        """Wait until something is shown that was not shown before."""
        deadline = time.monotonic() + 60
        while text not in self.text:
            assert time.monotonic() < deadline, self.text
            if select.select([self._near], [], [], 0.5)[0]:
                try:
                    self.text += os.read(self._near, 1 << 16).decode(errors="replace")
                except OSError:
                    assert text in self.text, self.text
        self.text = self.text.partition(text)[2]

    def type(self, line):
        os.write(self._near, line.encode() + b"\n")

    def close(self):
        code = self.process.wait(60)
        os.close(self._near)
        return code


def test_a_breakpoint_stops_within_a_step_of_a_run_in_one_process(work):
    work.write(
        """
        class Stops(FlowSpec):
            @step
            def start(self):
                self.x = 41
                breakpoint()
                self.next(self.end)

            @step
            def end(self):
                print("the answer is", self.x)
        """
    )
    terminal = Terminal(work, work.command("run", "--isolation", "none"))
    terminal.expect("(Pdb)")
    terminal.type("p 'x is %d' % self.x")
    terminal.expect("'x is 41'")
    terminal.type("self.x = 42")
    terminal.type("c")
    terminal.expect("the answer is 42")
    assert terminal.close() == 0


def test_a_breakpoint_stops_in_spin(work):
    work.write(
        """
        class Stops(FlowSpec):
            @step
            def start(self):
                self.x = 41
                self.next(self.end)

            @step
            def end(self):
                self.y = self.x
        """
    )
    work.run("run")
    source = (work.folder / "flow.py").read_text()
    (work.folder / "flow.py").write_text(source.replace("self.y = self.x", "breakpoint(); self.y = self.x"))
    terminal = Terminal(work, work.command("spin", "end"))
    terminal.expect("(Pdb)")
    terminal.type("p 'x is %d' % self.x")
    terminal.expect("'x is 41'")
    terminal.type("c")
    terminal.expect("end succeeded")
    assert terminal.close() == 0


def test_debug_stops_at_the_first_line_and_where_the_step_fails(work):
    prepared(work)
    work.run("run", "--n", "1")
    source = (work.folder / "flow.py").read_text()
    (work.folder / "flow.py").write_text(source.replace('self.total >= 0, "less', 'self.total > 10, "less'))
    work.run("run", "--n", "1", code=1)
    (work.folder / "flow.py").write_text("raise SystemExit('the code of today must not be run')\n")
    (work.folder / "state.py").unlink()
    program = os.path.join(os.path.dirname(sys.executable), "stepwell")
    terminal = Terminal(work, [program, "debug", "Spins/3/end"])
    terminal.expect("it failed with AssertionError: less than nothing")
    terminal.expect("-> assert self.total > 10")
    terminal.expect("(Pdb)")
    terminal.type("p 'total %d' % self.total")
    terminal.expect("'total 0'")
    terminal.type("c")
    terminal.expect("the step failed here")
    terminal.expect("(Pdb)")
    terminal.type("p 'still %d' % self.total")
    terminal.expect("'still 0'")
    terminal.type("q")
    assert terminal.close() == 1
    terminal = Terminal(work, [program, "debug", "Spins/1/work/3"])
    terminal.expect("(Pdb)")
    terminal.type("q")
    assert terminal.close() == 0


def test_debug_writes_a_script_that_runs_with_code_that_can_be_edited(work):
    prepared(work)
    (work.folder / "flow.py").unlink()
    done = work.stepwell("debug", "Spins/1/work/4", "--script", "again.py")
    assert "wrote again.py" in done.out
    done = work.call([sys.executable, "again.py"])
    assert "sets {'model': Model(x=20)" in done.out or "'size': 300001" in done.out
    (work.folder / "again_code" / "state.py").write_text("FACTOR = 500\n")
    path = work.folder / "again_code" / "flow.py"
    path.write_text(path.read_text().replace("self.size =", "self.factor = state.FACTOR\n        self.size ="))
    assert "'factor': 500" in work.call([sys.executable, "again.py"]).out
    assert "exists already" in work.stepwell("debug", "Spins/1/work/4", "--script", "again.py", code=2).err
    assert json.loads(work.stepwell("ls", "--json").out)[0]["runs"] == 1
