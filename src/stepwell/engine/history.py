"""What a resumed run can take over: the finished tasks of its origin, read from the origin's log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from stepwell.documents.refs import ResultRef
from stepwell.documents.task import TaskResult
from stepwell.engine.scheduler.messages import Reusable

if TYPE_CHECKING:
    from collections.abc import Collection

    from stepwell.documents.task import SplitFrame, Transition
    from stepwell.store.datastore import Datastore, RunLog


class OriginHistory:
    """Finished tasks of one run, by step and path. Implements the scheduler's `History`.

    Args:
        datastore: Where the origin's log is.
        flow: Flow name.
        run: The origin's id.
        rerun: Steps that are run again in any case.
    """

    def __init__(self, datastore: Datastore, flow: str, run: str, rerun: Collection[str]) -> None:
        self.run = run
        self.parameters: tuple[ResultRef, TaskResult] | None = None
        self._log: RunLog = datastore.run_log(flow, run)
        self._found: dict[tuple[str, tuple[int, ...]], tuple[int, int, Transition]] = {}
        self._handles: list[tuple[int, str]] = []
        for records, _ in self._log.batches():
            for locator, record in records:
                if isinstance(record, TaskResult):
                    self._take(record, locator, rerun)

    def _take(self, result: TaskResult, locator: str, rerun: Collection[str]) -> None:
        if result.step == "_parameters":
            self.parameters = (ResultRef(self.run, result.step, 0, 0, locator), result)
            return
        key = (result.step, result.path)
        if result.outcome != "succeeded" or result.step in rerun:
            return
        known = self._found.get(key)
        if known is not None and known[1] > result.attempt:
            return
        assert result.transition is not None
        self._found[key] = (len(self._handles), result.attempt, result.transition)
        self._handles.append((result.attempt, locator))

    def __len__(self) -> int:
        return len(self._found)

    def find(self, step: str, path: tuple[int, ...]) -> Reusable | None:
        """The finished task of that step and path, None when there is none that may be reused."""
        found = self._found.get((step, path))
        return None if found is None else Reusable(found[0], found[2])

    def clone(
        self,
        handle: int,
        *,
        run: str,
        task: int,
        frames: tuple[SplitFrame, ...],
        inputs: tuple[tuple[str, int], ...],
    ) -> TaskResult:
        """The result of a finished task as a result of the new run: same artifacts, by reference, nothing copied."""
        attempt, locator = self._handles[handle]
        record = self._log.get(locator)
        assert isinstance(record, TaskResult)
        return replace(
            record,
            run=run,
            task=task,
            attempt=0,
            frames=frames,
            inputs=inputs,
            origin=record.origin or ResultRef(self.run, record.step, record.task, attempt, locator),
        )

    def close(self) -> None:
        """Release the log."""
        self._log.close()
