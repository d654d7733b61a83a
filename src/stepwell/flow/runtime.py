"""What stands behind a flow object while a step runs: the port through which `self.x` reaches stored values.

`flow` defines it, `task` implements it, so that the language needs no store.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable


class StepRuntime(Protocol):
    """The running task as the flow object sees it."""

    step: str
    is_join: bool

    def has(self, name: str) -> bool:
        """True when the task inherited an artifact of that name (parameters and class constants included)."""

    def load(self, name: str) -> Any:
        """The value of an inherited artifact, noted as read.

        Raises:
            KeyError: There is none of that name.
            ArtifactError: It is there but cannot be loaded.
        """

    def names(self) -> Iterable[str]:
        """Names of inherited artifacts."""

    def digest(self, name: str) -> str:
        """The content digest of an inherited artifact; KeyError when there is none."""

    def adopt(self, source: StepRuntime, name: str) -> None:
        """Take over another task's artifact by reference, without loading it (`merge_artifacts`)."""

    def foreach_input(self) -> Any:
        """The innermost foreach item, None outside a foreach."""

    def foreach_index(self) -> int | None:
        """Its 0-based index, None outside a foreach."""

    def foreach_stack(self) -> list[tuple[int, int, Any]]:
        """`(index, number of branches, item)` from the outermost foreach to the innermost."""
