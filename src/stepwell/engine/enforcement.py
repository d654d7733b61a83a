"""Holding tasks to what `@resources` says: which cores they keep to, and how much memory they use."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Cores:
    """Shares out cores by number: a task gets those that the fewest others have.

    Args:
        numbers: The cores that this process may use.
    """

    def __init__(self, numbers: Iterable[int]) -> None:
        self._users = dict.fromkeys(sorted(numbers), 0)

    def take(self, cpu: float | None) -> tuple[int, ...]:
        """The cores for a task that may use so many; empty when it has no limit, or one beyond what there is."""
        count = 0 if cpu is None else max(1, math.ceil(cpu))
        if count == 0 or count >= len(self._users):
            return ()
        chosen = sorted(sorted(self._users, key=lambda core: (self._users[core], core))[:count])
        for core in chosen:
            self._users[core] += 1
        return tuple(chosen)

    def give_back(self, cores: Iterable[int]) -> None:
        """A task is over."""
        for core in cores:
            self._users[core] -= 1


def usable_core_numbers() -> set[int]:
    """The cores that this process may run on; empty where the system does not say."""
    return set(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else set()


def memory_of_tree(pid: int) -> int:
    """Bytes that a process and its descendants hold for themselves; 0 where the system does not say.

    Mapped files do not count, so that an artifact of 10 GB that is only read costs nothing.
    """
    total, pending = 0, [pid]
    while pending:
        one = pending.pop()
        total += _own_memory(one)
        pending += _children(one)
    return total


def _own_memory(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
            lines = [line for line in file if line.startswith(("RssAnon:", "RssShmem:"))]
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines) * 1024


def _children(pid: int) -> list[int]:
    found: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", encoding="ascii") as file:
                found += map(int, file.read().split())
    except OSError:
        return found
    return found
