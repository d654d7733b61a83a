"""What may start when: resources, places, limits, whose turn it is."""

from __future__ import annotations

import pytest

from stepwell.documents.task import ResourceNeeds
from stepwell.engine.scheduler.plan import StepPlan

MEGABYTE = 2**20


def two_kinds(small, large, *, large_rank=1):
    """A branch: `small` is a foreach of many, `large` a foreach beside it."""
    return (
        StepPlan(name="start", split="branch", next=("wide", "deep"), matching_join="close"),
        StepPlan(name="wide", split="foreach", next=("small",), matching_join="small_join", rank=9),
        StepPlan(name="small", next=("small_join",), rank=1, needs=small),
        StepPlan(name="small_join", is_join=True, next=("close",), rank=2),
        StepPlan(name="deep", split="foreach", next=("large",), matching_join="large_join", rank=9),
        StepPlan(name="large", next=("large_join",), rank=large_rank, needs=large),
        StepPlan(name="large_join", is_join=True, next=("close",), rank=2),
        StepPlan(name="close", is_join=True, next=("end",), rank=10),
        StepPlan(name="end", rank=11),
    )


def test_no_more_attempts_than_workers(play, fan):
    run = play(*fan(), max_workers=3)
    run.start()
    assert len(run.succeed("start", size=9)) == 3
    assert run.succeed("fit", 1) == [("fit", 3)]


@pytest.mark.parametrize(
    ("needs", "capacity"),
    [
        (ResourceNeeds(cpu=1.5), {"cpu": 4.0}),
        (ResourceNeeds(memory=400), {"memory": 1000}),
        (ResourceNeeds(gpu=2), {"gpu": 5}),
    ],
)
def test_as_many_start_as_their_needs_fit(play, fan, needs, capacity):
    run = play(*fan(needs=needs), **capacity)
    run.start()
    assert len(run.succeed("start", size=9)) == 2
    assert run.succeed("fit", 0) == [("fit", 2)]


def test_a_step_keeps_its_own_limit(play, fan):
    run = play(*fan(limit=3))
    run.start()
    assert len(run.succeed("start", size=9)) == 3
    assert run.succeed("fit", 0) == [("fit", 3)]


def test_a_task_that_asks_for_more_than_there_is_runs_alone(play):
    run = play(*two_kinds(ResourceNeeds(cpu=1.0), ResourceNeeds(cpu=16.0)), cpu=4.0)
    run.start()
    run.succeed("start")
    run.succeed("deep", 1, size=1)
    assert run.succeed("wide", 0, size=2) == [("large", 1, 0)]
    assert run.succeed("large", 1, 0) == [("large_join", 1), ("small", 0, 0), ("small", 0, 1)]


def test_a_task_that_asks_for_nothing_counts_as_one_core_until_it_is_seen(play, fan):
    run = play(*fan(), cpu=2.0)
    run.start()
    assert len(run.succeed("start", size=9)) == 2


def test_sleeping_tasks_make_room(play, fan):
    run = play(*fan(), cpu=1.0)
    run.start()
    run.succeed("start", size=100)
    assert len(run.observe("fit", 0, cpu=0.0)) == 19, "each counts for a twentieth of a core"


def test_a_task_that_does_not_say_never_counts_for_more_than_one_core(play, fan):
    run = play(*fan(), cpu=2.0)
    run.start()
    run.succeed("start", size=9)
    run.observe("fit", 0, cpu=7.5)
    assert run.succeed("fit", 1, cpu=1.02) == [("fit", 2)]


def test_what_a_task_asked_for_stands_whatever_it_is_seen_to_use(play, fan):
    run = play(*fan(needs=ResourceNeeds(cpu=2.0)), cpu=2.0)
    run.start()
    run.succeed("start", size=9)
    assert run.observe("fit", 0, cpu=0.0) == []


def test_later_tasks_of_a_step_count_for_what_earlier_ones_used_on_average(play, fan):
    run = play(*fan(), cpu=1.0)
    run.start()
    run.succeed("start", size=9)
    assert len(run.succeed("fit", 0, cpu=0.25)) == 4


def test_memory_that_was_seen_in_earlier_runs_counts(play, fan):
    run = play(*fan(), memory=1000, seen_memory={"fit": 400 * MEGABYTE})
    run.start()
    assert len(run.succeed("start", size=9)) == 2


def test_the_largest_peak_of_this_run_counts_for_later_tasks(play, fan):
    run = play(*fan(), memory=1000, max_workers=4)
    run.start()
    assert len(run.succeed("start", size=9)) == 4
    assert run.succeed("fit", 0, peak=600 * MEGABYTE) == [("fit", 4)]
    assert run.succeed("fit", 1, peak=100 * MEGABYTE) == [], "one of 600 MB runs, another does not fit"


def test_deeper_steps_go_first(play):
    run = play(*two_kinds(ResourceNeeds(), ResourceNeeds(), large_rank=3), max_workers=2)
    run.start()
    run.succeed("start")
    run.succeed("wide", 0, size=3)
    assert run.succeed("deep", 1, size=3) == [("large", 1, 0)]
    assert run.succeed("small", 0, 0) == [("large", 1, 1)]


def test_among_equally_deep_steps_the_older_goes_first(play):
    run = play(*two_kinds(ResourceNeeds(), ResourceNeeds()), max_workers=2)
    run.start()
    run.succeed("start")
    run.succeed("wide", 0, size=3)
    assert run.succeed("deep", 1, size=3) == [("small", 0, 1)]


def test_what_does_not_fit_lets_smaller_tasks_go_by_but_not_for_ever(play):
    run = play(*two_kinds(ResourceNeeds(cpu=1.0), ResourceNeeds(cpu=4.0), large_rank=3), cpu=4.0)
    run.start()
    run.succeed("start")
    run.succeed("wide", 0, size=500)
    passed = len(run.succeed("deep", 1, size=1))
    while ("large", 1, 0) not in run.running:
        first = next(name for name in run.running if name[0] == "small")
        passed += sum(name[0] == "small" for name in run.succeed(*first))
    assert passed == 64
    assert run.running.keys() == {("large", 1, 0)}


def test_a_step_at_its_limit_keeps_nobody_out(play):
    steps = two_kinds(ResourceNeeds(cpu=1.0), ResourceNeeds(cpu=1.0), large_rank=3)
    steps = [StepPlan(name="large", next=s.next, rank=3, limit=1) if s.name == "large" else s for s in steps]
    run = play(*steps)
    run.start()
    run.succeed("start")
    run.succeed("deep", 1, size=200)
    run.succeed("wide", 0, size=200)
    assert sum(name[0] == "small" for name in run.running) == 99, "all places but the one that `large` may have"
