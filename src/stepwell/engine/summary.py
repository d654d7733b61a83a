"""Sums a run up: what failed first and why, how long it took, what it used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepwell.documents.events import FailedTask, RunFinished
from stepwell.documents.task import ErrorRecord

if TYPE_CHECKING:
    from stepwell.base.clock import Clock
    from stepwell.documents.events import StepProgress, TaskEnded
    from stepwell.documents.run import RunHeader, RunStatus
    from stepwell.documents.task import Usage

# Failures told in full; the others are counted.
_MOST_FAILURES = 20


class Summary:
    """Collects while the run goes on.

    Args:
        header: The run.
        clock: Time.
    """

    def __init__(self, header: RunHeader, clock: Clock) -> None:
        self._header = header
        self._clock = clock
        self._began = clock.monotonic()
        self._cpu = 0.0
        self._peak = 0
        self._peak_step = ""
        self._failures: list[FailedTask] = []
        self._failed = 0

    def elapsed(self) -> float:
        """Seconds since the run began."""
        return self._clock.monotonic() - self._began

    def note(self, ended: TaskEnded, used: Usage) -> None:
        """An attempt is over."""
        self._cpu += used.cpu_user + used.cpu_system
        if used.peak_memory > self._peak:
            self._peak = used.peak_memory
            self._peak_step = ended.step
        if ended.outcome != "failed" or ended.retry_in is not None:
            return
        self._failed += 1
        if len(self._failures) < _MOST_FAILURES:
            self._failures.append(
                FailedTask(
                    step=ended.step,
                    task=ended.task,
                    attempts=ended.attempt + 1,
                    error=ended.error or ErrorRecord(kind="internal", message="no reason was recorded"),
                    label=ended.label,
                )
            )

    def finish(self, status: RunStatus, reason: str, steps: tuple[StepProgress, ...]) -> RunFinished:
        """The summary."""
        return RunFinished(
            at=self._clock.now(),
            flow=self._header.flow,
            run=self._header.run,
            status=status,
            wall=self.elapsed(),
            cpu=self._cpu,
            peak_memory=self._peak,
            peak_step=self._peak_step,
            steps=steps,
            failures=tuple(self._failures),
            failed_tasks=self._failed,
            reason=reason,
            resumable=status != "succeeded",
        )
