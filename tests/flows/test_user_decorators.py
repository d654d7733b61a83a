"""Step decorators that users write, in real runs."""

from __future__ import annotations

import sys
import textwrap

import pytest

IMPORTS = """
from stepwell import USER_SKIP_STEP, UserStepDecorator, user_step_decorator

@user_step_decorator
def tell(step_name, flow, inputs=None, attributes=None):
    witness(f"before {attributes.get('name')} {step_name} {inputs is not None}")
    try:
        yield
    except ValueError as error:
        witness(f"caught {error}")
    witness(f"after {attributes.get('name')}")

class Count(UserStepDecorator):
    def init(self, start=0):
        self.start = start

    def pre_step(self, step_name, flow, inputs=None):
        witness(f"pre {self.start}")

    def post_step(self, step_name, flow, exception=None):
        witness(f"post {self.start} {exception!r}")
        flow.counted = self.start + 1
        return exception
"""


@pytest.mark.parametrize("isolation", ["fork", "spawn", "none"])
def test_several_stand_around_the_step_like_shells(work, run_of, isolation):
    work.write(
        IMPORTS
        + """
class Shells(FlowSpec):
    @tell(name="outer")
    @Count(5)
    @step
    @tell
    def start(self):
        witness("step")
        self.next(self.end)

    @step
    def end(self):
        pass
"""
    )
    work.run("run", "--isolation", isolation)
    assert work.witnessed() == [
        "before outer start False",
        "pre 5",
        "before None start False",
        "step",
        "after None",
        "post 5 None",
        "after outer",
    ]
    assert run_of("Shells/1").data.counted == 6


REPLACING = """
from stepwell import USER_SKIP_STEP, UserStepDecorator, user_step_decorator

@user_step_decorator
def instead(step_name, flow, inputs, attributes):
    def other(flow, inputs=None):
        flow.x = ("instead", step_name, attributes)
        if attributes.get("how") == "itself":
            flow.next(flow.split)
            return None
        return attributes.get("answer", True)
    yield other
    flow.x += ("after",)

@user_step_decorator
def skip(step_name, flow, inputs=None, attributes=None):
    flow.fewer = [7]
    yield (attributes or {}).get("arguments", USER_SKIP_STEP)

@user_step_decorator
def never(step_name, flow, inputs=None):
    witness("never")
    if step_name == "nothing":
        yield
"""


def test_a_step_is_replaced_or_skipped_with_other_arguments_for_next(work, run_of):
    work.write(
        REPLACING
        + """
class Replaced(FlowSpec):
    items = [1, 2, 3]
    way = "right"

    @instead
    @never
    @step
    def start(self):
        witness("start")
        self.next(self.mine)

    @instead(how="itself")
    @step
    def mine(self):
        self.next(self.split)

    @skip(arguments={"foreach": "fewer"})
    @step
    def split(self):
        witness("split")
        self.next(self.work, foreach="items")

    @step
    def work(self):
        self.seen = self.input
        self.next(self.join)

    @step
    def join(self, inputs):
        self.seen = [i.seen for i in inputs]
        self.next(self.choose)

    @never
    @step
    def choose(self):
        self.next({"left": self.left, "right": self.right}, condition="way")

    @step
    def left(self):
        self.next(self.end)

    @step
    def right(self):
        self.was = "right"
        self.next(self.end)

    @skip
    @step
    def end(self):
        witness("end")
"""
    )
    work.run("run")
    run = run_of("Replaced/1")
    assert work.witnessed() == ["never"]
    assert run["start"].task.data.x == ("instead", "start", {}, "after")
    assert run["mine"].task.data.x == ("instead", "mine", {"how": "itself"}, "after")
    assert run.data.seen == [7]
    assert run.data.was == "right"


def test_an_exception_can_be_caught_or_replaced(work, run_of):
    work.write(
        IMPORTS
        + """
class Other(UserStepDecorator):
    def post_step(self, step_name, flow, exception=None):
        return KeyError("another")

class GoOn(UserStepDecorator):
    def post_step(self, step_name, flow, exception=None):
        return None, {}

class Caught(FlowSpec):
    @tell
    @step
    def start(self):
        self.kept = 1
        raise ValueError("no")
        self.next(self.more)

    @GoOn
    @step
    def more(self):
        raise TypeError("not this time")
        self.next(self.end)

    @Count
    @Other
    @step
    def end(self):
        pass
"""
    )
    done = work.run("run", code=1)
    run = run_of("Caught/1")
    assert "KeyError: 'another'" in done.text
    assert "caught no" in work.witnessed()
    assert "post 0 KeyError('another')" in work.witnessed()
    assert run["start"].task.data.kept == 1
    assert run["more"].task.successful
    assert not run["end"].task.successful


def test_joins_get_their_inputs(work, run_of):
    work.write("""
    from stepwell import user_step_decorator

    @user_step_decorator
    def merge(step_name, flow, inputs, attributes):
        flow.total = sum(i.x for i in inputs)
        yield lambda flow, inputs: flow.merge_artifacts(inputs, include=["same"]) or True

    class Joined(FlowSpec):
        @step
        def start(self):
            self.same = "s"
            self.parts = [1, 2]
            self.next(self.work, foreach="parts")

        @step
        def work(self):
            self.x = self.input
            self.next(self.join)

        @merge
        @step
        def join(self, inputs):
            self.next(self.end)

        @step
        def end(self):
            pass
    """)
    work.run("run")
    assert (run_of("Joined/1").data.total, run_of("Joined/1").data.same) == (3, "s")


PLAIN = """
class Plain(FlowSpec):
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
"""
MODULE = """
from stepwell import user_step_decorator, UserStepDecorator

@user_step_decorator
def note(step_name, flow, inputs=None, attributes=None):
    yield
    flow.noted = attributes

class Bare(UserStepDecorator):
    def post_step(self, step_name, flow, exception=None):
        flow.bare = step_name
        return exception
"""


@pytest.mark.parametrize("isolation", ["fork", "spawn"])
def test_with_puts_one_on_every_step(work, run_of, isolation):
    work.write(PLAIN)
    (work.folder / "mine.py").write_text(MODULE)
    work.run("run", "--with", "mine.note:k=[1,2],name=x", "--with", "mine.Bare", "--isolation", isolation)
    data = run_of("Plain/1").data
    assert data.noted == {"k": [1, 2], "name": "x"}
    assert data.bare == "end"


def test_with_takes_the_name_alone_of_one_that_is_known(work, run_of):
    (work.folder / "mine.py").write_text(MODULE)
    work.write("import mine\n" + PLAIN)
    work.run("run", "--with", "Bare")
    assert run_of("Plain/1").data.bare == "end"


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("mine.noet", ("no decorator `noet`", "did you mean `mine.note`?")),
        ("mien.note", ("`mien.note` cannot be imported",)),
        ("mine.MODULE", ("no decorator `MODULE`",)),
        ("retrry", ("there is no decorator `retrry`", "did you mean: `retry`")),
    ],
)
def test_one_that_is_not_there_is_named(work, spec, words):
    work.write(PLAIN)
    (work.folder / "mine.py").write_text(MODULE + "\nMODULE = 1\n")
    done = work.run("run", "--with", spec, code=2)
    for word in words:
        assert word in done.err


@pytest.mark.parametrize(
    ("definition", "use", "words"),
    [
        ("def d(step_name, flow, inputs):\n    return 1", "@user_step_decorator", ("no generator function", "yield")),
        ("def d(step_name):\n    yield", "@user_step_decorator", ("takes 1 arguments", "3 or 4")),
        ("class D(UserStepDecorator):\n    def __init__(self):\n        pass", "", ("`__init__`", "`init`")),
    ],
)
def test_a_wrong_definition_is_told_with_its_cure(work, definition, use, words):
    work.write(f"from stepwell import UserStepDecorator, user_step_decorator\n\n{use}\n{definition}\n" + PLAIN)
    done = work.stepwell("run", "flow.py", code=None)
    assert done.code != 0
    for word in words:
        assert word in done.err


@pytest.mark.parametrize(
    ("use", "words"),
    [
        ("@Count(nothing=1)", ("`@Count` on step `start` refuses its arguments", "nothing", "flow.py:")),
        ("@plain(x=1)", ("takes no attributes", "attributes=None")),
        ("@tell(1)", ("without a name",)),
    ],
)
def test_wrong_arguments_are_told_before_anything_runs(work, use, words):
    work.write(
        IMPORTS
        + """
@user_step_decorator
def plain(step_name, flow, inputs):
    yield
"""
        + PLAIN.replace("    @step\n    def start", f"    {use}\n    @step\n    def start")
    )
    done = work.run("run", code=1)
    for word in words:
        assert word in done.err
    assert not work.root.exists()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("yield 5", ("yielded a value of type `int`",)),
        ("yield\n    yield", ("yields more than once",)),
        ("yield {'foreach': 'x'}", ("cannot be given `foreach`", "fixed by its file")),
        ("yield lambda flow: 5", ("returned a value of type `int`",)),
    ],
)
def test_what_a_decorator_does_wrong_fails_the_task_by_name(work, body, words):
    deco = f"\n@user_step_decorator\ndef odd(step_name, flow, inputs):\n    {body}\n"
    work.write(IMPORTS + deco + PLAIN.replace("    @step\n    def start", "    @odd\n    @step\n    def start"))
    done = work.run("run", code=1)
    for word in words:
        assert word in done.text


PACKAGE = """
from stepwell.decorators.protocol import StepDecorator

class Stamp(StepDecorator):
    name = "stamp"
    defaults = {"text": "x"}

    def after_task(self, context):
        context.flow.stamped = self.options["text"]
"""


@pytest.mark.parametrize("isolation", ["fork", "spawn"])
def test_a_decorator_of_an_installed_package_is_found_by_its_entry_point(work, run_of, tmp_path_factory, isolation):
    packages = tmp_path_factory.mktemp("site")
    (packages / "stamping.py").write_text(textwrap.dedent(PACKAGE))
    info = packages / "stamping-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: stamping\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[stepwell.decorators]\nstamp = stamping:Stamp\n")
    work.environ["PYTHONPATH"] = str(packages)
    work.write(PLAIN)
    work.run("run", "--with", "stamp:text=hello", "--isolation", isolation)
    assert run_of("Plain/1").data.stamped == "hello"
    assert "did you mean: `stamp`" in work.run("run", "--with", "stmap", code=2).err
    assert "`@stamp` has no option `txt`" in work.run("run", "--with", "stamp:txt=1", code=2).err
    assert "stamping" not in sys.modules
