"""Events that go into the scheduler and commands that come out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stepwell.documents.task import ResourceNeeds, SplitKind, Transition

OnFailure = Literal["wait", "stop", "continue"]


class Frame(NamedTuple):
    """One level of the split stack, outermost first: which task split, where this branch stands."""

    kind: SplitKind
    split_task: int
    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody needs here
    size: int
    variable: str


class Reusable(NamedTuple):
    """A finished task of an earlier run: an opaque handle for the caller, and the transition and attempt it took."""

    handle: int
    transition: Transition
    attempt: int = 0


class History(Protocol):
    """Finished tasks of the run that is being resumed."""

    def find(self, step: str, path: tuple[int, ...]) -> Reusable | None:
        """The finished task of that step and path, None when there is none that may be reused."""


# --- events -----------------------------------------------------------------------------------------------------


class Start(NamedTuple):
    """The run begins."""


class Succeeded(NamedTuple):
    """An attempt succeeded. `peak_memory` is in bytes, `cpu` in average cores; 0 when unknown."""

    task: int
    attempt: int
    transition: Transition
    peak_memory: int = 0
    cpu: float = 0.0


class Failed(NamedTuple):
    """An attempt failed. `retry` False forbids further attempts. `free` True does not count the attempt.

    An attempt is free when the task could not help it, for example because its machine went away: its number is used
    up, but the task may be tried once more than its step says.
    """

    task: int
    attempt: int
    retry: bool = True
    peak_memory: int = 0
    free: bool = False


class RetryDue(NamedTuple):
    """The wait of a `RetryLater` is over."""

    task: int


class Observed(NamedTuple):
    """A running task was seen to use so many cores; for tasks that did not say what they need."""

    task: int
    cpu: float


class CancelAsked(NamedTuple):
    """The user wants the run to stop."""


Event = Start | Succeeded | Failed | RetryDue | Observed | CancelAsked

# --- commands ---------------------------------------------------------------------------------------------------


class Launch(NamedTuple):
    """Start an attempt. `inputs` are task numbers in order. Launches of one gang come together in one list.

    `fallback` says that the step itself has failed for good, and that this attempt only lets the flow go on. `lead` is
    the number of the first task of its gang, 0 for a task that is in none.
    """

    task: int
    step: str
    attempt: int
    path: tuple[int, ...]
    frames: tuple[Frame, ...]
    inputs: Sequence[int]
    needs: ResourceNeeds
    fallback: bool = False
    lead: int = 0


class Clone(NamedTuple):
    """Take over a finished task of the earlier run; it counts as succeeded at once."""

    task: int
    step: str
    path: tuple[int, ...]
    frames: tuple[Frame, ...]
    inputs: Sequence[int]
    handle: int


class RetryLater(NamedTuple):
    """Send `RetryDue` after so many seconds (0: at once); `attempt` is the one that will follow.

    For a gang it names the task that failed; all of the gang is launched again.
    """

    task: int
    attempt: int
    seconds: float


class Terminate(NamedTuple):
    """End a running attempt; a `Failed` for it is expected. `because` is the task of its gang that failed, or 0."""

    task: int
    attempt: int
    because: int = 0


class Finish(NamedTuple):
    """The run is over; always the last command, sent once. `failed` are task numbers, first failure first."""

    status: Literal["succeeded", "failed", "cancelled"]
    failed: tuple[int, ...]


Command = Launch | Clone | RetryLater | Terminate | Finish


class StepCounts(NamedTuple):
    """Where a step stands, in tasks. `total` is what is known so far.

    `succeeded` ran here, `reused` were cloned: no task is in both. What is missing to `total` waits, was dropped, or
    was terminated.
    """

    step: str
    total: int
    running: int
    succeeded: int
    failed: int
    reused: int
