"""Fixtures of the store's tests."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from stepwell.store.datastore import Datastore
from stepwell.store.local import LocalStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def datastore(tmp_path: Path) -> Datastore:
    return Datastore(LocalStore(tmp_path / "datastore"))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 512 KB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=512k", "stepwell-test", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.fail(f"this test mounts a small disk, which needs root: {mounted.stderr}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)
