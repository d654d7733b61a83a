"""The last words of a run: what failed first and why, what ran, what it took, and what to type next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepwell.base.formats import format_count, format_duration, format_size, plural, shorten
from stepwell.cli.render.style import Style
from stepwell.cli.render.usertext import clean_line, clean_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from stepwell.documents.events import FailedTask, RunFinished, StepProgress

MOST_OTHER_FAILURES = 5
LONGEST_TRACEBACK = 60


def summary_lines(
    finished: RunFinished,
    *,
    resume: str,
    suggest: Callable[[str], str] = str,
    style: Style | None = None,
) -> list[str]:
    """The summary of a run.

    Args:
        finished: The engine's account.
        resume: What resumes this run, as typed, for example `python train.py resume`.
        suggest: Completes a command with what this call was given, such as the datastore.
        style: Colours.
    """
    style = style or Style()
    lines = ["", *_verdict(finished, style), ""]
    if finished.failures:
        lines += [*_failure(finished.failures[0], finished, style), ""]
        lines += _other_failures(finished)
    lines += [*_account(finished), ""]
    lines += next_commands(finished, resume, suggest, style)
    return lines


def verdict_line(finished: RunFinished, style: Style | None = None) -> str:
    """How the run ended, in one line: all that `--quiet` says."""
    return _verdict(finished, style or Style())[0]


def next_commands(finished: RunFinished, resume: str, suggest: Callable[[str], str], style: Style) -> list[str]:
    """What to type next, with what it is for."""
    run = f"{finished.flow}/{finished.run}"
    commands: list[tuple[str, str]] = []
    if finished.failures:
        first = finished.failures[0]
        commands.append((suggest(f"stepwell logs {run}/{first.step}/{first.task}"), "what the failed task printed"))
    commands.append((suggest(f"stepwell show {run}"), "steps, tasks and artifacts"))
    if finished.status == "succeeded":
        commands.append((suggest(f"stepwell dump {run}/{_last_step(finished)}"), "the results"))
        commands.append((f'Run("{run}").data', "the same in Python: from stepwell import Run"))
    elif finished.resumable:
        commands.append((suggest(resume), "go on from here; finished tasks are reused"))
    width = max(len(command) for command, _ in commands)
    return [f"  {style.cyan(command.ljust(width))}  {style.dim(purpose)}" for command, purpose in commands]


def _verdict(finished: RunFinished, style: Style) -> list[str]:
    paint = {"succeeded": style.green, "failed": style.red}.get(finished.status, style.yellow)
    text = f"Run {finished.flow}/{finished.run} {finished.status} after {format_duration(finished.wall)}"
    if finished.failed_tasks:
        total = sum(counts.total for counts in finished.steps)
        text += f": {format_count(finished.failed_tasks)} of {plural(max(total, finished.failed_tasks), 'task')} failed"
    elif finished.reason:
        text += f": {finished.reason}"
    lines = [style.bold(paint(text))]
    if finished.failed_tasks and finished.reason:
        lines.append(finished.reason)
    return lines


def _failure(failure: FailedTask, finished: RunFinished, style: Style) -> list[str]:
    error = failure.error
    label = f" (item {clean_line(shorten(failure.label, 60))})" if failure.label else ""
    attempts = f" after {failure.attempts} attempts" if failure.attempts > 1 else ""
    lead = "First failure" if finished.failed_tasks > 1 else "Failure"
    lines = [f"{style.red(lead)} in {style.bold(f'{failure.step}/{failure.task}')}{label}{attempts}:", ""]
    body = clean_text(error.traceback.strip("\n") or error.message or error.kind).split("\n")
    if len(body) > LONGEST_TRACEBACK:
        cut = len(body) - LONGEST_TRACEBACK
        half = LONGEST_TRACEBACK // 2
        body = [*body[:half], f"… {plural(cut, 'line')} left out; they stand in the logs …", *body[-half:]]
    lines += [f"  {line}".rstrip() for line in body]
    if error.hint and error.hint not in error.traceback:
        lines += ["", f"{style.cyan('hint:')} {error.hint}"]
    return lines


def _other_failures(finished: RunFinished) -> list[str]:
    from stepwell.cli.render.plain import error_headline

    others = finished.failures[1 : MOST_OTHER_FAILURES + 1]
    if not others:
        return []
    lines = ["Other failures:"]
    lines += [f"  {failure.step}/{failure.task}  {shorten(error_headline(failure.error), 100)}" for failure in others]
    more = finished.failed_tasks - 1 - len(others)
    return [*lines, f"  … and {format_count(more)} more", ""] if more > 0 else [*lines, ""]


def _account(finished: RunFinished) -> list[str]:
    rows = []
    for title, counted in (
        ("ran", [(counts.step, counts.succeeded) for counts in finished.steps]),
        ("reused", [(counts.step, counts.reused) for counts in finished.steps]),
        ("failed", [(counts.step, counts.failed) for counts in finished.steps]),
        ("unfinished", [(counts.step, _unfinished(counts)) for counts in finished.steps]),
    ):
        text = _steps_text(counted)
        if text:
            rows.append((title, text))
    used = f"{format_duration(finished.wall)}, {format_duration(finished.cpu)} of CPU"
    if finished.peak_memory:
        used += f", at most {format_size(finished.peak_memory)} in a task"
        used += f" (`{finished.peak_step}`)" if finished.peak_step else ""
    rows.append(("took", used))
    return [f"  {title.ljust(10)}  {text}" for title, text in rows]


def _unfinished(counts: StepProgress) -> int:
    done = counts.succeeded + counts.failed + counts.reused
    return max(0, counts.total - done)


def _steps_text(counted: Iterable[tuple[str, int]], most: int = 6) -> str:
    parts = [step if count == 1 else f"{step} x{format_count(count)}" for step, count in counted if count]
    if len(parts) > most:
        parts = [*parts[: most - 1], f"and {plural(len(parts) - most + 1, 'more step')}"]
    return ", ".join(parts)


def _last_step(finished: RunFinished) -> str:
    return finished.steps[-1].step if finished.steps else "end"
