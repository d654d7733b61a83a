"""Artifacts: their references at once, their values when asked for."""
# The classes of the client are friends: they make each other and share what was read.
# ruff: noqa: SLF001

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepwell.client.client_object import ClientObject, local_time
from stepwell.client.results import find_result, reference

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from stepwell.client.session import ClientSession
    from stepwell.documents.refs import ArtifactRef
    from stepwell.records.rows import TaskRow


class DataArtifact(ClientObject[Any]):
    """A named value that a task left behind, its own or inherited.

    Args:
        pathspec: `FlowName/RunID/StepName/TaskID/ArtifactName`.
        attempt: Which attempt; None for the last.
        session: Where to look; None for the default session.
    """

    _depth = 5
    _row: TaskRow
    _ref: ArtifactRef

    def _find(self) -> bool:
        flow, run, step, task, name = self._names
        row = find_result(self._session, (flow, run, step, task), self._attempt)
        if row is None or row.status == "running":
            return False
        found = self._session.artifact(flow, reference(run, row), name)
        if found is None:
            return False
        self._row, self._ref = row, found
        return True

    @classmethod
    def of(
        cls, session: ClientSession, names: tuple[str, ...], attempt: int | None, row: TaskRow, ref: ArtifactRef
    ) -> DataArtifact:
        """The artifact of a task whose row and reference are known."""
        made = cls._made(session, names, attempt)
        made._row, made._ref = row, ref
        return made

    def _children(self) -> Iterator[ClientObject[Any]]:
        return iter(())

    def _child(self, name: str) -> None:
        del name

    @property
    def data(self) -> Any:
        """The value, a new one each time.

        Raises:
            ArtifactError: It cannot be loaded here, for example because a package is missing.
            Corrupted: Its bytes have changed since they were written.
        """
        return self._session.load(self._names[0], self._names[1], self._ref, self._names[4])

    @property
    def sha(self) -> str:
        """Digest of the stored value: equal digests mean equal values."""
        return self._ref.digest

    @property
    def size(self) -> int:
        """Bytes of the serialised value."""
        return self._ref.size

    @property
    def type(self) -> str:
        """Qualified type name, such as `builtins.int`; known without loading."""
        return self._ref.type

    @property
    def preview(self) -> str:
        """One line to recognise the value by, at most 200 characters; known without loading."""
        return self._ref.preview

    @property
    def shape(self) -> tuple[int, ...]:
        """Dimensions of arrays and tables, length of collections; known without loading."""
        return self._ref.shape

    @property
    def finished_at(self) -> datetime | None:
        """When the task ended, in local time without a zone."""
        return local_time(self._row.finished_at)

    @property
    def created_at(self) -> datetime | None:
        """When the task ended, in local time without a zone."""
        return self.finished_at

    @property
    def origin_pathspec(self) -> str | None:
        """For a task that `resume` took over: where the artifact came from."""
        if not self._row.origin:
            return None
        run, step, task, _ = self._row.origin.split("/")
        return "/".join((self._names[0], run, step, task, self._names[4]))


class MetaflowData:
    """The values of a task as attributes: `data.x`; `"x" in data`; `dir(data)`. Each loads when it is asked for."""

    def __init__(self, session: ClientSession, names: tuple[str, ...], row: TaskRow) -> None:
        self._session = session
        self._names = names
        self._row = row

    def _refs(self) -> dict[str, ArtifactRef]:
        if self._row.status == "running":
            return {}
        return self._session.artifacts(self._names[0], reference(self._names[1], self._row))

    def _artifact_ref(self, name: str) -> ArtifactRef | None:
        if self._row.status == "running":
            return None
        return self._session.artifact(self._names[0], reference(self._names[1], self._row), name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in {"_session", "_names", "_row"}:
            raise AttributeError(name)
        ref = self._artifact_ref(name)
        if ref is None:
            known = ", ".join(f"`{other}`" for other in sorted(self._refs()) if not other.startswith("_"))
            raise AttributeError(f"`{'/'.join(self._names)}` has no artifact `{name}`; it has {known or 'none'}")
        return self._session.load(self._names[0], self._names[1], ref, name)

    def __contains__(self, name: object) -> bool:
        return self._artifact_ref(str(name)) is not None

    def __dir__(self) -> list[str]:
        return sorted(name for name in self._refs() if not name.startswith("_"))

    def _ipython_key_completions_(self) -> list[str]:
        return self.__dir__()

    def __repr__(self) -> str:
        return f"<MetaflowData: {', '.join(self.__dir__())}>"
