"""`logs`: what tasks printed, also while they run."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Literal

import click

from stepwell.base.errors import NotFound, UsageError
from stepwell.cli.options import Count, StepwellCommand
from stepwell.cli.render.style import is_terminal
from stepwell.cli.render.usertext import clean_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stepwell.cli.looking import Looker
    from stepwell.cli.session import Session
    from stepwell.documents.run import RunStatus
    from stepwell.records.rows import RunRow, TaskRow

Stream = Literal["stdout", "stderr"]

PIECE = 1 << 18
SECONDS_BETWEEN_LOOKS = 0.2


def command(session: Session) -> click.Command:
    """`stepwell logs`."""
    return _make(session, "logs")


def flow_command(session: Session) -> click.Command:
    """`python flow.py logs [show]`: `show` may be left out."""
    return _make(session, "logs", optional_word="show")


def _make(session: Session, name: str, optional_word: str = "") -> click.Command:
    def run(
        *,
        pathspec: str,
        streams: str,
        attempt: int | None,
        follow: bool,
        tail: int | None,
        timestamps: bool,
        as_json: bool,
    ) -> None:
        if timestamps:
            sys.stderr.write("note: lines are kept as they were printed, without times\n")
        spec = session.pathspec(pathspec, least=2, most=4)
        from stepwell.cli.looking import Looker

        looker = Looker(session)
        chosen: tuple[Stream, ...] = ("stdout", "stderr") if streams == "both" else (streams,)  # type: ignore[assignment]
        printer = LogPrinter(session, chosen, tail=tail)
        if follow:
            if as_json:
                raise UsageError("`--follow` and `--json` do not go together", hint="leave one of them out")
            printer.follow(looker, spec)
            return
        parts = [
            (row, task if attempt is None else _attempt(looker, row, task, attempt)) for row, task in looker.tasks(spec)
        ]
        if as_json:
            session.print_json([printer.document(row, task) for row, task in parts])
            return
        if not sum(printer.show(row, task, titled=len(parts) > 1) for row, task in parts):
            sys.stderr.write("nothing was printed\n")

    params: list[click.Parameter] = [
        click.Argument(["pathspec"]),
        click.Option(
            ["--both", "streams"], flag_value="both", default="both", type=str, help="Both streams. [default]"
        ),
        click.Option(["--stdout", "streams"], flag_value="stdout", type=str, help="Standard output alone."),
        click.Option(["--stderr", "streams"], flag_value="stderr", type=str, help="Standard error alone."),
        click.Option(["--attempt"], type=Count(0), metavar="N", help="Attempt N, from 0. [default: the last]"),
        click.Option(["--follow", "-f"], is_flag=True, help="Go on printing until the run is over."),
        click.Option(["--tail", "-n"], type=Count(0), metavar="N", help="Only the last N lines of each stream."),
        click.Option(["--timestamps"], is_flag=True, hidden=True),
        click.Option(["--json", "as_json"], is_flag=True, help="Print JSON."),
    ]
    shape = "RUN[/STEP[/TASK]]" if session.flow_class is not None else "FLOW/RUN[/STEP[/TASK]]"
    return LogsCommand(
        name,
        optional_word=optional_word,
        callback=run,
        params=params,
        help=f"Show what tasks printed, also while they run. PATHSPEC is {shape}.",
    )


class LogsCommand(StepwellCommand):
    """Takes a word before its arguments that changes nothing, as in `logs show 7/fit/3`."""

    def __init__(self, *args: Any, optional_word: str = "", **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._optional_word = optional_word

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Leave the word out."""
        if self._optional_word and args[:1] == [self._optional_word] and len(args) > 1:
            args = args[1:]
        return super().parse_args(ctx, args)


class LogPrinter:
    """Prints the output of attempts.

    To a terminal, harmful control characters are made visible; everywhere else the bytes are passed on as they are.

    Args:
        session: The call.
        streams: Which streams.
        tail: Only so many last lines of each; None for all.
    """

    def __init__(self, session: Session, streams: Sequence[Stream], *, tail: int | None = None) -> None:
        from stepwell.cli.looking import printed_at

        self._place = printed_at
        self._datastore = session.datastore()
        self._streams = streams
        self._tail = tail
        self._style = session.style(sys.stderr)
        self._clean = is_terminal(sys.stdout)
        self._shown: dict[tuple[str, int, int, Stream], int] = {}

    def show(self, row: RunRow, task: TaskRow, *, titled: bool) -> int:
        """All that an attempt printed, with a title on standard error where several parts follow each other.

        Returns:
            Bytes that the attempt printed.
        """
        sizes = {stream: self._size(row, task, stream) for stream in self._streams}
        several = titled or sum(map(bool, sizes.values())) > 1
        for stream, size in sizes.items():
            if not size:
                continue
            if several:
                self._title(f"{row.flow}/{row.run}/{task.step}/{task.task} {stream}")
            self._pass_on(row, task, stream, self._start(row, task, stream, size), size)
        return sum(sizes.values())

    def follow(self, looker: Looker, spec: Any) -> None:
        """Print what is there and what comes, until the run is over."""
        from stepwell.base.reactor import Reactor

        reactor = Reactor()
        last_title = [""]

        def look() -> None:
            # The status first: what a run printed before it ended is then seen by this very look.
            status: RunStatus = looker.run_row(spec.flow, spec.run).status
            for row, task in _if_any(looker, spec):
                for stream in self._streams:
                    last_title[0] = self._show_new(row, task, stream, last_title[0], whole=status != "running")
            sys.stdout.flush()
            if status == "running":
                reactor.later(SECONDS_BETWEEN_LOOKS, look)
            else:
                reactor.stop()

        try:
            reactor.soon(look)
            reactor.run()
        finally:
            reactor.close()

    def document(self, row: RunRow, task: TaskRow) -> dict[str, Any]:
        """What an attempt printed, as text; bytes that are not UTF-8 are replaced."""
        texts: dict[str, str] = {}
        for stream in self._streams:
            start = self._start(row, task, stream, self._size(row, task, stream))
            data = self._datastore.read_output(*self._place(row, task), stream, start)
            texts[stream] = data.decode("utf-8", errors="replace")
        return {"pathspec": f"{row.flow}/{row.run}/{task.step}/{task.task}", "attempt": task.attempt, **texts}

    def _show_new(self, row: RunRow, task: TaskRow, stream: Stream, last_title: str, *, whole: bool) -> str:
        key = (task.step, task.task, task.attempt, stream)
        size = self._size(row, task, stream)
        start = self._shown.get(key)
        if start is None:
            start = self._start(row, task, stream, size)
        if not whole:
            size = start + self._piece(row, task, stream, start, size).rfind(b"\n") + 1
        if size <= start:
            return last_title
        title = f"{row.flow}/{row.run}/{task.step}/{task.task} {stream}"
        if title != last_title:
            self._title(title)
        self._pass_on(row, task, stream, start, size)
        self._shown[key] = size
        return title

    def _pass_on(self, row: RunRow, task: TaskRow, stream: Stream, start: int, end: int) -> None:
        rest = b""
        while start < end:
            piece = self._piece(row, task, stream, start, end)
            if not piece:
                break
            start += len(piece)
            if not self._clean:
                sys.stdout.flush()
                sys.stdout.buffer.write(piece)
                continue
            lines = (rest + piece).split(b"\n")
            rest = lines.pop()
            sys.stdout.write("".join(clean_line(line.decode("utf-8", errors="replace")) + "\n" for line in lines))
        if rest:
            sys.stdout.write(clean_line(rest.decode("utf-8", errors="replace")) + "\n")

    def _start(self, row: RunRow, task: TaskRow, stream: Stream, size: int) -> int:
        """Where the last lines begin that are asked for."""
        if self._tail is None:
            return 0
        if self._tail == 0:
            return size
        start, found = size, 0
        while start > 0:
            length = min(PIECE, start)
            start -= length
            piece = self._read(row, task, stream, start, length)
            position = length
            while (position := piece.rfind(b"\n", 0, position)) >= 0:
                # The line end at the very end closes the last line and begins none.
                found += start + position != size - 1
                if found == self._tail:
                    return start + position + 1
        return 0

    def _piece(self, row: RunRow, task: TaskRow, stream: Stream, start: int, end: int) -> bytes:
        return self._read(row, task, stream, start, min(PIECE, max(0, end - start)))

    def _read(self, row: RunRow, task: TaskRow, stream: Stream, start: int, length: int) -> bytes:
        return self._datastore.read_output(*self._place(row, task), stream, start, length)

    def _size(self, row: RunRow, task: TaskRow, stream: Stream) -> int:
        return self._datastore.output_size(*self._place(row, task), stream)

    def _title(self, text: str) -> None:
        sys.stdout.flush()
        sys.stderr.write(self._style.dim(f"--- {text} ---") + "\n")
        sys.stderr.flush()


def _if_any(looker: Looker, spec: Any) -> list[tuple[RunRow, TaskRow]]:
    """The tasks there are: of a run that has just begun there may be none."""
    try:
        return list(looker.tasks(spec))
    except NotFound:
        return []


def _attempt(looker: Looker, row: RunRow, task: TaskRow, attempt: int) -> TaskRow:
    from stepwell.base.pathspec import Pathspec

    _, attempts = looker.attempts(Pathspec(row.flow, row.run, task.step, str(task.task)))
    for found in attempts:
        if found.attempt == attempt:
            return found
    numbers = ", ".join(str(found.attempt) for found in attempts)
    raise NotFound(
        f"task `{row.flow}/{row.run}/{task.step}/{task.task}` has no attempt {attempt}",
        hint=f"its attempts: {numbers}",
    )
