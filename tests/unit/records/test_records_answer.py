"""What the index says about runs, and that it never says less than the logs."""

from __future__ import annotations

import pytest

from stepwell.base.errors import NotFound
from stepwell.documents.refs import ArtifactRef, ResultRef
from stepwell.documents.run import RunEnded, TagChange, TaskStarted
from stepwell.documents.task import ErrorRecord, Usage
from stepwell.records.opening import open_records
from stepwell.records.rebuild import rebuild


@pytest.fixture
def records(builder):
    index = open_records(builder.datastore)
    yield index
    index.close()


def test_a_run_that_another_process_made_is_found_by_listing(builder, records):
    assert records.runs("F") == []
    run = builder.whole_run()
    assert [row.run for row in records.runs("F")] == [run]
    assert records.flows() == ["F"]
    assert records.latest_run_number("F") == 1


def test_a_question_sees_what_was_appended_just_before(builder, records):
    run = builder.run()
    assert records.run_status("F", run) == "running"
    builder.append(run, builder.result(run, "start", 1))
    assert records.count_tasks("F", run) == {"start": {"succeeded": 1}}
    builder.append(run, RunEnded(status="cancelled", at=5.0, reason="Ctrl-C"))
    row = records.run("F", run)
    assert (row.status, row.finished_at, row.reason) == ("cancelled", 5.0, "Ctrl-C")


def test_runs_come_newest_first_by_number_whatever_the_clock_says(builder, records):
    for created in (300.0, 200.0, 100.0):
        builder.run(created_at=created)
    for number in range(9):
        builder.run(created_at=float(number))
    assert [row.run for row in records.runs("F")] == [str(number) for number in range(12, 0, -1)]
    assert records.latest_run("F") == "12"


def test_runs_are_filtered_by_tags_status_and_user_and_paged(builder, records):
    builder.whole_run(tags=("a", "b"))
    builder.whole_run(tags=("a",), user="bob")
    builder.run(tags=("a", "b"))
    builder.run(owner=builder.dead_owner())
    assert [row.run for row in records.runs("F", tags=("a", "b"))] == ["3", "1"]
    assert [row.run for row in records.runs("F", tags=("user:bob",))] == ["2"]
    assert [row.run for row in records.runs("F", user="bob")] == ["2"]
    assert [row.run for row in records.runs("F", status="succeeded")] == ["2", "1"]
    assert [row.run for row in records.runs("F", status="running")] == ["3"]
    assert [row.run for row in records.runs("F", status="failed")] == ["4"]
    assert [row.run for row in records.runs("F", limit=2)] == ["4", "3"]
    assert [row.run for row in records.runs("F", limit=2, before=3)] == ["2", "1"]
    assert [row.run for row in records.iter_runs("F", page=1)] == ["4", "3", "2", "1"]
    assert records.latest_run("F", user="bob") == "2"


def test_a_run_whose_process_is_gone_has_failed(builder, records):
    run = builder.run(owner=builder.dead_owner())
    builder.append(run, builder.result(run, "start", 1, finished_at=77.0))
    builder.append(run, TaskStarted(step="fit", task=2, at=1_800_000_000.0))
    row = records.run("F", run)
    assert (row.status, row.reason, row.finished_at) == ("failed", "its process is gone", 1_800_000_000.0)


def test_a_run_that_ends_while_it_is_looked_at_has_not_failed(builder, records, monkeypatch):
    run = builder.run(owner=builder.dead_owner())

    def gone_after_its_last_word(row, **options):
        builder.append(run, RunEnded(status="succeeded", at=1.0))
        return "its process is gone"

    monkeypatch.setattr("stepwell.records.sqlite.is_gone", gone_after_its_last_word)
    assert records.run_status("F", run) == "succeeded"


def test_a_silent_run_on_another_machine_has_failed_after_a_day(builder):
    from stepwell.documents.run import ProcessIdentity

    class At:
        def __init__(self, now):
            self._now = now

        def now(self):
            return self._now

        def monotonic(self):
            return 0.0

    owner = ProcessIdentity(host="elsewhere", pid=1)
    run = builder.run(owner=owner, created_at=1000.0)
    soon = open_records(builder.datastore, clock=At(1000.0 + 23 * 3600))
    assert soon.run_status("F", run) == "running"
    late = open_records(builder.datastore, clock=At(1000.0 + 25 * 3600))
    assert late.run_status("F", run) == "failed"
    soon.close()
    late.close()


@pytest.mark.parametrize("apart", [False, True])
def test_a_start_never_overwrites_a_result_and_the_first_result_counts(builder, records, apart):
    run = builder.run()
    ref = ArtifactRef(digest="a" * 64, serializer="json", type="builtins.int", size=1)
    first = builder.result(run, "start", 1, artifacts={"x": ref}, path=(4, 2))
    died = builder.result(
        run, "start", 1, outcome="failed", artifacts={"z": ref}, error=ErrorRecord(kind="exit", message="left")
    )
    builder.append(run, first)
    if apart:
        assert records.count_tasks("F", run) == {"start": {"succeeded": 1}}
    builder.append(run, TaskStarted(step="start", task=1, at=1.0), died)
    (row,) = records.attempts("F", run, "start", 1)
    assert (row.status, row.path, row.error) == ("succeeded", "4,2", "")
    assert [artifact.name for artifact in records.artifacts("F", run, "start", 1, 0)] == ["x"]


def test_the_last_attempt_speaks_for_a_task(builder, records):
    run = builder.run()
    error = ErrorRecord(kind="exception", type="builtins.ValueError", message="no\nmore")
    builder.append(run, TaskStarted(step="fit", task=2, attempt=0, at=1.0))
    builder.append(run, builder.result(run, "fit", 2, outcome="failed", error=error))
    builder.append(run, TaskStarted(step="fit", task=2, attempt=1, at=2.0))
    builder.append(run, builder.result(run, "fit", 3))
    assert records.count_tasks("F", run) == {"fit": {"running": 1, "succeeded": 1}}
    assert [(row.task, row.attempt) for row in records.tasks("F", run, "fit")] == [(3, 0), (2, 1)]
    assert [(row.task, row.attempt) for row in records.iter_tasks("F", run, "fit")] == [(2, 1), (3, 0)]
    assert [row.status for row in records.attempts("F", run, "fit", 2)] == ["failed", "running"]
    (failed,) = records.unsuccessful_tasks("F", run, "failed")
    assert failed.error == "ValueError: no"
    assert [row.task for row in records.unsuccessful_tasks("F", run, "running", step="fit")] == [2]
    assert records.unsuccessful_tasks("F", run, "running", step="start") == []


def test_pages_of_tasks_neither_lose_nor_repeat_retried_tasks(builder, records):
    run = builder.run()
    for task in range(1, 8):
        for attempt in range(3):
            outcome = "succeeded" if attempt == 2 else "failed"
            builder.append(run, builder.result(run, "fit", task, attempt=attempt, outcome=outcome))
    for page in (3, 4, 5, 100):
        upwards = [(row.task, row.attempt) for row in records.iter_tasks("F", run, "fit", page=page)]
        assert upwards == [(task, 2) for task in range(1, 8)]
    for limit in (1, 2, 3, 5, 100):
        downwards, before = [], None
        while rows := records.tasks("F", run, "fit", before=before, limit=limit):
            downwards += [(row.task, row.attempt) for row in rows]
            before = rows[-1].task
        assert downwards == [(task, 2) for task in range(7, 0, -1)]


def test_what_a_resume_may_clone_is_every_success_with_its_path(builder, records):
    run = builder.whole_run(values=(5, 6))
    found = {(result.step, result.path, result.task) for result in records.finished_results("F", run)}
    assert {("fit", (0,), 2), ("fit", (1,), 3), ("start", (), 1), ("_parameters", (), 0)} <= found
    one = next(result for result in records.finished_results("F", run) if result.step == "join")
    log = builder.datastore.run_log("F", run)
    assert log.get(one.locator).step == "join"
    log.close()


def test_peak_memory_comes_from_the_last_successful_runs(builder, records):
    for peak in (9000, 10, 30, 20):
        run = builder.run()
        usage = Usage(peak_memory=peak)
        builder.append(run, builder.result(run, "fit", 1, usage=usage), RunEnded(status="succeeded", at=1.0))
    broken = builder.run()
    usage = Usage(peak_memory=5_000_000)
    builder.append(broken, builder.result(broken, "fit", 1, usage=usage), RunEnded(status="failed", at=1.0))
    assert records.step_peak_memory("F") == {"fit": 30}
    assert records.step_peak_memory("G") == {}


def test_tag_changes_are_applied_in_order_and_spare_system_tags(builder, records):
    run = builder.run(tags=("a",))
    builder.append(run, TagChange(at=1.0, user="u", add=("b", "runtime:local"), remove=("a", "user:alice")))
    assert records.tags("F", run) == ({"b"}, {"user:alice", "runtime:local"})
    builder.append(run, TagChange(at=2.0, user="u", remove=("b",)))
    assert records.tags("F", run)[0] == set()


def test_steps_come_in_order_of_first_appearance(builder, records):
    run = builder.whole_run()
    assert [row.step for row in records.steps("F", run)] == ["_parameters", "start", "fit", "join", "end"]


def test_a_cloned_task_names_its_origin(builder, records):
    run = builder.run(origin_run="1")
    builder.append(run, builder.result(run, "start", 1, origin=ResultRef("1", "start", 4, 2, "")))
    (row,) = records.attempts("F", run, "start", 1)
    assert row.origin == "1/start/4/2"
    assert records.run("F", run).origin_run == "1"


def test_a_deleted_run_is_forgotten(builder, records):
    import shutil

    builder.whole_run()
    builder.whole_run()
    assert len(records.runs("F")) == 2
    shutil.rmtree(builder.folder / ".stepwell" / "flows" / "F" / "1")
    assert records.run("F", "1") is None
    assert [row.run for row in records.runs("F")] == ["2"]
    with pytest.raises(NotFound):
        records.header("F", "1")


def test_a_log_that_was_replaced_by_a_shorter_one_is_indexed_anew(builder, records):
    run = builder.whole_run()
    assert records.run_status("F", run) == "succeeded"
    (builder.folder / ".stepwell" / "flows" / "F" / run / "log").unlink()
    builder.append(run, builder.result(run, "start", 1))
    assert records.count_tasks("F", run) == {"start": {"succeeded": 1}}
    assert records.run_status("F", run) == "running"


def test_rebuilding_gives_the_same_answers(builder, records):
    builder.whole_run(tags=("a",))
    builder.append("1", TagChange(at=1.0, user="u", add=("b",)))
    builder.run()
    before = (records.tags("F", "1"), records.steps("F", "1"), records.tasks("F", "1", "fit"), len(records.runs("F")))
    seen = []
    done = rebuild(builder.datastore, lambda flow, run, count, total: seen.append((flow, run, count, total)))
    assert (done.flows, done.runs, done.tasks) == (1, 2, 7)
    assert seen == [("F", "1", 1, 2), ("F", "2", 2, 2)]
    after = (records.tags("F", "1"), records.steps("F", "1"), records.tasks("F", "1", "fit"), len(records.runs("F")))
    assert before == after


def test_an_index_of_a_datastore_in_memory_lives_in_memory():
    from stepwell.store.datastore import open_datastore

    records = open_records(open_datastore("memory://records-test", create=True))
    assert records.runs("F") == []
    records.close()
