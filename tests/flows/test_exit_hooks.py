"""`@exit_hook`: functions that hear of the end of a run, in a process of their own."""

from __future__ import annotations

FLOW = """
from stepwell import exit_hook

def plain():
    witness(f"plain {{os.getpid() != {{}}.get('pid')}}")

def with_run(run):
    witness(f"run {{run.pathspec}} {{run.successful}} {{run.finished}}")

def failed(run):
    witness(f"failed {{run.status}}")

def broken():
    raise ValueError("nobody listens")

@exit_hook(on_success=[{success}], on_error=[failed])
class Hooked(FlowSpec):
    @step
    def start(self):
        {body}
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def test_hooks_run_after_success_with_the_run_when_they_take_it(work):
    work.write(FLOW.format(success="plain, with_run", body="pass"))
    work.run("run")
    assert work.witnessed() == ["plain True", "run Hooked/1 True True"]


def test_hooks_run_after_failure(work):
    work.write(FLOW.format(success="plain", body="raise ValueError(1)"))
    work.run("run", code=1)
    assert work.witnessed() == ["failed failed"]


def test_what_a_hook_raises_is_told_and_changes_nothing(work):
    work.write(FLOW.format(success="broken, plain", body="pass"))
    done = work.run("run", code=0)
    assert "ValueError: nobody listens" in done.err
    assert "an exit hook of `Hooked/1` failed" in done.text
    assert work.witnessed() == ["plain True"]
    assert "succeeded" in work.stepwell("show", "Hooked/1").text


def test_several_decorators_and_json_stay_apart(work):
    work.write(
        FLOW.format(success="plain", body="pass").replace(
            "@exit_hook(", "@exit_hook(on_success=[with_run])\n@exit_hook("
        )
    )
    done = work.run("run", "--json")
    assert sorted(work.witnessed()) == ["plain True", "run Hooked/1 True True"]
    assert all(line.startswith("{") for line in done.out.splitlines())


def test_hooks_are_told_of_each_run_of_a_flow_run_from_python(work):
    work.write(FLOW.format(success="plain", body="pass"))
    work.run("run", "--isolation", "none")
    work.run("resume", "end")
    assert work.witnessed() == ["plain True", "plain True"]


def test_what_is_no_function_is_refused(work):
    work.write(FLOW.format(success="'plain'", body="pass"))
    done = work.run("run", code=1)
    assert "`on_success` of `@exit_hook` on the flow `Hooked` is `['plain']`, not a list of functions" in done.text
