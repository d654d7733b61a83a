"""The port of the index: what any database, or a server, must answer.

Every question about a run reflects the whole of its log at that moment, and every list all runs of the datastore.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stepwell.documents.run import LogRecord, RunHeader
    from stepwell.records.rows import ArtifactRow, FinishedResult, RunRow, StepRow, TaskRow, TaskStatus


class RecordsIndex(Protocol):
    """Runs, steps, tasks, tags and artifacts of one datastore. `Records` documents each method."""

    def close(self) -> None:
        """Give back what the index holds; it may be used again."""

    def register_run(self, header: RunHeader) -> bool:
        """Add a run that has just begun; False when it has to wait."""

    def ingest(self, flow: str, run: str, records: Sequence[tuple[str, LogRecord]], cursor: str) -> bool:
        """Add the next stretch of a run's log without waiting; False when it has to wait."""

    def flush(self, timeout: float) -> bool:
        """Add what waits; False when so many seconds were not enough."""

    def latest_run_number(self, flow: str) -> int:
        """The highest run id as a number, 0 when there is none."""

    def latest_run(self, flow: str, user: str | None = None) -> str | None:
        """The id of the newest run."""

    def step_peak_memory(self, flow: str) -> dict[str, int]:
        """Step to peak memory in bytes over the last successful runs."""

    def finished_results(self, flow: str, run: str) -> list[FinishedResult]:
        """The successes of a run."""

    def refresh(self, flow: str, run: str) -> RunRow | None:
        """Index what the log has beyond the index."""

    def refresh_all(self, flow: str | None = None) -> None:
        """Index everything."""

    def flows(self) -> list[str]:
        """Names of flows, sorted."""

    def run(self, flow: str, run: str) -> RunRow | None:
        """A run as it is now."""

    def first_run_at(self, flow: str) -> float | None:
        """When the oldest run began."""

    def run_status(self, flow: str, run: str) -> TaskStatus | None:
        """Its status."""

    def header(self, flow: str, run: str) -> RunHeader:
        """Its header; `NotFound` when there is none."""

    def runs(
        self,
        flow: str,
        *,
        tags: Sequence[str] = (),
        status: TaskStatus | None = None,
        user: str | None = None,
        before: int | None = None,
        limit: int = 1000,
    ) -> list[RunRow]:
        """A page of runs, newest first."""

    def iter_runs(
        self,
        flow: str,
        *,
        tags: Sequence[str] = (),
        status: TaskStatus | None = None,
        user: str | None = None,
        before: int | None = None,
        page: int = 1000,
    ) -> Iterator[RunRow]:
        """All pages."""

    def tags(self, flow: str, run: str) -> tuple[frozenset[str], frozenset[str]]:
        """User tags and system tags."""

    def steps(self, flow: str, run: str) -> list[StepRow]:
        """Steps in order of first appearance."""

    def count_tasks(self, flow: str, run: str) -> dict[str, dict[str, int]]:
        """Step to status to number of tasks."""

    def attempts(self, flow: str, run: str, step: str, task: int) -> list[TaskRow]:
        """All attempts of a task."""

    def tasks(self, flow: str, run: str, step: str, *, before: int | None = None, limit: int = 1000) -> list[TaskRow]:
        """A page of tasks, highest id first."""

    def iter_tasks(self, flow: str, run: str, step: str, *, page: int = 1000) -> Iterator[TaskRow]:
        """All tasks, lowest id first."""

    def unsuccessful_tasks(
        self, flow: str, run: str, status: TaskStatus, *, step: str | None = None, limit: int = 1000
    ) -> list[TaskRow]:
        """Attempts that are running, failed or cancelled."""

    def artifacts(self, flow: str, run: str, step: str, task: int, attempt: int) -> list[ArtifactRow]:
        """What an attempt produced."""

    def clear(self) -> None:
        """Remove all rows."""
