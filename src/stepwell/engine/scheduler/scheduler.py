"""The state machine itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stepwell.documents.task import ResourceNeeds
    from stepwell.engine.scheduler.messages import Command, Event, History, OnFailure, StepCounts
    from stepwell.engine.scheduler.plan import FlowPlan


class Scheduler:
    """Decides what runs next.

    Args:
        plan: The flow.
        capacity: What there is to share out.
        max_workers: The most attempts at once.
        on_failure: After a task failed for good: `wait` lets running tasks finish and starts nothing new, `stop`
            ends running tasks, `continue` goes on with everything that does not depend on the failed task.
        history: Finished tasks of the run that is resumed.
        seen_memory: Peak bytes that a step's tasks used in earlier runs, for steps that do not ask for memory.
    """

    def __init__(
        self,
        plan: FlowPlan,
        *,
        capacity: ResourceNeeds,
        max_workers: int,
        on_failure: OnFailure = "wait",
        history: History | None = None,
        seen_memory: dict[str, int] | None = None,
    ) -> None:
        raise NotImplementedError

    def on(self, event: Event) -> list[Command]:
        """Take one event, return what to do now, in order."""
        raise NotImplementedError

    def counts(self) -> list[StepCounts]:
        """Where each step stands, in the flow's order."""
        raise NotImplementedError
