"""A foreach over 100,000 items: how much the scheduler keeps."""

from __future__ import annotations

import tracemalloc

from stepwell.engine.scheduler.messages import Launch, Start, Succeeded

SIZE = 100_000


def finish_all(run, size):
    """Run a fan of so many; returns the events and the most bytes that were in use."""
    fit, join, end = run.transition("fit"), run.transition("join"), run.transition("end")
    transitions = {"start": run.transition("start", size), "fit": fit, "join": join, "end": end}
    todo = [c for c in run.scheduler.on(Start()) if isinstance(c, Launch)]
    events = 1
    while todo:
        launch = todo.pop()
        events += 1
        commands = run.scheduler.on(Succeeded(launch.task, launch.attempt, transitions[launch.step]))
        todo += [command for command in commands if isinstance(command, Launch)]
    return events


def test_a_finished_task_leaves_only_its_number_behind(play, fan):
    run = play(*fan(), max_workers=16)
    tracemalloc.start()
    try:
        events = finish_all(run, SIZE)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert events == SIZE + 4
    assert run.counts("fit").succeeded == SIZE
    assert peak < 20 * SIZE, "bytes for each task, all splits and queues included"


def test_a_foreach_that_has_hardly_begun_costs_nothing_for_the_rest(play, fan):
    run = play(*fan(), max_workers=16)
    run.start()
    tracemalloc.start()
    try:
        run.succeed("start", size=10**9)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 100_000
    assert len(run.running) == 16


def test_a_step_that_repeats_keeps_nothing_of_its_iterations(play):
    from stepwell.engine.scheduler.plan import StepPlan

    run = play(
        StepPlan(name="start", next=("loop",)),
        StepPlan(name="loop", split="switch", next=("loop", "end"), rank=1),
        StepPlan(name="end", rank=2),
    )
    run.start()
    run.succeed("start")
    launch = run.running["loop", 0]
    again = run.transition("loop", to="loop")
    (launch,) = run.scheduler.on(Succeeded(launch.task, 0, again))
    tracemalloc.start()
    try:
        for _ in range(10_000):
            (launch,) = run.scheduler.on(Succeeded(launch.task, 0, again))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert launch.path == (10_001,)
    assert peak < 20_000
