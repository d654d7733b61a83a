"""Making the index anew from the datastore."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from stepwell.records.opening import open_records

if TYPE_CHECKING:
    from collections.abc import Callable

    from stepwell.store.datastore import Datastore


class Rebuilt(Struct, frozen=True):
    """What was indexed: numbers of flows, runs and tasks."""

    flows: int
    runs: int
    tasks: int


def rebuild(datastore: Datastore, progress: Callable[[str, str, int, int], None] | None = None) -> Rebuilt:
    """Remove the index's rows and fill it from the datastore. Other processes may go on meanwhile.

    Args:
        datastore: The datastore.
        progress: Is called after each run with flow, run, number of runs done and number of runs in all.

    Raises:
        StoreError: The datastore cannot be read.
    """
    records = open_records(datastore)
    try:
        records.clear()
        names = datastore.flows()
        runs = [(flow, run) for flow in names for run in datastore.runs(flow)]
        tasks = 0
        for done, (flow, run) in enumerate(runs, start=1):
            records.refresh(flow, run)
            tasks += sum(sum(counts.values()) for counts in records.count_tasks(flow, run).values())
            if progress is not None:
                progress(flow, run, done, len(runs))
        return Rebuilt(flows=len({flow for flow, _ in runs}), runs=len(runs), tasks=tasks)
    finally:
        records.close()
