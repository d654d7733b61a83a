"""What stands behind `self.x` while a step runs: inherited artifacts, loaded on first use and noted as read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepwell.artifacts.preview import preview
from stepwell.base.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from stepwell.artifacts.reader import ArtifactReader
    from stepwell.documents.refs import ArtifactRef, ResultRef
    from stepwell.documents.task import SplitFrame
    from stepwell.flow.runtime import StepRuntime
    from stepwell.store.artifact_table import ArtifactTables
    from stepwell.store.result_reader import ResultReader

# Characters of a foreach item's text that are kept to tell tasks apart.
_LABEL = 40


class StoredRuntime:
    """A `StepRuntime` over stored results.

    Args:
        flow: Flow name.
        step: Step name.
        base: The result whose artifacts are inherited.
        frames: The splits that the task stands in, outermost first.
        is_join: True for a join.
        tables: Resolves artifact names.
        results: Reads results (for the items of a foreach).
        reader: Loads values.
    """

    def __init__(
        self,
        *,
        flow: str,
        step: str,
        base: ResultRef,
        frames: tuple[SplitFrame, ...],
        is_join: bool,
        tables: ArtifactTables,
        results: ResultReader,
        reader: ArtifactReader,
    ) -> None:
        self.step = step
        self.is_join = is_join
        self.base = base
        self.reads: dict[str, str] = {}
        self.loaded: dict[str, ArtifactRef] = {}
        self.adopted: dict[str, ArtifactRef] = {}
        self.on_adopt: Callable[[str, ArtifactRef], None] | None = None
        self.label = ""
        self._flow = flow
        self._frames = tuple(frame for frame in frames if frame.kind != "branch")
        self._tables = tables
        self._results = results
        self._reader = reader

    def ref(self, name: str) -> ArtifactRef | None:
        """The reference of an inherited or adopted artifact, None when there is none."""
        found = self.adopted.get(name)
        return found if found is not None else self._tables.lookup(self._flow, self.base, name)

    def has(self, name: str) -> bool:
        """True when the task inherited an artifact of that name."""
        return self.ref(name) is not None

    def load(self, name: str) -> Any:
        """The value of an inherited artifact, noted as read.

        Raises:
            KeyError: There is none of that name.
            ArtifactError: It is there but cannot be loaded.
        """
        ref = self.ref(name)
        if ref is None:
            raise KeyError(name)
        value = self._reader.load(ref, name)
        self.reads[name] = ref.digest
        self.loaded[name] = ref
        return value

    def names(self) -> Iterable[str]:
        """Names of inherited artifacts."""
        return [*self._tables.table(self._flow, self.base), *self.adopted]

    def digest(self, name: str) -> str:
        """The content digest of an inherited artifact; KeyError when there is none."""
        ref = self.ref(name)
        if ref is None:
            raise KeyError(name)
        return ref.digest

    def adopt(self, source: StepRuntime, name: str) -> None:
        """Take over another task's artifact by reference, without loading it."""
        assert isinstance(source, StoredRuntime)
        ref = source.ref(name)
        if ref is None:
            raise KeyError(name)
        self.adopted[name] = ref
        if self.on_adopt is not None:
            self.on_adopt(name, ref)

    def foreach_input(self) -> Any:
        """The innermost foreach item, None outside a foreach."""
        if not self._frames:
            return None
        item = self._item(self._frames[-1])
        self.label = preview(item)[:_LABEL]
        return item

    def foreach_index(self) -> int | None:
        """Its 0-based index, None outside a foreach."""
        return self._frames[-1].index if self._frames else None

    def foreach_stack(self) -> list[tuple[int, int, Any]]:
        """`(index, number of branches, item)` from the outermost foreach to the innermost."""
        return [(frame.index, frame.size, self._item(frame)) for frame in self._frames]

    def _item(self, frame: SplitFrame) -> Any:
        transition = self._results.result(self._flow, frame.split).transition
        if transition is None or transition.items is None:
            if frame.kind == "gang":
                return frame.index
            raise NotFound(
                f"the items of the foreach over `{frame.variable}` are not stored",
                hint="the record of the split task is damaged; `stepwell doctor` tells more",
            )
        self.reads[f"{frame.variable}[{frame.index}]"] = self._reader.item_digest(transition.items, frame.index)
        return self._reader.load_item(transition.items, frame.index)
