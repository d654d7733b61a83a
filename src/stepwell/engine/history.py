"""What a resumed run can take over: the finished tasks of its origin, read from the origin's log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from stepwell.documents.refs import ResultRef
from stepwell.documents.run import RunEnded
from stepwell.documents.task import TaskResult
from stepwell.engine.scheduler.messages import Reusable

if TYPE_CHECKING:
    from collections.abc import Collection

    from stepwell.documents.graph import GraphDocument
    from stepwell.documents.task import SplitFrame, Transition
    from stepwell.store.datastore import Datastore, RunLog


class OriginHistory:
    """Finished tasks of one run, by step and path. Implements the scheduler's `History`.

    A run that was killed before it had recorded what it took over itself knows less than the run that it resumed.
    So for a run without an end, what its own origin finished counts too, back to a run that came to an end.

    Args:
        datastore: Where the logs are.
        flow: Flow name.
        run: The origin's id.
        rerun: Steps that are run again in any case.

    Attributes:
        run: The origin's id.
        parameters: The result of its `_parameters` task, None when it was killed before there was one.
    """

    def __init__(self, datastore: Datastore, flow: str, run: str, rerun: Collection[str]) -> None:
        self.run = run
        self.parameters: tuple[ResultRef, TaskResult] | None = None
        self._logs: list[RunLog] = []
        self._found: dict[tuple[str, tuple[int, ...]], tuple[int, int, Transition]] = {}
        self._handles: list[tuple[int, RunLog, str]] = []
        again = set(rerun)
        before: str | None = run
        while before is not None:
            ended = self._read(datastore.run_log(flow, before), before, again)
            if ended:
                break
            header = datastore.header(flow, before)
            if header.resume_step is not None:
                again |= _followers(header.graph, header.resume_step)
            before = header.origin_run

    def _read(self, log: RunLog, run: str, rerun: Collection[str]) -> bool:
        """Add what a run finished, where nothing is known from a later one; True when that run came to its end."""
        self._logs.append(log)
        known = frozenset(self._found)
        ended = False
        for records, _ in log.batches():
            for locator, record in records:
                if isinstance(record, TaskResult):
                    if record.step == "_parameters":
                        if self.parameters is None:
                            self.parameters = (ResultRef(run, record.step, 0, 0, locator), record)
                    elif (record.step, record.path) not in known:
                        self._take(record, log, locator, rerun)
                elif isinstance(record, RunEnded):
                    ended = ended or record.by == "run"
        return ended

    def _take(self, result: TaskResult, log: RunLog, locator: str, rerun: Collection[str]) -> None:
        key = (result.step, result.path)
        if result.step in rerun:
            return
        known = self._found.get(key)
        if known is not None and known[1] > result.attempt:
            return
        if result.outcome != "succeeded":
            # One of a gang that had succeeded, and was tried again with the others.
            self._found.pop(key, None)
            return
        assert result.transition is not None
        if result.transition.foreach is not None and result.transition.items is None:
            return  # imported from elsewhere, with items that cannot be handed on one by one
        self._found[key] = (len(self._handles), result.attempt, result.transition)
        self._handles.append((result.attempt, log, locator))

    def __len__(self) -> int:
        return len(self._found)

    def find(self, step: str, path: tuple[int, ...]) -> Reusable | None:
        """The finished task of that step and path, None when there is none that may be reused."""
        found = self._found.get((step, path))
        return None if found is None else Reusable(found[0], found[2], found[1])

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
        attempt, log, locator = self._handles[handle]
        record = log.get(locator)
        assert isinstance(record, TaskResult)
        return replace(
            record,
            run=run,
            task=task,
            attempt=0,
            frames=frames,
            inputs=inputs,
            origin=record.origin or ResultRef(record.run, record.step, record.task, attempt, locator),
        )

    def close(self) -> None:
        """Release the logs."""
        for log in self._logs:
            log.close()


def _followers(graph: GraphDocument, step: str) -> set[str]:
    """A step and all that can follow it."""
    targets = {node.name: node.next for node in graph.steps}
    found: set[str] = set()
    pending = [step]
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending += targets.get(name, ())
    return found
