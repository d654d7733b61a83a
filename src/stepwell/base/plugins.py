"""The extension table: which class stands behind a name, for each kind of thing that can be added from outside.

What comes with Stepwell stands in a static table, so that the usual case never reads the installed packages'
metadata. Other names are looked up among the entry points `stepwell.<kind>`. Nothing is imported before it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepwell.base.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

# The same lines stand as entry points in pyproject.toml, where other tools can see them; a test compares the two.
BUILT_IN: dict[str, dict[str, str]] = {
    "decorators": {
        "batch": "stepwell.decorators.batch:Batch",
        "card": "stepwell.decorators.card:Card",
        "conda": "stepwell.decorators.conda:Conda",
        "kubernetes": "stepwell.decorators.kubernetes:Kubernetes",
        "pypi": "stepwell.decorators.pypi:Pypi",
        "catch": "stepwell.decorators.catch:Catch",
        "environment": "stepwell.decorators.environment:Environment",
        "parallel": "stepwell.decorators.parallel:Parallel",
        "pytorch_parallel": "stepwell.decorators.pytorch_parallel:PytorchParallel",
        "retry": "stepwell.decorators.retry:Retry",
        "resources": "stepwell.decorators.resources:Resources",
        "secrets": "stepwell.decorators.secrets:Secrets",
        "timeout": "stepwell.decorators.timeout:Timeout",
    },
    "flow_decorators": {
        "airflow_external_task_sensor": "stepwell.decorators.airflow_external_task_sensor:AirflowExternalTaskSensor",
        "airflow_s3_key_sensor": "stepwell.decorators.airflow_s3_key_sensor:AirflowS3KeySensor",
        "conda_base": "stepwell.decorators.conda_base:CondaBase",
        "exit_hook": "stepwell.decorators.exit_hook:ExitHook",
        "project": "stepwell.decorators.project:Project",
        "pypi_base": "stepwell.decorators.pypi_base:PypiBase",
        "schedule": "stepwell.decorators.schedule:Schedule",
        "trigger": "stepwell.decorators.trigger:Trigger",
        "trigger_on_finish": "stepwell.decorators.trigger_on_finish:TriggerOnFinish",
    },
    "secrets": {
        "inline": "stepwell.decorators.secret_sources:InlineSecrets",
        "environment": "stepwell.decorators.secret_sources:EnvironmentSecrets",
        "file": "stepwell.decorators.secret_sources:FileSecrets",
        "aws-secrets-manager": "stepwell.decorators.secrets_aws:AwsSecrets",
        "gcp-secret-manager": "stepwell.decorators.secrets_gcp:GcpSecrets",
        "az-key-vault": "stepwell.decorators.secrets_azure:AzureSecrets",
    },
    "stores": {
        "file": "stepwell.store.local:LocalStore",
        "memory": "stepwell.store.memory:MemoryStore",
    },
    "backends": {
        "local": "stepwell.backends.local.backend:LocalBackend",
    },
    "serializers": {
        "json": "stepwell.artifacts.json_values:JsonSerializer",
        "pickle": "stepwell.artifacts.pickling:PickleSerializer",
        "cloudpickle": "stepwell.artifacts.by_value:CloudpickleSerializer",
    },
}


def find_plugin(kind: str, name: str) -> type:
    """The class that is registered under a name.

    Args:
        kind: `decorators`, `flow_decorators`, `secrets`, `stores`, `backends` or `serializers`.
        name: The name within its kind, for example `retry`.

    Raises:
        UsageError: Nothing of that kind has the name; the hint gives the nearest known ones.
    """
    target = BUILT_IN.get(kind, {}).get(name)
    if target is None:
        target = _installed(kind).get(name)
    if target is None:
        raise _unknown(kind, name)
    return load_target(target)


def plugin_names(kind: str) -> list[str]:
    """All names of a kind, built-in and installed ones, sorted; nothing is imported for it."""
    return sorted({*BUILT_IN.get(kind, {}), *_installed(kind)})


def load_target(target: str) -> type:
    """Import `module:attribute`.

    Raises:
        UsageError: The module does not import or has no such class.
    """
    import importlib

    module_name, _, attribute = target.partition(":")
    try:
        found = getattr(importlib.import_module(module_name), attribute)
    except (ImportError, AttributeError) as error:
        raise UsageError(
            f"the plug-in `{target}` cannot be loaded: {error}",
            hint="install or update the package that it comes from",
        ) from error
    if not isinstance(found, type):
        raise UsageError(f"the plug-in `{target}` is not a class", hint="an entry point names `module:Class`")
    return found


def nearest(name: str, known: Iterable[str], *, most: int = 3) -> list[str]:
    """The known names that a mistyped one may stand for, best first."""
    import difflib

    by_lower = {candidate.lower(): candidate for candidate in known}
    return [by_lower[match] for match in difflib.get_close_matches(name.lower(), by_lower, n=most, cutoff=0.6)]


def _installed(kind: str) -> dict[str, str]:
    from importlib.metadata import entry_points

    return {point.name: point.value for point in entry_points(group=f"stepwell.{kind}")}


def _unknown(kind: str, name: str) -> UsageError:
    names = plugin_names(kind)
    close = nearest(name, names) or names
    listed = ", ".join(f"`{candidate}`" for candidate in close) or "none is installed"
    lead = "did you mean" if close is not names else "known are"
    kind_name = kind.removesuffix("s").replace("_", " ")
    return UsageError(f"there is no {kind_name} `{name}`", hint=f"{lead}: {listed}")
