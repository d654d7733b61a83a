"""The code that a run executed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import tarfile
    import tempfile

    from stepwell.client.session import ClientSession
    from stepwell.store.snapshot import Snapshot


class MetaflowCode:
    """The code snapshot of a run: the flow file and the files beside it, as they were when the run began.

    Args:
        session: Where the run is.
        flow: The flow's name.
        run: The run's id.
    """

    def __init__(self, session: ClientSession, flow: str, run: str) -> None:
        self._session = session
        self._header = session.header(flow, run)
        self._code = self._header.code

    def _snapshot(self) -> Snapshot:
        from stepwell.store.snapshot import Snapshot

        return Snapshot.open(self._session.datastore, self._code.digest)

    @property
    def path(self) -> str:
        """Where the list of the snapshot's files stands: a path, or a URL where the datastore is no folder."""
        from stepwell.store.blobs import blob_key

        key = blob_key(self._code.digest)
        datastore = self._session.datastore
        return datastore.local_path(key) or f"{datastore.url}/{key}"

    @property
    def info(self) -> dict[str, Any]:
        """Facts about the code: digest, flow file, folder, number of files, bytes, git state, interpreter."""
        header, git = self._header, self._header.git
        return {
            "digest": self._code.digest,
            "script": self._code.source,
            "root": self._code.root,
            "files": self._code.files,
            "size": self._code.size,
            "git_commit": git.commit if git is not None else "",
            "git_branch": git.branch if git is not None else "",
            "git_dirty": git.dirty if git is not None else False,
            "python_version": header.python,
            "stepwell_version": header.stepwell,
            "platform": header.platform,
            "username": header.user,
        }

    @property
    def script_name(self) -> str:
        """Name of the flow file."""
        return self._code.source

    @property
    def flowspec(self) -> str:
        """The source of the flow file."""
        return self._snapshot().read(self._code.source).decode("utf-8", errors="replace")

    @property
    def tarball(self) -> tarfile.TarFile:
        """All files as a tar archive in memory, open for reading."""
        import io
        import tarfile

        buffer = io.BytesIO()
        snapshot = self._snapshot()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            for file in snapshot.files():
                member = tarfile.TarInfo(file.path)
                member.size, member.mode, member.mtime = file.size, file.mode, int(self._header.created_at)
                archive.addfile(member, io.BytesIO(snapshot.read(file.path)))
        buffer.seek(0)
        return tarfile.open(fileobj=buffer, mode="r")

    def extract(self) -> tempfile.TemporaryDirectory[str]:
        """All files in a new folder, which is removed with the object: `with code.extract() as folder:`."""
        import tempfile

        folder = tempfile.TemporaryDirectory(prefix="stepwell-code-")
        self._snapshot().extract(folder.name)
        return folder

    def __repr__(self) -> str:
        return f"<MetaflowCode: {os.path.basename(self.script_name)}, {self._code.files} files>"
