"""Fills `current` for the time of an attempt."""

from __future__ import annotations

import os
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from stepwell.flow.current import set_current, take_current

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stepwell.documents.task import TaskSpec
    from stepwell.flow.graph import Graph


@contextmanager
def entering(spec: TaskSpec, graph: Graph, facts: dict[str, str]) -> Iterator[None]:
    """Within: `current` tells where the code runs, and the client reads the run's own datastore.

    Args:
        spec: The attempt.
        graph: The flow's graph.
        facts: Gets what `note_fact` is told.
    """
    put_back = take_current()
    before = os.environ.get("STEPWELL_DATASTORE")
    os.environ["STEPWELL_DATASTORE"] = spec.datastore
    set_current(
        _facts=facts,
        is_running_flow=True,
        flow_name=spec.flow,
        run_id=spec.run,
        step_name=spec.step,
        task_id=str(spec.task),
        retry_count=spec.attempt,
        origin_run_id=spec.origin_run,
        **spec.current,
        namespace=spec.namespace,
        username=spec.user,
        tags=set(spec.tags),
        tempdir=os.environ.get("TMPDIR") or os.environ.get("TEMP") or "/tmp",  # noqa: S108 - where temporary files go
        parameter_names=[parameter.attribute for parameter in graph.parameters],
        graph=partial(_describe_graph, graph),
        task=partial(client_object, "Task", f"{spec.flow}/{spec.run}/{spec.step}/{spec.task}"),
        run=partial(client_object, "Run", f"{spec.flow}/{spec.run}"),
    )
    try:
        yield
    finally:
        put_back()
        if before is None:
            os.environ.pop("STEPWELL_DATASTORE", None)
        else:
            os.environ["STEPWELL_DATASTORE"] = before


def client_object(kind: str, pathspec: str) -> Any:
    """A client object, as the user's own code would make it, through the public face of the package."""
    import stepwell

    name = stepwell.get_namespace()
    stepwell.namespace(None)
    try:
        return getattr(stepwell, kind)(pathspec)
    finally:
        stepwell.namespace(name)


def _describe_graph(graph: Graph) -> dict[str, Any]:
    """The graph as plain data, under Metaflow's names."""
    document = graph.document()
    return {
        "file": document.steps[0].file if document.steps else "",
        "doc": document.doc,
        "decorators": [{"name": spec.name, "attributes": spec.options} for spec in document.decorators],
        "start_step": document.start,
        "end_step": document.end,
        "parameters": [{"name": parameter.name} for parameter in graph.parameters],
        "steps": {
            node.name: {
                "name": node.name,
                "type": node.type,
                "line": node.line,
                "source_file": node.file,
                "doc": node.doc,
                "next": list(node.next),
                "decorators": [{"name": spec.name, "attributes": spec.options} for spec in node.decorators],
                "foreach_artifact": node.foreach,
                "matching_join": node.matching_join,
                "num_parallel": node.num_parallel,
                "condition": node.condition,
                "switch_cases": dict(node.cases),
            }
            for node in document.steps
        },
    }
