"""`Runner`: flows as processes of their own, driven from Python, threads and event loops."""

from __future__ import annotations

import json
import signal

FLOW = """
class Train(FlowSpec):
    alpha = Parameter("alpha", default=0.5)
    n = Parameter("n", default=2)
    names = Parameter("names", default="a,b", separator=",")
    settings = Parameter("settings", type=JSONType, default="{}")
    sure = Parameter("sure", default=False)

    @step
    def start(self):
        print("alpha is", self.alpha)
        self.items = list(range(self.n))
        self.next(self.work, foreach="items")

    @step
    def work(self):
        if os.environ.get("WAIT"):
            await_file("go")
        if self.n == 13 and not os.path.exists(os.path.join(os.environ["WITNESS_FOLDER"], "lucky")):
            raise ValueError("unlucky")
        self.next(self.join)

    @step
    def join(self, inputs):
        self.total = sum(i.input for i in inputs)
        self.next(self.end)

    @step
    def end(self):
        self.seen = [self.alpha, self.names, self.settings, self.sure, os.environ.get("EXTRA")]
"""

DRIVER = """
import asyncio, json, os, sys, threading
from stepwell import Runner, errors

def show(*values):
    print("SHOWN", json.dumps(values))
"""


def drive(work, text):
    """What a driving script shows, and its whole output."""
    (work.folder / "drive.py").write_text(DRIVER + text)
    done = work.call(work.command(file="drive.py"), timeout=120)
    return [json.loads(line[6:]) for line in done.out.splitlines() if line.startswith("SHOWN ")], done


def test_a_run_with_values_of_every_kind(work, run_of):
    work.write(FLOW)
    shown, done = drive(
        work,
        """
with Runner("flow.py", show_output=False, env={"EXTRA": "more"}, decospecs=["retry:times=1"]) as runner:
    result = runner.run(
        alpha=2, n=3, names=["x", "y"], settings={"deep": [1, None]}, sure=True, tags=["one", "two"], max_workers=2
    )
    show(result.status, result.returncode, result.run.pathspec, result.run.data.total, result.run.data.seen)
    show("alpha is 2.0" in result.stdout, "succeeded" in result.stderr, sorted(result.run.user_tags))
""",
    )
    assert shown[0] == ["successful", 0, "Train/1", 3, [2.0, ["x", "y"], {"deep": [1, None]}, True, "more"]]
    assert shown[1] == [True, True, ["one", "two"]]
    assert "alpha is" not in done.out
    work.stepwell("show", "Train/1")


def test_output_is_shown_as_it_comes_unless_told_otherwise(work):
    work.write(FLOW)
    _, done = drive(work, 'Runner("flow.py").run()')
    assert "alpha is 0.5" in done.out


def test_a_failed_run_is_told_by_its_status_and_can_be_resumed(work):
    work.write(FLOW)
    shown, _ = drive(
        work,
        """
runner = Runner("flow.py", show_output=False)
failed = runner.run(n=13)
show(failed.status, failed.returncode, failed.run.status)
open("lucky", "w").close()
resumed = runner.resume(origin_run_id=failed.run.id)
show(resumed.status, resumed.run.origin_pathspec, resumed.run.data.total)
again = runner.resume(step_to_rerun="join")
show(again.status, again.run.origin_pathspec)
""",
    )
    assert shown == [["failed", 1, "failed"], ["successful", "Train/1", 78], ["successful", "Train/2"]]


def test_every_wrong_argument_is_an_error_of_a_type_of_its_own(work):
    work.write(FLOW)
    shown, _ = drive(
        work,
        """
runner = Runner("flow.py", show_output=False)
for wrong in (
    {"n": "three"}, {"n": 2.5}, {"alfa": 1}, {"tags": "one"}, {"max_workers": True}, {"sure": "yes"},
    {"settings": object()}, {"namespace": 3},
):
    try:
        runner.run(**wrong)
    except TypeError as error:
        show(type(error).__name__, error.message, error.hint)
try:
    Runner("flow.py", show_output=False, nonsense=1).run()
except TypeError as error:
    show(type(error).__name__, error.message)
try:
    runner.resume(origin_run_id="77")
except errors.NotFound as error:
    show(type(error).__name__, error.message)
try:
    Runner("missing.py")
except errors.UsageError as error:
    show(type(error).__name__, error.message)
""",
    )
    messages = [one[1] for one in shown]
    assert messages[0] == "invalid type for `n`: 'three' is of type `str`, expected `int`"
    assert messages[1] == "invalid type for `n`: 2.5 is of type `float`, expected `int`"
    assert (messages[2], shown[2][2]) == ("unknown argument: `alfa`", "did you mean `alpha`?")
    assert messages[3] == "invalid type for `tags`: 'one' is of type `str`, expected `list`"
    assert messages[4] == "invalid type for `max_workers`: True is of type `bool`, expected `int`"
    assert messages[5] == "invalid type for `sure`: 'yes' is of type `str`, expected `bool`"
    assert "cannot be handed to another process" in messages[6]
    assert messages[7] == "invalid type for `namespace`: 3 is of type `int`, expected `str`"
    assert messages[8] == "unknown argument: `nonsense`"
    assert shown[9][0] == "NotFound"
    assert "there is no flow file" in messages[10]


def test_a_file_that_breaks_before_the_run_says_so(work):
    (work.folder / "broken.py").write_text("import no_such_module_at_all\n")
    work.write(
        "class Faulty(FlowSpec):\n    @step\n    def start(self):\n        self.next(self.middle)\n", "faulty.py"
    )
    shown, _ = drive(
        work,
        """
for file in ("broken.py", "faulty.py"):
    try:
        Runner(file, show_output=False).run()
    except errors.StepwellError as error:
        show(type(error).__name__, str(error))
""",
    )
    assert shown[0][0] == "RunFailed"
    assert "No module named 'no_such_module_at_all'" in shown[0][1]
    assert shown[1][0] == "LintError"
    assert "`middle`" in shown[1][1]


def test_an_event_loop_follows_a_run_and_others_at_once(work):
    work.write(FLOW)
    shown, _ = drive(
        work,
        """
async def main():
    async with Runner("flow.py", show_output=False, env={"WAIT": "1"}) as runner:
        first, second = await asyncio.gather(runner.async_run(n=1, alpha=3), runner.async_run(n=2))
        show(sorted([first.run.id, second.run.id]), first.status, second.status)
        async for position, line in first.stream_log("stdout"):
            if "alpha is" in line:
                break
        show(line.partition("alpha")[1:])
        open("go", "w").close()
        await first.wait()
        await second.wait(stream="stdout")
        later = [line async for _, line in first.stream_log("stdout", position)]
        show(first.status, second.status, any("alpha is" in line for line in later), len(later) > 0)

asyncio.run(main())
""",
    )
    assert shown[0] == [["1", "2"], "running", "running"]
    assert shown[1] == [["alpha", " is 3.0"]]
    assert shown[2] == ["successful", "successful", False, True]


def test_patience_has_an_end_and_nothing_stays_behind(work):
    work.write(FLOW)
    shown, _ = drive(
        work,
        """
async def main():
    runner = Runner("flow.py", show_output=False, env={"WAIT": "1"})
    slow = await runner.async_run()
    await slow.wait(timeout=1)
    show(slow.status, slow.run.status)
    left = await runner.async_run()
    async for _, line in left.stream_log("stdout"):
        if "started" in line:
            break
    await asyncio.to_thread(runner.cleanup)
    show(left.status, left.run.status)

asyncio.run(main())
""",
    )
    assert shown == [["timeout", "cancelled"], ["failed", "cancelled"]]


def test_threads_and_handlers_of_a_web_server_may_drive(work):
    work.write(FLOW)
    shown, _ = drive(
        work,
        """
found = []

def in_thread(n):
    found.append(Runner("flow.py", show_output=False).run(n=n).run.data.total)

async def handler(n):
    # A plain call within a coroutine, as people write it.
    return Runner("flow.py", show_output=False).run(n=n).run.data.total

threads = [threading.Thread(target=in_thread, args=(n,)) for n in (2, 3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
show(sorted(found), asyncio.run(handler(4)))
""",
    )
    assert shown == [[[1, 3], 6]]


def test_the_flow_may_be_a_class_or_one_of_several_in_a_file(work):
    two = FLOW + "\n\nclass Other(FlowSpec):\n    @step\n    def start(self):\n        self.x = 1\n"
    two += "        self.next(self.end)\n\n    @step\n    def end(self):\n        pass\n"
    work.write(two, "two.py")
    shown, _ = drive(
        work,
        """
from two import Other
show(Runner("two.py:Train", show_output=False).run(n=3).run.data.total)
show(Runner(Other, show_output=False).run().run.data.x)
os.mkdir("elsewhere")
show(Runner(Other, show_output=False, cwd="elsewhere").run().run.pathspec, os.path.isdir("elsewhere/.stepwell"))
""",
    )
    assert shown == [[3], [1], ["Other/2", False]]


def test_configs_and_options_before_the_command_are_passed_on(work, run_of):
    work.write(
        """
        from stepwell import Config

        class Configured(FlowSpec):
            settings = Config("settings", default_value="{}")
            more = Config("more", default_value='{"y": 1}')

            @step
            def start(self):
                self.seen = [self.settings.x, self.more.y]
                self.next(self.end)

            @step
            def end(self):
                pass
        """
    )
    (work.folder / "settings.json").write_text('{"x": 7}')
    shown, _ = drive(
        work,
        """
os.mkdir("elsewhere")
options = {"config": [("settings", "settings.json")], "config_value": {"more": {"y": 2}}}
show(Runner("flow.py", show_output=False, datastore="elsewhere", namespace="team", **options).run().run.data.seen)
try:
    Runner("flow.py", config="settings.json").run()
except TypeError as error:
    show(error.message)
""",
    )
    assert shown[0] == [[7, 2]]
    assert "expected a list of pairs" in shown[1][0]
    assert (work.folder / "elsewhere" / "flows").is_dir()


def test_a_flow_of_several_notebook_cells_runs_as_a_process(work):
    (work.folder / "mine.py").write_text("FACTOR = 7\n")
    shown, _ = drive(
        work,
        '''
import types
cells = [
    "from stepwell import FlowSpec, step, Parameter, NBRunner",
    "import mine\\nRATE = 0.5\\nraise_if_run_again = 1 / COUNT.pop()",
    "def scaled(x):\\n    return x * RATE * mine.FACTOR",
    """
class Cells(FlowSpec):
    n = Parameter("n", default=1)
    @step
    def start(self):
        self.x = scaled(self.n)
        self.next(self.end)
    @step
    def end(self):
        pass

RESULTS.append(NBRunner(Cells, show_output=False).nbrun(n=4).data.x)
RESULTS.append(Cells.run(n=2, show_output=False).data.x)
""",
]
# What IPython keeps: the cells that were run, and a `__main__` without a file.
shell = types.SimpleNamespace(user_ns={"In": ["", *cells]})
sys.modules["IPython"] = types.SimpleNamespace(get_ipython=lambda: shell)
import linecache
main = types.ModuleType("__main__")
main.COUNT, main.RESULTS = [1], []
sys.modules["__main__"] = main
for number, cell in enumerate(cells):
    name = f"/tmp/ipykernel_1/{number}.py"
    linecache.cache[name] = (len(cell), None, cell.splitlines(keepends=True), name)
    exec(compile(cell, name, "exec"), vars(main))
show(*main.RESULTS)
''',
    )
    assert shown == [[14.0, 7.0]]


def test_ctrl_c_ends_the_run_in_good_order_and_a_second_one_at_once(work, run_of):
    work.write(FLOW.replace('if os.environ.get("WAIT"):', 'witness("waits")\n        if os.environ.get("WAIT"):'))
    (work.folder / "drive.py").write_text(
        "from stepwell import Runner\nRunner('flow.py', env={'WAIT': '1'}, show_output=False).run(n=1)\n"
    )
    process = work.start(file="drive.py")
    work.wait_for_witness("waits")
    process.send_signal(signal.SIGINT)
    process.wait(60)
    assert b"KeyboardInterrupt" in (work.folder / "out.txt").read_bytes()
    assert run_of("Train/1").status == "cancelled"
