"""A failed task records code and variables, and `why-failed` shows them without running anything."""

from __future__ import annotations

import json

FLOW = """
class Model:
    def __init__(self):
        self.rate = 0.1

    def __repr__(self):
        witness("repr")
        return "a model"

def compute(items, password):
    config = {"db_password": "hunter2", "n": 3}
    model = Model()
    for i in items:
        try:
            10 / i
        except ZeroDivisionError as error:
            raise ValueError(f"bad item {i}") from error

class Fails(FlowSpec):
    alpha = Parameter("alpha", default=0.5)

    @step
    def start(self):
        self.xs = [3, 0, 0]
        self.next(self.work, foreach="xs")

    @step
    def work(self):
        self.scaled = self.alpha * 2
        compute([1, self.input], "hunter2")
        self.next(self.join)

    @step
    def join(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def test_a_failure_is_shown_with_its_chain_its_code_and_its_variables(work):
    work.write(FLOW)
    work.run("run", "--on-failure", "continue", code=1)
    (work.folder / "flow.py").write_text("raise SystemExit('this must not be run')\n")
    shown = work.stepwell("why-failed", "Fails/1/work/3").out
    for part in (
        "Fails/1/work/3 failed (item 0)",
        "ValueError: bad item 0",
        "was raised from",
        "ZeroDivisionError: division by zero",
        'raise ValueError(f"bad item {i}") from error',
        "self.alpha  = 0.5",
        "self.scaled = 1.0",
        "items    = [1, 0]",
        "password = <hidden>",
        "config   = {'db_password': <hidden>, 'n': 3}",
        "model    = Model(rate=0.1)",
    ):
        assert part in shown, shown
    assert "src/stepwell" not in shown
    assert work.witnessed() == []
    for path in (work.root / "flows").rglob("log"):
        assert b"'hunter2'" not in path.read_bytes()


def test_a_run_or_step_means_its_first_failure_and_lists_the_others(work):
    work.write(FLOW)
    work.run("run", "--on-failure", "continue", code=1)
    for pathspec in ("Fails/1", "Fails/1/work", "Fails/latest"):
        shown = work.stepwell("why-failed", pathspec).out
        assert "ValueError: bad item 0" in shown
        assert "1 more task failed" in shown
    assert "ValueError: bad item 0" in work.run("why-failed").out
    answer = json.loads(work.run("why-failed", "1", "--json").out)
    assert [error["type"] for error in answer["failure"]["errors"]] == ["ValueError", "ZeroDivisionError"]
    assert len(answer["others"]) == 1


def test_what_did_not_fail_is_told(work):
    work.write(FLOW)
    work.run("run", "--on-failure", "continue", code=1)
    assert (
        "no task of `Fails/1/start` failed, but `Fails/1/work/3` did" in work.run("why-failed", "1/start", code=1).err
    )
    assert "`Fails/1/start/1` did not fail: it succeeded" in work.run("why-failed", "1/start/1", code=1).err
    assert (
        "attempt 4 of `Fails/1/work/3` did not fail" in work.run("why-failed", "1/work/3", "--attempt", "4", code=1).err
    )


def test_deep_recursions_and_strange_variables_do_not_hide_the_failure(work):
    work.write(
        """
        class Strange:
            def __getattribute__(self, name):
                raise RuntimeError("do not touch")

        def deeper(n):
            strange = Strange()
            many = {f"name_{i}": "x" * 10_000 for i in range(500)}
            locals_ = [strange] * 1000
            return deeper(n + 1)

        class Deep(FlowSpec):
            @step
            def start(self):
                self.strange = 1
                deeper(0)
                self.next(self.end)

            @step
            def end(self):
                pass
        """
    )
    work.run("run", code=1)
    shown = work.stepwell("why-failed", "Deep/1").out
    assert "RecursionError" in shown
    assert "in start" in shown or "frames further out" in shown
    assert (work.root / "flows/Deep/1/log").stat().st_size < 200_000


def test_each_attempt_has_a_failure_of_its_own(work):
    work.write(
        """
        class Again(FlowSpec):
            @retry(times=1, minutes_between_retries=0)
            @step
            def start(self):
                attempt = current.retry_count
                if attempt >= 0:
                    raise ValueError(f"attempt {attempt}")
                self.next(self.end)

            @step
            def end(self):
                pass
        """
    )
    work.run("run", code=1)
    assert "ValueError: attempt 1" in work.run("why-failed").out
    assert "in attempt 2 of 2" in work.run("why-failed").out
    assert "ValueError: attempt 0" in work.run("why-failed", "1/start/1", "--attempt", "0").out
