"""The scheduler over random flows, failures, cancellations and resumes, against a naive interpreter of the same flow.

What is checked, at every event (`driver.py`) and at the end of every run (`simulate.py`):

* every task runs exactly as often as it should, with all its inputs in order and its stack of splits;
* attempts count up, no more than are allowed, never before their time, never two of one task at once;
* cores, memory, devices, places and limits hold; what is too large runs alone; a gang starts together or not at all;
* exactly those attempts are ended, and exactly those tried again, that should be;
* the run ends, once, with the right status and the failures in order; late and repeated events change nothing;
* a resume clones all finished work that nothing changed, and runs exactly the rest; also a resume of a resume.

A failure prints its seed: `simulate(Random(seed))` runs it again.
"""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.simulation.simulate import simulate

BATCHES = 20
EVENTS = 52_000
"""Of each batch: a million and more in all, in batches so that they can be shared out."""


@pytest.mark.parametrize("batch", range(BATCHES))
def test_a_million_events_break_no_promise(batch):
    events = 0
    seed = batch * 1_000_000
    while events < EVENTS:
        print("seed", seed)
        events += simulate(Random(seed), width=150)
        seed += 1
    assert events >= EVENTS
    assert BATCHES * EVENTS >= 1_000_000


@settings(max_examples=150, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(rng=st.randoms(use_true_random=False))
def test_no_small_flow_breaks_a_promise(rng):
    simulate(rng, width=5, most_tasks=100)
