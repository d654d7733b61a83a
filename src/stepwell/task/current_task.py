"""Fills `current` for the time of an attempt."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from stepwell.flow.current import clear_current, set_current

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stepwell.documents.task import TaskSpec
    from stepwell.flow.spec import FlowSpec
    from stepwell.store.datastore import Datastore


@contextmanager
def entering(spec: TaskSpec, flow_class: type[FlowSpec], graph: Any, datastore: Datastore) -> Iterator[None]:
    """Within: `current` tells where the code runs."""
    set_current(
        flow_name=spec.flow,
        run_id=spec.run,
        step_name=spec.step,
        task_id=str(spec.task),
        retry_count=spec.attempt,
        origin_run_id=spec.origin_run,
        namespace=spec.namespace,
        username=spec.user,
        tags=spec.tags,
        flow_class=flow_class,
        graph=graph,
        datastore=datastore.url,
    )
    try:
        yield
    finally:
        clear_current()
