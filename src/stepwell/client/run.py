"""Runs: status, results, tags."""
# The classes of the client are friends: they make each other and share what was read.
# ruff: noqa: SLF001

from __future__ import annotations

from typing import TYPE_CHECKING

from stepwell.client.client_object import ClientObject, local_time
from stepwell.client.code import MetaflowCode
from stepwell.client.step import Step
from stepwell.client.tags import change_tags, tag_list
from stepwell.client.task import Task

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from stepwell.client.artifact import MetaflowData
    from stepwell.client.session import ClientSession
    from stepwell.records.rows import RunRow, TaskStatus


class Run(ClientObject[Step]):
    """One execution of a flow, running or over.

    Args:
        pathspec: `FlowName/RunID`.
        session: Where to look; None for the default session.
    """

    _depth = 2
    _row: RunRow

    @classmethod
    def of(cls, session: ClientSession, row: RunRow) -> Run:
        """The run of a row."""
        made = cls._made(session, (row.flow, row.run))
        made._row = row
        return made

    def _find(self) -> bool:
        row = self._session.records.run(*self._names)
        if row is None:
            return False
        self._row = row
        return True

    def _current(self) -> RunRow:
        """The row, read again while a change is possible."""
        if ("_row" not in self.__dict__ or self._row.status == "running") and not self._find():
            raise self._not_found()
        return self._row

    def _children(self) -> Iterator[Step]:
        flow, run = self._names
        for row in reversed(self._session.records.steps(flow, run)):
            if not row.step.startswith("_"):
                yield Step._made(self._session, (flow, run, row.step))

    def _child(self, name: str) -> Step | None:
        step = Step._made(self._session, (*self._names, name))
        return step if step._find() else None

    def steps(self, *tags: str) -> Iterator[Step]:
        """Steps that have begun, newest first; `_parameters` is reached as `run["_parameters"]`.

        Args:
            *tags: Only if the run has all of these tags.
        """
        if tags and not self.tags.issuperset(tags):
            return iter(())
        return self._children()

    # -- status

    @property
    def status(self) -> TaskStatus:
        """`running`, `succeeded`, `failed` or `cancelled`."""
        return self._current().status

    @property
    def successful(self) -> bool:
        """True when the run ended well."""
        return self._current().status == "succeeded"

    @property
    def finished(self) -> bool:
        """True when the run is over, well or not."""
        return self._current().status != "running"

    @property
    def created_at(self) -> datetime | None:
        """When it began, in local time without a zone."""
        return local_time(self._current().created_at)

    @property
    def finished_at(self) -> datetime | None:
        """When it ended, well or not, in local time without a zone; None while it runs."""
        return local_time(self._current().finished_at)

    @property
    def reason(self) -> str:
        """Why it ended as it did; empty for a success and while it runs."""
        return self._current().reason

    @property
    def origin_pathspec(self) -> str | None:
        """The run that this one resumes; None for ordinary runs."""
        origin = self._current().origin_run
        return f"{self._names[0]}/{origin}" if origin else None

    @property
    def trigger(self) -> None:
        """What triggered it; runs that were started by hand have no trigger."""
        return None

    @property
    def started_by(self) -> Task | None:
        """The task whose step started this run (`self.run_flow`); None for a run that was started otherwise."""
        parent = self._session.header(*self._names).parent
        return Task._made(self._session, tuple(parent.split("/"))) if parent else None

    # -- results

    @property
    def end_task(self) -> Task | None:
        """The task of the last step, None when it has not begun."""
        end = self._child(self._session.header(*self._names).graph.end)
        return end.task if end is not None else None

    @property
    def data(self) -> MetaflowData | None:
        """The artifacts of the last step as attributes: `run.data.x`; None when it has not begun."""
        task = self.end_task
        return task.data if task is not None else None

    @property
    def code(self) -> MetaflowCode | None:
        """The code that it executes."""
        return MetaflowCode(self._session, *self._names)

    # -- tags

    def add_tag(self, tag: str | Iterable[str]) -> None:
        """Add a user tag.

        Raises:
            TaggingError: The tag breaks a rule, or there would be more than 50.
        """
        self.add_tags(tag_list(tag))

    def add_tags(self, tags: str | Iterable[str]) -> None:
        """Add user tags; those that are there already are fine. Errors as for `add_tag`."""
        change_tags(self._session, *self._names, add=tag_list(tags))

    def remove_tag(self, tag: str | Iterable[str]) -> None:
        """Remove a user tag; one that is not there is fine.

        Raises:
            TaggingError: It is a system tag.
        """
        self.remove_tags(tag_list(tag))

    def remove_tags(self, tags: str | Iterable[str]) -> None:
        """Remove user tags. Errors as for `remove_tag`."""
        change_tags(self._session, *self._names, remove=tag_list(tags))

    def replace_tag(self, tag_to_remove: str | Iterable[str], tag_to_add: str | Iterable[str]) -> None:
        """Remove one user tag and add another, in one change. Errors as for `add_tag` and `remove_tag`."""
        self.replace_tags(tag_list(tag_to_remove), tag_list(tag_to_add))

    def replace_tags(self, tags_to_remove: str | Iterable[str], tags_to_add: str | Iterable[str]) -> None:
        """Remove user tags and add others, in one change. Errors as for `add_tag` and `remove_tag`."""
        change_tags(self._session, *self._names, add=tag_list(tags_to_add), remove=tag_list(tags_to_remove))
