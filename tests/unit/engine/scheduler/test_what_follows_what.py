"""Linear steps, branches, foreaches, joins and switches: what is launched after what, with which inputs."""

from __future__ import annotations

from stepwell.documents.task import Transition
from stepwell.engine.scheduler.messages import Finish, Frame, Succeeded
from stepwell.engine.scheduler.plan import StepPlan

BRANCH = (
    StepPlan(name="start", split="branch", next=("a", "b"), matching_join="join"),
    StepPlan(name="a", next=("join",), rank=1),
    StepPlan(name="b", next=("join",), rank=1),
    StepPlan(name="join", is_join=True, next=("end",), rank=2),
    StepPlan(name="end", rank=3),
)


def test_a_linear_flow_runs_step_by_step_and_then_the_run_has_succeeded(play):
    run = play(StepPlan(name="start", next=("end",)), StepPlan(name="end", rank=1))
    assert run.start() == [("start",)]
    assert run.succeed("start") == [("end",)]
    assert run.inputs("end") == [("start",)]
    run.succeed("end")
    assert run.commands == [Finish("succeeded", ())]


def test_a_flow_of_one_step_is_a_run(play):
    run = play(StepPlan(name="only"))
    run.start()
    run.succeed("only")
    assert run.finish == Finish("succeeded", ())


def test_tasks_are_numbered_from_one_in_order_of_launch(play):
    run = play(*BRANCH)
    run.start()
    run.succeed("start")
    assert [run.number("start"), run.number("a", 0), run.number("b", 1)] == [1, 2, 3]


def test_a_join_waits_for_all_branches_and_gets_them_in_the_order_written(play):
    run = play(*BRANCH)
    run.start()
    run.succeed("start")
    assert run.succeed("b", 1) == []
    assert run.succeed("a", 0) == [("join",)]
    assert run.inputs("join") == [("a", 0), ("b", 1)]


def test_a_join_leaves_the_split(play, fan):
    run = play(*fan())
    run.start()
    run.succeed("start", size=1)
    assert run.running["fit", 0].frames == (Frame("foreach", 1, 0, 1, "xs"),)
    run.succeed("fit", 0)
    assert run.running[("join",)].frames == ()


def test_a_foreach_has_one_task_per_item_and_its_join_gets_them_by_index(play, fan):
    run = play(*fan())
    run.start()
    assert run.succeed("start", size=3) == [("fit", 0), ("fit", 1), ("fit", 2)]
    run.succeed("fit", 2)
    run.succeed("fit", 0)
    run.succeed("fit", 1)
    assert run.inputs("join") == [("fit", 0), ("fit", 1), ("fit", 2)]


def test_an_empty_foreach_launches_its_join_without_inputs(play, fan):
    run = play(*fan())
    run.start()
    assert run.succeed("start", size=0) == [("join",)]
    assert run.inputs("join") == []


def test_nested_foreaches_count_their_indices_from_the_outside_in(play):
    run = play(
        StepPlan(name="start", split="foreach", next=("inner",), matching_join="outer_join"),
        StepPlan(name="inner", split="foreach", next=("leaf",), matching_join="inner_join", rank=1),
        StepPlan(name="leaf", next=("inner_join",), rank=2),
        StepPlan(name="inner_join", is_join=True, next=("outer_join",), rank=3),
        StepPlan(name="outer_join", is_join=True, next=("end",), rank=4),
        StepPlan(name="end", rank=5),
    )
    run.start()
    run.succeed("start", size=2)
    assert run.succeed("inner", 1, size=2) == [("leaf", 1, 0), ("leaf", 1, 1)]
    assert [frame.index for frame in run.running["leaf", 1, 0].frames] == [1, 0]
    run.succeed("leaf", 1, 0)
    assert run.succeed("leaf", 1, 1) == [("inner_join", 1)]
    assert run.succeed("inner", 0, size=0) == [("inner_join", 0)]
    run.succeed("inner_join", 0)
    run.succeed("inner_join", 1)
    assert run.inputs("outer_join") == [("inner_join", 0), ("inner_join", 1)]


def test_a_join_may_split_again(play):
    run = play(
        StepPlan(name="start", split="branch", next=("a", "b"), matching_join="middle"),
        StepPlan(name="a", next=("middle",), rank=1),
        StepPlan(name="b", next=("middle",), rank=1),
        StepPlan(name="middle", is_join=True, split="foreach", next=("fit",), matching_join="join", rank=2),
        StepPlan(name="fit", next=("join",), rank=3),
        StepPlan(name="join", is_join=True, next=("end",), rank=4),
        StepPlan(name="end", rank=5),
    )
    run.start()
    run.succeed("start")
    run.succeed("a", 0)
    run.succeed("b", 1)
    assert run.succeed("middle", size=2) == [("fit", 0), ("fit", 1)]
    assert [frame.split_task for frame in run.running["fit", 0].frames] == [run.number("middle")]


def test_a_switch_goes_one_way_and_needs_no_join(play):
    run = play(
        StepPlan(name="start", split="switch", next=("left", "right")),
        StepPlan(name="left", next=("end",), rank=1),
        StepPlan(name="right", next=("end",), rank=1),
        StepPlan(name="end", rank=2),
    )
    run.start()
    assert run.succeed("start", to="right") == [("right",)]
    assert run.succeed("right") == [("end",)]
    assert run.inputs("end") == [("right",)]


def test_the_paths_of_a_switch_may_end_at_a_join(play):
    run = play(
        StepPlan(name="start", split="foreach", next=("pick",), matching_join="join"),
        StepPlan(name="pick", split="switch", next=("more", "join"), rank=1),
        StepPlan(name="more", next=("join",), rank=2),
        StepPlan(name="join", is_join=True, next=("end",), rank=3),
        StepPlan(name="end", rank=4),
    )
    run.start()
    run.succeed("start", size=2)
    assert run.succeed("pick", 0, to="join") == []
    assert run.succeed("pick", 1, to="more") == [("more", 1)]
    assert run.succeed("more", 1) == [("join",)]
    assert run.inputs("join") == [("pick", 0), ("more", 1)]


def test_a_step_that_follows_itself_counts_its_iterations_at_the_end_of_its_path(play):
    run = play(
        StepPlan(name="start", split="foreach", next=("loop",), matching_join="join"),
        StepPlan(name="loop", split="switch", next=("loop", "join"), rank=1),
        StepPlan(name="join", is_join=True, next=("end",), rank=2),
        StepPlan(name="end", rank=3),
    )
    run.start()
    assert run.succeed("start", size=1) == [("loop", 0, 0)]
    assert run.succeed("loop", 0, 0, to="loop") == [("loop", 0, 1)]
    assert run.succeed("loop", 0, 1, to="loop") == [("loop", 0, 2)]
    assert run.inputs("loop", 0, 2) == [("loop", 0, 1)]
    assert len(run.running["loop", 0, 2].frames) == 1
    assert run.succeed("loop", 0, 2, to="join") == [("join",)]


def test_a_transition_that_the_flow_does_not_have_fails_the_task(play):
    run = play(StepPlan(name="start", next=("end",)), StepPlan(name="end", rank=1))
    run.start()
    run.send(Succeeded(1, 0, Transition(targets=("elsewhere",))))
    assert run.finish == Finish("failed", (1,))


def test_a_join_of_another_split_fails_the_task_that_leads_to_it(play):
    run = play(
        StepPlan(name="start", split="foreach", next=("fit",), matching_join="join"),
        StepPlan(name="fit", next=("other",), rank=1),
        StepPlan(name="join", is_join=True, next=("end",), rank=2),
        StepPlan(name="other", is_join=True, next=("end",), rank=2),
        StepPlan(name="end", rank=3),
    )
    run.start()
    run.succeed("start", size=1)
    run.succeed("fit", 0)
    assert run.finish == Finish("failed", (2,))


def test_events_that_come_twice_or_for_unknown_tasks_change_nothing(play):
    run = play(StepPlan(name="start", next=("end",)), StepPlan(name="end", rank=1))
    run.start()
    run.start()
    assert run.commands == []
    late = Succeeded(1, 0, run.transition("start"))
    assert run.send(late) == [("end",)]
    assert run.send(late) == []
    assert run.send(Succeeded(7, 0, Transition())) == []
    assert run.send(Succeeded(2, 1, Transition())) == [], "another attempt than the one that runs"


def test_counts_tell_where_each_step_stands(play, fan):
    run = play(*fan(), max_workers=2)
    run.start()
    run.succeed("start", size=5)
    run.succeed("fit", 0)
    assert run.counts("fit") == ("fit", 5, 2, 1, 0, 0)
    assert run.counts("join").total == 0
