"""`@resources`: what a step needs, on whatever machine it runs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeVar, overload

from stepwell.decorators.applying import apply
from stepwell.decorators.numbers import as_number
from stepwell.decorators.protocol import StepDecorator
from stepwell.documents.task import ResourceNeeds

if TYPE_CHECKING:
    from collections.abc import Callable

    from stepwell.decorators.protocol import CheckContext, TaskContext
    from stepwell.documents.diagnostic import Diagnostic

    F = TypeVar("F", bound=Callable[..., Any])


# What libraries look at for how many threads to use.
THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "POLARS_MAX_THREADS",
    "RAYON_NUM_THREADS",
)


class Resources(StepDecorator):
    """The decorator behind `@resources`: cores, GPUs, and megabytes of disk, memory and shared memory."""

    name = "resources"
    defaults = {"cpu": 1, "gpu": None, "disk": None, "memory": 4096, "shared_memory": None}  # noqa: RUF012 - a constant

    def resource_needs(self) -> ResourceNeeds:
        """What to admit the step by."""
        gpu = as_number(self.options["gpu"], whole=True)
        return ResourceNeeds(
            cpu=as_number(self.options["cpu"]),
            memory=as_number(self.options["memory"]),
            gpu=int(gpu or 0),
            disk=as_number(self.options["disk"]),
        )

    def resource_limits(self) -> ResourceNeeds:
        """What was given, as a limit; a default is none."""
        return ResourceNeeds(
            cpu=as_number(self.options["cpu"]) if "cpu" in self.given else None,
            memory=as_number(self.options["memory"]) if "memory" in self.given else None,
        )

    def before_task(self, context: TaskContext) -> None:
        """Keep to the cores that the run set aside, if it did; libraries get as many threads."""
        cores = context.spec.cores
        if not cores:
            return
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, cores)
        for variable in THREADS:
            context.environ.setdefault(variable, str(len(cores)))

    def check(self, context: CheckContext) -> list[Diagnostic]:
        """Every option that is given must be a number that is not negative."""
        examples = {"cpu": "2", "gpu": "1", "disk": "10240", "memory": "8192", "shared_memory": "1024"}
        found = []
        for option, example in examples.items():
            value = self.options[option]
            whole = option in ("gpu", "shared_memory")
            if value is not None and as_number(value, whole=whole) is None:
                kind = "a whole number, 0 or more" if whole else "a number, 0 or more"
                found.append(self.option_fault(context, option, kind, example))
        return found


@overload
def resources(function: F, /) -> F: ...


@overload
def resources(
    *,
    cpu: float | str = 1,
    gpu: int | str | None = None,
    disk: float | str | None = None,
    memory: float | str = 4096,
    shared_memory: int | str | None = None,
) -> Callable[[F], F]: ...


def resources(function: F | None = None, /, **options: Any) -> F | Callable[[F], F]:
    """Say what the step needs; a task starts when the machine has it free.

    Args:
        function: The step, when used bare.
        **options: `cpu`: cores, 1 by default. `gpu`: devices. `memory`: megabytes, 4096 by default. `disk` and
            `shared_memory`: megabytes. Numbers may be given as text.

    Returns:
        The step itself.
    """
    return apply(Resources, function, options)
