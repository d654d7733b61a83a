"""Flows, and the entry to all of them."""
# The classes of the client are friends: they make each other and share what was read.
# ruff: noqa: SLF001

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from stepwell.base.pathspec import is_safe_name
from stepwell.client.client_object import ClientObject, local_time
from stepwell.client.run import Run
from stepwell.client.session import ClientSession, default_session

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

_SUGGESTIONS = 100


class Flow(ClientObject[Run]):
    """A flow that has runs.

    Args:
        pathspec: `FlowName`.
        session: Where to look; None for the default session.
    """

    _depth = 1

    def _find(self) -> bool:
        return self._session.records.latest_run(self._names[0]) is not None

    def _children(self) -> Iterator[Run]:
        return self.runs()

    def _child(self, name: str) -> Run | None:
        row = self._session.records.run(self._names[0], name) if is_safe_name(name) else None
        if row is None:
            return None
        run = Run.of(self._session, row)
        run._check_namespace()
        return run

    def __contains__(self, name: object) -> bool:
        text = str(name)
        return is_safe_name(text) and self._session.records.run(self._names[0], text) is not None

    def _key_names(self) -> list[str]:
        return [run.id for run in itertools.islice(self.runs(), _SUGGESTIONS)]

    def _namespace_tags(self) -> tuple[str, ...]:
        namespace = self._session.namespace
        return () if namespace is None else (namespace,)

    def runs(self, *tags: str) -> Iterator[Run]:
        """Runs in the current namespace, newest first.

        Args:
            *tags: Only runs that have all of these tags.
        """
        wanted = (*self._namespace_tags(), *tags)
        for row in self._session.records.iter_runs(self._names[0], tags=wanted):
            yield Run.of(self._session, row)

    @property
    def latest_run(self) -> Run | None:
        """The newest run in the current namespace."""
        rows = self._session.records.runs(self._names[0], tags=self._namespace_tags(), limit=1)
        return Run.of(self._session, rows[0]) if rows else None

    @property
    def latest_successful_run(self) -> Run | None:
        """The newest run in the current namespace that ended well; found at once, however many failed since."""
        records = self._session.records
        rows = records.runs(self._names[0], tags=self._namespace_tags(), status="succeeded", limit=1)
        return Run.of(self._session, rows[0]) if rows else None

    @property
    def created_at(self) -> datetime | None:
        """When its first run began, in local time without a zone."""
        return local_time(self._session.records.first_run_at(self._names[0]))

    def _tags(self) -> tuple[frozenset[str], frozenset[str]]:
        # Tags belong to runs.
        return frozenset(), frozenset()

    def is_in_namespace(self) -> bool:
        """True when any of its runs is seen in the current namespace."""
        return self._session.namespace is None or self.latest_run is not None


class Metaflow:
    """The entry to all flows of a datastore: iteration, `in`, and `Stepwell()["TrainFlow"]`.

    Args:
        session: Where to look; None for the default session.
    """

    def __init__(self, *, session: ClientSession | None = None) -> None:
        self._session = session or default_session()

    @property
    def flows(self) -> list[Flow]:
        """The flows that have runs in the current namespace, by name."""
        return list(self)

    def __iter__(self) -> Iterator[Flow]:
        for name in self._session.records.flows():
            flow = Flow._made(self._session, (name,))
            if flow.is_in_namespace():
                yield flow

    def __getitem__(self, name: str) -> Flow:
        flow = Flow._made(self._session, Flow._parse(name))
        if not flow._find():
            raise KeyError(f"there is no flow `{name}` in `{self._session.datastore.url}`")
        flow._check_namespace()
        return flow

    def __contains__(self, name: object) -> bool:
        return any(flow.id == name for flow in self)

    def _ipython_key_completions_(self) -> list[str]:
        return [flow.id for flow in self]

    def __repr__(self) -> str:
        return f"Stepwell({self._session.datastore.url!r})"


Stepwell = Metaflow
