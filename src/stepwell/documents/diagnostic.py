"""A fault in a flow, as data: rendered in one place, the same for people and for `--json`."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


class Diagnostic(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One fault with its place and its cure.

    Attributes:
        code: Stable code, `SW101`; each has a section in the documentation.
        message: One sentence, names in backticks.
        file: Path of the file, as the user would type it.
        line: 1-based line, 0 when there is no place.
        column: 1-based column.
        end_column: 1-based column just after the offending text, 0 when unknown.
        text: The offending line of source.
        hint: What to write instead.
        severity: `error` stops the run, `warning` does not.
    """

    code: str
    message: str
    file: str = ""
    line: int = 0
    column: int = 0
    end_column: int = 0
    text: str = ""
    hint: str = ""
    severity: Literal["error", "warning"] = "error"
