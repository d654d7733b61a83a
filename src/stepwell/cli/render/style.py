"""Colours, or none. Colour never carries meaning alone: every coloured word says the same without it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TextIO

if TYPE_CHECKING:
    from collections.abc import Mapping


class Marks(NamedTuple):
    """The signs that stand before a step, and what a bar is made of."""

    done: str
    running: str
    failed: str
    waiting: str
    full: str
    empty: str
    dot: str


UNICODE_MARKS = Marks("✓", "▸", "✗", "·", "━", "─", "·")
ASCII_MARKS = Marks("+", ">", "x", ".", "#", "-", "-")


class Style:
    """Wraps text in colours when they are on, and leaves it alone when they are off."""

    __slots__ = ("enabled", "marks")

    def __init__(self, *, enabled: bool = False, unicode: bool = True) -> None:
        self.enabled = enabled
        self.marks = UNICODE_MARKS if unicode else ASCII_MARKS

    def bold(self, text: str) -> str:
        """For what the eye should find first."""
        return self._wrap("1", text)

    def dim(self, text: str) -> str:
        """For what may be overlooked."""
        return self._wrap("2", text)

    def red(self, text: str) -> str:
        """For failures."""
        return self._wrap("31", text)

    def green(self, text: str) -> str:
        """For success."""
        return self._wrap("32", text)

    def yellow(self, text: str) -> str:
        """For warnings and for what was cancelled."""
        return self._wrap("33", text)

    def cyan(self, text: str) -> str:
        """For what can be typed, and for places."""
        return self._wrap("36", text)

    def status(self, status: str) -> str:
        """A run's or task's status in its colour."""
        paint = {"succeeded": self.green, "failed": self.red, "cancelled": self.yellow, "running": self.cyan}
        return paint.get(status, str)(status)

    def _wrap(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.enabled and text else text


def style_for(stream: TextIO, color: str, environ: Mapping[str, str]) -> Style:
    """The style that fits a stream.

    Args:
        stream: Where the text will go.
        color: The setting: `auto` colours terminals unless `NO_COLOR` is set or `TERM` is `dumb`.
        environ: The environment.
    """
    encoding = (getattr(stream, "encoding", None) or "ascii").lower()
    unicode = "utf" in encoding
    if color != "auto":
        return Style(enabled=color == "always", unicode=unicode)
    plain = bool(environ.get("NO_COLOR")) or environ.get("TERM") == "dumb" or not is_terminal(stream)
    return Style(enabled=not plain, unicode=unicode)


def is_terminal(stream: TextIO) -> bool:
    """True when a person looks at the stream."""
    try:
        return stream.isatty()
    except (AttributeError, ValueError):
        return False
