"""Failures as they were recorded, with the lines of the code that the run executed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from msgspec import Struct

from stepwell.base.errors import NotFound, StoreError
from stepwell.cli.looking import Looker

if TYPE_CHECKING:
    from stepwell.base.pathspec import Pathspec
    from stepwell.cli.session import Session
    from stepwell.documents.run import RunHeader
    from stepwell.documents.task import TracebackFrame
    from stepwell.records.rows import RunRow, TaskRow

# Lines of code around the one that failed.
_AROUND = 3
_MOST_OTHERS = 50


class FrameAnswer(Struct, frozen=True, kw_only=True):
    """A frame: place, the lines around it by number, and its variables."""

    file: str
    line: int
    function: str
    lines: dict[int, str]
    locals: dict[str, str]


class ErrorAnswer(Struct, frozen=True, kw_only=True):
    """One exception; `relation` says how it led to the one before it, and is empty for the failure itself."""

    relation: str
    type: str
    message: str
    frames: list[FrameAnswer]


class FailureAnswer(Struct, frozen=True, kw_only=True):
    """Why one attempt failed.

    Attributes:
        attempts: How many attempts there were.
        label: Short text of the foreach item.
        kind: What kind of failure, as in the records: `exception`, `exit`, `signal`, `memory` and so on.
        errors: The exceptions, the failure itself first, then what led to it.
        hint: What to do about it.
    """

    pathspec: str
    attempt: int
    attempts: int
    label: str
    kind: str
    errors: list[ErrorAnswer]
    hint: str


class Failures:
    """Looks for failures.

    Args:
        session: The call.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._looker = Looker(session)
        self._sources: dict[tuple[str, str], dict[str, list[str]]] = {}

    def find(self, spec: Pathspec, attempt: int | None) -> tuple[FailureAnswer, list[str]]:
        """The failure that a pathspec means, and the pathspecs of other tasks that failed too.

        Args:
            spec: A run, a step or a task.
            attempt: Which attempt of the task, from 0; None for the last that failed.

        Raises:
            NotFound: There is no such thing, or nothing failed there.
        """
        if spec.task is not None:
            row, attempts = self._looker.attempts(spec)
            return self._answer(row, attempts, attempt, spec), []
        detail = self._looker.run(spec.flow, spec.run or "")
        failed = [task.pathspec for task in detail.failed if spec.step in (None, task.pathspec.split("/")[2])]
        if not failed:
            where = f"{spec.flow}/{spec.run}"
            how = f": the run {'goes on' if detail.run.status == 'running' else detail.run.status}"
            if spec.step is not None and detail.failed:
                how = f", but `{detail.failed[0].pathspec}` did"
            raise NotFound(
                f"no task of `{spec}` failed{how}",
                hint=detail.run.reason or f"`stepwell show {where}` tells how it went",
            )
        first, *others = failed
        row, attempts = self._looker.attempts(self._session.pathspec(first))
        return self._answer(row, attempts, attempt, spec), others[:_MOST_OTHERS]

    def _answer(self, row: RunRow, attempts: list[TaskRow], wanted: int | None, spec: Pathspec) -> FailureAnswer:
        failed = [task for task in attempts if task.status in ("failed", "cancelled")]
        if wanted is not None:
            failed = [task for task in failed if task.attempt == wanted]
        result = self._looker.result(row, failed[-1]) if failed else None
        if not failed or result is None or result.error is None:
            which = f"attempt {wanted} of `{spec}`" if wanted is not None else f"`{spec}`"
            raise NotFound(
                f"{which} did not fail: it {attempts[-1].status}" if wanted is None else f"{which} did not fail",
                hint=f"`stepwell show {row.flow}/{row.run}/{attempts[-1].step}/{attempts[-1].task}` tells how it went",
            )
        task, error = failed[-1], result.error
        origin = result.origin.run if result.origin is not None else row.run
        header = self._session.records().header(row.flow, origin)
        main = ErrorAnswer(
            relation="",
            type=error.type or error.kind,
            message=error.message,
            frames=[self._frame(header, frame) for frame in error.frames],
        )
        chain = [
            ErrorAnswer(
                relation=one.relation,
                type=one.type,
                message=one.message,
                frames=[self._frame(header, frame) for frame in one.frames],
            )
            for one in error.chain
        ]
        return FailureAnswer(
            pathspec=f"{row.flow}/{row.run}/{task.step}/{task.task}",
            attempt=task.attempt,
            attempts=len(attempts),
            label=task.label,
            kind=error.kind,
            errors=[main, *chain],
            hint=error.hint,
        )

    def _frame(self, header: RunHeader, frame: TracebackFrame) -> FrameAnswer:
        lines = self._source(header, frame.file)
        first = max(1, frame.line - _AROUND)
        shown = {number: lines[number - 1] for number in range(first, frame.line + _AROUND) if number <= len(lines)}
        return FrameAnswer(
            file=frame.file,
            line=frame.line,
            function=frame.function,
            lines=shown or ({frame.line: frame.text} if frame.text else {}),
            locals=frame.locals,
        )

    def _source(self, header: RunHeader, file: str) -> list[str]:
        """The lines of a file as the run executed it; none for files that are not the run's own."""
        from stepwell.store.snapshot import Snapshot

        known = self._sources.setdefault((header.flow, header.run), {})
        if file not in known:
            name = os.path.relpath(file, header.code.root).replace(os.sep, "/") if header.code.root else ""
            try:
                data = Snapshot.open(self._session.datastore(), header.code.digest).read(name)
            except StoreError:
                data = b""
            known[file] = data.decode("utf-8", errors="replace").splitlines()
        return known[file]
