"""The port of the backends: `TaskSpec` documents go in, exits come out; results travel through the datastore."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stepwell.base.reactor import Reactor
    from stepwell.documents.run import CodeSnapshot
    from stepwell.documents.task import ExitStatus, ResourceNeeds, TaskSpec, Usage


class BackendListener(Protocol):
    """What a backend tells the run loop, always from within a turn of the reactor."""

    def task_began(self, task: int, attempt: int, pid: int) -> None:
        """The attempt has a process (pid 0 where that has no meaning)."""

    def task_exited(self, task: int, attempt: int, status: ExitStatus, usage: Usage | None) -> None:
        """The attempt's process is gone. Whether it succeeded stands in the datastore, or nowhere if it died."""

    def task_lost(self, task: int, attempt: int, reason: str) -> None:
        """The backend itself failed under the attempt, before user code could have been the cause."""

    def notice(self, message: str, hint: str = "") -> None:
        """Something that the user should know, once."""


class Backend(Protocol):
    """Executes attempts. Nothing here blocks; news comes through the listener."""

    def capacity(self) -> ResourceNeeds:
        """What there is to share out: cores, megabytes of memory, GPUs."""

    def attach(self, reactor: Reactor, listener: BackendListener) -> None:
        """Begin to work within this reactor; called once, before anything is submitted."""

    def prepare(self, datastore: str, code: CodeSnapshot) -> None:
        """The run's code is stored now; attempts import from there. `code.source` is `train.py:TrainFlow`."""

    def submit(self, spec: TaskSpec) -> None:
        """Start an attempt."""

    def terminate(self, task: int, attempt: int, *, grace: float) -> None:
        """Ask an attempt to end (SIGTERM to its process group), and make it end after `grace` seconds."""

    def processes(self) -> dict[int, int]:
        """Task id to pid of the attempts that run in a process of this machine, for measuring."""

    def close(self) -> None:
        """End everything that is still there and release what is held."""
