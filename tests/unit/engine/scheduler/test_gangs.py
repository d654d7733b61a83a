"""Gangs (`num_parallel`): tasks that run at the same time or not at all."""

from __future__ import annotations

import pytest

from stepwell.documents.task import ResourceNeeds
from stepwell.engine.scheduler.messages import Finish
from stepwell.engine.scheduler.plan import StepPlan


@pytest.fixture
def gang():
    def make(**body):
        return (
            StepPlan(name="start", split="gang", next=("train",), matching_join="join"),
            StepPlan(**{"name": "train", "next": ("join",), "rank": 1, **body}),
            StepPlan(name="join", is_join=True, next=("end",), rank=2),
            StepPlan(name="end", rank=3),
        )

    return make


BESIDE_A_BUSY_BRANCH = (
    StepPlan(name="start", split="branch", next=("lead", "busy"), matching_join="close"),
    StepPlan(name="lead", split="gang", next=("train",), matching_join="join", rank=1),
    StepPlan(name="train", next=("join",), rank=2),
    StepPlan(name="join", is_join=True, next=("close",), rank=3),
    StepPlan(name="busy", next=("close",), rank=1),
    StepPlan(name="close", is_join=True, next=("end",), rank=4),
    StepPlan(name="end", rank=5),
)


def test_all_of_a_gang_are_launched_together(play, gang):
    run = play(*gang(), max_workers=3)
    run.start()
    assert run.succeed("start", size=3) == [("train", 0), ("train", 1), ("train", 2)]
    assert [frame.kind for frame in run.running["train", 2].frames] == ["gang"]


def test_a_gang_waits_until_there_is_room_for_all_of_it(play):
    run = play(*BESIDE_A_BUSY_BRANCH, max_workers=3)
    run.start()
    run.succeed("start")
    assert run.succeed("lead", 0, size=3) == [], "`busy` has one of three places"
    assert run.succeed("busy", 1) == [("train", 0, 0), ("train", 0, 1), ("train", 0, 2)]


def test_a_gang_that_is_larger_than_the_machine_runs_when_nothing_else_does(play, gang):
    run = play(*gang(needs=ResourceNeeds(cpu=1.0), limit=2), max_workers=2, cpu=1.0)
    run.start()
    assert len(run.succeed("start", size=4)) == 4


def test_when_one_of_a_gang_fails_for_good_the_others_are_ended(play, gang):
    run = play(*gang(), on_failure="continue")
    run.start()
    run.succeed("start", size=4)
    run.succeed("train", 3)
    run.fail("train", 2)
    assert run.terminated() == [("train", 0), ("train", 1)]
    run.fail("train", 0)
    run.fail("train", 1)
    assert run.finish == Finish("failed", (run.number("train", 2),)), "the one that failed, not those that were ended"
    assert run.counts("train").succeeded == 0, "a gang succeeds as one"


def test_a_gang_is_ended_also_when_the_run_only_waits_for_running_tasks(play, gang):
    run = play(*gang())
    run.start()
    run.succeed("start", size=2)
    run.fail("train", 0)
    assert run.terminated() == [("train", 1)]


def test_a_gang_is_tried_again_as_a_whole_when_all_of_it_has_ended_and_the_wait_is_over(play, gang):
    run = play(*gang(max_attempts=2, retry_wait=5.0))
    run.start()
    run.succeed("start", size=3)
    run.succeed("train", 0)
    run.fail("train", 1)
    assert run.retried() == [("train", 1)]
    assert run.terminated() == [("train", 2)]
    assert run.due("train", 1) == [], "one of it still runs"
    assert run.fail("train", 2) == [("train", 0), ("train", 1), ("train", 2)]
    assert {run.running["train", index].attempt for index in range(3)} == {1}
    assert {run.running["train", index].lead for index in range(3)} == {run.number("train", 0)}
    for index in (2, 0):
        assert run.succeed("train", index) == []
    assert run.succeed("train", 1) == [("join",)]
    assert run.inputs("join") == [("train", 0), ("train", 1), ("train", 2)]


def test_a_gang_waits_for_its_next_attempt_also_when_all_of_it_has_ended_before(play, gang):
    run = play(*gang(max_attempts=2, retry_wait=5.0))
    run.start()
    run.succeed("start", size=2)
    run.fail("train", 0)
    assert run.fail("train", 1) == []
    assert run.due("train", 0) == [("train", 0), ("train", 1)]


def test_one_that_succeeds_just_when_it_was_to_end_runs_again_with_its_gang(play, gang):
    run = play(*gang(max_attempts=2))
    run.start()
    run.succeed("start", size=2)
    run.fail("train", 0)
    run.due("train", 0)
    assert run.succeed("train", 1) == [("train", 0), ("train", 1)]


def test_a_gang_that_is_to_be_tried_again_is_dropped_when_the_run_ends(play):
    run = play(
        StepPlan(name="start", split="branch", next=("lead", "busy"), matching_join="close"),
        StepPlan(name="lead", split="gang", next=("train",), matching_join="join", rank=1),
        StepPlan(name="train", next=("join",), rank=2, max_attempts=3),
        *BESIDE_A_BUSY_BRANCH[3:],
    )
    run.start()
    run.succeed("start")
    run.succeed("lead", 0, size=2)
    run.fail("train", 0, 1)
    run.due("train", 0, 1)
    run.fail("busy", 1)
    assert run.fail("train", 0, 0) == []
    assert run.finish == Finish("failed", (run.number("busy", 1), run.number("train", 0, 1)))


def test_an_attempt_that_was_lost_is_free_for_all_of_its_gang(play, gang):
    run = play(*gang(max_attempts=2))
    run.start()
    run.succeed("start", size=2)
    for lost, other in ((0, 1), (1, 0)):
        run.fail("train", lost, free=True)
        run.due("train", lost)
        assert run.fail("train", other) == [("train", 0), ("train", 1)]
    run.fail("train", 0)
    assert run.retried() == [("train", 0)]


def test_a_gang_falls_back_as_a_whole(play, gang):
    run = play(*gang(fallback=True))
    run.start()
    run.succeed("start", size=2)
    run.fail("train", 0)
    run.fail("train", 1)
    assert run.due("train", 0) == [("train", 0), ("train", 1)]
    assert all(run.running["train", index].fallback for index in range(2))


def test_a_gang_whose_parts_come_from_different_attempts_is_not_reused(play, gang):
    steps = gang()
    first = play(*steps)
    done = {("start", ()): first.transition("start", 2)}
    done.update({("train", (index,)): first.transition("train") for index in range(2)})
    run = play(*steps, past=done, past_attempts={("train", (1,)): 1})
    assert run.start() == [("train", 0), ("train", 1)]
    run = play(*steps, past=done, past_attempts={("train", (0,)): 1, ("train", (1,)): 1})
    assert run.start() == [("join",)]


def test_an_empty_gang_goes_straight_to_its_join(play, gang):
    run = play(*gang())
    run.start()
    assert run.succeed("start", size=0) == [("join",)]


def test_a_gang_is_reused_as_a_whole_or_not_at_all(play, gang):
    steps = gang()
    first = play(*steps)
    done = {("start", ()): first.transition("start", 2), ("train", (0,)): first.transition("train")}
    run = play(*steps, past=done)
    assert run.start() == [("train", 0), ("train", 1)]
    assert run.cloned() == [("start",)]
