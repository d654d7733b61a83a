"""Secrets of Google Cloud Secret Manager. Needs `google-cloud-secret-manager`."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

from stepwell.base.errors import SecretError
from stepwell.decorators.secret_sources import keys_and_values, variable_name

if TYPE_CHECKING:
    from stepwell.base.settings import Settings
    from stepwell.decorators.secret_sources import SecretSource

_SCOPE = "https://www.googleapis.com/auth/cloud-platform"


class GcpSecrets:
    """The secret of an id, with or without its version: a single text, or JSON with `json` True."""

    options = frozenset({"json", "env_var_name", "binary"})

    def read(self, source: SecretSource, role: str | None, settings: Settings) -> dict[str, str]:
        """The version named, or the latest one; a role is a service account to act as."""
        try:
            from google.api_core.exceptions import GoogleAPIError
            from google.cloud.secretmanager import SecretManagerServiceClient
        except ImportError:
            raise SecretError(
                f"the secret `{source}` needs the package `google-cloud-secret-manager`",
                hint="install it: `pip install google-cloud-secret-manager`",
            ) from None
        name = resource_name(source.id, settings.gcp_secret_manager_prefix)
        try:
            client = SecretManagerServiceClient(**({} if role is None else {"credentials": _acting_as(role)}))
            data: bytes = client.access_secret_version(request={"name": name}).payload.data
        except GoogleAPIError as error:
            raise SecretError(
                f"the secret `{source}` cannot be read: {type(error).__name__}",
                hint="look at the project and the name, and at what the account may do",
            ) from None
        return values_of(data, source)


def resource_name(name: str, prefix: str | None) -> str:
    """The full name of a version of a secret.

    Args:
        name: `projects/1/secrets/a/versions/2`, or less of it: the latest version, and what the prefix adds.
        prefix: What stands before ids that are not full names, such as `projects/1/secrets/`.

    Raises:
        SecretError: The project is not known.
    """
    full = name if name.startswith("projects/") else f"{prefix or ''}{name}"
    if not full.startswith("projects/"):
        raise SecretError(
            f"the project of the secret `{name}` is not known",
            hint="write `projects/PROJECT/secrets/NAME`, or set `gcp_secret_manager_prefix`",
        )
    return full if "/versions/" in full else f"{full}/versions/latest"


def values_of(data: bytes, source: SecretSource) -> dict[str, str]:
    """Names and values of the bytes of a secret."""
    named = source._replace(id=source.id.partition("/versions/")[0])
    if source.options.get("binary"):
        return {variable_name(named): b64encode(data).decode()}
    text = data.decode("utf-8", errors="surrogateescape")
    if source.options.get("json"):
        return keys_and_values(text, source)
    return {variable_name(named): text}


def _acting_as(role: str) -> Any:
    import google.auth
    from google.auth import impersonated_credentials

    own, _ = google.auth.default(scopes=[_SCOPE])
    return impersonated_credentials.Credentials(source_credentials=own, target_principal=role, target_scopes=[_SCOPE])
