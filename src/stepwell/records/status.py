"""What a run's status is when its log does not say: a run without an end lives as long as its process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from stepwell.documents.run import ProcessIdentity

if TYPE_CHECKING:
    from collections.abc import Callable

    from stepwell.records.rows import RunRow, TaskStatus

GONE = "its process is gone"
SILENT = "nothing was heard of it for a day, and its process runs on another machine"

# A run writes nothing while its tasks work, so silence of a process that cannot be asked says little for a long time.
SILENCE = 24 * 3600.0


def is_gone(row: RunRow, *, last_sign: Callable[[], float], now: float) -> str:
    """Why a run that has no end counts as over, or an empty string when it may still be running.

    Args:
        row: The run, `running` as far as its log says.
        last_sign: Gives the time of the last thing that it wrote, seconds since the epoch.
        now: Seconds since the epoch.
    """
    from stepwell.base.process import is_alive

    owner = msgspec.json.decode(row.owner, type=ProcessIdentity)
    alive = is_alive(owner.host, owner.pid, owner.boot, owner.started)
    if alive:
        return ""
    if alive is None:
        return SILENT if now - last_sign() > SILENCE else ""
    return GONE


def task_status(status: TaskStatus, run_status: TaskStatus) -> TaskStatus:
    """A task's status in the light of its run's: nothing runs in a run that is over."""
    if status != "running" or run_status == "running":
        return status
    return "cancelled" if run_status == "cancelled" else "failed"
