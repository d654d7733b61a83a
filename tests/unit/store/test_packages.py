"""The list of installed distributions, against what Python itself says."""

from __future__ import annotations

import re
from importlib.metadata import distributions
from typing import TYPE_CHECKING

from stepwell.store.blobs import BlobStore
from stepwell.store.memory import MemoryStore
from stepwell.store.packages import installed_packages, store_packages

if TYPE_CHECKING:
    from pathlib import Path


def test_the_list_is_the_one_that_importlib_metadata_gives() -> None:
    expected: dict[str, str] = {}
    for distribution in distributions():
        name = re.sub(r"[-_.]+", "-", distribution.metadata["Name"]).lower()
        expected.setdefault(name, distribution.version)
    assert installed_packages() == [f"{name}=={version}" for name, version in sorted(expected.items())]


def test_names_of_all_ages_are_understood(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for name in (
        "Some_Package-1.2.dist-info",
        "old.tool-0.9-py3.11.egg-info",
        "linked.egg-info",
        "no_version.egg-info",
    ):
        (first / name).mkdir(parents=True)
    (first / "linked.egg-info" / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: linked\nVersion: 3.4\n")
    (first / "flat.egg-info").write_text("Name: flat\nVersion: 5\n")
    (second / "some_package-9.9.dist-info").mkdir(parents=True)
    (second / "module.py").touch()
    assert installed_packages([str(first), str(second), str(tmp_path / "missing"), str(first / "flat.egg-info")]) == [
        "flat==5",
        "linked==3.4",
        "no-version==unknown",
        "old-tool==0.9",
        "some-package==1.2",
    ]


def test_the_list_is_kept_as_lines() -> None:
    blobs = BlobStore(MemoryStore())
    assert blobs.get(store_packages(blobs)).decode().splitlines() == installed_packages()
