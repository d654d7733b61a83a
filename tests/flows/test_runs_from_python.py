"""`MyFlow.run(...)` from plain Python, and a step that runs another flow."""

from __future__ import annotations

import json

FLOWS = """
class Child(FlowSpec):
    n = Parameter("n", default=2)

    @step
    def start(self):
        self.items = list(range(self.n))
        self.next(self.work, foreach="items")

    @step
    def work(self):
        print("at", self.input)
        self.y = self.input * 2
        self.next(self.join)

    @step
    def join(self, inputs):
        self.total = sum(i.y for i in inputs)
        self.next(self.end)

    @step
    def end(self):
        if self.total > 100:
            raise ValueError("too much")

class Parent(FlowSpec):
    n = Parameter("n", default=3)

    @step
    def start(self):
        found = self.run_flow(Child, n=self.n)
        self.total = found.data.total
        self.run = "an artifact may have that name"
        self.next(self.end)

    @step
    def end(self):
        self.said = self.run
"""

SCRIPT = """
import json, sys, threading, asyncio
from flows import Child, Parent
"""


def script(work, text):
    (work.folder / "script.py").write_text(SCRIPT + text)
    return work.call(work.command(file="script.py"))


def test_a_flow_runs_from_a_script_and_gives_its_run(work, run_of):
    work.write(FLOWS, "flows.py")
    done = script(
        work,
        "run = Child.run(n=4, tags=['small'], max_workers=2)\n"
        "print(json.dumps([run.pathspec, run.data.total, run.successful]))",
    )
    assert json.loads(done.out.splitlines()[-1]) == ["Child/1", 12, True]
    assert "[work/3] at 1" in done.out
    assert run_of("Child/1").user_tags == {"small"}


def test_it_runs_in_a_thread_and_beside_a_running_event_loop(work):
    work.write(FLOWS, "flows.py")
    done = script(
        work,
        """
found = {}
def in_thread(n):
    found[n] = Child.run(n=n, show_output=False).data.total
threads = [threading.Thread(target=in_thread, args=(n,)) for n in (2, 3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

async def main():
    found["loop"] = Child.run(n=4, show_output=False).data.total
    found["thread"] = (await asyncio.to_thread(Child.run, n=5, show_output=False)).data.total

asyncio.run(main())
print(json.dumps(list(found.values())))
""",
    )
    assert sorted(json.loads(done.out.splitlines()[-1])) == [2, 6, 12, 20]


def test_a_class_that_no_other_process_can_load_runs_in_this_one(work):
    work.write(FLOWS, "flows.py")
    done = script(
        work,
        """
import os
from stepwell import FlowSpec, step
def alone():
    class Alone(FlowSpec):
        @step
        def start(self):
            self.pid = os.getpid()
            self.next(self.end)
        @step
        def end(self):
            pass
    return Alone

run = alone().run()
print(json.dumps(run.data.pid == os.getpid()))
""",
    )
    assert json.loads(done.out.splitlines()[-1]) is True


def test_a_failure_is_raised_with_the_run_and_the_users_own_traceback(work):
    work.write(FLOWS, "flows.py")
    done = script(
        work,
        """
import traceback
from stepwell import errors
try:
    Child.run(n=50, show_output=False)
except errors.RunFailed as error:
    print(error.run.status, error.run.pathspec)
    print(error.message)
    print("".join(error.__notes__))
for wrong in ({"n": "x"}, {"m": 1}, {"tags": 3}, {"max_workers": "two"}):
    try:
        Child.run(**wrong)
    except errors.UsageError as error:
        print(type(error).__name__, error.message)
""",
    )
    assert "failed Child/1" in done.out
    assert "`Child/1` failed in `end/53`: ValueError: too much" in done.out
    assert 'raise ValueError("too much")' in done.out
    assert "ParameterError the parameter `n` is a whole number, and `x` is not" in done.out
    assert "ParameterError `Child` has no parameter `m`" in done.out
    assert "ArgumentError invalid type for `tags`: `int`" in done.out
    assert "ArgumentError invalid type for `max_workers`: `str`, expected `int`" in done.out


def test_a_step_runs_another_flow_and_both_know_of_each_other(work, run_of):
    work.write(FLOWS, "flows.py")
    for number, isolation in enumerate(("fork", "spawn", "none"), 1):
        work.run("run", "--isolation", isolation, "--n", "4", file="flows.py")
        parent = run_of(f"Parent/{number}")
        assert parent.data.total == 12
        assert parent.data.said == "an artifact may have that name"
        (child,) = parent["start"].task.started_runs
        assert child.successful
        assert child.started_by.pathspec == parent["start"].task.pathspec
        assert parent.started_by is None


def test_the_steps_own_identity_is_its_own_again_after_another_flow_ran(work, run_of):
    work.write(
        """
        class Inner(FlowSpec):
            @step
            def start(self):
                self.who = current.flow_name
                self.next(self.end)

            @step
            def end(self):
                pass

        class Outer(FlowSpec):
            @step
            def start(self):
                self.inner = self.run_flow(Inner, isolation="none").data.who
                self.who = current.pathspec
                self.next(self.end)

            @step
            def end(self):
                pass
        """
    )
    work.run("run")
    assert (run_of("Outer/1").data.inner, run_of("Outer/1").data.who) == ("Inner", "Outer/1/start/1")


def test_a_child_that_fails_fails_the_step_and_is_on_record(work, run_of):
    work.write(FLOWS, "flows.py")
    done = work.run("run", "--n", "50", file="flows.py", code=1)
    assert "`Child/1` failed in `end/53`: ValueError: too much" in done.err
    parent = run_of("Parent/1")["start"].task
    assert [run.status for run in parent.started_runs] == ["failed"]
    assert "started by  Parent/1/start/1" in work.stepwell("show", "Child/1").out


def test_asking_for_it_outside_of_a_step_is_refused(work):
    work.write(FLOWS, "flows.py")
    done = script(
        work,
        """
from stepwell import errors
try:
    Parent(use_cli=False).run_flow(Child)
except errors.StepError as error:
    print(error)
""",
    )
    assert "outside of a step, call `Other.run(...)`" in done.out
