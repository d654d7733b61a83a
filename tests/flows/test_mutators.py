"""Mutators in real runs: they run once, and what they did reaches every task."""

from __future__ import annotations

import pytest

FLOW = """
from stepwell import Config, FlowMutator, MutableStep, StepMutator, UserStepDecorator, environment

class Mark(UserStepDecorator):
    def init(self, *args):
        self.options, self.name, self.file, self.arguments = args, 5, None, "mine"

    def post_step(self, step_name, flow, exception=None):
        flow.marks = [*getattr(flow, "marks", []), (step_name, *self.options)]
        return exception

class Prepare(FlowMutator):
    def init(self, name, **options):
        self.name_of_it = name

    def pre_mutate(self, flow):
        witness(f"pre {self.name_of_it} {dict(flow.configs)['config'].cpu} {[n for n, _ in flow.parameters]}")
        if self.name_of_it == "inner":
            flow.add_parameter("extra", Parameter("extra", default=flow.config.cpu))
            assert flow.remove_parameter("gone")
            for name, step in flow.steps:
                step.add_decorator(Mark, deco_args=[1])
                step.add_decorator("environment", deco_kwargs={"vars": {"WHERE": name}})

    def mutate(self, flow):
        witness(f"mutate {self.name_of_it}")

class Retry(StepMutator):
    def pre_mutate(self, step):
        witness(f"step pre {step.name}")

    def mutate(self, step):
        witness(f"step mutate {sorted(name for name, *_ in step.decorator_specs)}")
        step.remove_decorator("resources")
        once = {"times": 1, "minutes_between_retries": 0}
        step.add_decorator(retry, deco_kwargs=once, duplicates=MutableStep.OVERRIDE)

@Prepare("outer")
@Prepare(name="inner")
class Mutated(FlowSpec):
    config = Config("config", default_value={"cpu": 1})
    alpha = Parameter("alpha", default=2)
    gone = Parameter("gone", default=3)

    @Retry
    @resources(cpu=config.cpu)
    @step
    def start(self):
        assert current.retry_count == 1, "once"
        self.next(self.end)

    @step
    def end(self):
        self.seen = (os.environ["WHERE"], self.extra, hasattr(self, "gone"))
"""
CALLS = [
    "pre inner 1 ['alpha', 'gone']",
    "pre outer 1 ['alpha', 'extra']",
    "step pre start",
    "mutate inner",
    "mutate outer",
    "step mutate ['Mark', 'Retry', 'environment', 'resources', 'retry']",
]


@pytest.mark.parametrize("isolation", ["fork", "spawn", "none"])
def test_mutators_run_once_and_reach_every_task(work, run_of, isolation):
    work.write(FLOW)
    work.run("run", "--with", "retry:times=3", "--extra", "9", "--isolation", isolation)
    assert work.witnessed() == CALLS
    run = run_of("Mutated/1")
    assert run.data.seen == ("end", 9, False)
    assert run.data.marks == [("start", 1), ("end", 1)]
    assert "gone" not in run.data


def test_a_fresh_zygote_does_what_is_recorded(work, run_of):
    path = work.write(FLOW)
    text = path.read_text().replace("import os\n", "import os, time\nos.utime(__file__, (time.time() + 60,) * 2)\n", 1)
    path.write_text(text)
    work.run("run", "--with", "retry")
    assert work.witnessed() == CALLS
    assert run_of("Mutated/1").data.seen == ("end", 1, False)


def test_help_and_show_know_what_mutators_changed(work):
    work.write(FLOW)
    out = work.run("run", "--help").out
    assert "--extra INT" in out
    assert "--gone" not in out
    raw = work.run("output-raw").out
    assert '"environment"' in raw
    assert '"Retry"' not in raw


def test_resume_mutates_again_and_keeps_values(work, run_of):
    work.write(FLOW.replace("self.seen = (", "assert os.path.exists('go')\n        self.seen = ("))
    work.run("run", "--with", "retry:times=0", "--extra", "9", code=1)
    work.touch("go")
    work.run("resume", "--with", "retry:times=0")
    assert run_of("Mutated/2").data.seen == ("end", 9, False)


def test_a_mutator_from_the_command_line_changes_every_step(work, run_of):
    (work.folder / "mine.py").write_text("""
from stepwell import StepMutator

class Again(StepMutator):
    def init(self, times):
        self.times = times

    def mutate(self, step):
        step.add_decorator("retry", deco_kwargs={"times": self.times, "minutes_between_retries": 0})
""")
    work.write("""
    class Twice(FlowSpec):
        @step
        def start(self):
            assert current.retry_count == 1, "once"
            self.next(self.end)

        @step
        def end(self):
            assert current.retry_count == 1, "once"
    """)
    for isolation in ("fork", "spawn"):
        work.run("run", "--with", "mine.Again:times=1", "--isolation", isolation)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("raise KeyError('x')", ("`mutate` of the mutator `M` raised KeyError: 'x'", "flow.py")),
        ("flow.add_parameter('p', Parameter('p'))", ("`p` cannot be added in `mutate`", "`pre_mutate`")),
        ("flow.start.add_decorator('retri')", ("`mutate` of `M`", "no decorator `retri`", "`retry`")),
        ("flow.strat", ("no step, parameter or config `strat`", "did you mean `start`")),
        (
            "flow.start.add_decorator('retry:times=1', deco_kwargs={'times': 2})",
            ("has options, and others are given beside it",),
        ),
        (
            "flow.start.add_decorator('retry', duplicates=MutableStep.ERROR)",
            ("step `start` has `@retry` already",),
        ),
        ("flow.start.add_decorator(retry, deco_kwargs={'tims': 1}, duplicates=3)", ("no option `tims`",)),
        ("flow.remove_decorator('M')", ("cannot be removed in `mutate`",)),
        ("flow.start.add_decorator(M2)", ("a step mutator cannot be added",)),
    ],
)
def test_what_a_mutator_does_wrong_is_told_before_anything_is_written(work, body, words):
    work.write(f"""
from stepwell import FlowMutator, MutableStep, StepMutator

class M2(StepMutator):
    pass

class M(FlowMutator):
    def mutate(self, flow):
        {body}

@M
class Wrong(FlowSpec):
    @retry
    @step
    def start(self):
        pass
""")
    done = work.run("run", code=None)
    assert done.code in (1, 2)
    for word in words:
        assert word in done.err
    assert not work.root.exists()


def test_files_that_a_mutator_names_are_kept_with_the_code(work, run_of):
    (work.folder / "weights.bin").write_bytes(b"w")
    (work.folder / "other.bin").write_bytes(b"o")
    work.write("""
    from stepwell import StepMutator, UserStepDecorator

    class Needs(StepMutator):
        def add_to_package(self):
            return [("weights.bin", "weights.bin")]

    class Too(UserStepDecorator):
        def add_to_package(self):
            yield "other.bin"

    class Packaged(FlowSpec):
        @Needs
        @Too
        @step
        def start(self):
            pass
    """)
    work.run("run")
    with run_of("Packaged/1").code.tarball as tar:
        assert {"weights.bin", "other.bin", "flow.py"} <= set(tar.getnames())


def test_a_mutator_adds_flow_decorators_that_act_in_every_process(work, run_of):
    work.write("""
    from stepwell import FlowMutator, exit_hook, project

    def tell():
        witness("told")

    class Adds(FlowMutator):
        def pre_mutate(self, flow):
            flow.add_decorator("project:name=shop")
            flow.add_decorator(exit_hook, deco_kwargs={"on_success": [tell]})
            assert flow.get_decorator_specs("project")[0][3]["name"] == "shop"

    @Adds
    class Added(FlowSpec):
        @step
        def start(self):
            self.project = current.project_name
    """)
    work.run("run", "--branch", "b")
    assert run_of("Added/1").data.project == "shop"
    assert work.witnessed() == ["told"]
