"""Clocks: the time of day for records, a monotonic one for durations.

The time of day may jump backwards; nothing is ever ordered or measured by it.
"""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """What code that needs the time asks for, so that tests can bring their own."""

    def now(self) -> float:
        """Seconds since the epoch, UTC."""

    def monotonic(self) -> float:
        """Seconds that never run backwards."""


class SystemClock:
    """The machine's clocks."""

    def now(self) -> float:
        """Seconds since the epoch, UTC."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds that never run backwards."""
        return time.monotonic()
