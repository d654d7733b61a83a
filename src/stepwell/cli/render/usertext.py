"""What tasks print, made fit for showing: harmless to the terminal, and never more than can be read.

The text itself is kept as it is: no markup is interpreted, colours and tabs stay. Everything that a task printed
stands in its logs; what is left out here is only left out of the screen.
"""

from __future__ import annotations

import re
from typing import NamedTuple

BURST_LINES = 2000
LINES_PER_SECOND = 200
BURST_CHARACTERS = 256 * 1024
CHARACTERS_PER_SECOND = 64 * 1024
LONGEST_LINE = 4000

# A colour sequence, or any control character except tab.
_CONTROL = re.compile(r"\x1b\[[0-9;:]*m|[\x00-\x08\x0a-\x1f\x7f-\x9f]")
_RESET = "\x1b[0m"


def clean_line(line: str) -> str:
    """One line without anything that could move the cursor, change the terminal or outlive the line.

    Colours stay and are closed at the end. Of a line that was overwritten with carriage returns, as progress bars do,
    the last state is left. Other control characters become visible signs.
    """
    if len(line) > LONGEST_LINE:
        line = f"{line[:LONGEST_LINE]}… ({len(line):,} characters in this line)"
    if _CONTROL.search(line) is None:
        return line
    line = line.rstrip("\r")
    line = line[line.rfind("\r") + 1 :]
    cleaned = _CONTROL.sub(_visible, line)
    return cleaned + _RESET if "\x1b[" in cleaned and not cleaned.endswith(_RESET) else cleaned


def clean_text(text: str) -> str:
    """Several lines, each cleaned."""
    return "\n".join(clean_line(line) for line in text.split("\n"))


def _visible(match: re.Match[str]) -> str:
    found = match.group()
    if len(found) > 1:
        return found
    code = ord(found)
    return chr(0x2400 + code) if code < 0x20 else "␡" if code == 0x7F else "�"


class Shown(NamedTuple):
    """What to show of a piece of output: lines, whether a stop was just made, and how many lines it left out."""

    resumed_after: int
    lines: list[str]
    stopped: bool


class OutputBudget:
    """Decides how much of each task's output is shown: a generous burst, then a steady rate.

    Times are those of the events, so that a recorded run renders the same again.
    """

    def __init__(self) -> None:
        self._accounts: dict[tuple[int, int], _Account] = {}

    def admit(self, task: int, attempt: int, at: float, text: str) -> Shown:
        """What to show of whole lines that an attempt printed."""
        account = self._accounts.get((task, attempt))
        if account is None:
            account = self._accounts[task, attempt] = _Account(at)
        return account.admit(at, text)

    def close(self, task: int, attempt: int) -> None:
        """The attempt is over: forget it."""
        self._accounts.pop((task, attempt), None)


class _Account:
    __slots__ = ("at", "characters", "dropped", "lines")

    def __init__(self, at: float) -> None:
        self.at = at
        self.lines = float(BURST_LINES)
        self.characters = float(BURST_CHARACTERS)
        self.dropped = 0

    def admit(self, at: float, text: str) -> Shown:
        passed = max(0.0, at - self.at)
        self.at = max(at, self.at)
        self.lines = min(BURST_LINES, self.lines + passed * LINES_PER_SECOND)
        self.characters = min(BURST_CHARACTERS, self.characters + passed * CHARACTERS_PER_SECOND)
        # After a stop, wait until a readable piece fits again, so that output does not flicker line by line.
        enough = self.lines >= LINES_PER_SECOND / 2 and self.characters >= LONGEST_LINE
        if self.dropped and not enough:
            self.dropped += _count_lines(text, 0)
            return Shown(0, [], stopped=False)
        return self._take(text)

    def _take(self, text: str) -> Shown:
        lines: list[str] = []
        start = 0
        while start < len(text) and self.lines >= 1 and self.characters > 0:
            end = text.find("\n", start)
            end = len(text) if end < 0 else end
            lines.append(clean_line(text[start:end]))
            self.lines -= 1
            self.characters -= min(end - start, LONGEST_LINE) + 1
            start = end + 1
        resumed_after = self.dropped if lines else 0
        dropped = _count_lines(text, start)
        stopped = dropped > 0 and (self.dropped == 0 or bool(lines))
        self.dropped = dropped if lines else self.dropped + dropped
        return Shown(resumed_after, lines, stopped)


def _count_lines(text: str, start: int) -> int:
    if start >= len(text):
        return 0
    return text.count("\n", start) + (not text.endswith("\n"))
