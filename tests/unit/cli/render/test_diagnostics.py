"""Faults as text."""

from __future__ import annotations

from stepwell.cli.render.diagnostics import diagnostic_lines, report_lines
from stepwell.documents.diagnostic import Diagnostic

FAULT = Diagnostic(
    code="SW104",
    message="step `train` splits but is never joined",
    file="train.py",
    line=41,
    column=9,
    end_column=41,
    text='        self.next(self.fit, each="grid")',
    hint="add a step `def join(self, inputs)` after `fit`",
)


def test_a_fault_shows_its_place_and_its_cure():
    assert "\n".join(diagnostic_lines(FAULT)) == (
        "error[SW104]: step `train` splits but is never joined\n"
        "  --> train.py:41:9\n"
        '41 |         self.next(self.fit, each="grid")\n'
        "   |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
        "hint: add a step `def join(self, inputs)` after `fit`"
    )


def test_marks_never_run_past_the_line():
    fault = Diagnostic(code="SW1", message="m", file="f.py", line=7, column=3, end_column=99, text="  ab")
    assert diagnostic_lines(fault)[-1] == "  |   ^^"


def test_a_fault_without_a_place_has_only_words():
    assert diagnostic_lines(Diagnostic(code="SW2", message="no flow")) == ["error[SW2]: no flow"]


def test_all_faults_are_told_in_order_errors_first():
    early = Diagnostic(code="SW3", message="early", file="train.py", line=2)
    odd = Diagnostic(code="SW4", message="odd", file="train.py", line=1, severity="warning")
    lines = report_lines([odd, FAULT, early])
    assert [line for line in lines if "[SW" in line] == [
        "error[SW3]: early",
        "error[SW104]: step `train` splits but is never joined",
        "warning[SW4]: odd",
    ]
    assert lines[-1] == "2 errors, 1 warning"
