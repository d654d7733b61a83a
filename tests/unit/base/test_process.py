"""Whether a process still lives, when its number may have been given out again."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from stepwell.base import process
from stepwell.base.process import is_alive, this_process


def tuple_of(child: subprocess.Popen[bytes]) -> tuple[str, int, str, str]:
    """What the child says about itself."""
    assert child.stdout is not None
    host, pid, boot, started = child.stdout.readline().decode().rstrip("\n").split("|")
    assert int(pid) == child.pid
    return host, int(pid), boot, started


@pytest.fixture
def child() -> subprocess.Popen[bytes]:
    script = "from stepwell.base.process import this_process; print(*this_process(), sep='|', flush=True); input()"
    return subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def test_this_process_is_alive() -> None:
    assert is_alive(*this_process()) is True
    assert this_process().pid == os.getpid()
    assert this_process() == this_process()


def test_a_child_is_alive_until_it_ends_and_a_zombie_is_dead(child: subprocess.Popen[bytes]) -> None:
    identity = tuple_of(child)
    assert is_alive(*identity) is True
    child.kill()
    # Wait for the end without collecting the child: it stays as a zombie.
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert is_alive(*identity) is False
    child.communicate()
    assert is_alive(*identity) is False


def test_a_number_that_was_given_out_again_is_another_process() -> None:
    host, pid, boot, _ = this_process()
    assert is_alive(host, pid, boot, "1") is False


def test_another_machine_cannot_be_judged() -> None:
    _, pid, boot, started = this_process()
    assert is_alive("another-host", pid, boot, started) is None


def test_a_process_from_before_the_last_boot_is_dead() -> None:
    host, pid, boot, started = this_process()
    machine, _, numbers = boot.split("/")
    assert is_alive(host, pid, f"{machine}/another-boot/{numbers}", started) is False


def test_another_container_or_another_machine_of_the_same_name_cannot_be_judged() -> None:
    host, pid, boot, started = this_process()
    machine, number, _ = boot.split("/")
    assert is_alive(host, pid, f"{machine}/{number}/1", started) is None
    assert is_alive(host, pid, f"another/{number}/1", started) is None


def test_a_forked_child_is_not_its_parent() -> None:
    script = """
import os
from stepwell.base.process import is_alive, this_process
parent = this_process()
pid = os.fork()
if pid == 0:
    own = this_process()
    os._exit(0 if own.pid == os.getpid() and own.host == parent.host and is_alive(*own) and is_alive(*parent) else 1)
assert os.waitpid(pid, 0)[1] == 0
"""
    subprocess.run([sys.executable, "-c", script], check=True)


def test_without_a_process_table_the_number_alone_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    host, pid, _, _ = this_process()
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    process._boot.cache_clear()
    monkeypatch.setattr(process, "_read", lambda path: "")
    try:
        assert this_process() == (host, pid, "", "")
        assert is_alive(host, pid, "", "") is True
        assert is_alive(host, gone.pid, "", "") is False
        assert is_alive(host, 0, "", "") is None
    finally:
        process._boot.cache_clear()
