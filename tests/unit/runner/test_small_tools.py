"""`parallel_map` and its kin, `profile`, `namespaced_event_name`."""

from __future__ import annotations

import os
import random
import signal

import numpy as np
import pytest

from stepwell import MulticoreException, namespaced_event_name, parallel_imap_unordered, parallel_map, profile
from stepwell.base.errors import ArgumentError
from stepwell.flow.current import set_current, take_current


def test_results_come_in_order_and_from_other_processes():
    offset = 10
    results = parallel_map(lambda x: (x + offset, os.getpid()), range(7), max_parallel=3)
    assert [value for value, _ in results] == list(range(10, 17))
    assert len({pid for _, pid in results}) == 7
    assert os.getpid() not in {pid for _, pid in results}


def test_unordered_results_are_all_there():
    assert sorted(parallel_imap_unordered(lambda x: x * x, [3, 1, 2])) == [1, 4, 9]
    assert parallel_map(lambda x: x, []) == []


def test_large_arrays_and_values_of_every_kind_come_back(tmp_path):
    ((array, text),) = parallel_map(lambda n: (np.arange(n), "a" * n), [1_000_000], dir=tmp_path)
    assert array.sum() == 499999500000
    array[0] = 5
    assert len(text) == 1_000_000
    assert list(tmp_path.iterdir()) == []


def test_random_numbers_differ_from_item_to_item_and_repeat_with_the_seed():
    random.seed(3)
    first = parallel_map(lambda _: random.random(), range(4))
    random.seed(3)
    assert parallel_map(lambda _: random.random(), range(4)) == first
    assert len(set(first)) == 4


def test_a_failure_names_the_item_and_has_its_traceback():
    def fail(x):
        if x == 2:
            raise ValueError("not two")
        return x

    with pytest.raises(MulticoreException, match="item 2: ValueError: not two") as failure:
        parallel_map(fail, range(5), max_parallel=2)
    assert failure.value.index == 2
    assert 'raise ValueError("not two")' in failure.value.__notes__[0]


def test_a_process_that_dies_or_returns_what_cannot_be_stored_is_told():
    with pytest.raises(MulticoreException, match="item 0 was ended by SIGKILL"):
        parallel_map(lambda _: os.kill(os.getpid(), signal.SIGKILL), [1])
    with pytest.raises(MulticoreException, match="item 0 left with exit code 3"):
        parallel_map(lambda _: os._exit(3), [1])
    with pytest.raises(MulticoreException, match="generator"):
        parallel_map(lambda _: (x for x in [1]), [1])


def test_leaving_early_ends_what_still_runs():
    reader, writer = os.pipe()

    def wait(x):
        os.write(writer, str(os.getpid()).encode() + b"\n")
        if x:
            signal.pause()
        return x

    results = parallel_imap_unordered(wait, [0, 1], max_parallel=2)
    assert next(results) == 0
    pids = set()
    while len(pids) < 2:
        pids |= {int(line) for line in os.read(reader, 1000).split()}
    results.close()
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    os.close(reader)
    os.close(writer)


@pytest.mark.parametrize("wrong", [0, -1, True, "2", 1.5])
def test_a_number_of_processes_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ArgumentError, match="max_parallel"):
        parallel_map(str, [1], max_parallel=wrong)


def test_profile_prints_or_adds_up(capsys):
    with profile("loading"):
        pass
    out = capsys.readouterr().out
    assert out.startswith("PROFILE: loading starting\nPROFILE: loading completed in ")
    stats = {"loading": 5}
    with pytest.raises(KeyError), profile("loading", stats):
        raise KeyError
    assert stats["loading"] >= 5
    assert capsys.readouterr().out == ""


def test_event_names_get_their_namespace_where_it_is_known():
    name = namespaced_event_name("data_ready")
    assert name() == "mfns.data_ready"
    put_back = take_current()
    set_current(project_name="forecast", branch_name="user.ann")
    try:
        assert name() == "mfns.forecast.user.ann.data_ready"
        assert name(None) == "mfns.forecast.user.ann.data_ready"
    finally:
        put_back()
    with pytest.raises(ArgumentError):
        namespaced_event_name(3)  # type: ignore[arg-type]
