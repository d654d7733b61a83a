"""Which files are a flow's code.

The flow file and the modules that it has imported from its folder are always among them. Beside these, the folder is
looked through for files with the endings of code; but somebody may keep a flow in a home folder or beside a million
images, so the search is bounded by a count of directory entries and a sum of bytes, never by time: the same
folder always gives the same answer.
"""
# Paths are text here: a `Path` object costs more than the system call that it is made for.

from __future__ import annotations

import os
import stat
import sys
from fnmatch import fnmatch
from typing import TYPE_CHECKING, NamedTuple

from stepwell.base.errors import StoreError
from stepwell.store.keys import check_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: Directory entries that are looked at in all, and in one folder below the flow's own.
MOST_ENTRIES = 2000
MOST_ENTRIES_OF_A_FOLDER = 500

_SKIPPED_FOLDERS = {"__pycache__", "node_modules", "site-packages", "build", "dist"}
_SECRETS = ("*.pem", "*.key", "*.p12", "*.pfx", "*.kdbx", "*.tfvars", "id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*")
# These words in the name of a data file; a module may be called so.
_SECRET_DATA = ("*secret*", "*credential*", "*password*", "*token*", "*service?account*", "*kubeconfig*", "*.env.*")
_SOURCES = (".py", ".pyi", ".r", ".jl", ".sql", ".js")


class CodeFile(NamedTuple):
    """One file: its name below the flow's folder with forward slashes, its path, size in bytes, and mode."""

    name: str
    path: str
    size: int
    mode: int


class CodeFiles(NamedTuple):
    """The files that were found, sorted by name, and what was left out, as a sentence; empty when nothing was."""

    files: list[CodeFile]
    left_out: str


def find_code_files(
    flow_file: str,
    *,
    suffixes: Iterable[str],
    max_bytes: int,
    extra_files: Iterable[str] = (),
    skipped: Iterable[str] = (),
    max_entries: int = MOST_ENTRIES,
) -> CodeFiles:
    """Find the files of a flow.

    Hidden files and folders, virtual environments, build results, and files whose names look like secrets are never
    taken; links to folders are not followed.

    Args:
        flow_file: The flow file; its folder is searched.
        suffixes: Endings of the files to take, for example `.py`.
        max_bytes: Bytes that all files may have together. The flow file and imported modules come first.
        extra_files: Further files below the folder that are taken whatever their ending.
        skipped: Folders that are not searched, for example the datastore's.
        max_entries: Directory entries that are looked at in all.
    """
    flow_file = os.path.abspath(flow_file)
    root = os.path.dirname(flow_file)
    environments = {os.path.abspath(path) for path in (*skipped, sys.prefix, sys.base_prefix)} - {root}
    search = _Search(root, tuple(suffixes), environments, max_entries)
    first = [flow_file, *(os.path.abspath(path) for path in extra_files), *_imported_files(root, environments)]
    chosen: dict[str, CodeFile] = {}
    bytes_left = max_bytes
    too_large = 0
    for path in [*first, *search.files()]:
        file = _code_file(root, path)
        if file is None or file.name in chosen:
            continue
        if file.size > bytes_left and path != flow_file:
            too_large += 1
            continue
        bytes_left -= file.size
        chosen[file.name] = file
    left_out = search.left_out
    if too_large:
        more = f"{too_large} files beyond {max_bytes / 2**20:.0f} MB"
        left_out = f"{left_out} and {more}" if left_out else more
    return CodeFiles([chosen[name] for name in sorted(chosen)], left_out)


class _Search:
    """The walk through the folders, level by level and in the order of names."""

    def __init__(self, root: str, suffixes: tuple[str, ...], skipped: set[str], max_entries: int) -> None:
        self.left_out = ""
        self._root = root
        self._suffixes = suffixes
        self._skipped = skipped
        self._most = max_entries
        self._budget = max_entries

    def files(self) -> Iterator[str]:
        """Paths of the files that are taken. `left_out` is right when it is exhausted."""
        folders = [self._root]
        crowded: list[str] = []
        while folders:
            below: list[str] = []
            for folder in folders:
                if self._budget <= 0:
                    self.left_out = f"what lies beyond the first {self._most} entries of the folder"
                    return
                most = self._budget if folder == self._root else min(self._budget, MOST_ENTRIES_OF_A_FOLDER)
                entries = self._entries(folder, most)
                if entries is None:
                    crowded.append(os.path.relpath(folder, self._root))
                    continue
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        if self._is_searched(entry):
                            below.append(entry.path)
                    elif self._is_taken(entry.name):
                        yield entry.path
            folders = below
        if crowded:
            names = ", ".join(f"`{name}`" for name in crowded[:3])
            self.left_out = f"folders with very many files ({names}{', …' if len(crowded) > 3 else ''})"

    def _entries(self, folder: str, most: int) -> list[os.DirEntry[str]] | None:
        """What is in a folder, sorted; None when there is too much of it."""
        found: list[os.DirEntry[str]] = []
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    found.append(entry)
                    if len(found) > most:
                        break
        except OSError:
            return []
        self._budget -= len(found)
        if len(found) > most:
            return None
        if any(entry.name == "pyvenv.cfg" for entry in found) and folder != self._root:
            return []
        return sorted(found, key=lambda entry: entry.name)

    def _is_searched(self, entry: os.DirEntry[str]) -> bool:
        return not _is_skipped_folder(entry.name) and entry.path not in self._skipped

    def _is_taken(self, name: str) -> bool:
        return name.endswith(self._suffixes) and not name.startswith(".") and not looks_secret(name)


def looks_secret(name: str) -> bool:
    """True when a file's name is one that keys and passwords usually have."""
    lower = name.lower()
    if lower.startswith(".env") or any(fnmatch(lower, pattern) for pattern in _SECRETS):
        return True
    return not lower.endswith(_SOURCES) and any(fnmatch(lower, pattern) for pattern in _SECRET_DATA)


def _is_skipped_folder(name: str) -> bool:
    return name.startswith(".") or name in _SKIPPED_FOLDERS or name.endswith(".egg-info")


def _imported_files(root: str, environments: set[str]) -> list[str]:
    """Source files below the folder that this process has imported, sorted."""
    start = root.rstrip("/\\") + os.sep
    barred = tuple(path.rstrip("/\\") + os.sep for path in environments if path.startswith(start))
    found = set()
    for module in list(sys.modules.values()):
        # The dictionary, not the attribute: a lazy module would be loaded by asking.
        path = getattr(module, "__dict__", {}).get("__file__")
        if not isinstance(path, str) or not path.endswith(".py"):
            continue
        path = os.path.abspath(path)
        if not path.startswith(start) or path.startswith(barred):
            continue
        folders = path[len(start) :].split(os.sep)[:-1]
        if not any(_is_skipped_folder(name) for name in folders):
            found.add(path)
    return sorted(found)


def _code_file(root: str, path: str) -> CodeFile | None:
    """The file with what is known about it; None when it is no plain file below the folder."""
    name = os.path.relpath(path, root).replace(os.sep, "/")
    try:
        check_key(name)
        name.encode()
        status = os.stat(path)
    except (OSError, StoreError, UnicodeEncodeError):
        return None
    if not stat.S_ISREG(status.st_mode) or looks_secret(os.path.basename(path)):
        return None
    return CodeFile(name, path, status.st_size, 0o755 if status.st_mode & 0o100 else 0o644)
