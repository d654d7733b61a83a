"""Secrets of Azure Key Vault. Needs `azure-keyvault-secrets` and `azure-identity`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepwell.base.errors import SecretError
from stepwell.decorators.secret_sources import variable_name

if TYPE_CHECKING:
    from stepwell.base.settings import Settings
    from stepwell.decorators.secret_sources import SecretSource


class AzureSecrets:
    """The secret of a name or a full URL, with or without its version; a single text."""

    options = frozenset({"env_var_name"})

    def read(self, source: SecretSource, role: str | None, settings: Settings) -> dict[str, str]:
        """The version named, or the latest one; a role is the client id of a managed identity."""
        try:
            from azure.core.exceptions import AzureError
            from azure.identity import DefaultAzureCredential
            from azure.keyvault.secrets import SecretClient
        except ImportError:
            raise SecretError(
                f"the secret `{source}` needs the packages `azure-keyvault-secrets` and `azure-identity`",
                hint="install them: `pip install azure-keyvault-secrets azure-identity`",
            ) from None
        vault, name, version = vault_parts(source.id, settings.azure_key_vault_prefix)
        try:
            credential = DefaultAzureCredential(**({} if role is None else {"managed_identity_client_id": role}))
            found = SecretClient(vault_url=vault, credential=credential).get_secret(name, version)
        except AzureError as error:
            raise SecretError(
                f"the secret `{source}` cannot be read: {type(error).__name__}",
                hint="look at the vault and the name, and at what the account may do",
            ) from None
        return {variable_name(source._replace(id=name)): str(found.value or "")}


def vault_parts(name: str, prefix: str | None) -> tuple[str, str, str | None]:
    """URL of the vault, name and version of a secret.

    Args:
        name: `https://mine.vault.azure.net/secrets/a/1`, or `a` and `a/1` with a prefix.
        prefix: URL of the vault for ids that are no URL.

    Raises:
        SecretError: The vault is not known, or the id has another form.
    """
    full = name
    if not name.startswith("https://"):
        if not prefix:
            raise SecretError(
                f"the vault of the secret `{name}` is not known",
                hint="write the whole URL, or set `azure_key_vault_prefix` to the URL of the vault",
            )
        full = f"{prefix.rstrip('/')}/secrets/{name}"
    host, _, path = full.removeprefix("https://").partition("/")
    parts = path.split("/")
    if len(parts) not in (2, 3) or parts[0] != "secrets" or not parts[1]:
        raise SecretError(
            f"`{name}` is not the URL of a secret", hint="it looks like `https://VAULT.vault.azure.net/secrets/NAME`"
        )
    return f"https://{host}", parts[1], parts[2] if len(parts) == 3 else None
