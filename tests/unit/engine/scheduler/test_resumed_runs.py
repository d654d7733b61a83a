"""Resume: what is cloned from the earlier run, and what runs again."""

from __future__ import annotations

import pytest

from stepwell.documents.task import Transition
from stepwell.engine.scheduler.messages import Finish
from stepwell.engine.scheduler.plan import StepPlan


@pytest.fixture
def finished(play, fan):
    """`finished(size)`: all tasks of a run of `fan` that succeeded, by step and path."""

    def make(size):
        run = play(*fan())
        done = {("start", ()): run.transition("start", size)}
        done |= {("fit", (index,)): run.transition("fit") for index in range(size)}
        return done | {("join", ()): run.transition("join"), ("end", ()): Transition()}

    return make


def test_a_run_that_had_succeeded_is_cloned_whole(play, fan, finished):
    run = play(*fan(), past=finished(2))
    assert run.start() == []
    assert run.cloned() == [("start",), ("fit", 0), ("fit", 1), ("join",), ("end",)]
    assert run.finish == Finish("succeeded", ())


def test_only_what_is_missing_runs_and_the_join_sees_both_kinds_in_order(play, fan, finished):
    done = finished(4)
    del done["fit", (1,)], done["join", ()], done["end", ()]
    run = play(*fan(), past=done)
    assert run.start() == [("fit", 1)]
    assert run.cloned() == [("start",), ("fit", 0), ("fit", 2), ("fit", 3)]
    assert run.succeed("fit", 1) == [("join",)]
    assert run.inputs("join") == [("fit", 0), ("fit", 1), ("fit", 2), ("fit", 3)]


def test_what_follows_a_task_that_ran_again_is_never_cloned(play, fan, finished):
    done = finished(2)
    del done["fit", (0,)]
    run = play(*fan(), past=done)
    run.start()
    assert run.succeed("fit", 0) == [("join",)]
    assert run.succeed("join") == [("end",)]
    assert run.cloned() == []


def test_a_start_that_must_run_again_takes_all_with_it(play, fan, finished):
    done = finished(2)
    del done["start", ()]
    run = play(*fan(), past=done)
    assert run.start() == [("start",)]
    assert run.succeed("start", size=2) == [("fit", 0), ("fit", 1)]


def test_clones_carry_the_handle_and_need_no_place(play, fan, finished):
    done = finished(50)
    del done["join", ()]
    run = play(*fan(), past=done, max_workers=1)
    run.start()
    handles = [command.handle for command in run.commands if command[1] == "fit"]
    assert handles == [hash(("fit", (index,))) for index in range(50)]
    assert run.running.keys() == {("join",)}


def test_the_join_of_an_empty_foreach_is_cloned_with_its_split(play, fan, finished):
    run = play(*fan(), past=finished(0))
    run.start()
    assert run.cloned() == [("start",), ("join",), ("end",)]


def test_a_recorded_transition_that_the_code_no_longer_has_is_not_reused(play):
    done = {("start", ()): Transition(targets=("removed",))}
    run = play(StepPlan(name="start", next=("end",)), StepPlan(name="end", rank=1), past=done)
    assert run.start() == [("start",)]
    assert run.cloned() == []


def test_a_linear_step_that_has_become_a_foreach_is_not_reused(play, fan):
    run = play(*fan(), past={("start", ()): Transition(targets=("fit",))})
    assert run.start() == [("start",)]


def test_a_branch_whose_targets_were_reordered_is_still_reused(play):
    steps = (
        StepPlan(name="start", split="branch", next=("a", "b"), matching_join="join"),
        StepPlan(name="a", next=("join",)),
        StepPlan(name="b", next=("join",)),
        StepPlan(name="join", is_join=True, next=("end",)),
        StepPlan(name="end"),
    )
    run = play(*steps, past={("start", ()): Transition(targets=("b", "a"))})
    assert run.start() == [("a", 0), ("b", 1)]
    assert run.cloned() == [("start",)]


def test_iterations_of_a_recursive_step_are_cloned_up_to_the_first_that_is_missing(play):
    steps = (
        StepPlan(name="start", next=("loop",)),
        StepPlan(name="loop", split="switch", next=("loop", "end"), rank=1),
        StepPlan(name="end", rank=2),
    )
    again = Transition(targets=("loop",), case="more")
    done = {("start", ()): Transition(targets=("loop",)), ("loop", (0,)): again, ("loop", (1,)): again}
    run = play(*steps, past=done)
    assert run.start() == [("loop", 2)]


def test_counts_keep_clones_apart_from_what_ran(play, fan, finished):
    done = finished(3)
    del done["fit", (2,)]
    run = play(*fan(), past=done)
    run.start()
    run.succeed("fit", 2)
    assert run.counts("fit") == ("fit", 3, 0, 1, 0, 2)


def test_a_hundred_thousand_clones_come_in_one_burst(play, fan, finished):
    run = play(*fan(), past=finished(100_000))
    run.start()
    assert len(run.commands) == 100_004
    assert run.finish == Finish("succeeded", ())
