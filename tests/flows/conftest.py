from __future__ import annotations

import os
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.flows.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from stepwell.client import Run

# A suite that was started in the background may have inherited an ignored Ctrl-C; flows under test must hear it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Workspace]:
    """An empty folder in which flows run. Whatever a test does there, no process may be left at its end."""
    workspace = Workspace(tmp_path)
    yield workspace
    try:
        workspace.assert_no_process_is_left()
    finally:
        for pid in workspace.processes():
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def run_of(work: Workspace) -> Iterator[object]:
    """`run_of("Flow/1")`: a run of the workspace through the client."""
    from stepwell.client import Run, metadata, namespace
    from stepwell.client.session import ClientSession, set_default_session

    def get(pathspec: str) -> Run:
        metadata(str(work.root))
        namespace(None)
        return Run(pathspec)

    yield get
    set_default_session(ClientSession())


@pytest.fixture
def make_disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """`make_disk("4m")`: a real file system of that size, unmounted at the end of the test."""
    mounted: list[Path] = []

    def make(size: str) -> Path:
        folder = tmp_path / f"disk-{len(mounted)}"
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "stepwell-test", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.fail(f"this test mounts a small disk, which needs root: {done.stderr}")
        mounted.append(folder)
        return folder

    yield make
    for folder in mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
