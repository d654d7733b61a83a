"""A run executes its snapshot: the flow's modules come from the datastore, under the names of the original files."""

from __future__ import annotations

import linecache
import os
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from stepwell.artifacts.reader import ArtifactReader
from stepwell.decorators.shaping import apply_recorded
from stepwell.flow.loading import load_flow
from stepwell.flow.snapshot_import import install_snapshot, remove_snapshot, source_text
from stepwell.flow.source import remember_source
from stepwell.store.snapshot import Snapshot

if TYPE_CHECKING:
    from stepwell.documents.run import FlowShape
    from stepwell.flow.spec import FlowSpec
    from stepwell.store.datastore import Datastore


class SnapshotSources(Mapping[str, bytes]):
    """Absolute original path to content, read from the datastore when asked for.

    Args:
        snapshot: The code of the run.
        root: The folder where the files were taken.
    """

    def __init__(self, snapshot: Snapshot, root: str) -> None:
        self._snapshot = snapshot
        self._paths = {os.path.join(root, *file.path.split("/")): file.path for file in snapshot.files()}

    def __getitem__(self, path: str) -> bytes:
        return self._snapshot.read(self._paths[path])

    def __contains__(self, path: object) -> bool:
        return path in self._paths

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)


def use_snapshot(datastore: Datastore, code: str, root: str) -> SnapshotSources:
    """From now on, modules of the flow's folder are imported from the snapshot.

    Those that are imported already show the snapshot's lines in tracebacks, whatever becomes of their files.
    """
    sources = SnapshotSources(Snapshot.open(datastore, code), root)
    install_snapshot(sources)
    for module in list(sys.modules.values()):
        path = getattr(module, "__file__", None)
        if isinstance(path, str) and path in sources:
            remember_source(path, source_text(sources[path]))
    return sources


def forget_snapshot(sources: SnapshotSources) -> None:
    """Undo `use_snapshot`, for a process that lives longer than the run."""
    remove_snapshot()
    for path in sources:
        linecache.cache.pop(path, None)


def load_flow_of(
    datastore: Datastore, code: str, root: str, source: str, shape: FlowShape | None = None
) -> type[FlowSpec]:
    """Load the flow from the snapshot, in the shape that the run recorded. `source` is `train.py:TrainFlow`."""
    sources = SnapshotSources(Snapshot.open(datastore, code), root)
    file, _, name = source.partition(":")
    flow = load_flow(os.path.join(root, file), name or None, sources=sources)
    if shape is not None:
        take_shape(flow, datastore, shape)
    return flow


def take_shape(flow: type[FlowSpec], datastore: Datastore, shape: FlowShape) -> None:
    """Give a flow the shape that a run of it recorded: values of configs, and what mutators did."""
    reader = ArtifactReader(datastore.blobs)
    values = {name: reader.load(ref, name) for name, ref in shape.configs.items()}
    changes = reader.load(shape.changes, "changes") if shape.changes is not None else None
    apply_recorded(flow, values, changes)
