"""Code snapshots: the flow's files as they were when the run began.

Each file is a blob, so that runs of the same code share it. The manifest, a blob too, lists the files; its digest
names the snapshot, and equal code gives equal names.
"""
# Paths are text here: a `Path` object costs more than the system call that it is made for.

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from stepwell.base.errors import Corrupted, NotFound, StoreError
from stepwell.documents.refs import BlobRef
from stepwell.documents.run import CodeSnapshot
from stepwell.store.blobs import blob_key
from stepwell.store.code_files import find_code_files
from stepwell.store.keys import check_key
from stepwell.store.local import LocalStore
from stepwell.store.os_errors import store_error

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from stepwell.store.datastore import Datastore


class SnapshotFile(NamedTuple):
    """A file of a snapshot: name with forward slashes, digest of its content, bytes, and mode (0o644 or 0o755)."""

    path: str
    digest: str
    size: int
    mode: int


def take_snapshot(
    datastore: Datastore,
    flow_file: str,
    *,
    suffixes: Iterable[str],
    max_bytes: int,
    extra_files: Iterable[str] = (),
    left_out: Collection[str] = (),
    notice: Callable[[str, str], None] | None = None,
) -> CodeSnapshot:
    """Keep the files of a flow; see `find_code_files` for which they are.

    Args:
        datastore: Where they are kept.
        flow_file: The flow file; its folder is the snapshot's root.
        suffixes: Endings of the files to take.
        max_bytes: Bytes that all files may have together.
        extra_files: Further files below the folder.
        left_out: Absolute paths of files that must not be kept, such as those that secrets are read from.
        notice: Called with a message and a hint when files were left out because of a limit.

    Raises:
        NotFound: The flow file is gone.
        StoreFull: No space.
        StoreReadOnly: No permission.
    """
    flow_file = os.path.abspath(flow_file)
    own_folder = datastore.store.root if isinstance(datastore.store, LocalStore) else ""
    found = find_code_files(
        flow_file,
        suffixes=suffixes,
        max_bytes=max_bytes,
        extra_files=extra_files,
        skipped=(own_folder,) if own_folder else (),
    )
    files: list[SnapshotFile] = []
    for file in found.files:
        if file.path in left_out:
            continue
        try:
            with open(file.path, "rb", buffering=0) as opened:
                content = opened.readall()
        except OSError as error:
            if file.path == flow_file:
                raise store_error(error, file.path, writing=False) from error
            # Deleted meanwhile, or not readable: then the run cannot have used it either.
            continue
        ref = datastore.blobs.put([content])
        files.append(SnapshotFile(file.name, ref.digest, ref.size, file.mode))
    source = os.path.basename(flow_file)
    if all(file.path != source for file in files):
        raise NotFound(
            f"the flow file `{flow_file}` cannot be kept with the run",
            hint="look whether it still exists, and give it a plain name such as `train.py`",
        )
    if found.left_out and notice is not None:
        notice(
            f"the code snapshot leaves out {found.left_out}; what the flow has imported is in it",
            "keep the flow in a folder of its own, or raise `code_max_bytes`",
        )
    manifest = datastore.blobs.put([msgspec.json.encode(files)])
    return CodeSnapshot(
        digest=manifest.digest,
        source=source,
        root=os.path.dirname(flow_file),
        files=len(files),
        size=sum(file.size for file in files),
    )


class Snapshot:
    """A code snapshot in a datastore; `Snapshot.open` finds it.

    Attributes:
        digest: Its name.
    """

    def __init__(self, datastore: Datastore, digest: str, files: list[SnapshotFile]) -> None:
        self.digest = digest
        self._datastore = datastore
        self._files = {file.path: file for file in files}

    @classmethod
    def open(cls, datastore: Datastore, digest: str) -> Snapshot:
        """The snapshot of a name (`CodeSnapshot.digest`).

        Raises:
            NotFound: It is not in the datastore.
            Corrupted: Its manifest has changed since it was written.
        """
        size = datastore.store.size(blob_key(digest))
        if size is None:
            raise NotFound(
                f"the code snapshot `{digest}` is not in `{datastore.url}`",
                hint="restore it from a copy of the datastore",
            )
        data = datastore.blobs.get(BlobRef(digest, size))
        try:
            files = msgspec.json.decode(data, type=list[SnapshotFile])
            for file in files:
                check_key(file.path)
        except (msgspec.DecodeError, StoreError) as error:
            raise Corrupted(
                f"`{digest}` is no manifest of a code snapshot: {error}", hint="restore it from a copy of the datastore"
            ) from error
        return cls(datastore, digest, files)

    def files(self) -> list[SnapshotFile]:
        """The files, sorted by name."""
        return list(self._files.values())

    def read(self, path: str) -> bytes:
        """The content of a file, verified.

        Args:
            path: Its name in the snapshot, with forward slashes.

        Raises:
            NotFound: The snapshot has no such file, or its blob is gone.
            Corrupted: The content has changed since it was written.
        """
        file = self._files.get(path)
        if file is None:
            raise NotFound(f"the code snapshot `{self.digest}` has no file `{path}`")
        return self._datastore.blobs.get(BlobRef(file.digest, file.size))

    def sources(self, root: str) -> dict[str, bytes]:
        """The content of every file, by the absolute path that it had.

        Args:
            root: The folder where the files were taken (`CodeSnapshot.root`).
        """
        return {os.path.join(root, *path.split("/")): self.read(path) for path in self._files}

    def extract(self, folder: str) -> None:
        """Write the files below a folder, which is made; files of the same names are replaced.

        Raises:
            StoreFull: No space.
            StoreReadOnly: No permission.
        """
        target = LocalStore(folder)
        for file in self._files.values():
            target.put(file.path, [self.read(file.path)])
            if file.mode & 0o100:
                path = target.local_path(file.path)
                try:
                    os.chmod(path, file.mode)
                except OSError as error:
                    raise store_error(error, path, writing=True) from error
