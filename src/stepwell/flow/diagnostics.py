"""A diagnostic as text, the same everywhere.

error[SW117]: step `start` leads to `trian`, which does not exist
  --> train.py:9:19
9 |         self.next(self.trian)
  |                   ^^^^^^^^^^
hint: did you mean `self.train`?
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stepwell.documents.diagnostic import Diagnostic


def render_diagnostic(diagnostic: Diagnostic) -> str:
    """One diagnostic as lines of text, without a newline at the end."""
    lines = [f"{diagnostic.severity}[{diagnostic.code}]: {diagnostic.message}"]
    lines += place_lines(diagnostic.file, diagnostic.line, diagnostic.column, diagnostic.end_column, diagnostic.text)
    if diagnostic.hint:
        lines.append(f"hint: {diagnostic.hint}")
    return "\n".join(lines)


def render_diagnostics(diagnostics: Iterable[Diagnostic]) -> str:
    """Several, with an empty line between."""
    return "\n\n".join(render_diagnostic(diagnostic) for diagnostic in diagnostics)


def place_lines(file: str, line: int, column: int, end_column: int, text: str) -> list[str]:
    """Where something stands: the place, the line of source, and carets under the part that is meant."""
    if not file or line <= 0:
        return [f"  --> {file}"] if file else []
    margin = " " * len(str(line))
    lines = [f"{margin}--> {file}:{line}{f':{column}' if column > 0 else ''}"]
    if text.strip():
        lines.append(f"{line} | {text.expandtabs(1)}")
        if column > 0:
            width = max(1, min(end_column or column + 1, len(text) + 1) - column)
            lines.append(f"{margin} | {' ' * (column - 1)}{'^' * width}")
    return lines
