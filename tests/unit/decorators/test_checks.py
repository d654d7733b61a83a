"""Faults of decorators, told with their place before anything runs."""

from __future__ import annotations

import sys
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from stepwell.decorators.dispatch import check_decorators
from stepwell.decorators.registry import step_decorators
from stepwell.flow.diagnostics import render_diagnostics
from stepwell.flow.loading import load_flow
from stepwell.flow.parse import build_graph

if TYPE_CHECKING:
    from pathlib import Path

FLOW = """\
from stepwell import FlowSpec, resources, retry, step

class F(FlowSpec):
    {line}
    @step
    def work(self):
        pass
"""


@pytest.fixture(autouse=True)
def process_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    monkeypatch.setattr(sys, "path", list(sys.path))


def faults(path: Path, line: str, *extra: str) -> str:
    (path / "flow.py").write_text(FLOW.format(line=line))
    flow = load_flow(path / "flow.py")
    graph = build_graph(flow)
    return render_diagnostics(check_decorators(graph.document(), {"work": step_decorators(flow, "work", extra)}))


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("@retry(times=-1)", "`times` of `@retry` on step `work` is `-1`, not a whole number, 0 or more"),
        ("@retry(times=1.5)", "`times` of `@retry` on step `work` is `1.5`, not a whole number, 0 or more"),
        ("@retry(times=True)", "`times` of `@retry` on step `work` is `True`, not a whole number, 0 or more"),
        (
            '@retry(minutes_between_retries="soon")',
            "`minutes_between_retries` of `@retry` on step `work` is `'soon'`, not a number, 0 or more",
        ),
        ('@resources(cpu="many")', "`cpu` of `@resources` on step `work` is `'many'`, not a number, 0 or more"),
        ("@resources(gpu=0.5)", "`gpu` of `@resources` on step `work` is `0.5`, not a whole number, 0 or more"),
        (
            "@resources(memory=float('inf'))",
            "`memory` of `@resources` on step `work` is `inf`, not a number, 0 or more",
        ),
    ],
)
def test_an_option_that_does_not_fit_is_told(tmp_path: Path, line: str, fault: str) -> None:
    lines = faults(tmp_path, line).split("\n")
    assert lines[:3] == [f"error[SW151]: {fault}", " --> flow.py:4:5", f"4 |     {line}"]


def test_the_same_decorator_twice_is_told(tmp_path: Path) -> None:
    assert faults(tmp_path, "@retry\n    @retry(times=1)") == dedent("""\
        error[SW150]: step `work` has `@retry` twice
         --> flow.py:5:5
        5 |     @retry(times=1)
          |     ^^^^^^^^^^^^^^^
        hint: keep one of them""")


def test_a_fault_from_the_command_line_is_told_at_the_step(tmp_path: Path) -> None:
    assert faults(tmp_path, "", "retry:times=-1").split("\n")[1] == " --> flow.py:6:5"


@pytest.mark.parametrize("line", ["@retry", "@retry(times=0)", '@resources(cpu="2", gpu="1", memory=16000, disk=0)'])
def test_what_fits_is_accepted(tmp_path: Path, line: str) -> None:
    assert faults(tmp_path, line) == ""
