"""`@timeout`: told in the step first, ended from outside when that does not help."""

from __future__ import annotations

import pytest


def test_a_step_that_waits_is_told_where(work):
    work.write("""
class Slow(FlowSpec):
    @timeout(seconds=0.3)
    @step
    def start(self):
        self.kept = 1
        await_file("never")
        self.next(self.end)

    @step
    def end(self):
        pass
""")
    done = work.run("run", code=1)
    assert "StepTimeout: step `start` timed out after 0.30s" in done.text
    assert "await_file" in done.text
    shown = work.run("show", "latest/start")
    assert "timeout" in work.stepwell("show", "Slow/1/start/1").text or "timed out" in shown.text


def test_each_attempt_has_the_whole_time_and_catch_sees_the_last(work):
    work.write("""
class Slow(FlowSpec):
    @catch(var="failure")
    @retry(times=1, minutes_between_retries=0)
    @timeout(seconds=0.3)
    @step
    def start(self):
        witness("attempt")
        await_file("never")
        self.next(self.end)

    @step
    def end(self):
        witness(self.failure.type)
        witness(self.failure.exception.split()[0])
""")
    work.run("run")
    assert work.witnessed() == ["attempt", "attempt", "stepwell.base.errors.StepTimeout", "step"]


@pytest.mark.parametrize("isolation", ["fork", "spawn"])
def test_native_code_that_never_comes_back_is_ended_with_its_processes(work, isolation):
    work.environ["STEPWELL_GRACE_SECONDS"] = "0.3"
    work.write("""
class Stuck(FlowSpec):
    @catch(var="failure")
    @timeout(seconds=0.3)
    @step
    def start(self):
        import ctypes, subprocess
        subprocess.Popen(["sleep", "600"])
        self.inherited_is_kept = True
        libc = ctypes.PyDLL(None)  # keeps the interpreter's lock, and goes on sleeping after signals
        while True:
            libc.usleep(100_000_000) if False else libc.sleep(600)
        self.next(self.end)

    @step
    def end(self):
        witness(self.failure.type)
        witness(self.failure.message)
""")
    work.run("run", "--isolation", isolation)
    assert work.witnessed()[0] == "stepwell.base.errors.StepTimeout"
    work.assert_no_process_is_left()


def test_a_step_that_swallows_the_exception_is_ended(work):
    work.environ["STEPWELL_GRACE_SECONDS"] = "0.3"
    work.write("""
class Stubborn(FlowSpec):
    @timeout(seconds=0.3)
    @step
    def start(self):
        while True:
            try:
                await_file("never")
            except Exception:
                pass
        self.next(self.end)

    @step
    def end(self):
        pass
""")
    done = work.run("run", code=1)
    assert "step `start` ran longer than 0.30s, and was ended from outside" in done.text


def test_storing_what_the_step_left_may_take_longer(work):
    work.environ["STEPWELL_GRACE_SECONDS"] = "0"
    work.write("""
class SlowToPickle:
    def __reduce__(self):
        import time
        time.sleep(1.5)
        return (int, (7,))

class Keeps(FlowSpec):
    @timeout(seconds=0.5)
    @step
    def start(self):
        self.value = SlowToPickle()
        self.next(self.end)

    @step
    def end(self):
        witness(str(self.value))
""")
    work.run("run")
    assert work.witnessed() == ["7"]


def test_a_step_in_time_is_left_alone_with_its_own_alarms(work):
    work.write("""
import signal

class Quick(FlowSpec):
    @timeout(minutes=1)
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        witness(str(signal.getsignal(signal.SIGALRM) == signal.SIG_DFL))
        witness(str(signal.getitimer(signal.ITIMER_REAL)))
""")
    work.run("run", "--isolation", "none")
    assert work.witnessed() == ["True", "(0.0, 0.0)"]


def test_no_time_and_wrong_times_are_refused(work):
    work.write("""
class Wrong(FlowSpec):
    @timeout
    @step
    def start(self):
        self.next(self.end)

    @timeout(minutes="soon", hours=-1)
    @step
    def end(self):
        pass
""")
    done = work.run("run", code=1)
    assert "`@timeout` on step `start` says no time" in done.text
    assert "`minutes` of `@timeout` on step `end` is `'soon'`, not a number, 0 or more" in done.text
    assert "`hours` of `@timeout` on step `end` is `-1`" in done.text


def test_with_timeout_on_the_command_line(work):
    work.write("""
class Slow(FlowSpec):
    @step
    def start(self):
        await_file("never")
        self.next(self.end)

    @step
    def end(self):
        pass
""")
    done = work.run("run", "--with", "timeout:seconds=0.2", code=1)
    assert "timed out after 0.20s" in done.text
