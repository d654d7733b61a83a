"""One random flow, run and then resumed a few times, each run compared with the reference."""

from __future__ import annotations

from random import Random

from stepwell.documents.task import ResourceNeeds, Transition
from tests.simulation.driver import Past, Run, Setting
from tests.simulation.flows import all_nodes, make_flow, make_plan
from tests.simulation.model import Model
from tests.simulation.world import World


def simulate(rng: Random, *, width: int = 40, most_tasks: int = 3000) -> int:
    """Returns how many events there were; raises AssertionError where a promise is broken.

    Args:
        width: How many branches a wide foreach has.
        most_tasks: Flows that would have more are not run.
    """
    flow = make_flow(rng, budget=rng.randint(3, 16))
    plan = make_plan(flow, rng)
    nodes = {node.name: node for node in all_nodes(flow)}
    attempts = {name: (step.max_attempts, step.fallback) for name, step in plan.steps.items()}
    turns = rng.randrange(2**32)
    if len(Model(flow, attempts, World(turns, 0, 0.0, width), {}).tasks) > most_tasks:
        return 0
    past = None
    reusable: dict = {}
    events = 0
    for _ in range(rng.randint(1, 4)):
        trouble = rng.choice((0.0, 0.02, 0.1, 0.3))
        world = World(turns, rng.randrange(2**32), trouble, width)
        setting = _setting(rng, plan)
        model = Model(flow, attempts, world, reusable)
        run = Run(plan, nodes, world, setting, past, Random(rng.randrange(2**32)))
        run.go()
        compare(run, model)
        events += run.events
        kept = dict(run.transitions)
        if rng.random() < 0.3:  # resume from a step: it and all that follows it runs again
            step = rng.choice(sorted(nodes))
            kept = {label: transition for label, transition in kept.items() if label[0] != step}
        gone = {label for label in kept if rng.random() < 0.02} if rng.random() < 0.2 else set()
        past = Past({label: Transition(targets=("gone",)) if label in gone else kept[label] for label in kept})
        reusable = {label: kept[label] for label in kept if label not in gone}
        if rng.random() < 0.2:  # what runs again may turn elsewhere
            turns = rng.randrange(2**32)
            if len(Model(flow, attempts, World(turns, 0, 0.0, width), reusable).tasks) > most_tasks:
                break
    return events


def compare(run: Run, model: Model) -> None:
    """What ran against what should have run."""
    clones = {label for label, task in model.tasks.items() if task.cloned}
    assert run.cloned.keys() == clones, "exactly what can be reused is reused"
    ran = {**run.launched, **run.cloned}
    for label, place in ran.items():
        expected = model.tasks[label]  # a KeyError here: the task should not exist
        assert place == (expected.inputs, expected.frames)
    finish = run.finish
    failed = [run.labels[number] for number in finish.failed]
    assert len(set(failed)) == len(failed)
    assert not set(failed) & run.transitions.keys()
    if finish.status == "cancelled":
        assert run.setting.cancel_at is not None
        return
    if finish.status == "succeeded":
        assert model.succeeds
        assert not failed
        assert ran.keys() == model.tasks.keys()
        assert run.transitions.keys() == model.tasks.keys()
        return
    assert failed
    assert not model.succeeds
    assert not model.tasks[failed[0]].succeeds
    if run.setting.on_failure == "continue":
        assert ran.keys() == model.tasks.keys(), "all runs that does not need what failed"


def _setting(rng: Random, plan) -> Setting:
    capacity = ResourceNeeds(
        cpu=rng.choice((None, 0.5, 1.0, 2.0, 8.0)),
        memory=rng.choice((None, 200.0, 1000.0, 16_000.0)),
        gpu=rng.choice((0, 1, 4)),
    )
    seen = {name: rng.choice((1, 80, 400)) * 2**20 for name in plan.steps if rng.random() < 0.2}
    return Setting(
        capacity=capacity,
        max_workers=rng.choice((1, 2, 3, 8, 100)),
        on_failure=rng.choice(("wait", "stop", "continue")),
        cancel_at=rng.choice((None, None, None, 0, rng.randint(1, 200))),
        seen_memory=seen,
    )
