"""The `_parameters` task: parameters and class constants of a run as the artifacts that every other task inherits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepwell.artifacts.writer import ArtifactWriter
from stepwell.documents.task import TaskResult, Transition
from stepwell.flow.constants import class_constants
from stepwell.flow.parameters import parameters_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stepwell.documents.refs import ArtifactRef
    from stepwell.documents.run import RunHeader
    from stepwell.engine.history import OriginHistory
    from stepwell.flow.spec import FlowSpec
    from stepwell.store.datastore import Datastore

NAME = "_parameters"


def inherited_parameters(flow: type[FlowSpec], history: OriginHistory | None) -> dict[str, ArtifactRef]:
    """Parameters that a resumed run takes over from its origin, by reference."""
    if history is None or history.parameters is None:
        return {}
    before = history.parameters[1].artifacts
    return {p.attribute: before[p.attribute] for p in parameters_of(flow) if p.attribute in before}


def parameters_again(flow: type[FlowSpec], history: OriginHistory | None, origin: RunHeader | None) -> dict[str, Any]:
    """Parameter values to give again to a resumed run whose origin was killed before it had stored them.

    The origin's header has them as plain JSON, which all types of parameters are.
    """
    if origin is None or history is None or history.parameters is not None:
        return {}
    return {p.name: origin.parameters[p.attribute] for p in parameters_of(flow) if p.attribute in origin.parameters}


def parameters_result(
    header: RunHeader,
    flow: type[FlowSpec],
    values: Mapping[str, Any],
    inherited: Mapping[str, ArtifactRef],
    datastore: Datastore,
) -> TaskResult:
    """The result of the run's `_parameters` task.

    Args:
        header: The run.
        flow: The flow class, for its constants.
        values: Parameter values by attribute name.
        inherited: Parameters taken over from the origin of a resumed run.
        datastore: Where values are stored.

    Raises:
        ArtifactError: A parameter or constant cannot be stored.
    """
    writer = ArtifactWriter(datastore.blobs)
    artifacts = {name: writer.store(name, value) for name, value in class_constants(flow).items()}
    artifacts.update({name: writer.store(name, value) for name, value in values.items()})
    artifacts.update(inherited)
    if header.code.shape is not None:
        artifacts.update(header.code.shape.configs)
    return TaskResult(
        flow=header.flow,
        run=header.run,
        step=NAME,
        task=0,
        outcome="succeeded",
        transition=Transition(targets=(header.graph.start,)),
        artifacts=artifacts,
        started_at=header.created_at,
        finished_at=header.created_at,
        host=header.owner.host,
        pid=header.owner.pid,
    )
