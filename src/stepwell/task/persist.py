"""What a task leaves behind: which attributes are new, which changed, which are carried on untouched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepwell.artifacts.changes import is_unchanged
from stepwell.base.errors import ArtifactError, StepwellError, StoreError
from stepwell.store.artifact_table import MAX_BASE_DEPTH

if TYPE_CHECKING:
    from stepwell.artifacts.reader import ArtifactReader
    from stepwell.artifacts.writer import ArtifactWriter
    from stepwell.documents.refs import ArtifactRef
    from stepwell.task.runtime import StoredRuntime


class Persisted:
    """The outcome of storing a task's state.

    Attributes:
        artifacts: References of what the task set or changed.
        removed: Names that it deleted.
        errors: What could not be stored, by name; everything else was.
    """

    __slots__ = ("artifacts", "errors", "removed")

    def __init__(self) -> None:
        self.artifacts: dict[str, ArtifactRef] = {}
        self.removed: tuple[str, ...] = ()
        self.errors: dict[str, StepwellError] = {}


def persist_state(
    state: dict[str, Any], deleted: set[str], runtime: StoredRuntime, writer: ArtifactWriter, reader: ArtifactReader
) -> Persisted:
    """Store the flow object's state.

    An artifact that the step never touched is not looked at; one that it only read is stored again only if it was
    changed in place; one whose new value has the old digest is carried by reference.
    """
    persisted = Persisted()
    persisted.artifacts.update(runtime.adopted)
    for name, value in state.items():
        read = runtime.loaded.get(name)
        try:
            if read is not None and is_unchanged(read, value, writer, reader):
                continue
            ref = writer.store(name, value)
        except ArtifactError as error:
            persisted.errors[name] = error
            continue
        except StoreError as error:
            persisted.errors[name] = type(error)(
                f"the artifact `{name}` cannot be stored: {error.message}", hint=error.hint
            )
            continue
        except MemoryError:
            persisted.errors[name] = ArtifactError(
                f"memory ran out while the artifact `{name}` was being stored",
                hint="say what the step needs with `@resources(memory=...)`, or keep less",
            )
            continue
        before = runtime.ref(name)
        if before is None or before.digest != ref.digest or name in persisted.artifacts:
            persisted.artifacts[name] = ref
    persisted.removed = tuple(sorted(deleted))
    for name in deleted:
        persisted.artifacts.pop(name, None)
    return persisted


def complete_table(persisted: Persisted, inherited: dict[str, ArtifactRef]) -> dict[str, ArtifactRef]:
    """All artifacts of the task in one table, for a result that needs no base."""
    table = {**inherited, **persisted.artifacts}
    for name in persisted.removed:
        table.pop(name, None)
    return table


def needs_complete_table(base_depth: int) -> bool:
    """True when one more link would make the chain of bases too long."""
    return base_depth + 1 > MAX_BASE_DEPTH
