"""Why a task failed, as text: the failure first, then what led to it, each with its code and its variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepwell.base.formats import plural
from stepwell.cli.render.usertext import clean_line, clean_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stepwell.cli.failures import ErrorAnswer, FailureAnswer, FrameAnswer
    from stepwell.cli.render.style import Style

_RELATIONS = {"cause": "was raised from", "context": "was raised while this was handled:"}
# Frames of one exception that are shown in full; those further out are one line each.
_FULL = 3
_FRAMES = 12


def failure_lines(failure: FailureAnswer, style: Style, suggest: Callable[[str], str]) -> list[str]:
    """One failure."""
    tries = f" in attempt {failure.attempt + 1} of {failure.attempts}" if failure.attempts > 1 else ""
    item = f" (item {clean_line(failure.label)})" if failure.label else ""
    lines = [f"{style.bold(failure.pathspec)} {style.red('failed')}{tries}{item}", ""]
    for error in failure.errors:
        if error.relation:
            lines += [style.dim(f"which {_RELATIONS.get(error.relation, 'came from')}"), ""]
        lines += _error_lines(error, style)
    if failure.hint:
        lines += [f"{style.cyan('hint')}: {failure.hint}", ""]
    lines += [
        f"  {suggest(f'stepwell logs {failure.pathspec}')}   what it printed",
        f"  {suggest(f'stepwell debug {failure.pathspec}')}  the same task in a debugger",
    ]
    return lines


def other_lines(pathspecs: Sequence[str], style: Style) -> list[str]:
    """Other tasks that failed."""
    if not pathspecs:
        return []
    return ["", style.dim(f"{plural(len(pathspecs), 'more task')} failed:"), *(f"  {one}" for one in pathspecs)]


def _error_lines(error: ErrorAnswer, style: Style) -> list[str]:
    first, *more = clean_text(error.message).split("\n")
    lines = [f"{style.bold(style.red(error.type))}: {first}", *more, ""]
    frames = error.frames
    if len(frames) > _FRAMES:
        lines.append(style.dim(f"  … {len(frames) - _FRAMES} frames further out"))
        frames = frames[-_FRAMES:]
    for frame in frames[:-_FULL]:
        text = next((text.strip() for number, text in frame.lines.items() if number == frame.line), "")
        lines.append(f"  {style.cyan(f'{frame.file}:{frame.line}')} in {frame.function}: {clean_line(text)}")
    for frame in frames[-_FULL:]:
        lines += _frame_lines(frame, style)
    return lines


def _frame_lines(frame: FrameAnswer, style: Style) -> list[str]:
    lines = [f"  {style.cyan(f'{frame.file}:{frame.line}')} in {style.bold(frame.function)}"]
    width = len(str(max(frame.lines, default=0)))
    for number, text in frame.lines.items():
        mark = ">" if number == frame.line else " "
        line = f"  {mark} {str(number).rjust(width)} | {clean_line(text)}".rstrip()
        lines.append(style.bold(line) if number == frame.line else style.dim(line))
    room = min(30, max((len(name) for name in frame.locals), default=0))
    for name, value in frame.locals.items():
        lines.append(f"      {name.ljust(room)} = {clean_line(value)}")
    return [*lines, ""]
