"""Keeps what a step sets as it sets it, for a step that may crash and whose flow goes on all the same (`@catch`).

A value is stored when it is assigned, and its reference goes into the run's log. When the attempt ends well nobody
looks there again; when it crashes, the run loop puts what it found into the attempt's result.
"""

from __future__ import annotations

import os
import threading
from time import perf_counter
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from stepwell.base.errors import ArtifactError, StepTimeout, StoreError
from stepwell.base.redaction import redact
from stepwell.documents.run import StepKept
from stepwell.flow.constants import original_class
from stepwell.flow.spec import public_state

if TYPE_CHECKING:
    from stepwell.artifacts.writer import ArtifactWriter
    from stepwell.documents.refs import ArtifactRef
    from stepwell.documents.task import TaskSpec
    from stepwell.flow.spec import FlowSpec
    from stepwell.store.run_log import RunLog
    from stepwell.task.runtime import StoredRuntime

# A value that is set again and again is stored again when so many times of what storing it took have passed.
_REST = 20


class Checkpoint:
    """Watches one flow object.

    Args:
        spec: The attempt.
        flow: The flow object; assigning to its attributes is noticed from now on.
        runtime: What stands behind it; what a join takes over is noticed too.
        writer: Stores values.
        log: The run's log.
    """

    def __init__(
        self, spec: TaskSpec, flow: FlowSpec, runtime: StoredRuntime, writer: ArtifactWriter, log: RunLog
    ) -> None:
        self._spec = spec
        self._flow = flow
        self._writer = writer
        self._log = log
        self._pid = os.getpid()
        self._thread = threading.get_ident()
        self._waiting: set[str] = set()
        self._due: dict[str, float] = {}
        self._busy = False
        _notice_assignments(flow, self._on_set)
        runtime.on_adopt = self._on_adopt

    def _on_set(self, name: str) -> None:
        """An attribute was set: store it, and what has waited long enough."""
        if self._busy or os.getpid() != self._pid or threading.get_ident() != self._thread:
            return
        self._busy = True
        try:
            self._waiting.add(name)
            now = perf_counter()
            ready = [name for name in self._waiting if self._due.get(name, 0.0) <= now]
            if ready:
                self._keep(ready)
        finally:
            self._busy = False

    def _keep(self, names: list[str]) -> None:
        state = public_state(self._flow)
        kept: dict[str, ArtifactRef] = {}
        for name in names:
            self._waiting.discard(name)
            if name not in state:
                continue
            began = perf_counter()
            try:
                kept[name] = self._writer.store(name, state[name])
            except (ArtifactError, StoreError) as error:
                if isinstance(error.__cause__, StepTimeout):
                    raise error.__cause__ from None
                continue  # it is told at the end of the step, if it still is so
            self._due[name] = perf_counter() + _REST * (perf_counter() - began)
        self._append(kept)

    def _on_adopt(self, name: str, ref: ArtifactRef) -> None:
        if os.getpid() == self._pid:
            self._append({name: ref})

    def _append(self, kept: dict[str, ArtifactRef]) -> None:
        if kept:
            shown = {name: replace(ref, preview=redact(ref.preview)) for name, ref in kept.items()}
            self._log.append([StepKept(task=self._spec.task, attempt=self._spec.attempt, artifacts=shown)])


def _notice_assignments(flow: FlowSpec, on_set: Any) -> None:
    """Make this one object tell of its assignments; its class is replaced by one that does."""
    cls: Any = type(flow)

    def __setattr__(self: Any, name: str, value: Any) -> None:  # noqa: N807 - it becomes the method
        cls.__setattr__(self, name, value)
        if self is flow and not name.startswith("_"):
            on_set(name)

    members = {
        "__setattr__": __setattr__,
        "__module__": cls.__module__,
        "__qualname__": cls.__qualname__,
        "__doc__": cls.__doc__,
        "_stepwell_original": original_class(cls),
    }
    flow.__class__ = type(cls)(cls.__name__, (cls,), members)
