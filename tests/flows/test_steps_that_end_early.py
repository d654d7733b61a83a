"""A step that raises, leaves, crashes or is killed: what happened is told, and the run can be resumed."""

from __future__ import annotations

import pytest

from tests.flows.workspace import wait_until

FLOW = """
import ctypes, signal, sys

class Early(FlowSpec):
    @step
    def start(self):
        self.before = 1
        self.next(self.middle)

    @step
    def middle(self):
        self.survivor = [1, 2, 3]
        print("last words", flush=True)
        {deed}
        self.next(self.end)

    @step
    def end(self):
        self.after = self.before + 1
"""

DEEDS = {
    "exit-0": ("sys.exit(0)", "sys.exit(0)"),
    "exit-3": ("sys.exit(3)", "sys.exit(3)"),
    "exit-text": ("sys.exit('enough')", "enough"),
    "exit": ("exit()", "SystemExit"),
    "os-exit-0": ("os._exit(0)", "exit code 0"),
    "os-exit-5": ("os._exit(5)", "exit code 5"),
    "segfault": ("ctypes.string_at(0)", "SIGSEGV"),
    "abort": ("os.abort()", "SIGABRT"),
    "kill": ("os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"),
    "term": ("os.kill(os.getpid(), signal.SIGTERM)", "SIGTERM"),
    "exception": ("1 / 0", "ZeroDivisionError: division by zero"),
    "interrupt": ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    "group-exit": ("raise BaseExceptionGroup('two', [SystemExit(1), ValueError('x')])", "ValueError: x"),
    "closed-streams": ("os.close(1); os.close(2); raise OSError('deaf and dumb')", "deaf and dumb"),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_the_end_is_told_and_recorded(work, run_of, deed):
    code, words = DEEDS[deed]
    path = work.write(FLOW.format(deed=code))
    done = work.run("run", code=1)
    assert words in done.err
    assert "middle/2" in done.err
    run = run_of("Early/1")
    assert run.status == "failed"
    task = run["middle"].task
    assert task.status == "failed"
    assert words in str(task.exception)
    assert "last words" in task.stdout
    path.write_text(path.read_text().replace(code, "pass"))
    work.run("resume")
    again = run_of("Early/2")
    assert again.data.after == 2
    assert again["start"].task.origin_pathspec == "Early/1/start/1"


@pytest.mark.parametrize("deed", ["exit-0", "exit-3", "exception"])
def test_artifacts_that_were_set_before_it_survive(work, run_of, deed):
    work.write(FLOW.format(deed=DEEDS[deed][0]))
    work.run("run", code=1)
    assert run_of("Early/1")["middle"].task.data.survivor == [1, 2, 3]


def test_a_traceback_shows_the_users_frames_and_causes_only(work, run_of):
    path = work.write("""
    def inner(value):
        try:
            return {}[value]
        except KeyError as error:
            raise RuntimeError("no such thing") from error

    class Chained(FlowSpec):
        @step
        def start(self):
            inner("x")
            self.next(self.end)

        @step
        def end(self):
            pass
    """)
    done = work.run("run", code=1)
    error = run_of("Chained/1")["start"].task.exception
    for text in (done.err, error.traceback):
        assert "KeyError: 'x'" in text
        assert "RuntimeError: no such thing" in text
        assert f'File "{path}"' in text
        assert 'inner("x")' in text
    assert error.traceback.count("File ") == 3


def test_several_steps_fail_and_the_first_is_on_top(work):
    work.write("""
    class Two(FlowSpec):
        @step
        def start(self):
            self.next(self.quick, self.slow)

        @step
        def quick(self):
            raise ValueError("the first")
            self.next(self.join)

        @step
        def slow(self):
            await_file("go")
            raise ValueError("the second")
            self.next(self.join)

        @step
        def join(self, inputs):
            self.next(self.end)

        @step
        def end(self):
            pass
    """)
    process = work.start("run", "--max-workers", "2")
    wait_until(lambda: b"failed after" in (work.folder / "out.txt").read_bytes(), "the first failure")
    work.touch("go")
    text = work.finish(process, 1).text
    summary = text[text.index("First failure") :]
    assert summary.index("the first") < summary.index("the second")
    assert "2 of" in text
