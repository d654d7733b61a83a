"""A builder that writes runs into a datastore as the engine would, for tests of what reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from stepwell.documents.refs import ResultRef
    from stepwell.documents.run import LogRecord, RunHeader
    from stepwell.documents.task import TaskResult
    from stepwell.store.datastore import Datastore

CREATED = 1_700_000_000.0

SOURCE = """\
class Point:
    def __init__(self, x):
        self.x = x
"""


class RunBuilder:
    """Writes headers and log records of the flow `F`: start, a foreach step `fit`, a join, and `end`."""

    def __init__(self, folder: Path) -> None:
        from stepwell.artifacts.writer import ArtifactWriter
        from stepwell.store.datastore import open_datastore

        self.folder = folder
        self.datastore: Datastore = open_datastore(folder / ".stepwell", create=True)
        self.writer = ArtifactWriter(self.datastore.blobs)

    def header(self, run: str, *, flow: str = "F", **changes: Any) -> RunHeader:
        """A header; its owner is this process unless told otherwise."""
        from stepwell.base.process import this_process
        from stepwell.documents.graph import GraphDocument, GraphNode
        from stepwell.documents.run import CodeSnapshot, ProcessIdentity, RunHeader

        owner = this_process()
        steps = (
            GraphNode(name="start", type="split-foreach", next=("fit",), foreach="xs"),
            GraphNode(name="fit", type="linear", next=("join",)),
            GraphNode(name="join", type="join", next=("end",), is_join=True),
            GraphNode(name="end", type="end"),
        )
        user = changes.pop("user", "alice")
        values: dict[str, Any] = {
            "created_at": CREATED + int(run),
            "user": user,
            "namespace": f"user:{user}",
            "system_tags": (f"user:{user}", "runtime:local"),
            "graph": GraphDocument(flow=flow, doc="", start="start", end="end", steps=steps),
            "code": CodeSnapshot(digest="0" * 64, source="f.py"),
            "owner": ProcessIdentity(host=owner.host, pid=owner.pid, boot=owner.boot, started=owner.started),
            "python": "3.11.7",
        }
        return RunHeader(flow=flow, run=run, **{**values, **changes})

    def run(self, *, flow: str = "F", after: int = 0, **changes: Any) -> str:
        """Create a run; its id."""
        return self.datastore.create_run(lambda run: self.header(run, flow=flow, **changes), flow, after).run

    def append(self, run: str, *records: LogRecord, flow: str = "F") -> list[str]:
        """Add records to a run's log; their locators."""
        log = self.datastore.run_log(flow, run)
        try:
            return log.append(records)
        finally:
            log.close()

    def result(self, run: str, step: str, task: int, *, flow: str = "F", **changes: Any) -> TaskResult:
        """A success, unless told otherwise; `values` become artifacts."""
        from stepwell.documents.task import TaskResult, Usage

        values = changes.pop("values", {})
        artifacts = {name: self.writer.store(name, value) for name, value in values.items()}
        given: dict[str, Any] = {
            "outcome": "succeeded",
            "artifacts": artifacts,
            "started_at": CREATED + 10,
            "finished_at": CREATED + 20,
            "usage": Usage(wall=10.0, cpu_user=1.0, cpu_system=0.5, peak_memory=1000),
        }
        return TaskResult(flow=flow, run=run, step=step, task=task, **{**given, **changes})

    def dead_owner(self) -> Any:
        """The identity of a process of this machine that has ended."""
        from stepwell.base.process import this_process
        from stepwell.documents.run import ProcessIdentity

        owner = this_process()
        return ProcessIdentity(host=owner.host, pid=owner.pid, boot=owner.boot, started="long ago")

    def ref(self, run: str, step: str, task: int, locator: str, attempt: int = 0) -> ResultRef:
        """A reference to a result."""
        from stepwell.documents.refs import ResultRef

        return ResultRef(run, step, task, attempt, locator)

    def whole_run(self, *, values: Sequence[int] = (1, 2, 3), **changes: Any) -> str:
        """A run that ended well: start, one `fit` for each value, join, end; its id."""
        from stepwell.documents.run import RunEnded
        from stepwell.documents.task import SplitFrame

        run = self.run(**changes)
        parameters = self.append(run, self.result(run, "_parameters", 0, values={"alpha": 0.5}))
        base = self.ref(run, "_parameters", 0, parameters[0])
        start = self.append(
            run,
            self.result(
                run, "start", 1, values={"xs": list(values), "_hidden": 7}, base=base, inputs=(("_parameters", 0),)
            ),
        )
        split = self.ref(run, "start", 1, start[0])
        for index, value in enumerate(values):
            frame = SplitFrame(kind="foreach", split=split, index=index, size=len(values), variable="xs")
            fit = self.result(
                run, "fit", index + 2, values={"y": value * 10}, base=split, path=(index,), frames=(frame,),
                inputs=(("start", 1),), label=str(value),
            )  # fmt: skip
            self.append(run, fit)
        tasks = [index + 2 for index in range(len(values))]
        join = self.result(
            run, "join", len(tasks) + 2, values={"best": max(values) * 10}, base=base,
            inputs=tuple(("fit", task) for task in tasks),
        )  # fmt: skip
        joined = self.append(run, join)
        end = self.result(
            run, "end", len(tasks) + 3, base=self.ref(run, "join", len(tasks) + 2, joined[0]),
            inputs=(("join", len(tasks) + 2),), finished_at=CREATED + 30,
        )  # fmt: skip
        self.append(run, end, RunEnded(status="succeeded", at=CREATED + 31))
        return run


@pytest.fixture
def builder(tmp_path: Path) -> RunBuilder:
    """Writes runs into a new datastore."""
    return RunBuilder(tmp_path)
