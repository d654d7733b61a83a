"""What the client looks at: one datastore, its records, and the namespace that filters what is seen.

There is one default session per process; `namespace()` and `metadata()` change it. Objects remember the session that
they came from, so that several datastores can be looked at side by side: `Flow("TrainFlow", session=...)`.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from msgspec import UNSET, UnsetType

from stepwell.base.errors import ArtifactError, StepwellError

if TYPE_CHECKING:
    from stepwell.artifacts.reader import ArtifactReader
    from stepwell.base.settings import Settings
    from stepwell.documents.refs import ArtifactRef, ResultRef
    from stepwell.documents.run import RunHeader
    from stepwell.documents.task import TaskResult
    from stepwell.records.sqlite import Records
    from stepwell.store.artifact_table import ArtifactTables
    from stepwell.store.datastore import Datastore
    from stepwell.store.result_reader import ResultReader

_KEPT = 64


class ClientSession:
    """A datastore to look at. Everything is opened when it is first needed.

    Args:
        datastore: A path, a URL, an open datastore, or None for the one that the settings name or that is found by
            walking up from the working directory.
        namespace: Only runs with this tag are seen; None sees all. Left out, it is the settings' default namespace.
    """

    def __init__(self, datastore: str | Datastore | None = None, *, namespace: str | UnsetType | None = UNSET) -> None:
        self._place = datastore
        self._settings: Settings | None = None
        self._datastore: Datastore | None = None
        self._records: Records | None = None
        self._results: ResultReader | None = None
        self._tables: ArtifactTables | None = None
        self._namespace = namespace
        self._headers: dict[tuple[str, str], RunHeader] = {}
        self._readers: dict[tuple[str, str], ArtifactReader] = {}
        self._lock = threading.RLock()

    def __repr__(self) -> str:
        place = self._datastore.url if self._datastore is not None else self._place
        return f"ClientSession({place!r})"

    @property
    def settings(self) -> Settings:
        """The settings as they were when the session was first used."""
        if self._settings is None:
            from stepwell.base.settings import load_settings

            self._settings = load_settings()
        return self._settings

    @property
    def default_namespace(self) -> str | None:
        """The setting `namespace`, else `user:<user>`."""
        configured = self.settings.namespace
        if configured is None:
            return f"user:{self.settings.user}"
        return configured or None

    @property
    def namespace(self) -> str | None:
        """The tag that runs must have to be seen; None sees all."""
        return self.default_namespace if self._namespace is UNSET else self._namespace

    @namespace.setter
    def namespace(self, value: str | None) -> None:
        self._namespace = value

    @property
    def datastore(self) -> Datastore:
        """The datastore.

        Raises:
            NotFound: There is none yet.
        """
        if self._datastore is None:
            from stepwell.store.datastore import Datastore, open_datastore

            place = self._place
            if isinstance(place, Datastore):
                self._datastore = place
            else:
                self._datastore = open_datastore(place or self.settings.datastore, create=False)
        return self._datastore

    @property
    def records(self) -> Records:
        """The index of the datastore."""
        with self._lock:
            if self._records is None:
                from stepwell.records.opening import open_records

                self._records = open_records(self.datastore)
            return self._records

    def close(self) -> None:
        """Give back files; the session may be used again."""
        with self._lock:
            if self._records is not None:
                self._records.close()
            if self._results is not None:
                self._results.close()

    def header(self, flow: str, run: str) -> RunHeader:
        """A run's header; it never changes."""
        header = self._headers.get((flow, run))
        if header is None:
            header = self.records.header(flow, run)
            _keep(self._headers, (flow, run), header)
        return header

    def result(self, flow: str, ref: ResultRef) -> TaskResult:
        """The result that a reference names."""
        with self._lock:
            return self._open_results().result(flow, ref)

    def artifact(self, flow: str, ref: ResultRef, name: str) -> ArtifactRef | None:
        """One artifact of a result, own or inherited; None when it has none of that name."""
        with self._lock:
            return self._open_tables().lookup(flow, ref, name)

    def artifacts(self, flow: str, ref: ResultRef) -> dict[str, ArtifactRef]:
        """All artifacts of a result, own and inherited, by name."""
        with self._lock:
            return self._open_tables().table(flow, ref)

    def load(self, flow: str, run: str, ref: ArtifactRef, name: str) -> Any:
        """The value of an artifact.

        Raises:
            ArtifactError: It cannot be loaded here.
            Corrupted: Its bytes have changed.
        """
        reader = self._readers.get((flow, run))
        if reader is None:
            from stepwell.artifacts.reader import ArtifactReader
            from stepwell.client.snapshot_modules import main_module_of

            reader = ArtifactReader(
                self.datastore.blobs, main_module=lambda: main_module_of(self.datastore, self.header(flow, run).code)
            )
            _keep(self._readers, (flow, run), reader)
        try:
            return reader.load(ref, name)
        except ArtifactError as error:
            if not isinstance(error.__cause__, ModuleNotFoundError):
                raise
            from stepwell.client.snapshot_modules import snapshot_on_path

            # Modules that stood beside the flow file come from the run's own code snapshot.
            with snapshot_on_path(self.datastore, self.header(flow, run).code, error.__cause__.name) as found:
                if not found:
                    raise
                return reader.load(ref, name)

    def _open_results(self) -> ResultReader:
        if self._results is None:
            from stepwell.store.result_reader import ResultReader

            self._results = ResultReader(self.datastore)
        return self._results

    def _open_tables(self) -> ArtifactTables:
        if self._tables is None:
            from stepwell.store.artifact_table import ArtifactTables

            self._tables = ArtifactTables(self._open_results())
        return self._tables


class _Sessions:
    """The default session of the process, and those that unpickled objects asked for, by URL."""

    def __init__(self) -> None:
        self.default: ClientSession | None = None
        self.by_url: dict[str, ClientSession] = {}


_sessions = _Sessions()


def default_session() -> ClientSession:
    """The session that objects use when none is given."""
    if _sessions.default is None:
        _sessions.default = ClientSession()
    return _sessions.default


def set_default_session(session: ClientSession | None) -> None:
    """Make another session the default; None discovers the datastore anew at the next use."""
    _sessions.default = session


def session_at(url: str) -> ClientSession:
    """The session for a datastore's URL: the default one when it looks there."""
    try:
        default = default_session()
        if default.datastore.url == url:
            return default
    except StepwellError:
        # The default datastore may not exist; another one is asked for anyway.
        pass
    session = _sessions.by_url.get(url)
    if session is None:
        session = _sessions.by_url[url] = ClientSession(url)
    return session


def _keep(cache: dict[Any, Any], key: object, value: object) -> None:
    cache[key] = value
    if len(cache) > _KEPT:
        del cache[next(iter(cache))]
