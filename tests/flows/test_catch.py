"""`@catch`: whatever happens to a step, the flow goes on, and what is known of the failure is an artifact."""

from __future__ import annotations

import pytest

CAUGHT = """
class CaughtFlow(FlowSpec):
    before = 1

    @step
    def start(self):
        self.inherited = [1, 2]
        self.next(self.shaky)

    @catch(var="failure")
    @step
    def shaky(self):
        self.early = "kept"
        {body}
        self.next(self.end)

    @step
    def end(self):
        failure = self.failure
        print("TYPE", getattr(failure, "type", None))
        print("TEXT", getattr(failure, "exception", None))
        print("TRACE", "boom" in str(failure))
        print("INHERITED", self.inherited, self.before)
        print("EARLY", getattr(self, "early", "gone"))
"""


def lines(out: str) -> dict[str, str]:
    words = [line.split("] ", 1)[-1] for line in out.splitlines()]
    return {line.split(" ", 1)[0]: line.split(" ", 1)[1] for line in words if " " in line}


def test_an_exception_is_kept_with_what_the_step_had_set(work):
    work.write(CAUGHT.format(body='raise ValueError("boom")'))
    done = work.run("run")
    told = lines(done.out)
    assert told["TYPE"] == "builtins.ValueError"
    assert told["TEXT"] == "boom"
    assert told["TRACE"] == "True"
    assert told["EARLY"] == "kept"
    assert told["INHERITED"] == "[1, 2] 1"
    assert "@catch: step `shaky` failed, and the flow goes on." in done.text
    assert "ValueError: boom" in done.text


def test_success_leaves_none(work):
    work.write(CAUGHT.format(body="pass"))
    assert lines(work.run("run").out)["TYPE"] == "None"


@pytest.mark.parametrize(
    ("body", "type_", "text"),
    [
        ("os._exit(3)", "exit", "exit code 3"),
        ("import signal; os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV", "segmentation fault"),
        ("import signal; os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL", "SIGKILL"),
        ("self.lock = __import__('threading').Lock()", "ArtifactError", "lock"),
    ],
)
def test_a_step_that_nobody_in_it_can_save_is_followed_by_an_attempt_without_it(work, body, type_, text):
    work.write(CAUGHT.format(body=body))
    told = lines(work.run("run").out)
    assert told["TYPE"] == type_
    assert text in told["TEXT"]
    assert told["INHERITED"] == "[1, 2] 1"
    assert told["EARLY"] == "kept"


@pytest.mark.parametrize("isolation", ["fork", "spawn"])
def test_what_a_step_had_set_before_a_crash_is_kept(work, isolation):
    body = """
        self.inherited = self.inherited + [3]
        self.table = bytes(5_000_000)
        self.lock = __import__("threading").Lock()
        for self.counter in range(10_000):
            pass
        self.nested = {"a": [1]}
        os.kill(os.getpid(), 9)
"""
    work.write(
        CAUGHT.format(body=body.strip()).replace(
            'print("EARLY"', 'witness(f"{len(self.table)} {self.nested}")\n        print("EARLY"'
        )
    )
    told = lines(work.run("run", "--isolation", isolation).out)
    assert told["INHERITED"] == "[1, 2, 3] 1"
    assert told["EARLY"] == "kept"
    assert work.witnessed() == ["5000000 {'a': [1]}"]


def test_what_a_join_took_over_before_a_crash_is_kept(work):
    work.write("""
class Joined(FlowSpec):
    @step
    def start(self):
        self.items = [1, 2]
        self.common = "common"
        self.next(self.work, foreach="items")

    @step
    def work(self):
        self.next(self.join)

    @catch(var="failure")
    @step
    def join(self, inputs):
        self.merge_artifacts(inputs)
        os._exit(1)
        self.next(self.end)

    @step
    def end(self):
        witness(f"{self.common} {self.failure.type}")
""")
    work.run("run")
    assert work.witnessed() == ["common exit"]


def test_what_could_be_stored_is_kept_when_another_artifact_could_not(work):
    work.write(CAUGHT.format(body="self.lock = __import__('threading').Lock()"))
    assert lines(work.run("run").out)["EARLY"] == "kept"


def test_retries_come_first(work):
    work.write("""
class Tried(FlowSpec):
    @retry(times=2, minutes_between_retries=0)
    @catch(var="failure", print_exception=False)
    @step
    def start(self):
        witness(f"attempt {current.retry_count}")
        if current.retry_count == 1:
            os._exit(1)
        raise ValueError(current.retry_count)
        self.next(self.end)

    @step
    def end(self):
        witness(self.failure.exception)
""")
    done = work.run("run")
    assert work.witnessed() == ["attempt 0", "attempt 1", "attempt 2", "2"]
    assert "goes on" not in done.text


def test_a_crash_in_the_last_attempt_is_followed_by_the_fallback_without_a_wait(work):
    work.write("""
class Tried(FlowSpec):
    @retry(times=1, minutes_between_retries=0)
    @catch(var="failure")
    @step
    def start(self):
        witness(f"attempt {current.retry_count}")
        os._exit(1)
        self.next(self.end)

    @step
    def end(self):
        witness(self.failure.type)
""")
    work.run("run")
    assert work.witnessed() == ["attempt 0", "attempt 1", "exit"]


def test_branches_and_joins_go_on(work):
    work.write("""
class Branchy(FlowSpec):
    @catch(var="split_failure")
    @step
    def start(self):
        raise ValueError("split")
        self.next(self.a, self.b)

    @step
    def a(self):
        self.next(self.join)

    @catch(var="b_failure")
    @step
    def b(self):
        os._exit(2)
        self.next(self.join)

    @catch(var="join_failure")
    @step
    def join(self, inputs):
        self.got = [inputs.a.split_failure.exception, inputs.b.b_failure.type]
        os.abort()
        self.next(self.end)

    @step
    def end(self):
        witness(str(self.got))
        witness(self.join_failure.type)
""")
    work.run("run")
    assert work.witnessed() == ["['split', 'exit']", "SIGABRT"]


def test_a_foreach_goes_over_what_its_artifact_holds(work):
    work.write("""
class Wide(FlowSpec):
    items = ["default"]

    @catch(var="failure")
    @step
    def start(self):
        self.items = ["a", "b"]
        raise ValueError("after the items were set")
        self.next(self.work, foreach="items")

    @step
    def work(self):
        witness(self.input)
        self.next(self.join)

    @step
    def join(self, inputs):
        self.next(self.again)

    @catch
    @step
    def again(self):
        os._exit(1)
        self.next(self.more, foreach="items")

    @step
    def more(self):
        witness(self.input)
        self.next(self.join_more)

    @step
    def join_more(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        pass
""")
    work.run("run", "--max-workers", "1")
    assert work.witnessed() == ["a", "b", "default"]


def test_a_switch_takes_the_case_that_its_artifact_holds(work):
    work.write("""
class Choosy(FlowSpec):
    choice = "safe"

    @catch
    @step
    def start(self):
        raise ValueError("no choice was made")
        self.next({"bold": self.bold, "safe": self.safe}, condition="choice")

    @step
    def bold(self):
        self.next(self.end)

    @step
    def safe(self):
        witness("safe")
        self.next(self.end)

    @step
    def end(self):
        pass
""")
    work.run("run")
    assert work.witnessed() == ["safe"]


def test_a_split_by_a_value_that_may_be_missing_is_refused(work):
    work.write("""
class Wide(FlowSpec):
    @catch(var="start")
    @step
    def start(self):
        self.items = [1]
        self.next(self.work, foreach="items")

    @step
    def work(self):
        self.next(self.join)

    @step
    def join(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        pass
""")
    done = work.run("run", code=1)
    assert "`@catch` on step `start`, which runs a foreach over `self.items`" in done.text
    assert "in the class (`items = []`) or in a step before" in done.text
    assert "`var` of `@catch` on step `start` is `'start'`, not a name that no step has" in done.text


def test_a_caught_failure_is_reused_by_resume(work):
    work.write("""
class Resumed(FlowSpec):
    @catch(var="failure")
    @step
    def start(self):
        witness("start")
        os._exit(1)
        self.next(self.end)

    @step
    def end(self):
        if not os.path.exists(os.path.join(os.environ["WITNESS_FOLDER"], "go")):
            raise ValueError("not yet")
        witness(self.failure.type)
""")
    work.run("run", code=1)
    work.touch("go")
    work.run("resume")
    assert work.witnessed() == ["start", "exit"]


@pytest.mark.parametrize("isolation", ["spawn", "none"])
def test_it_works_in_every_isolation(work, isolation):
    work.write(CAUGHT.format(body='raise ValueError("boom")'))
    told = lines(work.run("run", "--isolation", isolation).out)
    assert told["TEXT"] == "boom"
    assert told["EARLY"] == "kept"
