"""`@pytorch_parallel`: a gang whose tasks find each other by what PyTorch's distributed package reads."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeVar, overload

from stepwell.base.digest import digest_of_strings
from stepwell.decorators.applying import apply
from stepwell.decorators.numbers import as_number
from stepwell.decorators.parallel import Parallel, place_in_gang

if TYPE_CHECKING:
    from collections.abc import Callable

    from stepwell.decorators.protocol import CheckContext, TaskContext
    from stepwell.documents.diagnostic import Diagnostic
    from stepwell.documents.task import TaskSpec

    F = TypeVar("F", bound=Callable[..., Any])

# Below the ports that systems hand out to whoever asks for any.
_FIRST_PORT, _PORTS = 20_000, 12_000


class PytorchParallel(Parallel):
    """The decorator behind `@pytorch_parallel`; option `master_port` (a number, None to choose one)."""

    name = "pytorch_parallel"
    defaults = {"master_port": None}  # noqa: RUF012 - a constant of the class

    def around_step(self, context: TaskContext, call: Callable[[], None]) -> None:
        """Call the step with the environment that `torch.distributed` reads."""
        place = place_in_gang(context)
        port = self.options["master_port"]
        added = {
            "MASTER_ADDR": place.main_ip,
            "MASTER_PORT": str(_port_of(context.spec) if port is None else int(port)),
            "NODE_RANK": str(place.node_index),
            "WORLD_SIZE": str(place.num_nodes),
            "NUM_NODES": str(place.num_nodes),
            "PL_TORCH_DISTRIBUTED_BACKEND": os.environ.get("PL_TORCH_DISTRIBUTED_BACKEND", "gloo"),
        }
        before = {name: context.environ.get(name) for name in added}
        context.environ.update(added)
        try:
            call()
        finally:
            for name, value in before.items():
                if value is None:
                    context.environ.pop(name, None)
                else:
                    context.environ[name] = value

    def check(self, context: CheckContext) -> list[Diagnostic]:
        """As for any gang, and the port must be one."""
        found = super().check(context)
        port = self.options["master_port"]
        number = None if port is None else as_number(port, whole=True)
        if port is not None and (number is None or not 0 < number < 65536):
            found.append(self.option_fault(context, "master_port", "a port, 1 to 65535", "29500"))
        return found


def _port_of(spec: TaskSpec) -> int:
    """A port that all of a gang come to by themselves, and that other gangs and attempts hardly share."""
    digest = digest_of_strings([spec.datastore, spec.flow, spec.run, str(spec.control_task), str(spec.attempt)])
    return _FIRST_PORT + int(digest[:8], 16) % _PORTS


@overload
def pytorch_parallel(function: F, /) -> F: ...


@overload
def pytorch_parallel(*, master_port: int | None = None) -> Callable[[F], F]: ...


def pytorch_parallel(function: F | None = None, /, **options: Any) -> F | Callable[[F], F]:
    """Run the step as a gang, as `@parallel` does, ready for `torch.distributed.init_process_group`.

    Sets `MASTER_ADDR`, `MASTER_PORT`, `NODE_RANK`, `WORLD_SIZE`, `NUM_NODES`, and `PL_TORCH_DISTRIBUTED_BACKEND`
    (`gloo`, unless it is set already) while the step runs.

    Args:
        function: The step, when used bare.
        **options: `master_port`: where the first task listens; by default a port that differs from gang to gang.

    Returns:
        The step itself.
    """
    return apply(PytorchParallel, function, options)
