"""Artifact tables: chains of bases add up, across runs, and results are found with or without a locator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from stepwell.base.errors import Corrupted, NotFound
from stepwell.documents.refs import ArtifactRef, ResultRef
from stepwell.documents.run import TaskStarted
from stepwell.documents.task import TaskResult
from stepwell.store.artifact_table import ArtifactTables
from stepwell.store.result_reader import ResultReader

if TYPE_CHECKING:
    from stepwell.store.datastore import Datastore


def artifact(digest: str) -> ArtifactRef:
    return ArtifactRef(digest=digest, serializer="json", type="builtins.str", size=1, inline=b"1")


def add(datastore: Datastore, step: str, task: int, values: str = "", run: str = "1", **fields: Any) -> ResultRef:
    """Append a result whose artifacts are `name=digest` words."""
    artifacts = {name: artifact(digest) for name, digest in (word.split("=") for word in values.split())}
    result = TaskResult(flow="F", run=run, step=step, task=task, outcome="succeeded", artifacts=artifacts, **fields)
    log = datastore.run_log("F", run)
    (locator,) = log.append([result])
    log.close()
    return ResultRef(run, step, task, fields.get("attempt", 0), locator)


def shown(table: dict[str, ArtifactRef]) -> str:
    return " ".join(f"{name}={ref.digest}" for name, ref in sorted(table.items()))


def test_a_table_is_the_base_with_changes_over_it(datastore: Datastore) -> None:
    first = add(datastore, "_parameters", 0, "alpha=1 beta=1")
    second = add(datastore, "start", 1, "beta=2 gamma=2", base=first, depth=1)
    third = add(datastore, "end", 2, "delta=3", base=second, depth=2, removed=("alpha",))
    tables = ArtifactTables(ResultReader(datastore))
    assert shown(tables.table("F", third)) == "beta=2 delta=3 gamma=2"
    assert shown(tables.table("F", first)) == "alpha=1 beta=1"
    assert shown(tables.table("F", second)) == "alpha=1 beta=2 gamma=2"


def test_a_removed_artifact_may_be_set_again_by_a_later_task(datastore: Datastore) -> None:
    first = add(datastore, "a", 1, "x=1")
    second = add(datastore, "b", 2, removed=("x",), base=first)
    third = add(datastore, "c", 3, "x=3", base=second)
    for cached in (False, True):
        tables = ArtifactTables(ResultReader(datastore))
        if cached:
            tables.table("F", second)
        assert tables.lookup("F", second, "x") is None
        assert tables.lookup("F", third, "x") == artifact("3")
        assert shown(tables.table("F", third)) == "x=3"


def test_a_lookup_reads_no_further_than_it_must(datastore: Datastore) -> None:
    lost = ResultRef("1", "lost", 9, 0, "")
    last = add(datastore, "b", 2, "x=2", base=lost)
    tables = ArtifactTables(ResultReader(datastore))
    assert tables.lookup("F", last, "x") == artifact("2")
    with pytest.raises(NotFound, match="F/1/lost/9"):
        tables.lookup("F", last, "y")
    with pytest.raises(NotFound, match="F/1/lost/9"):
        tables.table("F", last)


def test_a_base_may_belong_to_another_run(datastore: Datastore) -> None:
    origin = add(datastore, "start", 1, "x=1", run="1")
    clone = add(datastore, "start", 1, "y=2", run="2", base=origin, origin=origin)
    after = add(datastore, "end", 2, "z=3", run="2", base=clone)
    assert shown(ArtifactTables(ResultReader(datastore)).table("F", after)) == "x=1 y=2 z=3"


def test_long_chains_add_up_without_recursion(datastore: Datastore) -> None:
    ref = add(datastore, "s", 0, "x0=0")
    for number in range(1, 900):
        ref = add(datastore, "s", number, f"x{number}={number}", base=ref)
    assert len(ArtifactTables(ResultReader(datastore)).table("F", ref)) == 900


def test_a_circle_of_bases_is_reported(datastore: Datastore) -> None:
    ref = add(datastore, "s", 1, "x=1", base=ResultRef("1", "s", 1, 0, ""))
    tables = ArtifactTables(ResultReader(datastore))
    with pytest.raises(Corrupted, match="circle"):
        tables.table("F", ref)
    with pytest.raises(Corrupted, match="circle"):
        tables.lookup("F", ref, "y")


def test_changing_a_returned_table_changes_nothing_else(datastore: Datastore) -> None:
    ref = add(datastore, "s", 1, "x=1")
    tables = ArtifactTables(ResultReader(datastore))
    tables.table("F", ref).clear()
    assert shown(tables.table("F", ref)) == "x=1"


@pytest.mark.parametrize("wrong", ["", "99999+5", "nonsense", "of another attempt", "of no result"])
def test_a_result_is_found_though_its_locator_is_missing_or_wrong(datastore: Datastore, wrong: str) -> None:
    add(datastore, "s", 1, "x=0", attempt=0)
    other = add(datastore, "s", 1, "x=1", attempt=1)
    right = add(datastore, "s", 2, "x=2")
    log = datastore.run_log("F", "1")
    (started,) = log.append([TaskStarted(step="s", task=2)])
    log.close()
    locator = {"of another attempt": other.locator, "of no result": started}.get(wrong, wrong)
    reader = ResultReader(datastore)
    found = reader.result("F", ResultRef("1", "s", 2, 0, locator))
    assert (found.task, shown(found.artifacts)) == (2, "x=2")
    assert reader.result("F", right) is found
    assert reader.result("F", ResultRef("1", "s", 1, 1, "")).attempt == 1
    reader.close()


def test_of_two_results_of_one_attempt_the_first_counts(datastore: Datastore) -> None:
    add(datastore, "s", 1, "x=1")
    add(datastore, "s", 1, "x=2")
    found = ResultReader(datastore).result("F", ResultRef("1", "s", 1, 0, ""))
    assert shown(found.artifacts) == "x=1"


def test_a_result_that_is_written_after_a_search_is_found_by_the_next(datastore: Datastore) -> None:
    add(datastore, "s", 1)
    reader = ResultReader(datastore)
    late = ResultRef("1", "s", 2, 0, "")
    with pytest.raises(NotFound, match="no result of attempt 0"):
        reader.result("F", late)
    add(datastore, "s", 2)
    assert reader.result("F", late).task == 2


def test_more_runs_than_logs_are_kept_open_can_be_read(datastore: Datastore) -> None:
    refs = [add(datastore, "s", 1, f"x={run}", run=str(run)) for run in range(1, 40)]
    reader = ResultReader(datastore)
    for _ in range(2):
        assert [reader.result("F", ref).run for ref in refs] == [ref.run for ref in refs]
    reader.close()


def test_a_damaged_result_is_reported_when_there_is_no_other(datastore: Datastore) -> None:
    ref = add(datastore, "s", 1, "x=1")
    path = datastore.store.local_path("flows/F/1/log")
    assert path is not None
    with open(path, "r+b") as file:
        file.seek(40)
        file.write(b"!")
    with pytest.raises(Corrupted, match="has changed"):
        ResultReader(datastore).result("F", ref)
