"""Stepwell: workflows for machine learning and data science.

Everything that a flow needs is here: `from stepwell import FlowSpec, step, Parameter`. Names are loaded on first use,
so that importing the package costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepwell.base.version import __version__

if TYPE_CHECKING:
    from typing import Any

    from stepwell.base import errors
    from stepwell.client import (
        DataArtifact,
        Flow,
        Metaflow,
        Run,
        Step,
        Stepwell,
        Task,
        default_metadata,
        default_namespace,
        get_metadata,
        get_namespace,
        metadata,
        namespace,
    )
    from stepwell.decorators.catch import catch
    from stepwell.decorators.environment import environment
    from stepwell.decorators.resources import resources
    from stepwell.decorators.retry import retry
    from stepwell.decorators.timeout import timeout
    from stepwell.flow.current import current
    from stepwell.flow.inputs import Inputs
    from stepwell.flow.parameters import JSONType, JSONTypeClass, Parameter
    from stepwell.flow.spec import FlowSpec
    from stepwell.flow.step import step
    from stepwell.runner.notebook import NBRunner
    from stepwell.runner.runner import Runner

__all__ = (
    "DataArtifact",
    "Flow",
    "FlowSpec",
    "Inputs",
    "JSONType",
    "JSONTypeClass",
    "Metaflow",
    "NBRunner",
    "Parameter",
    "Run",
    "Runner",
    "Step",
    "Stepwell",
    "Task",
    "__version__",
    "catch",
    "current",
    "default_metadata",
    "default_namespace",
    "environment",
    "errors",
    "get_metadata",
    "get_namespace",
    "metadata",
    "namespace",
    "resources",
    "retry",
    "step",
    "timeout",
)

# Where each name is defined. A test compares this with the imports above, which are what editors read.
_HOMES = {
    "DataArtifact": "stepwell.client",
    "Flow": "stepwell.client",
    "FlowSpec": "stepwell.flow.spec",
    "Inputs": "stepwell.flow.inputs",
    "JSONType": "stepwell.flow.parameters",
    "JSONTypeClass": "stepwell.flow.parameters",
    "Metaflow": "stepwell.client",
    "NBRunner": "stepwell.runner.notebook",
    "Parameter": "stepwell.flow.parameters",
    "Run": "stepwell.client",
    "Runner": "stepwell.runner.runner",
    "Step": "stepwell.client",
    "Stepwell": "stepwell.client",
    "Task": "stepwell.client",
    "catch": "stepwell.decorators.catch",
    "current": "stepwell.flow.current",
    "default_metadata": "stepwell.client",
    "default_namespace": "stepwell.client",
    "environment": "stepwell.decorators.environment",
    "errors": "stepwell.base",
    "get_metadata": "stepwell.client",
    "get_namespace": "stepwell.client",
    "metadata": "stepwell.client",
    "namespace": "stepwell.client",
    "resources": "stepwell.decorators.resources",
    "retry": "stepwell.decorators.retry",
    "step": "stepwell.flow.step",
    "timeout": "stepwell.decorators.timeout",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module `stepwell` has no attribute `{name}`")
    import importlib

    module = importlib.import_module(home)
    value = importlib.import_module(f"{home}.{name}") if name == "errors" else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
