"""For attempts in the run's own process: Python's streams go to the log files too, the terminal stays usable."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from stepwell.base.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Iterator


class Tee:
    """A text stream that writes to two; everything else is the first one's."""

    def __init__(self, shown: IO[str], kept: IO[str]) -> None:
        self._shown = shown
        self._kept = kept

    def write(self, text: str) -> int:
        """Write to both, without the task's secrets."""
        text = redact(text)
        self._kept.write(text)
        return self._shown.write(text)

    def flush(self) -> None:
        """Flush both."""
        self._kept.flush()
        self._shown.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._shown, name)


@contextmanager
def teeing(stdout: str, stderr: str) -> Iterator[None]:
    """Within: what Python code prints is shown and kept. Empty files are removed at the end."""
    old = sys.stdout, sys.stderr
    os.makedirs(os.path.dirname(stdout), exist_ok=True)
    with (
        open(stdout, "a", encoding="utf-8", errors="backslashreplace", buffering=1) as out,
        open(stderr, "a", encoding="utf-8", errors="backslashreplace", buffering=1) as err,
    ):
        sys.stdout, sys.stderr = Tee(old[0], out), Tee(old[1], err)
        try:
            yield
        finally:
            sys.stdout, sys.stderr = old
    for path in (stdout, stderr):
        if os.path.getsize(path) == 0:
            os.unlink(path)
