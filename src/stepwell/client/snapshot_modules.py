"""The modules of a run's code snapshot, for values whose classes the flow's own files define."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from types import ModuleType
from typing import TYPE_CHECKING

from stepwell.store.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stepwell.documents.run import CodeSnapshot
    from stepwell.store.datastore import Datastore

# Snapshots that were written out for imports; the folders go when the process ends.
_folders: dict[str, tempfile.TemporaryDirectory[str]] = {}


def main_module_of(datastore: Datastore, code: CodeSnapshot) -> ModuleType:
    """The flow file of a snapshot as a module: executed once, under a name of its own, never as `__main__`."""
    name = f"_stepwell_flow_{code.digest[:16]}"
    known = sys.modules.get(name)
    if known is not None:
        return known
    snapshot = Snapshot.open(datastore, code.digest)
    source = snapshot.read(code.source)
    module = ModuleType(name)
    module.__file__ = os.path.join(code.root, code.source)
    compiled = compile(source, module.__file__, "exec")
    sys.modules[name] = module
    try:
        with _importable(_folder_of(snapshot)):
            exec(compiled, module.__dict__)  # noqa: S102 - the run's own code, asked for by its own value
    except BaseException:
        del sys.modules[name]
        raise
    return module


@contextlib.contextmanager
def snapshot_on_path(datastore: Datastore, code: CodeSnapshot, module: str | None) -> Iterator[bool]:
    """Make the snapshot's modules importable for a while, when it has the one that was missed.

    Args:
        datastore: Where the snapshot is.
        code: The snapshot.
        module: Name of the missing module.
    """
    top = (module or "").partition(".")[0]
    snapshot = Snapshot.open(datastore, code.digest)
    paths = {file.path for file in snapshot.files()}
    if not top or not (f"{top}.py" in paths or any(path.startswith(f"{top}/") for path in paths)):
        yield False
        return
    with _importable(_folder_of(snapshot)):
        yield True


def _folder_of(snapshot: Snapshot) -> str:
    """A folder with the snapshot's files; the originals may have changed since the run."""
    folder = _folders.get(snapshot.digest)
    if folder is None:
        folder = tempfile.TemporaryDirectory(prefix="stepwell-code-", ignore_cleanup_errors=True)
        snapshot.extract(folder.name)
        _folders[snapshot.digest] = folder
    return folder.name


@contextlib.contextmanager
def _importable(folder: str) -> Iterator[None]:
    sys.path.append(folder)
    try:
        yield
    finally:
        sys.path.remove(folder)
