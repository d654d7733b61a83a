"""Reading what ran: flows, runs, steps, tasks and artifacts as objects.

Listing and walking never load a value; values load when they are asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stepwell.client.artifact import DataArtifact, MetaflowData
    from stepwell.client.code import MetaflowCode
    from stepwell.client.flow import Flow, Metaflow, Stepwell
    from stepwell.client.namespaces import default_namespace, get_namespace, namespace
    from stepwell.client.provider import default_metadata, get_metadata, metadata
    from stepwell.client.run import Run
    from stepwell.client.session import ClientSession
    from stepwell.client.step import Step
    from stepwell.client.task import Task

__all__ = (
    "ClientSession",
    "DataArtifact",
    "Flow",
    "Metaflow",
    "MetaflowCode",
    "MetaflowData",
    "Run",
    "Step",
    "Stepwell",
    "Task",
    "default_metadata",
    "default_namespace",
    "get_metadata",
    "get_namespace",
    "metadata",
    "namespace",
)

_MODULES = {
    "ClientSession": "session",
    "DataArtifact": "artifact",
    "Flow": "flow",
    "Metaflow": "flow",
    "MetaflowCode": "code",
    "MetaflowData": "artifact",
    "Run": "run",
    "Step": "step",
    "Stepwell": "flow",
    "Task": "task",
    "default_metadata": "provider",
    "default_namespace": "namespaces",
    "get_metadata": "provider",
    "get_namespace": "namespaces",
    "metadata": "provider",
    "namespace": "namespaces",
}


def __getattr__(name: str) -> Any:
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module `{__name__}` has no attribute `{name}`")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
