"""Stepwell: workflows for machine learning and data science.

Everything that a flow needs is here: `from stepwell import FlowSpec, step, Parameter`. Names are loaded on first use,
so that importing the package costs next to nothing.
"""

from __future__ import annotations

from os import environ as _environ
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
    from stepwell.decorators.airflow_external_task_sensor import airflow_external_task_sensor
    from stepwell.decorators.airflow_s3_key_sensor import airflow_s3_key_sensor
    from stepwell.decorators.batch import batch
    from stepwell.decorators.card import card
    from stepwell.decorators.catch import catch
    from stepwell.decorators.conda import conda
    from stepwell.decorators.conda_base import conda_base
    from stepwell.decorators.environment import environment
    from stepwell.decorators.exit_hook import exit_hook
    from stepwell.decorators.kubernetes import kubernetes
    from stepwell.decorators.mutable_flow import MutableFlow
    from stepwell.decorators.mutable_step import MutableStep
    from stepwell.decorators.mutators import FlowMutator, StepMutator
    from stepwell.decorators.parallel import parallel
    from stepwell.decorators.project import project
    from stepwell.decorators.pypi import pypi
    from stepwell.decorators.pypi_base import pypi_base
    from stepwell.decorators.pytorch_parallel import pytorch_parallel
    from stepwell.decorators.resources import resources
    from stepwell.decorators.retry import retry
    from stepwell.decorators.schedule import schedule
    from stepwell.decorators.secrets import get_secret, secrets
    from stepwell.decorators.timeout import timeout
    from stepwell.decorators.trigger import trigger
    from stepwell.decorators.trigger_on_finish import trigger_on_finish
    from stepwell.decorators.user_step import USER_SKIP_STEP, UserStepDecorator, user_step_decorator
    from stepwell.deploy.deployer import DeployedFlow, Deployer, NBDeployer
    from stepwell.flow.config import Config
    from stepwell.flow.config_parsers import (
        conda_environment_yml_parser,
        pyproject_toml_parser,
        requirements_txt_parser,
        yaml_parser,
    )
    from stepwell.flow.config_references import config_expr
    from stepwell.flow.config_value import ConfigValue
    from stepwell.flow.current import current
    from stepwell.flow.include_file import IncludeFile
    from stepwell.flow.inputs import Inputs
    from stepwell.flow.parameters import JSONType, JSONTypeClass, Parameter
    from stepwell.flow.spec import FlowSpec
    from stepwell.flow.step import step
    from stepwell.runner.event_names import namespaced_event_name
    from stepwell.runner.notebook import NBRunner
    from stepwell.runner.parallel import MulticoreException, parallel_imap_unordered, parallel_map
    from stepwell.runner.profiling import profile
    from stepwell.runner.runner import Runner
    from stepwell.runner.spinning import inspect_spin

__all__ = (
    "USER_SKIP_STEP",
    "Config",
    "ConfigValue",
    "DataArtifact",
    "DeployedFlow",
    "Deployer",
    "Flow",
    "FlowMutator",
    "FlowSpec",
    "IncludeFile",
    "Inputs",
    "JSONType",
    "JSONTypeClass",
    "Metaflow",
    "MulticoreException",
    "MutableFlow",
    "MutableStep",
    "NBDeployer",
    "NBRunner",
    "Parameter",
    "Run",
    "Runner",
    "Step",
    "StepMutator",
    "Stepwell",
    "Task",
    "UserStepDecorator",
    "__version__",
    "airflow_external_task_sensor",
    "airflow_s3_key_sensor",
    "batch",
    "card",
    "catch",
    "conda",
    "conda_base",
    "conda_environment_yml_parser",
    "config_expr",
    "current",
    "default_metadata",
    "default_namespace",
    "environment",
    "errors",
    "exit_hook",
    "get_metadata",
    "get_namespace",
    "get_secret",
    "inspect_spin",
    "kubernetes",
    "metadata",
    "namespace",
    "namespaced_event_name",
    "parallel",
    "parallel_imap_unordered",
    "parallel_map",
    "profile",
    "project",
    "pypi",
    "pypi_base",
    "pyproject_toml_parser",
    "pytorch_parallel",
    "requirements_txt_parser",
    "resources",
    "retry",
    "schedule",
    "secrets",
    "step",
    "timeout",
    "trigger",
    "trigger_on_finish",
    "user_step_decorator",
    "yaml_parser",
)

# Where each name is defined. A test compares this with the imports above, which are what editors read.
_HOMES = {
    "Config": "stepwell.flow.config",
    "ConfigValue": "stepwell.flow.config_value",
    "DataArtifact": "stepwell.client",
    "DeployedFlow": "stepwell.deploy.deployer",
    "Deployer": "stepwell.deploy.deployer",
    "Flow": "stepwell.client",
    "FlowMutator": "stepwell.decorators.mutators",
    "FlowSpec": "stepwell.flow.spec",
    "IncludeFile": "stepwell.flow.include_file",
    "Inputs": "stepwell.flow.inputs",
    "JSONType": "stepwell.flow.parameters",
    "JSONTypeClass": "stepwell.flow.parameters",
    "Metaflow": "stepwell.client",
    "MulticoreException": "stepwell.runner.parallel",
    "MutableFlow": "stepwell.decorators.mutable_flow",
    "MutableStep": "stepwell.decorators.mutable_step",
    "NBDeployer": "stepwell.deploy.deployer",
    "NBRunner": "stepwell.runner.notebook",
    "Parameter": "stepwell.flow.parameters",
    "Run": "stepwell.client",
    "Runner": "stepwell.runner.runner",
    "Step": "stepwell.client",
    "StepMutator": "stepwell.decorators.mutators",
    "Stepwell": "stepwell.client",
    "Task": "stepwell.client",
    "USER_SKIP_STEP": "stepwell.decorators.user_step",
    "UserStepDecorator": "stepwell.decorators.user_step",
    "airflow_external_task_sensor": "stepwell.decorators.airflow_external_task_sensor",
    "airflow_s3_key_sensor": "stepwell.decorators.airflow_s3_key_sensor",
    "batch": "stepwell.decorators.batch",
    "card": "stepwell.decorators.card",
    "catch": "stepwell.decorators.catch",
    "conda": "stepwell.decorators.conda",
    "conda_base": "stepwell.decorators.conda_base",
    "conda_environment_yml_parser": "stepwell.flow.config_parsers",
    "config_expr": "stepwell.flow.config_references",
    "current": "stepwell.flow.current",
    "default_metadata": "stepwell.client",
    "default_namespace": "stepwell.client",
    "environment": "stepwell.decorators.environment",
    "errors": "stepwell.base",
    "exit_hook": "stepwell.decorators.exit_hook",
    "get_metadata": "stepwell.client",
    "get_namespace": "stepwell.client",
    "get_secret": "stepwell.decorators.secrets",
    "inspect_spin": "stepwell.runner.spinning",
    "kubernetes": "stepwell.decorators.kubernetes",
    "metadata": "stepwell.client",
    "namespace": "stepwell.client",
    "namespaced_event_name": "stepwell.runner.event_names",
    "parallel": "stepwell.decorators.parallel",
    "parallel_imap_unordered": "stepwell.runner.parallel",
    "parallel_map": "stepwell.runner.parallel",
    "profile": "stepwell.runner.profiling",
    "project": "stepwell.decorators.project",
    "pypi": "stepwell.decorators.pypi",
    "pypi_base": "stepwell.decorators.pypi_base",
    "pyproject_toml_parser": "stepwell.flow.config_parsers",
    "pytorch_parallel": "stepwell.decorators.pytorch_parallel",
    "requirements_txt_parser": "stepwell.flow.config_parsers",
    "resources": "stepwell.decorators.resources",
    "retry": "stepwell.decorators.retry",
    "schedule": "stepwell.decorators.schedule",
    "secrets": "stepwell.decorators.secrets",
    "step": "stepwell.flow.step",
    "timeout": "stepwell.decorators.timeout",
    "trigger": "stepwell.decorators.trigger",
    "trigger_on_finish": "stepwell.decorators.trigger_on_finish",
    "user_step_decorator": "stepwell.decorators.user_step",
    "yaml_parser": "stepwell.flow.config_parsers",
}

# The one place where compat mode reaches up from below: whatever part of Stepwell a process imports first, a task's
# too, a file that says `import metaflow` finds the aliases in place. A text names it, so that nothing depends on it.
if _environ.get("STEPWELL_COMPAT"):
    from importlib import import_module as _import_module

    _import_module("stepwell.compat.mode").install_from_environment(_environ["STEPWELL_COMPAT"])


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
