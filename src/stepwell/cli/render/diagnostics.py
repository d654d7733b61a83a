"""Faults of a flow as text: code, sentence, place, the offending line with a mark under it, and the cure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepwell.base.formats import plural
from stepwell.cli.render.style import Style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stepwell.documents.diagnostic import Diagnostic


def diagnostic_lines(diagnostic: Diagnostic, style: Style | None = None) -> list[str]:
    """One fault."""
    style = style or Style()
    paint = style.red if diagnostic.severity == "error" else style.yellow
    lines = [f"{style.bold(paint(f'{diagnostic.severity}[{diagnostic.code}]'))}: {diagnostic.message}"]
    if diagnostic.file:
        place = diagnostic.file + (f":{diagnostic.line}" if diagnostic.line else "")
        place += f":{diagnostic.column}" if diagnostic.line and diagnostic.column else ""
        lines.append(f"  {style.cyan('-->')} {place}")
    if diagnostic.text and diagnostic.line:
        number = str(diagnostic.line)
        text = diagnostic.text.rstrip().expandtabs(1)
        lines.append(f"{style.dim(f'{number} |')} {text}")
        if diagnostic.column:
            end = diagnostic.end_column if diagnostic.end_column > diagnostic.column else len(text) + 1
            marks = "^" * max(1, min(end, len(text) + 1) - diagnostic.column)
            gap = " " * (diagnostic.column - 1)
            lines.append(f"{' ' * len(number)} {style.dim('|')} {gap}{paint(marks)}")
    if diagnostic.hint:
        lines.append(f"{style.cyan('hint:')} {diagnostic.hint}")
    return lines


def report_lines(diagnostics: Sequence[Diagnostic], style: Style | None = None) -> list[str]:
    """All faults, in the order of their places, and their number."""
    ordered = sorted(diagnostics, key=lambda found: (found.severity != "error", found.file, found.line, found.column))
    lines: list[str] = []
    for diagnostic in ordered:
        lines += [*diagnostic_lines(diagnostic, style), ""]
    errors = sum(diagnostic.severity == "error" for diagnostic in ordered)
    warnings = len(ordered) - errors
    counts = [plural(errors, "error")] if errors else []
    counts += [plural(warnings, "warning")] if warnings else []
    return [*lines, ", ".join(counts)] if counts else lines
