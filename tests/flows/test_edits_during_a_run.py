"""A run executes the code that it started with, whatever is edited meanwhile; a resume takes the new code."""

from __future__ import annotations

import pytest

FLOW = """
import helper

class Edited(FlowSpec):
    factor = 10

    @step
    def start(self):
        self.x = 1
        witness("started")
        await_file("go")
        self.next(self.middle)

    @step
    def middle(self):
        import lazy
        from package import inner
        self.seen = (self.factor, helper.value(), lazy.value(), inner.value(), "old")
        self.next(self.end)

    @step
    def end(self):
        import lazy
        self.last = lazy.value()
"""


def write_helpers(work, word: str) -> None:
    # Old and new differ in length: Python itself overlooks an edit of the same size within a second.
    for name in ("helper.py", "lazy.py", "package/inner.py"):
        path = work.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"def value():\n    return {word!r}\n")
    (work.folder / "package" / "__init__.py").touch()


@pytest.mark.parametrize("isolation", ["fork", "spawn", "none"])
def test_edits_of_the_flow_and_its_modules_change_nothing_in_that_run(work, run_of, isolation):
    write_helpers(work, "old")
    path = work.write(FLOW)
    process = work.start("run", "--isolation", isolation)
    work.wait_for_witness("started")
    write_helpers(work, "edited")
    path.write_text(path.read_text().replace('"old"', '"edited"').replace("factor = 10", "factor = 20"))
    work.touch("go")
    work.finish(process)
    assert run_of("Edited/1")["middle"].task.data.seen == (10, "old", "old", "old", "old")
    assert run_of("Edited/1").data.last == "old"
    work.run("run", "--isolation", isolation)
    assert run_of("Edited/2")["middle"].task.data.seen == (20, "edited", "edited", "edited", "edited")


def test_a_file_that_becomes_broken_or_vanishes_does_not_harm_the_run(work, run_of):
    write_helpers(work, "old")
    path = work.write(FLOW)
    process = work.start("run")
    work.wait_for_witness("started")
    path.write_text("this is no Python")
    (work.folder / "lazy.py").unlink()
    work.touch("go")
    work.finish(process)
    assert run_of("Edited/1").data.last == "old"


def test_the_traceback_of_a_step_shows_the_lines_that_ran(work, run_of):
    path = work.write("""
    class Shown(FlowSpec):
        @step
        def start(self):
            witness("started")
            await_file("go")
            raise ValueError("of the old code")
            self.next(self.end)

        @step
        def end(self):
            pass
    """)
    process = work.start("run")
    work.wait_for_witness("started")
    path.write_text("# one\n# two\n" * 100)
    work.touch("go")
    done = work.finish(process, 1)
    assert 'raise ValueError("of the old code")' in done.text
    assert 'raise ValueError("of the old code")' in run_of("Shown/1")["start"].task.exception.traceback


def test_the_code_of_the_run_can_be_read_afterwards(work, run_of):
    write_helpers(work, "old")
    path = work.write(FLOW)
    work.touch("go")
    work.run("run")
    before = path.read_text()
    path.write_text("changed")
    assert run_of("Edited/1").code.flowspec == before


def test_a_resume_runs_the_code_as_it_is_now(work, run_of):
    write_helpers(work, "old")
    path = work.write(FLOW)
    work.touch("go")
    work.run("run")
    write_helpers(work, "edited")
    path.write_text(path.read_text().replace('"old"', '"edited"'))
    work.run("resume", "middle")
    run = run_of("Edited/2")
    assert run["middle"].task.data.seen == (10, "edited", "edited", "edited", "edited")
    assert run["start"].task.origin_pathspec == "Edited/1/start/1"
    assert run_of("Edited/1")["middle"].task.data.seen == (10, "old", "old", "old", "old")
