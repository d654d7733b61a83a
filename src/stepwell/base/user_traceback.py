"""Tracebacks of user code: as Python prints them, without frames of the framework, causes included."""

from __future__ import annotations

import os
import traceback
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_LAUNCHERS = ("<frozen runpy>", "<frozen importlib")


def is_ours(filename: str) -> bool:
    """True for files of the framework, and for the interpreter's own machinery that starts and imports modules."""
    return filename.startswith((_OURS, *_LAUNCHERS))


def user_frames(tb: TracebackType | None) -> Iterator[traceback.FrameSummary]:
    """The frames that are not the framework's, outermost first."""
    return (entry for entry in traceback.extract_tb(tb) if not is_ours(entry.filename))


def user_part(tb: TracebackType | None) -> TracebackType | None:
    """A traceback from its first frame on that is neither the framework's nor a debugger's; all of it if none is."""
    part = tb
    while part is not None and (
        is_ours(name := part.tb_frame.f_code.co_filename) or os.path.basename(name) == "bdb.py"
    ):
        part = part.tb_next
    return part or tb


def format_user_traceback(error: BaseException) -> str:
    """The traceback of an error, its causes and the members of a group."""
    described = traceback.TracebackException.from_exception(error, compact=True)
    seen: set[int] = set()
    pending: list[traceback.TracebackException | None] = [described]
    while pending:
        part = pending.pop()
        if part is None or id(part) in seen:
            continue
        seen.add(id(part))
        # What was raised and caught within the framework tells a reader of the flow nothing.
        if part.__cause__ is not None and _is_internal(part.__cause__):
            part.__cause__, part.__suppress_context__ = None, True
        if part.__context__ is not None and _is_internal(part.__context__):
            part.__context__ = None
        pending += [part.__cause__, part.__context__, *(part.exceptions or [])]
        part.stack = traceback.StackSummary.from_list([entry for entry in part.stack if not is_ours(entry.filename)])
    return "".join(described.format())


def _is_internal(part: traceback.TracebackException) -> bool:
    """True for an exception that no frame of the user's had a part in."""
    return bool(part.stack) and all(is_ours(entry.filename) for entry in part.stack)
