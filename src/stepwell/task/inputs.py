"""The `inputs` of a join: one flow object per branch, made and loaded only when it is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepwell.flow.inputs import Inputs
from stepwell.flow.spec import new_flow
from stepwell.task.runtime import StoredRuntime

if TYPE_CHECKING:
    from stepwell.artifacts.reader import ArtifactReader
    from stepwell.documents.task import TaskSpec
    from stepwell.flow.spec import FlowSpec
    from stepwell.store.artifact_table import ArtifactTables
    from stepwell.store.result_reader import ResultReader


def make_inputs(
    spec: TaskSpec,
    flow_class: type[FlowSpec],
    tables: ArtifactTables,
    results: ResultReader,
    reader: ArtifactReader,
) -> Inputs:
    """The inputs of a join in the order of the branches."""

    def branch(position: int) -> FlowSpec:
        ref = spec.inputs[position]
        result = results.result(spec.flow, ref)
        return new_flow(
            flow_class,
            StoredRuntime(
                flow=spec.flow,
                step=ref.step,
                base=ref,
                frames=result.frames,
                is_join=False,
                tables=tables,
                results=results,
                reader=reader,
            ),
        )

    return Inputs([ref.step for ref in spec.inputs], branch, join=spec.step)
