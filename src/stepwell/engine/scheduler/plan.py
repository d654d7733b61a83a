"""The static side: what the scheduler knows of a flow before it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct, field

from stepwell.documents.task import ResourceNeeds

if TYPE_CHECKING:
    from stepwell.documents.task import Transition

Split = Literal["none", "branch", "foreach", "gang", "switch"]


class StepPlan(Struct, frozen=True, kw_only=True):
    """One step.

    Attributes:
        name: Step name.
        split: What its transition does; `none` for a linear step and for the end.
        next: Targets in the order written (for a switch, all that are possible).
        is_join: True when the step waits for all branches of the innermost split.
        matching_join: For a branch, foreach or gang split, the join that closes it (where an empty foreach goes).
        variable: Name of the foreach artifact.
        rank: Distance from the start; deeper steps are launched first, so that open branches stay few.
        max_attempts: Attempts in all, at least 1.
        retry_wait: Seconds between attempts.
        fallback: True when one more attempt, without the step's own code, follows the last that failed.
        timeout: Seconds that one attempt may take; the scheduler keeps no time, it is for who launches.
        needs: What its tasks ask for; what is None is judged by what tasks of the step were seen to use.
        limits: What one of its tasks may use at most; for who launches.
        limit: The most tasks of this step that run at once, over the whole run; None for no limit.
    """

    name: str
    split: Split = "none"
    next: tuple[str, ...] = ()
    is_join: bool = False
    matching_join: str | None = None
    variable: str = ""
    rank: int = 0
    max_attempts: int = 1
    retry_wait: float = 0.0
    fallback: bool = False
    timeout: float | None = None
    needs: ResourceNeeds = field(default_factory=ResourceNeeds)
    limits: ResourceNeeds = field(default_factory=ResourceNeeds)
    limit: int | None = None

    def allows(self, transition: Transition) -> bool:
        """Whether the step can take this transition: its targets and its kind are those of the plan.

        A recorded transition that is not allowed any more shows that the code has changed since.
        """
        if self.split == "switch":
            targets = len(transition.targets) == 1 and transition.targets[0] in self.next
        elif self.split == "branch":
            targets = transition.targets == self.next or sorted(transition.targets) == sorted(self.next)
        else:
            targets = transition.targets == self.next
        if not targets or transition.gang != (self.split == "gang"):
            return False
        if self.split == "foreach":
            return transition.foreach is not None and transition.size >= 0
        return transition.foreach is None and transition.size >= 0


class FlowPlan(Struct, frozen=True, kw_only=True):
    """All steps by name, with the first and the last."""

    start: str
    end: str
    steps: dict[str, StepPlan]
