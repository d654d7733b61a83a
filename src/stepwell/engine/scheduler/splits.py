"""An open split: its branches' identities, and their arrivals at the join.

A split keeps one number per branch that was begun, in an array, and nothing else about its branches: a foreach over
100,000 items costs 800 kB when all have arrived. It lives as long as something that stands in it, then goes.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from stepwell.engine.scheduler.messages import Frame

if TYPE_CHECKING:
    from stepwell.documents.task import SplitKind


class Split:
    """One split of one task.

    Args:
        kind: What split.
        task: Number of the task that split.
        parent: The split that this task stands in itself, None at the top.
        index: Where it stands there.
        size: Number of branches.
        variable: Name of the foreach artifact, empty otherwise.
        join: The join that closes it.

    Attributes:
        arrivals: For each branch, the number of the task that arrived at the join; 0 for not yet.
        launched: True when a task that arrived was not cloned; then the join is not cloned either.
    """

    __slots__ = (
        "arrivals",
        "frames",
        "index",
        "join",
        "kind",
        "launched",
        "missing",
        "parent",
        "path",
        "size",
        "task",
        "variable",
    )

    def __init__(
        self,
        kind: SplitKind,
        task: int,
        parent: Split | None,
        index: int,
        *,
        size: int,
        variable: str,
        join: str,
    ) -> None:
        self.kind = kind
        self.task = task
        self.parent = parent
        self.index = index
        self.size = size
        self.variable = variable
        self.join = join
        self.path: tuple[int, ...] = path_of(parent, index)
        self.frames: tuple[Frame, ...] = frames_of(parent, index)
        self.arrivals = array("q")
        self.missing = size
        self.launched = False

    def arrive(self, index: int, task: int, *, cloned: bool) -> bool:
        """Note that a branch is at the join; True when it was the last one."""
        arrivals = self.arrivals
        if index >= len(arrivals):
            # Grown as branches come in, so that a huge foreach that fails early costs little.
            length = min(self.size, max(index + 1, 2 * len(arrivals)))
            arrivals.frombytes(bytes(arrivals.itemsize * (length - len(arrivals))))
        arrivals[index] = task
        self.missing -= 1
        if not cloned:
            self.launched = True
        return self.missing == 0


def path_of(split: Split | None, index: int) -> tuple[int, ...]:
    """The split indices of branch `index` of a split, outermost first; empty at the top."""
    return () if split is None else (*split.path, index)


def frames_of(split: Split | None, index: int) -> tuple[Frame, ...]:
    """The stack of splits of branch `index` of a split, outermost first; empty at the top."""
    if split is None:
        return ()
    return (*split.frames, Frame(split.kind, split.task, index, split.size, split.variable))
