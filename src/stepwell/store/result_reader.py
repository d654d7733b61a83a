"""Task results by reference."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from stepwell.base.errors import Corrupted, NotFound
from stepwell.documents.task import TaskResult

if TYPE_CHECKING:
    from stepwell.documents.refs import ResultRef
    from stepwell.store.datastore import Datastore
    from stepwell.store.run_log import RunLog

_Attempt = tuple[str, int, int]

_KEPT_RESULTS = 256
_KEPT_LOGS = 16


class ResultReader:
    """Reads results from the run logs of a datastore; keeps the logs open and the last results decoded.

    Not for several threads at once.

    Args:
        datastore: Where the runs are.
    """

    def __init__(self, datastore: Datastore) -> None:
        self._datastore = datastore
        self._results: OrderedDict[tuple[str, str, str, int, int], TaskResult] = OrderedDict()
        self._logs: OrderedDict[tuple[str, str], _OpenLog] = OrderedDict()

    def result(self, flow: str, ref: ResultRef) -> TaskResult:
        """The result that a reference names.

        One read when the reference says where it stands; without that, or when something else stands there, the
        run's log is searched.

        Raises:
            NotFound: The run has no such result.
            Corrupted: The result has changed since it was written.
        """
        key = (flow, ref.run, ref.step, ref.task, ref.attempt)
        known = self._results.get(key)
        if known is not None:
            self._results.move_to_end(key)
            return known
        result = self._read(flow, ref)
        self._results[key] = result
        if len(self._results) > _KEPT_RESULTS:
            self._results.popitem(last=False)
        return result

    def close(self) -> None:
        """Release the logs."""
        while self._logs:
            self._logs.popitem()[1].log.close()

    def _read(self, flow: str, ref: ResultRef) -> TaskResult:
        log = self._open(flow, ref.run)
        damage: Corrupted | None = None
        if ref.locator:
            try:
                found = log.at(ref.locator, ref)
            except Corrupted as error:
                # The same result may stand elsewhere in the log, whole.
                damage, found = error, None
            if found is not None:
                return found
        found = log.search(ref)
        if found is not None:
            return found
        if damage is not None:
            raise damage
        raise NotFound(
            f"task `{flow}/{ref.run}/{ref.step}/{ref.task}` has no result of attempt {ref.attempt}",
            hint="it may still be running; `resume` runs it again when its run is over",
        )

    def _open(self, flow: str, run: str) -> _OpenLog:
        log = self._logs.get((flow, run))
        if log is None:
            log = self._logs[flow, run] = _OpenLog(self._datastore.run_log(flow, run))
            if len(self._logs) > _KEPT_LOGS:
                self._logs.popitem(last=False)[1].log.close()
        else:
            self._logs.move_to_end((flow, run))
        return log


class _OpenLog:
    """A log, and where results stand in as much of it as was searched."""

    __slots__ = ("cursor", "log", "places")

    def __init__(self, log: RunLog) -> None:
        self.log = log
        self.cursor = ""
        self.places: dict[_Attempt, str] = {}

    def at(self, locator: str, ref: ResultRef) -> TaskResult | None:
        """The result at a locator; None when there is nothing, or something else than what was asked for."""
        try:
            record = self.log.get(locator)
        except NotFound:
            return None
        wanted = (ref.run, ref.step, ref.task, ref.attempt)
        if isinstance(record, TaskResult) and (record.run, record.step, record.task, record.attempt) == wanted:
            return record
        return None

    def search(self, ref: ResultRef) -> TaskResult | None:
        """The first result of the attempt in the log."""
        wanted = (ref.step, ref.task, ref.attempt)
        if wanted not in self.places:
            for records, cursor in self.log.batches(self.cursor):
                for locator, record in records:
                    if isinstance(record, TaskResult):
                        self.places.setdefault((record.step, record.task, record.attempt), locator)
                self.cursor = cursor
        place = self.places.get(wanted)
        return None if place is None else self.at(place, ref)
