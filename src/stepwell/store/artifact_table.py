"""Which artifacts a task has: its own, and those that it started from.

A result names only what its task changed, and the result that it began with (its base). The full table is what the
chain of bases adds up to. The writer of a result ends the chain with a complete table when it would grow longer than
`MAX_BASE_DEPTH`, so that no reader has far to go. A base may belong to another run, for tasks that resume took over.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from stepwell.base.errors import Corrupted

if TYPE_CHECKING:
    from stepwell.documents.refs import ArtifactRef, ResultRef
    from stepwell.documents.task import TaskResult
    from stepwell.store.result_reader import ResultReader

#: The longest chain of bases that a writer makes: a result of this depth is followed by one with a complete table.
MAX_BASE_DEPTH = 8

# No writer makes such a chain; it is a circle.
_ENDLESS = 1000
_KEPT_TABLES = 256

_Key = tuple[str, str, str, int, int]


class ArtifactTables:
    """Full artifact tables of results; the last ones are kept.

    Args:
        reader: Where the results come from.
    """

    def __init__(self, reader: ResultReader) -> None:
        self._reader = reader
        self._tables: OrderedDict[_Key, dict[str, ArtifactRef]] = OrderedDict()

    def table(self, flow: str, ref: ResultRef) -> dict[str, ArtifactRef]:
        """All artifacts of a result, by name; the caller may change the dictionary.

        Raises:
            NotFound: The result, or a base of it, is missing.
            Corrupted: One of them has changed since it was written.
        """
        table: dict[str, ArtifactRef] = {}
        changes: list[TaskResult] = []
        following: ResultRef | None = ref
        while following is not None:
            known = self._known(flow, following)
            if known is not None:
                table = dict(known)
                break
            result = self._reader.result(flow, following)
            changes.append(result)
            self._check_end(flow, ref, len(changes))
            following = result.base
        for result in reversed(changes):
            for name in result.removed:
                table.pop(name, None)
            table.update(result.artifacts)
        self._keep(flow, ref, table)
        return dict(table)

    def lookup(self, flow: str, ref: ResultRef, name: str) -> ArtifactRef | None:
        """One artifact of a result, None when it has none of that name; reads no further than it must."""
        following: ResultRef | None = ref
        steps = 0
        while following is not None:
            known = self._known(flow, following)
            if known is not None:
                return known.get(name)
            result = self._reader.result(flow, following)
            found = result.artifacts.get(name)
            if found is not None or name in result.removed:
                return found
            steps += 1
            self._check_end(flow, ref, steps)
            following = result.base
        return None

    def _known(self, flow: str, ref: ResultRef) -> dict[str, ArtifactRef] | None:
        key = (flow, ref.run, ref.step, ref.task, ref.attempt)
        table = self._tables.get(key)
        if table is not None:
            self._tables.move_to_end(key)
        return table

    def _keep(self, flow: str, ref: ResultRef, table: dict[str, ArtifactRef]) -> None:
        self._tables[flow, ref.run, ref.step, ref.task, ref.attempt] = table
        if len(self._tables) > _KEPT_TABLES:
            self._tables.popitem(last=False)

    @staticmethod
    def _check_end(flow: str, ref: ResultRef, steps: int) -> None:
        if steps > _ENDLESS:
            raise Corrupted(
                f"the artifacts of `{flow}/{ref.run}/{ref.step}/{ref.task}` rest on each other in a circle",
                hint="run the task again (`resume`)",
            )
