"""Configs and mutators of a run: the flow gets its shape before it is checked, and the shape is recorded."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from stepwell.artifacts.reader import ArtifactReader
from stepwell.artifacts.writer import ArtifactWriter
from stepwell.base.errors import NotFound
from stepwell.decorators.recorded_changes import changes_of
from stepwell.decorators.shaping import finish_shape, needs_shape, shape_again, shape_flow, shape_like_origin
from stepwell.documents.run import FlowShape
from stepwell.flow.config import values_of
from stepwell.flow.config_loading import GivenConfigs
from stepwell.flow.config_value import as_plain
from stepwell.flow.shape import shape_of
from stepwell.records.opening import open_records
from stepwell.store.datastore import open_datastore

if TYPE_CHECKING:
    from stepwell.base.settings import Settings
    from stepwell.documents.run import RunHeader
    from stepwell.engine.request import RunRequest
    from stepwell.flow.spec import FlowSpec
    from stepwell.records.sqlite import Records
    from stepwell.store.datastore import Datastore


def shape_for_run(request: RunRequest, settings: Settings) -> str | None:
    """Give the flow of a request its shape, if it needs one and has none yet.

    A resumed run takes the configs of its origin, so that the origin is looked up here already.

    Returns:
        The origin's id when it was looked up; else what the request says.
    """
    flow = request.flow
    if request.origin_run is None:
        shape = shape_of(flow)
        if shape is None:
            shape_flow(flow, GivenConfigs(), environ=os.environ, user=settings.user)
        elif shape.complete:
            shape_again(flow)
        return None
    if not needs_shape(flow):
        return request.origin_run
    datastore = open_datastore(settings.datastore, create=False)
    records = open_records(datastore)
    try:
        origin = find_origin(request, settings, datastore, records)
    finally:
        records.close()
    _shape_like(flow, datastore, datastore.header(flow.__name__, origin), settings)
    return origin


def shape_as_in(flow: type[FlowSpec], datastore: Datastore, header: RunHeader, settings: Settings) -> None:
    """Give a flow the shape for work on a past run: its configs, and mutators as they are now."""
    if needs_shape(flow):
        _shape_like(flow, datastore, header, settings)
        finish_shape(flow, ())


def _shape_like(flow: type[FlowSpec], datastore: Datastore, header: RunHeader, settings: Settings) -> None:
    recorded = header.code.shape or FlowShape()
    reader = ArtifactReader(datastore.blobs)
    values = {name: reader.load(ref, name) for name, ref in recorded.configs.items()}
    shape_like_origin(flow, values, environ=os.environ, user=settings.user)


def find_origin(request: RunRequest, settings: Settings, datastore: Datastore, records: Records) -> str:
    """The id of the run that is to be resumed.

    Raises:
        NotFound: The flow has no run.
    """
    flow = request.flow.__name__
    origin = request.origin_run
    if origin == "latest":
        origin = records.latest_run(flow, settings.user) or records.latest_run(flow)
    if origin is None:
        raise NotFound(
            f"there is no run of `{flow}` to resume in `{datastore.url}`",
            hint="start one with `run`, or name the datastore with `--datastore`",
        )
    return origin


def record_shape(flow: type[FlowSpec], datastore: Datastore) -> FlowShape | None:
    """Store what configs and mutators made of the flow; None when it runs as it is declared.

    Raises:
        ArtifactError: A value cannot be stored.
    """
    values = config_values(flow)
    changes = changes_of(flow)
    if not values and changes is None:
        return None
    writer = ArtifactWriter(datastore.blobs)
    return FlowShape(
        configs={name: writer.store(name, value) for name, value in values.items()},
        changes=writer.store("changes", changes) if changes is not None else None,
    )


def config_values(flow: type[FlowSpec]) -> dict[str, Any]:
    """The values of the flow's configs as plain dicts, by attribute."""
    values = values_of(flow)
    return {} if values is None else {name: as_plain(value) for name, value in values.named.items()}
