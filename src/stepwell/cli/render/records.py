"""Runs, steps, tasks and artifacts as they were recorded, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepwell.base.formats import format_count, format_duration, format_size, format_time, plural, shorten
from stepwell.cli.render.tables import table_lines
from stepwell.cli.render.usertext import clean_line, clean_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stepwell.cli.answers import (
        ArtifactAnswer,
        RunDetail,
        StepAnswer,
        StepDetail,
        TaskAnswer,
        TaskDetail,
    )
    from stepwell.cli.render.style import Style

STATUS_ORDER = ("running", "succeeded", "failed", "cancelled")


def run_lines(detail: RunDetail, style: Style, width: int | None) -> list[str]:
    """One run: facts, steps, and what failed."""
    run = detail.run
    verb = "for" if run.status == "running" else "after"
    title = f"{style.bold(run.pathspec)}  {style.status(run.status)} {verb} {format_duration(run.duration)}"
    git = ""
    if detail.git:
        changed = ", with changes" if detail.git.get("dirty") else ""
        git = f"{detail.git.get('commit', '')[:10]} on {detail.git.get('branch') or 'no branch'}{changed}"
    parameters = "  ".join(f"{name}={value}" for name, value in run.parameters.items())
    facts = [
        ("reason", run.reason),
        ("started", f"{format_time(run.created_at)} by {run.user}"),
        ("parameters", parameters),
        ("tags", " ".join(run.tags)),
        ("started by", detail.started_by),
        ("resumes", f"{run.flow}/{run.origin_run}" if run.origin_run else ""),
        ("command", " ".join(detail.command)),
        ("code", f"{detail.code[:12]}{f' (git {git})' if git else ''}"),
        ("made with", f"Stepwell {detail.stepwell}, Python {detail.python}" if detail.stepwell else ""),
    ]
    lines = [title, *_fact_lines(facts, style, width), "", *steps_lines(detail.steps, style, width)]
    if detail.failed:
        lines += ["", style.red("failed")]
        lines += [shorten(f"  {task.pathspec}  {_failure_text(task)}", width or 400) for task in detail.failed[:5]]
        if len(detail.failed) > 5:
            lines.append(f"  … and {plural(len(detail.failed) - 5, 'more task')}")
    return lines


def steps_lines(steps: Sequence[StepAnswer], style: Style, width: int | None) -> list[str]:
    """The steps of a run as a table."""
    rows = [
        (
            step.step,
            format_count(step.tasks) if step.tasks else "",
            format_duration(step.finished_at - step.started_at) if step.started_at and step.finished_at else "",
            format_size(step.peak_memory) if step.peak_memory else "",
            _counts_text(step) if step.tasks else "not started",
        )
        for step in steps
    ]
    return table_lines(
        ("step", "tasks", "took", "peak memory", "status"),
        rows,
        width=width,
        right=("tasks", "took", "peak memory"),
        paint=lambda title, text: _paint_status(title, text, style),
        style=style,
    )


def step_lines(detail: StepDetail, style: Style, width: int | None) -> list[str]:
    """One step of a run with its tasks."""
    step = detail.step
    lines = [f"{style.bold(step.pathspec)}  {_counts_text(step) or 'not started'}"]
    if step.doc:
        lines.append(f"  {step.doc.strip().splitlines()[0]}")
    if detail.tasks:
        lines += ["", *tasks_lines(detail.tasks, style, width)]
    if detail.left_out:
        lines += ["", style.dim(f"{plural(detail.left_out, 'more task')}; `--limit N` shows more")]
    return lines


def tasks_lines(tasks: Sequence[TaskAnswer], style: Style, width: int | None) -> list[str]:
    """Tasks as a table; columns that are empty everywhere are left out."""
    columns: dict[str, list[str]] = {
        "task": [str(task.task) for task in tasks],
        "status": [f"{task.status}{' (reused)' if task.origin else ''}" for task in tasks],
        "took": [format_duration(task.wall) if task.finished_at else "" for task in tasks],
        "CPU": [format_duration(task.cpu) if task.cpu else "" for task in tasks],
        "peak memory": [format_size(task.peak_memory) if task.peak_memory else "" for task in tasks],
        "tries": [str(task.attempt + 1) if task.attempt else "" for task in tasks],
        "item": [clean_line(shorten(task.label, 40)) for task in tasks],
        "error": [clean_line(task.error) for task in tasks],
    }
    columns = {title: cells for title, cells in columns.items() if any(cells)}
    return table_lines(
        tuple(columns),
        list(zip(*columns.values(), strict=True)),
        width=width,
        right=("task", "took", "CPU", "peak memory", "tries"),
        paint=lambda title, text: _paint_status(title, text, style),
        style=style,
    )


def task_lines(detail: TaskDetail, style: Style, width: int | None) -> list[str]:
    """One task: facts, artifacts, and why it failed."""
    task = detail.task
    tries = f", attempt {task.attempt + 1}" if task.attempt else ""
    lines = [f"{style.bold(task.pathspec)}  {style.status(task.status)}{tries}"]
    output = ", ".join(f"{format_size(size)} of {stream}" for stream, size in detail.output.items() if size)
    facts = [
        ("item", clean_line(task.label)),
        ("reused from", f"{task.pathspec.partition('/')[0]}/{task.origin.rpartition('/')[0]}" if task.origin else ""),
        ("started", format_time(task.started_at) if task.started_at else ""),
        ("took", f"{format_duration(task.wall)}, {format_duration(task.cpu)} of CPU" if task.finished_at else ""),
        ("peak memory", format_size(task.peak_memory) if task.peak_memory else ""),
        ("inputs", shorten(" ".join(detail.inputs), 200)),
        ("printed", f"{output} (stepwell logs {task.pathspec})" if output else ""),
    ]
    lines += _fact_lines(facts, style, None)
    if len(detail.attempts) > 1:
        lines += ["", "attempts"]
        lines += [
            f"  {attempt.attempt + 1}  {attempt.status} after {format_duration(attempt.wall)}"
            f"{f': {clean_line(attempt.error)}' if attempt.error else ''}"
            for attempt in detail.attempts
        ]
    if detail.error is not None:
        text = clean_text((detail.error.get("traceback") or detail.error.get("message") or "").strip("\n"))
        lines += ["", style.red("error"), *(f"  {line}".rstrip() for line in text.split("\n"))]
        hint = detail.error.get("hint")
        # The traceback of an error of Stepwell's own ends with its hint.
        if hint and hint not in text:
            lines.append(f"{style.cyan('hint')}: {hint}")
    if detail.artifacts:
        lines += ["", *artifacts_lines(detail.artifacts, style, width)]
    return lines


def artifacts_lines(artifacts: Sequence[ArtifactAnswer], style: Style, width: int | None) -> list[str]:
    """Artifacts as a table."""
    rows = [
        (
            artifact.name,
            short_type(artifact.type) + (f" {_shape(artifact.shape)}" if len(artifact.shape) > 1 else ""),
            format_size(artifact.size),
            clean_line(artifact.preview.replace("\n", " ")),
        )
        for artifact in artifacts
    ]
    return table_lines(("artifact", "type", "size", "value"), rows, width=width, right=("size",), style=style)


def artifact_lines(artifact: ArtifactAnswer, style: Style) -> list[str]:
    """One artifact."""
    facts = [
        ("type", artifact.type),
        ("shape", _shape(artifact.shape) if artifact.shape else ""),
        ("size", f"{format_size(artifact.size)} as {artifact.serializer}"),
        ("digest", artifact.digest),
        ("set by", "an earlier task" if artifact.inherited else "this task" if artifact.inherited is False else ""),
        ("needs", " ".join(artifact.modules)),
        ("value", clean_line(artifact.preview.replace("\n", " "))),
    ]
    return [style.bold(artifact.pathspec), *_fact_lines(facts, style, None)]


def short_type(name: str) -> str:
    """A type's name without what goes without saying."""
    name = name.removeprefix("builtins.")
    module, dot, last = name.rpartition(".")
    return f"{module.split('.')[0]}.{last}" if dot else last


def _failure_text(task: TaskAnswer) -> str:
    item = f"item {task.label}: " if task.label else ""
    return clean_line(f"{item}{task.error}")


def _shape(shape: Sequence[int]) -> str:
    return f"({', '.join(map(str, shape))})"


def _counts_text(step: StepAnswer) -> str:
    present = [status for status in STATUS_ORDER if step.counts.get(status)]
    if len(present) == 1:
        return present[0]
    return ", ".join(f"{format_count(step.counts[status])} {status}" for status in present)


def _fact_lines(facts: Sequence[tuple[str, str]], style: Style, width: int | None) -> list[str]:
    told = [(name, text) for name, text in facts if text]
    room = max((len(name) for name, _ in told), default=0)
    return [
        f"  {style.dim(name.ljust(room))}  {shorten(text, max(20, width - room - 4)) if width else text}"
        for name, text in told
    ]


def _paint_status(title: str, text: str, style: Style) -> str:
    if title != "status":
        return style.bold(text) if title in ("step", "task") else text
    if "failed" in text:
        return style.red(text)
    word = text.split(maxsplit=1)[0] if text.split() else ""
    return style.status(word) + text[len(word) :] if word in STATUS_ORDER else style.dim(text)
