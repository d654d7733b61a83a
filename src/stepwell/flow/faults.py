"""A fault at a place, as a diagnostic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepwell.documents.diagnostic import Diagnostic

if TYPE_CHECKING:
    from stepwell.flow.written import Place


def fault_at(place: Place, code: str, message: str, hint: str) -> Diagnostic:
    """A diagnostic for a place in a file."""
    return Diagnostic(
        code=code,
        message=message,
        file=place.file,
        line=place.line,
        column=place.column,
        end_column=place.end_column,
        text=place.text,
        hint=hint,
    )
