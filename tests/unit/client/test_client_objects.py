"""Flows, runs, steps and tasks as objects: what they say, in which order, and what they refuse."""

from __future__ import annotations

import copy
import pickle
from datetime import datetime

import pytest

from stepwell.base.errors import InvalidPathspec, NotFound, UsageError
from stepwell.client import DataArtifact, Flow, Metaflow, Run, Step, Stepwell, Task
from stepwell.documents.run import RunEnded, TaskStarted
from stepwell.documents.task import ErrorRecord


def test_the_entry_lists_flows_and_leads_to_runs(builder, session):
    builder.whole_run()
    builder.whole_run(flow="G")
    entry = Metaflow()
    assert [flow.id for flow in entry] == ["F", "G"] == [flow.id for flow in Stepwell().flows]
    assert entry["G"].latest_run.pathspec == "G/1"
    assert "F" in entry
    assert "H" not in entry
    with pytest.raises(KeyError):
        entry["H"]


def test_children_come_newest_first_and_are_found_by_name(builder, session):
    builder.whole_run()
    builder.whole_run(values=(1, 2))
    flow = Flow("F")
    assert [run.id for run in flow] == ["2", "1"]
    run = flow["1"]
    assert [step.id for step in run] == ["end", "join", "fit", "start"]
    assert [task.id for task in run["fit"]] == ["4", "3", "2"]
    assert run["fit"]["3"].pathspec == "F/1/fit/3"
    assert run["fit"]["3"].path_components == ["F", "1", "fit", "3"]
    assert "3" in run["fit"]
    assert "03" not in run["fit"]
    assert "train" not in run
    assert "9" not in flow
    for parent, name in ((flow, "9"), (run, "train"), (run["fit"], "77"), (run["fit"]["3"], "nothing")):
        with pytest.raises(KeyError):
            parent[name]


def test_the_parameters_step_is_hidden_but_there(builder, session):
    run = Run(f"F/{builder.whole_run()}")
    assert "_parameters" not in [step.id for step in run.steps()]
    assert "_parameters" in run
    assert run["_parameters"].task.data.alpha == 0.5


def test_parents_lead_up_again(builder, session):
    builder.whole_run()
    artifact = DataArtifact("F/1/fit/3/y")
    assert artifact.parent == Task("F/1/fit/3")
    assert artifact.parent.parent == Step("F/1/fit")
    assert artifact.parent.parent.parent == Run("F/1")
    assert artifact.parent.parent.parent.parent == Flow("F")
    assert Flow("F").parent is None


@pytest.mark.parametrize(
    ("cls", "pathspec", "shape"),
    [
        (Flow, "F/1", "Flow('FlowName')"),
        (Run, "F", "Run('FlowName/RunID')"),
        (Step, "F/1", "Step('FlowName/RunID/StepName')"),
        (Task, "F/1/fit", "Task('FlowName/RunID/StepName/TaskID')"),
        (DataArtifact, "F/1/fit/1", "DataArtifact('FlowName/RunID/StepName/TaskID/ArtifactName')"),
        (Run, "F/..", "Run('FlowName/RunID')"),
        (Run, 7, "Run('FlowName/RunID')"),
    ],
)
def test_a_pathspec_of_the_wrong_shape_is_refused_with_the_right_one(session, cls, pathspec, shape):
    with pytest.raises(InvalidPathspec) as error:
        cls(pathspec)
    assert f"Expects {shape}" in error.value.message


@pytest.mark.parametrize(
    ("cls", "pathspec"),
    [(Flow, "Nope"), (Run, "F/9"), (Run, "F/x"), (Step, "F/1/nope"), (Task, "F/1/fit/99"), (Task, "F/1/fit/x"),
     (DataArtifact, "F/1/fit/2/nope")],
)  # fmt: skip
def test_what_is_not_there_is_not_found(builder, session, cls, pathspec):
    builder.whole_run()
    with pytest.raises(NotFound, match=pathspec):
        cls(pathspec)


def test_a_run_tells_its_status_and_results(builder, session):
    run = Run(f"F/{builder.whole_run(values=(4, 9))}")
    assert (run.status, run.successful, run.finished, run.reason) == ("succeeded", True, True, "")
    assert run.created_at == datetime.fromtimestamp(1_700_000_001)
    assert run.finished_at == datetime.fromtimestamp(1_700_000_031)
    assert run.end_task.pathspec == "F/1/end/5"
    assert run.data.best == 90
    assert run.origin_pathspec is None
    assert run.trigger is None


def test_a_failed_and_a_cancelled_run_are_finished(builder, session):
    for status in ("failed", "cancelled"):
        name = builder.run()
        builder.append(name, RunEnded(status=status, at=50.0, reason="why"))
        run = Run(f"F/{name}")
        assert (run.status, run.successful, run.finished, run.reason) == (status, False, True, "why")
        assert run.finished_at == datetime.fromtimestamp(50.0)
        assert run.end_task is None
        assert run.data is None


def test_a_run_object_follows_the_run(builder, session):
    name = builder.run()
    run = Run(f"F/{name}")
    assert (run.status, run.finished, run.finished_at) == ("running", False, None)
    assert list(run) == []
    builder.append(name, builder.result(name, "start", 1))
    assert [step.id for step in run] == ["start"]
    builder.append(name, RunEnded(status="succeeded", at=1.0))
    assert run.status == "succeeded"


def test_the_latest_runs_are_found_whatever_failed_since(builder, session):
    flow = builder.whole_run()
    for _ in range(3):
        builder.append(builder.run(), RunEnded(status="failed", at=1.0))
    builder.run(owner=builder.dead_owner())
    flow = Flow("F")
    assert flow.latest_run.id == "5"
    assert flow.latest_run.status == "failed"
    assert flow.latest_successful_run.id == "1"
    assert flow.created_at == datetime.fromtimestamp(1_700_000_001)


def test_runs_are_filtered_by_all_tags(builder, session):
    builder.run(tags=("a", "b"))
    builder.run(tags=("a",))
    assert [run.id for run in Flow("F").runs("a")] == ["2", "1"]
    assert [run.id for run in Flow("F").runs("a", "b", "user:alice")] == ["1"]
    assert list(Flow("F").runs("c")) == []


def test_a_step_knows_its_neighbours_and_its_end(builder, session):
    run = Run(f"F/{builder.whole_run()}")
    step = run["fit"]
    assert [other.id for other in step.parent_steps] == ["start"]
    assert [other.id for other in step.child_steps] == ["join"]
    assert step.task.id == "4"
    assert step.finished_at == datetime.fromtimestamp(1_700_000_020)
    assert step.control_task is None
    assert step.environment_info["python_version"] == "3.11.7"
    assert [task.id for task in step.tasks("user:alice")] == ["4", "3", "2"]
    assert list(step.tasks("other")) == []


def test_a_step_with_a_running_task_has_no_end(builder, session):
    run = builder.run()
    builder.append(run, builder.result(run, "fit", 1), TaskStarted(step="fit", task=2, at=1.0))
    assert Step(f"F/{run}/fit").finished_at is None
    builder.append(run, builder.result(run, "start", 3))
    assert Step(f"F/{run}/start").finished_at is not None
    builder.append(run, RunEnded(status="cancelled", at=2.0))
    assert Step(f"F/{run}/fit").finished_at is not None
    assert Task(f"F/{run}/fit/2").status == "cancelled"


def test_a_task_follows_its_attempts(builder, session):
    run = builder.run()
    builder.append(run, TaskStarted(step="fit", task=2, at=5.0, path=(1,)))
    task = Task(f"F/{run}/fit/2")
    assert (task.status, task.finished, task.finished_at, task.exception) == ("running", False, None, None)
    assert task.created_at == datetime.fromtimestamp(5.0)
    assert list(task) == []
    error = ErrorRecord(kind="exception", type="builtins.ValueError", message="no", traceback="Traceback: no", hint="h")
    builder.append(run, builder.result(run, "fit", 2, outcome="failed", error=error, values={"x": 1}))
    assert (task.status, task.successful, task.finished) == ("failed", False, True)
    assert (task.exception.type, task.exception.message) == ("builtins.ValueError", "no")
    assert (task.exception.traceback, task.exception.exception) == ("Traceback: no", None)
    assert task.data.x == 1
    builder.append(run, builder.result(run, "fit", 2, attempt=1, values={"x": 2}))
    assert (task.status, task.current_attempt, task.exception, task.data.x) == ("succeeded", 1, None, 2)
    first = Task(f"F/{run}/fit/2", attempt=0)
    assert (first.status, first.current_attempt, first.data.x) == ("failed", 0, 1)
    assert DataArtifact(f"F/{run}/fit/2/x", attempt=0).data == 1
    assert [fact.value for fact in task.metadata if fact.name == "attempt"] == ["0", "1"]
    assert task.metadata_dict["attempt_ok"] == "True"
    with pytest.raises(NotFound):
        Task(f"F/{run}/fit/2", attempt=5)
    with pytest.raises(UsageError):
        Task(f"F/{run}/fit/2", attempt=-1)
    with pytest.raises(UsageError):
        Run(f"F/{run}", attempt=0)


def test_tasks_know_their_neighbours(builder, session):
    run = Run(f"F/{builder.whole_run(values=tuple(range(30)))}")
    join, split = run["join"].task, run["start"].task
    fits = [f"F/1/fit/{task}" for task in range(2, 32)]
    assert [task.pathspec for task in join.parent_tasks] == fits == list(join.parent_task_pathspecs)
    assert [task.pathspec for task in split.child_tasks] == fits == list(split.child_task_pathspecs)
    fit = run["fit"]["7"]
    assert [task.pathspec for task in fit.parent_tasks] == ["F/1/start/1"]
    assert [task.pathspec for task in fit.child_tasks] == ["F/1/join/32"]
    assert (fit.index, join.index) == (5, None)
    assert [task.status for task in join.parent_tasks][:2] == ["succeeded", "succeeded"]


def test_output_is_readable_while_a_task_runs_whatever_its_bytes(builder, session):
    run = builder.run()
    builder.append(run, TaskStarted(step="fit", task=2, at=5.0))
    key = builder.datastore.output_key("F", run, "fit", 2, 0, "stdout")
    builder.datastore.store.put(key, ["grün\n".encode(), b"\xff\xfe end"])
    task = Task(f"F/{run}/fit/2")
    assert task.stdout == "grün\n\ufffd\ufffd end"
    assert (task.stdout_size, task.stderr, task.stderr_size) == (12, "", 0)
    assert [line for _, line in task.loglines("stdout")] == ["grün", "\ufffd\ufffd end"]
    assert [line for _, line in task.loglines("stdout", as_unicode=False)] == ["grün".encode(), b"\xff\xfe end"]


def test_what_resume_took_over_shows_where_it_came_from(builder, session):
    origin = builder.whole_run()
    key = builder.datastore.output_key("F", origin, "fit", 2, 0, "stdout")
    builder.datastore.store.put(key, [b"hello"])
    first = builder.run(origin_run=origin)
    place = session.records.attempts("F", origin, "fit", 2)[0].locator
    clone = builder.result(
        first, "fit", 9, origin=builder.ref(origin, "fit", 2, place), base=builder.ref(origin, "fit", 2, place)
    )
    (locator,) = builder.append(first, clone)
    second = builder.run(origin_run=first)
    again = builder.result(
        second, "fit", 5, origin=builder.ref(first, "fit", 9, locator), base=builder.ref(first, "fit", 9, locator)
    )
    builder.append(second, again)
    task = Task(f"F/{second}/fit/5")
    assert task.origin_pathspec == f"F/{first}/fit/9"
    assert task["y"].origin_pathspec == f"F/{first}/fit/9/y"
    assert Step(f"F/{second}/fit").origin_pathspec == f"F/{first}/fit"
    assert Run(f"F/{second}").origin_pathspec == f"F/{first}"
    assert task.data.y == 10
    assert task.stdout == "hello"
    assert task.metadata_dict["origin-run-id"] == first


def test_objects_are_pickled_by_their_path(builder, session):
    builder.whole_run()
    for thing in (Flow("F"), Run("F/1"), Step("F/1/fit"), Task("F/1/fit/3", attempt=0), DataArtifact("F/1/fit/3/y")):
        data = pickle.dumps(thing)
        assert len(data) < 300
        assert pickle.loads(data) == thing
        assert copy.copy(thing) == thing
    assert pickle.loads(pickle.dumps(DataArtifact("F/1/fit/3/y"))).data == 20


def test_objects_show_themselves_and_suggest_names(builder, session):
    builder.whole_run()
    assert repr(Run("F/1")) == "Run('F/1')"
    assert repr(Task("F/1/fit/3", attempt=0)) == "Task('F/1/fit/3', attempt=0)"
    assert Flow("F")._ipython_key_completions_() == ["1"]
    assert Run("F/1")._ipython_key_completions_() == ["end", "join", "fit", "start"]
    assert Step("F/1/fit")._ipython_key_completions_() == ["4", "3", "2"]
    assert Task("F/1/fit/3")._ipython_key_completions_() == ["alpha", "xs", "y"]
    assert len({Run("F/1"), Run("F/1")}) == 1


def test_walking_many_tasks_asks_the_index_once_a_page(builder, session):
    run = builder.run()
    builder.append(run, *(builder.result(run, "fit", task, values={"x": task}) for task in range(2500)))
    asked = []
    connection = session.records._database.connection()
    assert Step(f"F/{run}/fit").task.data.x == 2499
    connection.set_trace_callback(asked.append)
    assert sum(task.data.x for task in Step(f"F/{run}/fit")) == sum(range(2500))
    connection.set_trace_callback(None)
    assert len(asked) < 20
