"""What became of a step that was run on its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from stepwell.artifacts.reader import ArtifactReader
from stepwell.base import errors
from stepwell.base.errors import StepError, StepwellError
from stepwell.store.artifact_table import ArtifactTables
from stepwell.store.result_reader import ResultReader

if TYPE_CHECKING:
    from types import ModuleType

    from stepwell.documents.refs import ArtifactRef, ResultRef
    from stepwell.documents.task import ErrorRecord, TaskResult, Transition
    from stepwell.store.datastore import Datastore


class Values(Mapping[str, Any]):
    """Artifacts by name; each value is loaded as it would be in the next step, a new object each time."""

    def __init__(self, refs: Mapping[str, ArtifactRef], reader: ArtifactReader) -> None:
        self._refs = refs
        self._reader = reader

    def __getitem__(self, name: str) -> Any:
        return self._reader.load(self._refs[name], name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._refs)

    def __len__(self) -> int:
        return len(self._refs)

    def __repr__(self) -> str:
        return "{" + ", ".join(f"{name!r}: {ref.preview}" for name, ref in self._refs.items()) + "}"


class StepOutcome:
    """What a step left behind.

    Args:
        result: Its result.
        datastore: Where the values are.
        ref: Names the result.
        raised: What the step raised.
        module: The module of the flow, for values of its own classes.

    Attributes:
        artifacts: What the step set or changed, by name.
        transition: Where it leads: `targets`, `foreach`, `size`, `case`; None when it failed.
        error: Why it failed, as it is recorded; None when it did not.
        exception: The exception itself, where the step raised one.
        reads: What it read: name to digest.
        result: The whole record.
    """

    def __init__(
        self,
        result: TaskResult,
        datastore: Datastore,
        ref: ResultRef,
        *,
        raised: BaseException | None = None,
        module: ModuleType | None = None,
    ) -> None:
        self.result = result
        self.transition: Transition | None = result.transition
        self.error: ErrorRecord | None = result.error
        self.exception = raised if result.error is not None else None
        self.reads: dict[str, str] = dict(result.reads)
        reader = ArtifactReader(datastore.blobs, main_module=(lambda: module) if module is not None else None)
        self._reader = reader
        results = ResultReader(datastore)
        table = ArtifactTables(results).table(result.flow, ref)
        results.close()
        changed = {name: one for name, one in result.artifacts.items() if name in table}
        self.artifacts: Mapping[str, Any] = Values(changed, reader)
        self.all_artifacts: Mapping[str, Any] = Values(table, reader)

    @property
    def succeeded(self) -> bool:
        """True when the step ended well."""
        return self.result.outcome == "succeeded"

    @property
    def next(self) -> tuple[str, ...]:
        """The steps that follow; of a switch, the one that was chosen."""
        return self.transition.targets if self.transition is not None else ()

    @property
    def items(self) -> list[Any] | None:
        """The items of the foreach that the step starts, None when it starts none."""
        transition = self.transition
        if transition is None or transition.items is None:
            return None
        return [self._reader.load_item(transition.items, index) for index in range(transition.items.count)]

    def raise_for_failure(self) -> None:
        """Raise what the step raised, or what was wrong with what it left behind; nothing when it succeeded."""
        __tracebackhide__ = True
        if self.error is None:
            return
        if self.exception is not None:
            raise self.exception
        kind: Any = getattr(errors, self.error.type.rpartition(".")[2], None)
        if isinstance(kind, type) and issubclass(kind, StepwellError):
            try:
                error = kind(self.error.message, hint=self.error.hint)
            except TypeError:
                error = StepError(self.error.message, hint=self.error.hint)
            raise error
        raise StepError(f"the step failed: {self.error.message}", hint=self.error.hint)

    def __repr__(self) -> str:
        where = f"{self.result.flow}.{self.result.step}"
        if self.error is not None:
            return f"<StepOutcome {where} {self.result.outcome}: {self.error.type}: {self.error.message}>"
        return f"<StepOutcome {where} sets {self.artifacts!r}, next {list(self.next)}>"
