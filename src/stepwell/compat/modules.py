"""Which modules and names of Metaflow's there are, and what in Stepwell stands behind each.

Data, but for two small functions. A name that has no counterpart yet resolves to a stand-in that says so when it is
used, so that a file can be imported whatever else it mentions.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

#: The version of Metaflow whose public surface this is; the stubs of the same version are compared in the tests.
METAFLOW_VERSION = "2.19.39"

UNKNOWN: Any = object()

#: Modules that are one and the same object as a module of Stepwell's.
SAME = {"metaflow.client": "stepwell.client"}


def _words(text: str) -> list[str]:
    return text.split()


_PUBLIC = _words(
    "FlowSpec step Parameter JSONType JSONTypeClass IncludeFile Config ConfigValue config_expr current "
    "user_step_decorator UserStepDecorator StepMutator FlowMutator USER_SKIP_STEP "
    "catch timeout environment secrets parallel retry resources batch kubernetes card pytorch_parallel pypi conda "
    "schedule project trigger trigger_on_finish pypi_base conda_base exit_hook "
    "airflow_external_task_sensor airflow_s3_key_sensor "
    "Metaflow Flow Run Step Task DataArtifact namespace get_namespace default_namespace "
    "metadata get_metadata default_metadata inspect_spin "
    "Runner NBRunner Deployer DeployedFlow NBDeployer S3 profile parallel_map parallel_imap_unordered "
    "yaml_parser requirements_txt_parser pyproject_toml_parser conda_environment_yml_parser namespaced_event_name "
    "package_sources"
)

_CLIENT = _words(
    "Metaflow Flow Run Step Task DataArtifact namespace get_namespace default_namespace "
    "metadata get_metadata default_metadata"
)

_CARD_COMPONENTS = _words(
    "Artifact Table Image Error Markdown VegaChart ProgressBar ValueBox PythonCode EventsTimeline JSONViewer YAMLViewer"
)

_ERRORS = "stepwell.base.errors"
_COMPAT_ERRORS = "stepwell.compat.exceptions"

#: Exceptions by module: what flows catch by name, and what records call their types.
EXCEPTIONS: dict[str, dict[str, str]] = {
    "metaflow.exception": {
        "MetaflowException": f"{_ERRORS}:MetaflowException",
        "MetaflowExceptionWrapper": f"{_ERRORS}:CaughtException",
        "ParameterFieldFailed": f"{_ERRORS}:ParameterError",
        "ParameterFieldTypeMismatch": f"{_ERRORS}:ParameterError",
        "ExternalCommandFailed": f"{_COMPAT_ERRORS}:ExternalCommandFailed",
        "MetaflowNotFound": f"{_ERRORS}:NotFound",
        "MetaflowNamespaceMismatch": f"{_ERRORS}:NamespaceMismatch",
        "MetaflowInvalidPathspec": f"{_ERRORS}:InvalidPathspec",
        "MetaflowInternalError": f"{_COMPAT_ERRORS}:MetaflowInternalError",
        "MetaflowTaggingError": f"{_ERRORS}:TaggingError",
        "MetaflowUnknownUser": f"{_COMPAT_ERRORS}:MetaflowUnknownUser",
        "CommandException": f"{_ERRORS}:UsageError",
        "InvalidDecoratorAttribute": f"{_ERRORS}:UsageError",
        "MetaflowDataMissing": f"{_COMPAT_ERRORS}:MetaflowDataMissing",
        "UnhandledInMergeArtifactsException": f"{_ERRORS}:MergeConflict",
        "MissingInMergeArtifactsException": f"{_ERRORS}:MissingInMerge",
    },
    "metaflow.flowspec": {"InvalidNextException": f"{_ERRORS}:InvalidNext"},
    "metaflow.lint": {"LintWarn": f"{_ERRORS}:LintError"},
    "metaflow.runtime": {"TaskFailed": f"{_ERRORS}:RunFailed"},
    "metaflow.datastore.exceptions": {
        "DataException": f"{_ERRORS}:StoreError",
        "UnpicklableArtifactException": f"{_ERRORS}:ArtifactError",
    },
    "metaflow.plugins.timeout_decorator": {"TimeoutException": f"{_ERRORS}:StepTimeout"},
    "metaflow.plugins.catch_decorator": {"FailureHandledByCatch": f"{_COMPAT_ERRORS}:FailureHandledByCatch"},
    "metaflow.decorators": dict.fromkeys(
        _words(
            "BadStepDecoratorException BadFlowDecoratorException UnknownStepDecoratorException "
            "UnknownFlowDecoratorException DuplicateStepDecoratorException DuplicateFlowDecoratorException"
        ),
        f"{_ERRORS}:UsageError",
    ),
    "metaflow.plugins.datatools.s3": {
        name: f"{_COMPAT_ERRORS}:{name}"
        for name in (
            "MetaflowS3Exception",
            "MetaflowS3InvalidObject",
            "MetaflowS3URLException",
            "MetaflowS3NotFound",
            "MetaflowS3AccessDenied",
            "MetaflowS3InvalidRange",
            "MetaflowS3InsufficientDiskSpace",
        )
    },
    "metaflow.plugins.cards.exception": {
        name: f"{_COMPAT_ERRORS}:{name}"
        for name in (
            "CardClassFoundException",
            "CardNotPresentException",
            "TaskNotFoundException",
            "UnresolvableDatastoreException",
            "IncorrectCardArgsException",
            "UnrenderableCardException",
            "ComponentOverwriteNotSupportedException",
        )
    },
    "metaflow.multicore_utils": {"MulticoreException": "stepwell.runner.parallel:MulticoreException"},
}


def _public(*names: str) -> dict[str, str]:
    return {name: f"stepwell:{name}" for name in names}


def _components(*names: str) -> dict[str, str]:
    return {name: f"stepwell.compat.cards:{name}" for name in names}


_S3 = {"S3": "stepwell:S3", **EXCEPTIONS["metaflow.plugins.datatools.s3"]}
_SECRETS = {"get_secret": "stepwell.decorators.secrets:get_secret"}

_NAMES: dict[str, dict[str, str]] = {
    "metaflow": {**_public(*_PUBLIC), "__version__": "stepwell.compat.surface:VERSION"},
    "metaflow.client": _public("inspect_spin"),
    "metaflow.client.core": {
        **{name: f"stepwell.client:{name}" for name in _CLIENT},
        **_public("inspect_spin", "current"),
        **{
            name: EXCEPTIONS["metaflow.exception"][name]
            for name in _words(
                "MetaflowInternalError MetaflowInvalidPathspec MetaflowNamespaceMismatch MetaflowNotFound"
            )
        },
        "MetaflowCode": "stepwell.client:MetaflowCode",
        "MetaflowData": "stepwell.client:MetaflowData",
        "MetaflowObject": "stepwell.client.client_object:ClientObject",
        "Metadata": "stepwell.client.task_facts:Metadata",
        "Trigger": "stepwell.client:Trigger",
    },
    "metaflow.events": {
        "Trigger": "stepwell.client:Trigger",
        "MetaflowEvent": "stepwell.client:MetaflowEvent",
    },
    "metaflow.exception": {
        **EXCEPTIONS["metaflow.exception"],
        "METAFLOW_EXIT_DISALLOW_RETRY": "stepwell.compat.exceptions:METAFLOW_EXIT_DISALLOW_RETRY",
        "METAFLOW_EXIT_ALLOW_RETRY": "stepwell.compat.exceptions:METAFLOW_EXIT_ALLOW_RETRY",
    },
    "metaflow.flowspec": {
        **_public("FlowSpec", "Parameter", "FlowMutator", "StepMutator", "ConfigValue"),
        **EXCEPTIONS["metaflow.flowspec"],
    },
    "metaflow.parameters": {
        **_public("Parameter", "JSONType", "JSONTypeClass"),
        "ParameterContext": "stepwell.flow.parameters:ParameterContext",
        "DeployTimeField": "stepwell.flow.parameters:DeployTimeField",
    },
    "metaflow.includefile": _public("IncludeFile"),
    "metaflow.decorators": {
        **_public("FlowSpec", "FlowMutator", "StepMutator", "step"),
        "StepDecorator": "stepwell.compat.step_hooks:HookedStepDecorator",
        "FlowDecorator": "stepwell.compat.step_hooks:HookedFlowDecorator",
        "Decorator": "stepwell.decorators.options:Decorator",
        **EXCEPTIONS["metaflow.decorators"],
    },
    "metaflow.metaflow_current": {"current": "stepwell:current", "Current": "stepwell.flow.current:Current"},
    "metaflow.metaflow_profile": _public("profile"),
    "metaflow.metaflow_version": {"get_version": "stepwell.compat.surface:get_version"},
    "metaflow.multicore_utils": {
        **_public("parallel_map", "parallel_imap_unordered"),
        **EXCEPTIONS["metaflow.multicore_utils"],
    },
    "metaflow.lint": EXCEPTIONS["metaflow.lint"],
    "metaflow.metadata_provider": {"MetaDatum": "stepwell.compat.step_hooks:MetaDatum"},
    "metaflow.metadata_provider.metadata": {"MetaDatum": "stepwell.compat.step_hooks:MetaDatum"},
    "metaflow.runtime": EXCEPTIONS["metaflow.runtime"],
    "metaflow.datastore": {},
    "metaflow.datastore.exceptions": EXCEPTIONS["metaflow.datastore.exceptions"],
    "metaflow.unbounded_foreach": {
        "UnboundedForeachInput": "stepwell.compat.surface:UnboundedForeachInput",
        "UBF_CONTROL": "stepwell.compat.surface:UBF_CONTROL",
        "UBF_TASK": "stepwell.compat.surface:UBF_TASK",
    },
    "metaflow.util": {
        name: f"stepwell.compat.texts:{name}"
        for name in _words(
            "all_equal cached_property get_metaflow_root get_username is_stringish resolve_identity to_bytes "
            "to_camelcase to_pascalcase to_unicode url_quote url_unquote which"
        )
    },
    "metaflow.metaflow_config": {},
    "metaflow.integrations": {"ArgoEvent": "stepwell.deploy.deployer:ArgoEvent"},
    "metaflow.runner": {},
    "metaflow.runner.metaflow_runner": {
        **_public("Runner"),
        "ExecutingRun": "stepwell.runner.executing:ExecutingRun",
        "ExecutingTask": "stepwell.runner.executing:ExecutingTask",
        "ExecutingProcess": "stepwell.runner.executing:Executing",
    },
    "metaflow.runner.nbrun": _public("NBRunner"),
    "metaflow.runner.nbdeploy": _public("NBDeployer"),
    "metaflow.runner.deployer": {
        **_public("Deployer", "DeployedFlow"),
        "TriggeredRun": "stepwell.deploy.deployer:TriggeredRun",
    },
    "metaflow.user_configs": {},
    "metaflow.user_configs.config_parameters": _public("Config", "ConfigValue", "config_expr"),
    "metaflow.user_decorators": {},
    "metaflow.user_decorators.mutable_flow": {"MutableFlow": "stepwell:MutableFlow"},
    "metaflow.user_decorators.mutable_step": {"MutableStep": "stepwell:MutableStep"},
    "metaflow.user_decorators.user_flow_decorator": _public("FlowMutator"),
    "metaflow.user_decorators.user_step_decorator": _public(
        "UserStepDecorator", "StepMutator", "user_step_decorator", "USER_SKIP_STEP"
    ),
    "metaflow.datatools": _S3,
    "metaflow.plugins": {},
    "metaflow.plugins.datatools": _S3,
    "metaflow.plugins.datatools.s3": _S3,
    "metaflow.plugins.datatools.s3.s3": _S3,
    "metaflow.plugins.secrets": _SECRETS,
    "metaflow.plugins.secrets.secrets_func": _SECRETS,
    "metaflow.plugins.secrets.secrets_decorator": _public("secrets"),
    "metaflow.plugins.parsers": _public("yaml_parser"),
    "metaflow.plugins.pypi": {},
    "metaflow.plugins.pypi.parsers": _public(
        "requirements_txt_parser", "pyproject_toml_parser", "conda_environment_yml_parser"
    ),
    "metaflow.plugins.namespaced_events": _public("namespaced_event_name"),
    "metaflow.plugins.argo": {},
    "metaflow.plugins.argo.argo_events": {"ArgoEvent": "stepwell.deploy.deployer:ArgoEvent"},
    "metaflow.plugins.timeout_decorator": EXCEPTIONS["metaflow.plugins.timeout_decorator"],
    "metaflow.plugins.catch_decorator": EXCEPTIONS["metaflow.plugins.catch_decorator"],
    "metaflow.plugins.cards": {},
    "metaflow.plugins.cards.exception": EXCEPTIONS["metaflow.plugins.cards.exception"],
    "metaflow.plugins.cards.card_client": _components("get_cards"),
    "metaflow.plugins.cards.card_modules": _components("MetaflowCard", "MetaflowCardComponent"),
    "metaflow.plugins.cards.card_modules.card": _components("MetaflowCard", "MetaflowCardComponent"),
    "metaflow.plugins.cards.card_modules.components": _components("MetaflowCardComponent", *_CARD_COMPONENTS),
    "metaflow.plugins.cards.card_modules.basic": _components(
        "MetaflowCard", "MetaflowCardComponent", "DefaultCard", "PageComponent", "ErrorCard", "BlankCard"
    ),
    "metaflow.cards": _components(
        *_CARD_COMPONENTS,
        *("MetaflowCard", "MetaflowCardComponent", "DefaultCard", "PageComponent", "ErrorCard", "BlankCard"),
        "get_cards",
    ),
}

_COMPUTE = "remote backends come later; local runs do without, so take the decorator away or set it by `--with` there"
_ENVIRONMENTS = "isolated environments come later; install the packages where the flow runs"
_DEPLOYMENT = "deployments come later; run the flow with `run`"

#: Why a name is not there, for those that need another sentence than the one of their module.
WHY = {
    "S3": "cloud storage comes later; read and write the objects with the vendor's own package, such as boto3",
    **dict.fromkeys(("kubernetes", "batch", "pytorch_parallel"), _COMPUTE),
    **dict.fromkeys(("conda", "conda_base", "pypi", "pypi_base", "package_sources"), _ENVIRONMENTS),
    **dict.fromkeys(
        ("schedule", "trigger", "trigger_on_finish", "airflow_external_task_sensor", "airflow_s3_key_sensor"),
        _DEPLOYMENT,
    ),
    **dict.fromkeys(
        ("Deployer", "DeployedFlow", "NBDeployer", "TriggeredRun", "ArgoEvent", "namespaced_event_name"), _DEPLOYMENT
    ),
}


def is_known(module: str) -> bool:
    """True when Metaflow's module of that name has a counterpart."""
    return module in _NAMES


def is_package(module: str) -> bool:
    """True when other modules stand below it."""
    return any(name.startswith(f"{module}.") for name in _NAMES)


def known_modules() -> list[str]:
    """All modules, sorted."""
    return sorted(_NAMES)


def names_of(module: str) -> list[str]:
    """The public names of a module, modules below it included."""
    below = {name.rpartition(".")[2] for name in _NAMES if name.rpartition(".")[0] == module}
    if module == "metaflow.metaflow_config":
        below |= set(import_module("stepwell.compat.variables").config_names())
    return sorted(below | {name for name in _NAMES.get(module, ()) if not name.startswith("_")})


def missing_names(module: str, counterpart: Any) -> dict[str, Any]:
    """Names that a module of Metaflow's has and the module of ours that stands for it does not."""
    return {name: resolve(module, name) for name in _NAMES[module] if not hasattr(counterpart, name)}


def resolve(module: str, name: str) -> Any:
    """What stands behind a name: Stepwell's object, a stand-in where there is none yet, else `UNKNOWN`."""
    if module == "metaflow.metaflow_config":
        return import_module("stepwell.compat.variables").config_value(name, UNKNOWN)
    target = _NAMES[module].get(name)
    if target is None:
        return import_module("stepwell.compat.extensions").find_name(name, UNKNOWN) if module == "metaflow" else UNKNOWN
    home, _, attribute = target.partition(":")
    try:
        return getattr(import_module(home), attribute)
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("stepwell"):
            raise
    except AttributeError:
        pass
    from stepwell.compat.absent import absent

    return absent(name, module, WHY.get(name, "it comes with a later version"))
