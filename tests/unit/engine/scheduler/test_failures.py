"""Retries, failures for good in the three modes, cancellation."""

from __future__ import annotations

import pytest

from stepwell.engine.scheduler.messages import Finish, RetryLater, Succeeded
from stepwell.engine.scheduler.plan import StepPlan


def chain(**first):
    return (StepPlan(name="start", next=("end",), **first), StepPlan(name="end", rank=1))


def test_a_failed_attempt_is_tried_again_after_the_wait_under_the_same_number(play):
    run = play(*chain(max_attempts=2, retry_wait=120.0))
    run.start()
    run.fail("start")
    assert run.commands == [RetryLater(1, 1, 120.0)]
    assert run.due("start") == [("start",)]
    assert run.running[("start",)].task == 1
    assert run.running[("start",)].attempt == 1


def test_the_last_attempt_that_fails_ends_the_run(play):
    run = play(*chain(max_attempts=2))
    run.start()
    run.fail("start")
    run.due("start")
    run.fail("start")
    assert run.finish == Finish("failed", (1,))


def test_a_failure_that_forbids_retries_is_for_good(play):
    run = play(*chain(max_attempts=5))
    run.start()
    run.fail("start", retry=False)
    assert run.finish == Finish("failed", (1,))


def test_a_free_failure_does_not_count_as_an_attempt(play):
    run = play(*chain(max_attempts=1))
    run.start()
    run.fail("start", free=True)
    assert run.retried() == [("start",)]
    run.due("start")
    run.fail("start")
    assert run.finish == Finish("failed", (1,))


def test_a_task_that_waits_for_its_retry_holds_no_place(play, fan):
    run = play(*fan(max_attempts=2, retry_wait=60.0), max_workers=1)
    run.start()
    run.succeed("start", size=2)
    assert run.fail("fit", 0) == [("fit", 1)]


def test_retries_go_before_branches_that_never_ran_in_the_order_of_their_numbers(play, fan):
    run = play(*fan(max_attempts=2), max_workers=3)
    run.start()
    run.succeed("start", size=9)
    run.fail("fit", 0)
    run.fail("fit", 1)
    run.fail("fit", 2)
    run.due("fit", 1)
    run.due("fit", 2)
    run.due("fit", 0)
    assert run.succeed("fit", 3) == [("fit", 0)]
    assert run.succeed("fit", 4) == [("fit", 1)]
    assert run.succeed("fit", 5) == [("fit", 2)]
    assert run.succeed("fit", 0) == [("fit", 6)]


def test_by_default_running_tasks_finish_and_nothing_new_starts(play, fan):
    run = play(*fan(), max_workers=2)
    run.start()
    run.succeed("start", size=5)
    assert run.fail("fit", 1) == []
    assert run.terminated() == []
    assert run.finish is None
    assert run.succeed("fit", 0) == []
    assert run.finish == Finish("failed", (3,))
    assert run.counts("fit").succeeded == 1


def test_when_the_run_stops_a_failure_is_not_tried_again(play, fan):
    run = play(*fan(max_attempts=3))
    run.start()
    run.succeed("start", size=2)
    run.fail("fit", 0, retry=False)
    run.fail("fit", 1)
    assert run.finish == Finish("failed", (2, 3))


def test_a_retry_that_is_dropped_because_the_run_stops_is_a_failure(play, fan):
    run = play(*fan(max_attempts=3))
    run.start()
    run.succeed("start", size=2)
    run.fail("fit", 0)
    run.fail("fit", 1, retry=False)
    assert run.finish == Finish("failed", (3, 2))


def test_stop_ends_running_tasks_and_does_not_blame_them(play, fan):
    run = play(*fan(max_attempts=3), on_failure="stop")
    run.start()
    run.succeed("start", size=3)
    run.fail("fit", 1, retry=False)
    assert run.terminated() == [("fit", 0), ("fit", 2)]
    run.fail("fit", 0)
    run.fail("fit", 2)
    assert run.finish == Finish("failed", (3,))
    assert run.counts("fit").failed == 1


def test_a_task_that_succeeds_although_it_was_told_to_end_counts(play, fan):
    run = play(*fan(), on_failure="stop")
    run.start()
    run.succeed("start", size=2)
    run.fail("fit", 0)
    assert run.succeed("fit", 1) == []
    assert run.counts("fit").succeeded == 1


def test_continue_goes_on_with_all_that_does_not_need_what_failed(play, fan):
    run = play(*fan(), max_workers=1, on_failure="continue")
    run.start()
    run.succeed("start", size=3)
    assert run.fail("fit", 0) == [("fit", 1)]
    assert run.succeed("fit", 1) == [("fit", 2)]
    assert run.succeed("fit", 2) == [], "the join can never be complete"
    assert run.finish == Finish("failed", (2,))


def test_cancel_ends_what_runs_and_the_run_when_the_last_has_ended(play, fan):
    run = play(*fan(max_attempts=3), max_workers=2)
    run.start()
    run.succeed("start", size=5)
    run.cancel()
    assert run.terminated() == [("fit", 0), ("fit", 1)]
    assert run.fail("fit", 0) == []
    assert run.finish is None
    run.fail("fit", 1)
    assert run.finish == Finish("cancelled", ())


def test_cancelling_twice_ends_each_task_once(play):
    run = play(*chain())
    run.start()
    run.cancel()
    run.cancel()
    assert run.commands == []


@pytest.mark.parametrize("started", [False, True])
def test_cancel_when_nothing_runs_finishes_at_once(play, started):
    run = play(*chain(max_attempts=2, retry_wait=60.0))
    if started:
        run.start()
        run.fail("start")
    run.cancel()
    assert run.finish is not None
    assert run.finish.status == "cancelled"


def test_a_run_that_was_over_before_the_cancellation_stays_succeeded(play):
    run = play(StepPlan(name="only"))
    run.start()
    run.succeed("only")
    run.cancel()
    assert run.commands == []
    assert run.finish == Finish("succeeded", ())


def test_cancel_also_ends_a_run_that_waits_after_a_failure(play, fan):
    run = play(*fan())
    run.start()
    run.succeed("start", size=2)
    run.fail("fit", 0)
    run.cancel()
    assert run.terminated() == [("fit", 1)]
    run.fail("fit", 1)
    assert run.finish == Finish("cancelled", (2,))


def test_nothing_follows_the_finish(play):
    run = play(*chain())
    run.start()
    run.fail("start")
    assert run.scheduler.on(Succeeded(1, 0, run.transition("start"))) == []
