"""What the three ways of starting a local attempt have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from stepwell.backends.protocol import BackendListener
    from stepwell.base.reactor import Reactor
    from stepwell.documents.run import CodeSnapshot
    from stepwell.documents.task import TaskSpec


class Launcher(Protocol):
    """Starts attempts on this machine and tells how they end."""

    def attach(self, reactor: Reactor, listener: BackendListener) -> None:
        """Begin to work within this reactor."""

    def prepare(self, datastore: str, code: CodeSnapshot) -> None:
        """The run's code is stored now; attempts import from there."""

    def submit(self, spec: TaskSpec) -> None:
        """Start an attempt."""

    def signal(self, task: int, attempt: int, number: int) -> None:
        """Send a signal to an attempt's process group; nothing happens when it is gone."""

    def processes(self) -> dict[int, int]:
        """Task id to pid."""

    def close(self) -> None:
        """End what is still there and release what is held."""
