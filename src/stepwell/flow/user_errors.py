"""Errors of a user's own code while a flow file is loaded: told with their place, without frames of the framework."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from stepwell.base.errors import FlowLoadError, StepwellError
from stepwell.base.user_traceback import format_user_traceback, is_ours, user_frames
from stepwell.flow.diagnostics import place_lines
from stepwell.flow.source import shown_path, source_of

if TYPE_CHECKING:
    from types import TracebackType


def describe_load_error(path: str, error: BaseException) -> FlowLoadError:
    """What went wrong while a flow file was executed, as the error to raise."""
    shown = shown_path(path)
    if isinstance(error, SyntaxError) and error.filename:
        return _syntax_error(error)
    place = _user_place(error.__traceback__)
    where = "".join(f"\n{line}" for line in place)
    if isinstance(error, StepwellError):
        return FlowLoadError(f"{error.message}{where}", hint=error.hint)
    if isinstance(error, ModuleNotFoundError) and error.name:
        top = error.name.partition(".")[0]
        if top == "metaflow":
            return FlowLoadError(
                f"`{shown}` needs the module `{error.name}`, which is not there{where}",
                hint=f"run it with Stepwell in its place: `stepwell compat {shown} run`",
            )
        return FlowLoadError(
            f"`{shown}` needs the module `{error.name}`, which is not there{where}",
            hint=f"install the package that has it (often `pip install {top}`), or mend the name",
        )
    if isinstance(error, SystemExit):
        return FlowLoadError(
            f"`{shown}` called sys.exit({'' if error.code is None else repr(error.code)}) while it was loaded{where}",
            hint='put what is not for import below `if __name__ == "__main__":`, after the flow is constructed',
        )
    return FlowLoadError(
        f"`{shown}` cannot be loaded: {type(error).__name__}: {error}\n{format_user_traceback(error).rstrip()}",
        hint="the error comes from the file's own code at module level or in a class body",
    )


def _syntax_error(error: SyntaxError) -> FlowLoadError:
    file, line = error.filename or "", error.lineno or 0
    column, end = error.offset or 1, error.end_offset or 0
    text = (error.text or "").rstrip("\n")
    if error.end_lineno not in (None, line) or end <= column:
        end = column + 1
    where = "\n".join(place_lines(shown_path(file), line, column, end, text))
    return FlowLoadError(
        f"`{shown_path(file)}` has a syntax error: {error.msg}\n{where}", hint="mend the line, or the one before it"
    )


def _user_place(tb: TracebackType | None) -> list[str]:
    """The innermost line of user code that still belongs to the user's own files."""
    entries = [entry for entry in user_frames(tb) if _is_users(entry.filename)]
    if not entries:
        return []
    entry = entries[-1]
    source = source_of(entry.filename)
    place = source.line_place(entry.lineno or 0) if source is not None else None
    if place is None:
        return place_lines(shown_path(entry.filename), entry.lineno or 0, 0, 0, entry.line or "")
    return place_lines(place.file, place.line, place.column, place.end_column, place.text)


def _is_users(filename: str) -> bool:
    packages = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
    standard = os.path.dirname(os.__file__) + os.sep
    return not (is_ours(filename) or filename.startswith(("<frozen", standard)) or any(p in filename for p in packages))
