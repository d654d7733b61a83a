"""Which distributions are installed, from the names of their metadata folders.

`importlib.metadata` would give the same answer after being imported and after opening every folder; the names say it
already. Only what an old tool left without a version in its name is opened.
"""
# Paths are text here: a `Path` object costs more than the system call that it is made for.

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stepwell.documents.refs import BlobRef
    from stepwell.store.blobs import BlobStore

_PYTHON_TAG = re.compile(r"-py[0-9.]+\Z")
_SEPARATORS = re.compile(r"[-_.]+")
_VERSION = re.compile(r"^Version: *(\S+)", re.MULTILINE)


def installed_packages(folders: Iterable[str] | None = None) -> list[str]:
    """`name==version` of every distribution, sorted; where two have one name, what is imported first counts.

    Args:
        folders: Where to look; None for `sys.path`.
    """
    found: dict[str, str] = {}
    for folder in dict.fromkeys(sys.path if folders is None else folders):
        try:
            entries = os.listdir(folder or ".")
        except OSError:
            continue
        for entry in sorted(entries):
            if entry.endswith((".dist-info", ".egg-info")):
                name, version = _name_and_version(folder, entry)
                found.setdefault(_SEPARATORS.sub("-", name).lower(), version)
    return [f"{name}=={version}" for name, version in sorted(found.items())]


def store_packages(blobs: BlobStore) -> BlobRef:
    """Keep the list of what is installed, one distribution a line."""
    return blobs.put(["".join(f"{line}\n" for line in installed_packages()).encode("utf-8", "replace")])


def _name_and_version(folder: str, entry: str) -> tuple[str, str]:
    stem = entry.rpartition(".")[0]
    if entry.endswith(".egg-info"):
        stem = _PYTHON_TAG.sub("", stem)
    name, separator, version = stem.rpartition("-")
    if separator:
        return name, version
    for place in (f"{folder}/{entry}/PKG-INFO", f"{folder}/{entry}/METADATA", f"{folder}/{entry}"):
        try:
            with open(place, encoding="utf-8", errors="replace") as file:
                match = _VERSION.search(file.read(8192))
        except OSError:
            continue
        if match is not None:
            return stem, match[1]
    return stem, "unknown"
