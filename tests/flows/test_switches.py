"""Switches, run for real: which way is taken, where ways meet, and steps that repeat themselves."""

from __future__ import annotations

import pytest

WAYS = """
class Ways(FlowSpec):
    value = Parameter("value", type=JSONType, default=1)

    @step
    def start(self):
        self.way = self.value
        self.next({"text": self.text, 1: self.number, -2: self.number, 0.5: self.fraction, False: self.no},
                  condition="way")

    @step
    def text(self):
        self.seen = "text"
        self.next(self.meet)

    @step
    def number(self):
        self.seen = "number"
        self.next(self.meet)

    @step
    def fraction(self):
        self.seen = "fraction"
        self.inner = "deeper"
        self.next({"deeper": self.deeper, "out": self.end}, condition="inner")

    @step
    def deeper(self):
        self.seen += " deeper"
        self.next(self.meet)

    @step
    def no(self):
        self.next(self.end)

    @step
    def meet(self):
        self.met = self.seen
        self.next(self.end)

    @step
    def end(self):
        self.result = getattr(self, "met", "passed by")
"""


def test_a_switch_takes_the_way_of_its_case_and_ways_meet_again(work, run_of):
    work.write(WAYS)
    cases = {
        '"text"': (["start", "text", "meet", "end"], "text"),
        "1": (["start", "number", "meet", "end"], "number"),
        "true": (["start", "number", "meet", "end"], "number"),
        "-2": (["start", "number", "meet", "end"], "number"),
        "0.5": (["start", "fraction", "deeper", "meet", "end"], "fraction deeper"),
        "false": (["start", "no", "end"], "passed by"),
    }
    for number, (value, (steps, result)) in enumerate(cases.items(), 1):
        work.run("run", "--value", value)
        run = run_of(f"Ways/{number}")
        assert sorted(step.id for step in run) == sorted(steps), value
        assert run.data.result == result
    assert run["end"].task.data.way is False


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ('"1"', "switches on `self.way`, whose value '1' is none of the cases"),
        ("[1]", "switches on `self.way`, whose value [1] is none of the cases"),
        ("null", "switches on `self.way`, whose value None is none of the cases"),
    ],
)
def test_a_value_that_is_no_case_fails_the_step_by_name(work, run_of, value, message):
    work.write(WAYS)
    done = work.run("run", "--value", value, code=1)
    assert f"step `start` {message}" in done.err
    assert "the cases are: `'text'`, `1`, `-2`, `0.5`, `False`" in done.err
    assert [step.id for step in run_of("Ways/1")] == ["start"]


def test_switches_stand_in_branches_and_foreach_and_the_reverse(work, run_of):
    work.write("""
    class Mixed(FlowSpec):
        @step
        def start(self):
            self.mode = "wide"
            self.next({"wide": self.fan, "narrow": self.narrow}, condition="mode")

        @step
        def fan(self):
            self.items = [1, 2, 3, 4]
            self.next(self.sort, foreach="items")

        @step
        def sort(self):
            self.kind = "even" if self.input % 2 == 0 else "odd"
            self.next({"even": self.even, "odd": self.gather}, condition="kind")

        @step
        def even(self):
            self.halves = ["l", "r"]
            self.next(self.left, self.right)

        @step
        def left(self):
            self.go = True
            self.next({True: self.extra, False: self.close}, condition="go")

        @step
        def extra(self):
            self.next(self.close)

        @step
        def right(self):
            self.next(self.close)

        @step
        def close(self, inputs):
            self.kind = "even from " + ",".join(str(i.index) for i in inputs)
            self.merge_artifacts(inputs, include=["halves"])
            self.next(self.gather)

        @step
        def gather(self, inputs):
            self.kinds = [i.kind for i in inputs]
            self.next(self.meet)

        @step
        def narrow(self):
            self.kinds = []
            self.next(self.meet)

        @step
        def meet(self):
            self.next(self.end)

        @step
        def end(self):
            pass
    """)
    work.run("run")
    run = run_of("Mixed/1")
    assert run.data.kinds == ["odd", "even from 1,1", "odd", "even from 3,3"]
    assert len(list(run["extra"])) == 2
    assert "narrow" not in {step.id for step in run}


def test_a_join_gets_the_step_that_was_taken_by_its_name(work, run_of):
    work.write("""
    class Named(FlowSpec):
        @step
        def start(self):
            self.next(self.a, self.b)

        @step
        def a(self):
            self.fast = True
            self.next({True: self.join, False: self.slow}, condition="fast")

        @step
        def slow(self):
            self.next(self.join)

        @step
        def b(self):
            self.next(self.join)

        @step
        def join(self, inputs):
            self.direct = inputs.a.fast
            try:
                inputs.slow
            except AttributeError as error:
                self.message = str(error)
            self.next(self.end)

        @step
        def end(self):
            pass
    """)
    work.run("run")
    data = run_of("Named/1").data
    assert data.direct is True
    assert data.message == "no input of step `join` comes from a step `slow`; the steps before it are: `a`, `b`"


def test_joins_branch_fan_out_and_switch_further(work, run_of):
    work.write("""
    class Further(FlowSpec):
        @step
        def start(self):
            self.next(self.a, self.b)

        @step
        def a(self):
            self.x = 1
            self.next(self.fan)

        @step
        def b(self):
            self.x = 2
            self.next(self.fan)

        @step
        def fan(self, inputs):
            self.items = [i.x for i in inputs]
            self.next(self.each, foreach="items")

        @step
        def each(self):
            self.y = self.input * 10
            self.next(self.split)

        @step
        def split(self, inputs):
            self.ys = [i.y for i in inputs]
            self.next(self.c, self.d)

        @step
        def c(self):
            self.z = min(self.ys)
            self.next(self.choose)

        @step
        def d(self):
            self.z = max(self.ys)
            self.next(self.choose)

        @step
        def choose(self, inputs):
            self.total = sum(i.z for i in inputs)
            self.large = self.total > 10
            self.next({True: self.big, False: self.end}, condition="large")

        @step
        def big(self):
            self.word = "big"
            self.next(self.end)

        @step
        def end(self):
            pass
    """)
    work.run("run")
    run = run_of("Further/1")
    assert run["split"].task.data.ys == [10, 20]
    assert (run.data.total, run.data.word) == (30, "big")


def test_cases_can_be_keys_of_a_config(work, run_of):
    work.write("""
    from stepwell import Config

    class Configured(FlowSpec):
        config = Config("config", default_value='{"quick": "q", "modes": {"slow": 2}}')
        way = Parameter("way", type=JSONType, default='"q"')

        @step
        def start(self):
            self.taken = self.way
            self.next({self.config.quick: self.quick, self.config.modes.slow: self.slow}, condition="taken")

        @step
        def quick(self):
            self.next(self.end)

        @step
        def slow(self):
            self.next(self.end)

        @step
        def end(self):
            pass
    """)
    work.run("run")
    work.run("run", "--way", "2")
    work.run("--config-value", "config", '{"quick": "other", "modes": {"slow": "q"}}', "run")
    steps = [{step.id for step in run_of(f"Configured/{run}")} - {"start", "end"} for run in (1, 2, 3)]
    assert steps == [{"quick"}, {"slow"}, {"slow"}]


def test_a_switch_whose_step_fails_and_is_caught_takes_the_case_that_it_had(work, run_of):
    work.write("""
    class Caught(FlowSpec):
        again = True

        @step
        def start(self):
            self.go = False
            self.next(self.choose)

        @catch(var="failure", print_exception=False)
        @step
        def choose(self):
            raise ValueError("before the switch")
            self.next({True: self.never, False: self.end}, condition="go")

        @step
        def never(self):
            self.next(self.end)

        @step
        def end(self):
            pass
    """)
    work.run("run")
    run = run_of("Caught/1")
    assert {step.id for step in run} == {"start", "choose", "end"}
    assert "before the switch" in str(run.data.failure)


REPEATED = """
class Repeated(FlowSpec):
    count = Parameter("count", default=4)

    @step
    def start(self):
        self.n = 0
        self.log = []
        self.next(self.again)

    @step
    def again(self):
        self.n += 1
        witness(f"iteration {self.n}")
        assert self.n != 3 or os.path.exists(os.environ["WITNESS_FOLDER"] + "/mended"), "not yet"
        self.log = [*self.log, self.n]
        self.more = "yes" if self.n < self.count else "no"
        self.next({"yes": self.again, "no": self.end}, condition="more")

    @step
    def end(self):
        pass
"""


def test_a_step_repeats_itself_as_a_new_task_each_time(work, run_of):
    work.write(REPEATED)
    work.touch("mended")
    work.run("run", "--count", "30")
    run = run_of("Repeated/1")
    assert run.data.log == list(range(1, 31))
    tasks = sorted(run["again"], key=lambda task: int(task.id))
    assert [task.data.n for task in tasks] == list(range(1, 31))


def test_a_resume_goes_on_in_the_middle_of_a_repetition(work, run_of):
    work.write(REPEATED)
    work.run("run", code=1)
    assert work.witnessed() == ["iteration 1", "iteration 2", "iteration 3"]
    work.touch("mended")
    work.forget_witnesses()
    work.run("resume")
    assert work.witnessed() == ["iteration 3", "iteration 4"]
    run = run_of("Repeated/2")
    assert run.data.log == [1, 2, 3, 4]
    origins = [task.origin_pathspec for task in sorted(run["again"], key=lambda task: int(task.id))]
    assert origins == ["Repeated/1/again/2", "Repeated/1/again/3", None, None]


def test_a_step_repeats_itself_within_a_foreach_for_each_item_by_itself(work, run_of):
    work.write("""
    class Inner(FlowSpec):
        @step
        def start(self):
            self.items = [3, 1, 2]
            self.next(self.count, foreach="items")

        @step
        def count(self):
            self.n = getattr(self, "n", 0) + 1
            self.seen = [*getattr(self, "seen", []), (self.input, self.index)]
            self.more = self.n < self.input
            self.next({True: self.count, False: self.done}, condition="more")

        @step
        def done(self):
            self.next(self.join)

        @step
        def join(self, inputs):
            self.counts = [(i.n, i.seen) for i in inputs]
            self.next(self.end)

        @step
        def end(self):
            pass
    """)
    work.run("run")
    run = run_of("Inner/1")
    assert run.data.counts == [(3, [(3, 0)] * 3), (1, [(1, 1)]), (2, [(2, 2)] * 2)]
    assert len(list(run["count"])) == 6
    assert len(list(run["done"])) == 3


def test_the_first_step_can_repeat_itself(work, run_of):
    work.write("""
    class First(FlowSpec):
        @step
        def start(self):
            self.n = getattr(self, "n", 0) + 1
            self.go = self.n < 3
            self.next({True: self.start, False: self.end}, condition="go")

        @step
        def end(self):
            pass
    """)
    work.run("run")
    assert run_of("First/1").data.n == 3


def test_what_show_and_the_graph_commands_say_of_a_switch(work):
    work.write(REPEATED)
    shown = work.run("show").out
    assert "=> one of these, by `more`:\n     yes => again (again)\n     no  => end" in shown
    dot = work.run("output-dot").out
    assert '"again" -> "again" [label="yes"];' in dot
    assert "switch: more" in dot
    raw = work.run("output-raw").out
    assert '"switch_cases": {"yes": "again", "no": "end"}' in " ".join(raw.split()).replace("{ ", "{").replace(
        " }", "}"
    )
