"""Metaflow's variables and configuration files: understood where they have a counterpart, named where not.

A variable `METAFLOW_X` wins over `.metaflow/config.json` (the nearest one, walking up), and that over
`~/.metaflowconfig/config.json` (`config_<profile>.json` with `METAFLOW_PROFILE`). What has a counterpart is written
into the environment as a setting of Stepwell's, where no such setting is yet: so it reaches every process.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping

_PREFIX = "METAFLOW_"
#: Lists what the first process of a program has already said, so that its children stay quiet.
_TOLD = "STEPWELL_COMPAT_TOLD"


def _words(text: str) -> list[str]:
    return text.split()


def _as_it_is(text: str) -> str:
    return text


def _below(folder: str) -> Callable[[str], str]:
    return lambda text: os.path.join(os.path.abspath(os.path.expanduser(text)), folder)


# Metaflow's name, Stepwell's variable, and how the text changes on the way.
_COUNTERPARTS: dict[str, tuple[str, Callable[[str], str]]] = {
    "USER": ("STEPWELL_USER", _as_it_is),
    "DATASTORE_SYSROOT_LOCAL": ("STEPWELL_DATASTORE", _below(".stepwell")),
    "DATASTORE_ROOT": ("STEPWELL_DATASTORE", _as_it_is),
    "DEFAULT_DECOSPECS": ("STEPWELL_DEFAULT_DECORATORS", _as_it_is),
    "DEFAULT_PACKAGE_SUFFIXES": ("STEPWELL_CODE_SUFFIXES", _as_it_is),
    "PACKAGE_SUFFIXES": ("STEPWELL_CODE_SUFFIXES", _as_it_is),
    "FLOW_CONFIG": ("STEPWELL_FLOW_CONFIG", _as_it_is),
    "FLOW_CONFIG_VALUE": ("STEPWELL_FLOW_CONFIG_VALUE", _as_it_is),
    "RUN_MAX_WORKERS": ("STEPWELL_MAX_WORKERS", _as_it_is),
    "RESUME_MAX_WORKERS": ("STEPWELL_MAX_WORKERS", _as_it_is),
    "QUIET": ("STEPWELL_QUIET", _as_it_is),
    "DEFAULT_SECRETS_BACKEND_TYPE": ("STEPWELL_DEFAULT_SECRETS_BACKEND_TYPE", _as_it_is),
    "DEFAULT_SECRETS_ROLE": ("STEPWELL_DEFAULT_SECRETS_ROLE", _as_it_is),
    "AWS_SECRETS_MANAGER_DEFAULT_REGION": ("STEPWELL_AWS_SECRETS_MANAGER_DEFAULT_REGION", _as_it_is),
    "AWS_SECRETS_MANAGER_DEFAULT_ROLE": ("STEPWELL_AWS_SECRETS_MANAGER_DEFAULT_ROLE", _as_it_is),
    "GCP_SECRET_MANAGER_PREFIX": ("STEPWELL_GCP_SECRET_MANAGER_PREFIX", _as_it_is),
    "AZURE_KEY_VAULT_PREFIX": ("STEPWELL_AZURE_KEY_VAULT_PREFIX", _as_it_is),
}

# Said once and for all: these choose what Stepwell has one of, so their usual value needs no word.
_ONLY_ONE = {
    "DEFAULT_DATASTORE": "local",
    "DATASTORE": "local",
    "DEFAULT_METADATA": "local",
    "METADATA": "local",
    "DEFAULT_ENVIRONMENT": "local",
    "ENVIRONMENT": "local",
}

# These are heeded here, or are so in Stepwell without saying.
_WITHOUT_NEED = {
    "PROFILE",
    "HOME",
    "CARD_NO_WARNING",
    "FEAT_ALWAYS_UPLOAD_CODE_PACKAGE",
    "PYLINT",
    "ESCAPE_HATCH_WARNING",
}

_DEFAULTS: dict[str, Any] = {
    "DEFAULT_DATASTORE": "local",
    "DEFAULT_METADATA": "local",
    "DEFAULT_ENVIRONMENT": "local",
    "DEFAULT_EVENT_LOGGER": "nullSidecarLogger",
    "DEFAULT_MONITOR": "nullSidecarMonitor",
    "DEFAULT_PACKAGE_SUFFIXES": ".py,.R,.RDS",
    "DEFAULT_DECOSPECS": "",
    "DATASTORE_LOCAL_DIR": ".stepwell",
    "MAX_ATTEMPTS": 6,
    "KUBERNETES_NAMESPACE": "default",
    "DEFAULT_RUNTIME_LIMIT": 5 * 24 * 60 * 60,
    "S3_RETRY_COUNT": 7,
    "S3_WORKER_COUNT": 64,
    "INCLUDE_FOREACH_STACK": True,
    "MAXIMUM_FOREACH_VALUE_CHARS": 30,
    "TEMPDIR": ".",
    **dict.fromkeys(
        _words(
            "DATASTORE_SYSROOT_LOCAL DATASTORE_SYSROOT_S3 DATASTORE_SYSROOT_AZURE DATASTORE_SYSROOT_GS "
            "DATATOOLS_S3ROOT DATATOOLS_LOCALROOT DATATOOLS_AZUREROOT DATATOOLS_GSROOT CARD_LOCALROOT CARD_S3ROOT "
            "SERVICE_URL SERVICE_INTERNAL_URL SERVICE_AUTH_KEY UI_URL CONTACT_INFO USER "
            "DEFAULT_CONTAINER_IMAGE DEFAULT_CONTAINER_REGISTRY BATCH_JOB_QUEUE ECS_S3_ACCESS_IAM_ROLE SFN_IAM_ROLE "
            "KUBERNETES_SERVICE_ACCOUNT KUBERNETES_CONTAINER_IMAGE KUBERNETES_CONTAINER_REGISTRY KUBERNETES_SECRETS "
            "ARGO_EVENTS_WEBHOOK_URL ARGO_WORKFLOWS_UI_URL S3_ENDPOINT_URL S3_VERIFY_CERTIFICATE"
        )
    ),
}


def translate_variables(environ: MutableMapping[str, str]) -> None:
    """Write Metaflow's configuration into the environment as settings of Stepwell's; those that are there win."""
    for name, text in _configured(environ).items():
        found = _counterpart(name)
        if found is not None:
            variable, change = found
            environ.setdefault(variable, change(text))


def is_first_to_tell(environ: MutableMapping[str, str] = os.environ) -> bool:
    """True once in a program, whatever processes it has: for what is to be told only once."""
    if environ.get(_TOLD):
        return False
    environ[_TOLD] = "1"
    return True


def tell_variables_without_effect(environ: Mapping[str, str] = os.environ) -> None:
    """Name what is configured for Metaflow and has no effect, in one warning."""
    names = without_effect(environ)
    if names:
        listed = ", ".join(f"`{_PREFIX}{name}`" for name in names)
        sys.stderr.write(
            f"warning: Stepwell has no counterpart of {listed}: no effect\n"
            "hint: docs/coming-from-metaflow.md lists the variables that have one\n"
        )


def without_effect(environ: Mapping[str, str]) -> list[str]:
    """The names, without their prefix, of what is configured and has no effect; sorted."""
    return sorted(
        name
        for name, text in _configured(environ).items()
        if text
        and _counterpart(name) is None
        and name not in _WITHOUT_NEED
        and _ONLY_ONE.get(name, object()) != text.partition("@")[0]
    )


def config_names() -> list[str]:
    """The names that `metaflow.metaflow_config` has, sorted."""
    return sorted(_DEFAULTS)


def config_value(name: str, unknown: Any) -> Any:
    """A value of `metaflow.metaflow_config`: as configured, else the default; `unknown` for an unknown name."""
    configured = _configured(os.environ)
    if name in configured:
        text = configured[name]
        default = _DEFAULTS.get(name)
        if isinstance(default, bool):
            return text.lower() not in {"0", "false", ""}
        return int(text) if isinstance(default, int) and text.lstrip("-").isdigit() else text
    return _DEFAULTS.get(name, unknown)


def counterparts() -> dict[str, str]:
    """Metaflow's variables to Stepwell's, for the documentation."""
    named = {f"{_PREFIX}{name}": variable for name, (variable, _) in _COUNTERPARTS.items()}
    return {**named, f"{_PREFIX}RUN_<PARAMETER>": "STEPWELL_RUN_<PARAMETER>"}


def _counterpart(name: str) -> tuple[str, Callable[[str], str]] | None:
    if name in _COUNTERPARTS:
        return _COUNTERPARTS[name]
    if name.startswith("RUN_") and name not in {"RUN_MAX_NUM_SPLITS", "RUN_MAX_LOG_SIZE", "RUN_TAG", "RUN_NAMESPACE"}:
        return f"STEPWELL_{name}", _as_it_is
    return None


def _configured(environ: Mapping[str, str]) -> dict[str, str]:
    """What is configured, by name without prefix, as text."""
    found: dict[str, str] = {}
    for path in _files(environ):
        for key, value in _table(path).items():
            if key.startswith(_PREFIX) and value is not None:
                found[key.removeprefix(_PREFIX)] = value if isinstance(value, str) else _json(value)
    for key, text in environ.items():
        if key.startswith(_PREFIX):
            found[key.removeprefix(_PREFIX)] = text
    return found


def _files(environ: Mapping[str, str]) -> list[str]:
    """Configuration files that may be there, the weakest first."""
    profile = environ.get(f"{_PREFIX}PROFILE")
    home = environ.get(f"{_PREFIX}HOME") or os.path.join(os.path.expanduser("~"), ".metaflowconfig")
    files = [os.path.join(os.path.expanduser(home), f"config_{profile}.json" if profile else "config.json")]
    try:
        folder = os.getcwd()
    except OSError:
        return files
    while True:
        path = os.path.join(folder, ".metaflow", "config.json")
        if os.path.exists(path):
            return [*files, path]
        parent = os.path.dirname(folder)
        if parent == folder:
            return files
        folder = parent


def _table(path: str) -> dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except OSError:
        return {}
    import json

    try:
        table = json.loads(text)
    except ValueError as error:
        sys.stderr.write(f"warning: `{path}` is not JSON and has no effect: {error}\n")
        return {}
    return table if isinstance(table, dict) else {}


def _json(value: Any) -> str:
    import json

    return json.dumps(value)
