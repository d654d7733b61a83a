"""Where one step stands: how many tasks are in which state, what its tasks use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepwell.engine.scheduler.messages import StepCounts

if TYPE_CHECKING:
    from stepwell.engine.scheduler.plan import StepPlan

CORE = 1000
"""Cores are counted in thousandths, so that sums stay exact."""

MEGABYTE = 2**20
LEAST_CPU = CORE // 20
"""What a task counts at least when it was seen to be idle."""


class StepState:
    """One step of a run.

    Args:
        plan: The step.
        most_cpu: Thousandths of a core that the machine has.
        seen_memory: Peak bytes of its tasks in earlier runs, 0 when unknown.

    Attributes:
        repeats: True when the step may follow itself.
        after: The steps that may follow it, by name, the join of its split among them.
        cpu: Thousandths of a core that the next task counts for.
        memory: Bytes that the next task counts for.
    """

    __slots__ = (
        "_cpu_samples",
        "_cpu_total",
        "_most_cpu",
        "after",
        "cpu",
        "failed",
        "gpu",
        "knows_cpu",
        "knows_memory",
        "limit",
        "memory",
        "name",
        "plan",
        "repeats",
        "reused",
        "running",
        "succeeded",
        "total",
    )

    def __init__(self, plan: StepPlan, *, most_cpu: int, seen_memory: int) -> None:
        needs = plan.needs
        self.plan = plan
        self.name = plan.name
        self.repeats = plan.name in plan.next
        self.limit = plan.limit
        self.after: dict[str, StepState] = {}
        self.total = self.running = self.succeeded = self.failed = self.reused = 0
        self.gpu = needs.gpu
        self.knows_cpu = needs.cpu is not None
        self.knows_memory = needs.memory is not None
        self._most_cpu = most_cpu
        self.cpu = min(CORE, most_cpu) if needs.cpu is None else round(needs.cpu * CORE)
        self.memory = seen_memory if needs.memory is None else round(needs.memory * MEGABYTE)
        self._cpu_total = 0
        self._cpu_samples = 0

    def learn_cpu(self, cores: float) -> int:
        """Take in what a task was seen to use; returns what that task counts for from now on.

        It counts for what it used, at least a twentieth of a core and at most one: a task that does not say what it
        needs never keeps more than one other such task out, however many threads it has.
        """
        if self.knows_cpu:
            return self.cpu
        share = min(max(int(cores * CORE), LEAST_CPU), CORE, self._most_cpu)
        self._cpu_total += share
        self._cpu_samples += 1
        self.cpu = self._cpu_total // self._cpu_samples
        return share

    def learn_memory(self, peak: int) -> None:
        """Take in the peak of an attempt, in bytes; the largest counts for tasks to come."""
        if peak > self.memory and not self.knows_memory:
            self.memory = peak

    def is_at_limit(self, size: int) -> bool:
        """Whether so many more would be over the step's limit; a gang larger than it goes when none runs."""
        return self.limit is not None and self.running > 0 and self.running + size > self.limit

    def counts(self) -> StepCounts:
        """The numbers to show."""
        return StepCounts(self.name, self.total, self.running, self.succeeded, self.failed, self.reused)
