"""Cores are shared out evenly, and come back."""

from __future__ import annotations

import subprocess
import sys

from stepwell.engine.enforcement import Cores


def test_tasks_get_cores_that_others_do_not_have():
    cores = Cores({0, 1, 4, 5})
    first, second = cores.take(2), cores.take(1.5)
    assert first == (0, 1)
    assert second == (4, 5)
    cores.give_back(first)
    assert cores.take(1) == (0,)


def test_fractions_take_a_whole_core_and_share_when_they_must():
    cores = Cores({0, 1})
    assert [cores.take(0.5) for _ in range(3)] == [(0,), (1,), (0,)]


def test_no_limit_and_one_beyond_what_there_is_mean_all():
    cores = Cores({0, 1})
    assert cores.take(None) == ()
    assert cores.take(2) == ()
    assert cores.take(8) == ()


def test_memory_is_what_a_process_holds_for_itself():
    # In a process of its own: one that has run other tests may have the room already.
    program = (
        "import os\n"
        "from stepwell.engine.enforcement import memory_of_tree\n"
        "before = memory_of_tree(os.getpid())\n"
        "kept = bytearray(b'x') * (32 << 20)\n"
        "print(memory_of_tree(os.getpid()) - before, memory_of_tree(2**30))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    grown, nobody = map(int, done.stdout.split())
    assert 30 << 20 < grown < 40 << 20
    assert nobody == 0
