"""A flow file that cannot be loaded: the place and the cure, nothing written, and the next run is well."""

from __future__ import annotations

GOOD = """
class Good(FlowSpec):
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        self.x = 1
"""


def test_a_syntax_error_is_shown_with_its_line_as_python_does(work, run_of):
    (work.folder / "flow.py").write_text("from stepwell import FlowSpec\n\nclass Broken(FlowSpec)\n    pass\n")
    done = work.run("run", code=1)
    assert "line 3" in done.err
    assert "class Broken(FlowSpec)" in done.err
    assert "SyntaxError" in done.err
    assert not work.root.exists()
    work.write(GOOD)
    work.run("run")
    assert run_of("Good/1").successful


def test_a_syntax_error_is_an_error_of_the_flow_for_the_global_command(work):
    (work.folder / "flow.py").write_text("from stepwell import FlowSpec\n\nclass Broken(FlowSpec)\n    pass\n")
    done = work.stepwell("run", "flow.py", code=1)
    assert "`flow.py` has a syntax error" in done.err
    assert "flow.py:3:" in done.err
    assert "class Broken(FlowSpec)" in done.err
    assert not work.root.exists()


def test_a_missing_module_is_named_by_the_global_command(work):
    (work.folder / "flow.py").write_text("import no_such_module_at_all\n")
    done = work.stepwell("run", "flow.py", code=1)
    assert "no_such_module_at_all" in done.err
    assert "flow.py" in done.err


def test_a_helper_with_a_syntax_error_is_named_and_not_the_flow_file(work):
    (work.folder / "helper.py").write_text("def f(:\n")
    (work.folder / "flow.py").write_text("import helper\n")
    done = work.stepwell("run", "flow.py", code=1)
    assert "helper.py" in done.err
    assert "def f(:" in done.err


def test_a_file_without_a_flow_says_how_to_define_one(work):
    (work.folder / "flow.py").write_text("x = 1\n")
    done = work.stepwell("run", "flow.py", code=1)
    assert "`flow.py` has no flow in it" in done.err
    assert "class MyFlow(FlowSpec)" in done.err


def test_a_file_that_is_not_there_is_named(work):
    done = work.stepwell("run", "nowhere.py", code=None)
    assert done.code in (1, 2)
    assert "nowhere.py" in done.err
