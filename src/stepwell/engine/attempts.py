"""Attempts that are under way: their specification, their process, and what they use."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from stepwell.base.digest import digest_of_strings
from stepwell.documents.run import StepLeft
from stepwell.documents.task import SplitFrame, TaskSpec

if TYPE_CHECKING:
    from stepwell.base.reactor import Timer
    from stepwell.documents.refs import ArtifactRef
    from stepwell.documents.run import RunHeader, StepKept
    from stepwell.engine.enforcement import Cores
    from stepwell.engine.ledger import Ledger
    from stepwell.engine.scheduler.messages import Launch
    from stepwell.engine.scheduler.plan import FlowPlan
    from stepwell.store.datastore import Datastore

# How often the use of a running attempt is looked at, in seconds.
_OBSERVE_EVERY = 1.0


class Attempt:
    """One attempt from its submission to its end.

    Args:
        spec: What was submitted.
        began: Monotonic time of the submission.
        began_at: Time of day of the submission.
    """

    __slots__ = (
        "_cpu",
        "_looked",
        "asked_to_end",
        "because",
        "began",
        "began_at",
        "deadline",
        "kept",
        "over_memory",
        "overdue",
        "pid",
        "recorded",
        "spec",
        "step_left",
    )

    def __init__(self, spec: TaskSpec, *, began: float, began_at: float) -> None:
        self.spec = spec
        self.began = began
        self.began_at = began_at
        self.pid = 0
        self.asked_to_end = False
        self.because = ""
        self.recorded = False
        self.deadline: Timer | None = None
        self.step_left = False
        self.overdue = False
        self.kept: dict[str, ArtifactRef] = {}
        self.over_memory = 0
        self._looked = began
        self._cpu = 0.0

    def note(self, record: StepLeft | StepKept) -> None:
        """Take in what the attempt says of its step while it runs."""
        if isinstance(record, StepLeft):
            self.step_left = True
        else:
            self.kept.update(record.artifacts)

    def cpu_since_last_look(self, pid: int, now: float) -> float | None:
        """Average cores used since the last look; None when it is too early to tell or the system does not."""
        if now - self._looked < _OBSERVE_EVERY:
            return None
        used = _cpu_seconds(pid)
        if used is None:
            return None
        cores = (used - self._cpu) / (now - self._looked)
        self._cpu, self._looked = used, now
        return max(0.0, cores)


def _cpu_seconds(pid: int) -> float | None:
    """CPU seconds of a process and the children that it has waited for, from /proc."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
        return sum(int(field) for field in fields[11:15]) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return None


class SpecMaker:
    """Makes the specifications of a run's attempts.

    Args:
        header: The run.
        plan: What the scheduler knows of the steps.
        datastore: Where output goes.
        max_splits: The most branches that a foreach may have; None for no limit.
    """

    def __init__(self, header: RunHeader, plan: FlowPlan, datastore: Datastore, max_splits: int | None) -> None:
        self._header = header
        self._plan = plan
        self._datastore = datastore
        self._source = f"{header.code.source}:{header.flow}"
        self._max_splits = max_splits

    def make(self, launch: Launch, ledger: Ledger, cores: Cores | None = None) -> TaskSpec:
        """The specification of an attempt that the scheduler wants launched, with cores of its own if there are any."""
        header = self._header
        step = self._plan.steps[launch.step]
        place = (header.flow, header.run, launch.step, launch.task, launch.attempt)
        return TaskSpec(
            flow=header.flow,
            run=header.run,
            step=launch.step,
            task=launch.task,
            attempt=launch.attempt,
            path=launch.path,
            frames=tuple(
                SplitFrame(
                    kind=frame.kind,
                    split=ledger.ref(frame.split_task),
                    index=frame.index,
                    size=frame.size,
                    variable=frame.variable,
                )
                for frame in launch.frames
            ),
            inputs=ledger.refs(launch.inputs),
            parameters=ledger.ref(0),
            code=header.code.digest,
            source=self._source,
            decorators=header.decorators,
            max_attempts=step.max_attempts,
            resources=step.needs,
            limits=step.limits,
            cores=() if cores is None or launch.fallback else cores.take(step.limits.cpu),
            timeout=None if launch.fallback else step.timeout,
            failed=ledger.ref(launch.task) if launch.fallback else None,
            max_splits=self._max_splits,
            control_task=launch.lead or None,
            datastore=self._datastore.url,
            stdout=self._datastore.output_path(*place, "stdout") or "",
            stderr=self._datastore.output_path(*place, "stderr") or "",
            seed=attempt_seed(header.seed, launch.step, launch.path, launch.attempt),
            user=header.user,
            namespace=header.namespace,
            tags=header.tags,
            origin_run=header.origin_run,
            current=header.current,
        )


def attempt_seed(run_seed: int, step: str, path: tuple[int, ...], attempt: int) -> int:
    """A seed that depends on the run's seed and the task's place in the flow, not on its number or the time."""
    parts = [str(run_seed), step, *map(str, path), f"attempt {attempt}"]
    return int(digest_of_strings(parts)[:15], 16)
