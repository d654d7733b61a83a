"""Imports from a code snapshot: modules are taken from recorded bytes under their original paths, not from the disk.

So a run goes on with the code that it started with, whatever is edited meanwhile, and tracebacks show its lines.
"""

from __future__ import annotations

import importlib.machinery
import os
import sys
from typing import TYPE_CHECKING, Any

from stepwell.flow.source import remember_source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import CodeType, ModuleType


class SnapshotFinder:
    """A finder for `sys.meta_path`.

    Args:
        sources: Content of each file by its original absolute path.
    """

    def __init__(self, sources: Mapping[str, bytes]) -> None:
        self.sources = sources
        self._folders = {os.path.dirname(path) for path in sources if path.endswith(".py")}
        for folder in tuple(self._folders):
            parent = folder
            while (parent := os.path.dirname(parent)) and parent not in self._folders and parent != os.sep:
                self._folders.add(parent)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The module, when the snapshot has it; None leaves it to the other finders."""
        del target
        tail = fullname.rpartition(".")[2]
        portions: list[str] = []
        for entry in sys.path if path is None else path:
            base = os.path.join(os.path.abspath(entry or os.getcwd()), tail)
            for file, is_package in ((os.path.join(base, "__init__.py"), True), (base + ".py", False)):
                if file in self.sources:
                    return self._spec(fullname, file, base if is_package else None)
            if base in self._folders:
                portions.append(base)
        if portions and not _is_on_disk(fullname, path):
            # A folder without `__init__.py`: a namespace package, unless a regular one stands elsewhere.
            spec = importlib.machinery.ModuleSpec(fullname, None, is_package=True)
            spec.submodule_search_locations = portions
            return spec
        return None

    def _spec(self, fullname: str, file: str, package: str | None) -> importlib.machinery.ModuleSpec:
        loader: Any = SnapshotLoader(fullname, file, self.sources, is_package=package is not None)
        spec = importlib.machinery.ModuleSpec(fullname, loader, origin=file, is_package=package is not None)
        if package is not None:
            spec.submodule_search_locations = [package]
        spec.has_location = True
        return spec


class SnapshotLoader:
    """Loads one module from recorded bytes."""

    def __init__(self, fullname: str, file: str, sources: Mapping[str, bytes], *, is_package: bool) -> None:
        self.name = fullname
        self.path = file
        self._sources = sources
        self._is_package = is_package

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        """None: an ordinary module object."""
        del spec
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Execute the module."""
        remember_source(self.path, source_text(self._sources[self.path]))
        exec(self.get_code(self.name), module.__dict__)  # noqa: S102 - this is what a loader does

    def get_code(self, fullname: str) -> CodeType:
        """The compiled module."""
        del fullname
        return compile(self._sources[self.path], self.path, "exec", dont_inherit=True)

    def get_source(self, fullname: str) -> str:
        """The text of the module."""
        del fullname
        return source_text(self._sources[self.path])

    def get_filename(self, fullname: str) -> str:
        """The original path."""
        del fullname
        return self.path

    def is_package(self, fullname: str) -> bool:
        """True for the `__init__` of a package."""
        del fullname
        return self._is_package

    def get_data(self, path: str) -> bytes:
        """The bytes of a file beside the module: from the snapshot, else from the disk.

        Raises:
            OSError: There is no such file.
        """
        found = self._sources.get(os.path.abspath(path))
        if found is not None:
            return found
        with open(path, "rb") as file:
            return file.read()


def install_snapshot(sources: Mapping[str, bytes]) -> SnapshotFinder:
    """Put a snapshot first among the finders, in the place of an earlier one."""
    remove_snapshot()
    finder = SnapshotFinder(sources)
    # Aliases of compat mode keep their place before it, also where the folder has a package of that name.
    ahead = sum(bool(getattr(other, "stays_first", False)) for other in sys.meta_path)
    sys.meta_path.insert(ahead, finder)
    return finder


def remove_snapshot() -> None:
    """Take an installed snapshot away."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, SnapshotFinder)]


def source_text(data: bytes) -> str:
    """The text of a Python file, in the encoding that it declares."""
    import io
    import tokenize

    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return io.TextIOWrapper(io.BytesIO(data), encoding).read()
    except (SyntaxError, UnicodeDecodeError, LookupError):
        return data.decode(errors="replace")


def _is_on_disk(fullname: str, path: Sequence[str] | None) -> bool:
    found = importlib.machinery.PathFinder.find_spec(fullname, list(path) if path is not None else None)
    return found is not None and found.origin is not None
