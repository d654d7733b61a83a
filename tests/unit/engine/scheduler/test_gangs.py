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
    run = play(*gang(max_attempts=2), on_failure="continue")
    run.start()
    run.succeed("start", size=4)
    run.succeed("train", 3)
    run.fail("train", 1)
    run.fail("train", 2, retry=False)
    assert run.terminated() == [("train", 0)]
    run.fail("train", 0)
    assert run.finish == Finish("failed", (run.number("train", 2), run.number("train", 1)))


def test_a_gang_is_ended_also_when_the_run_only_waits_for_running_tasks(play, gang):
    run = play(*gang())
    run.start()
    run.succeed("start", size=2)
    run.fail("train", 0)
    assert run.terminated() == [("train", 1)]


def test_one_of_a_gang_is_tried_again_by_itself(play, gang):
    run = play(*gang(max_attempts=2))
    run.start()
    run.succeed("start", size=2)
    run.fail("train", 0)
    assert run.terminated() == []
    assert run.due("train", 0) == [("train", 0)]


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
