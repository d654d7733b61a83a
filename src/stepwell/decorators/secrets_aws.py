"""Secrets of AWS Secrets Manager. Needs `boto3`: `pip install stepwell[aws]`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepwell.base.errors import SecretError
from stepwell.decorators.secret_sources import keys_and_values, variable_name

if TYPE_CHECKING:
    from stepwell.base.settings import Settings
    from stepwell.decorators.secret_sources import SecretSource


class AwsSecrets:
    """The secret of an id or ARN: a JSON object of names and values, or a single text with `json` False."""

    options = frozenset({"json", "env_var_name", "region"})

    def read(self, source: SecretSource, role: str | None, settings: Settings) -> dict[str, str]:
        """Its current version, read as the role when there is one."""
        try:
            import boto3
            from botocore.exceptions import BotoCoreError, ClientError
        except ImportError:
            raise SecretError(
                f"the secret `{source}` needs the package `boto3`", hint="install it: `pip install boto3`"
            ) from None
        region = source.options.get("region") or _region_of(source.id) or settings.aws_secrets_manager_default_region
        role = role or settings.aws_secrets_manager_default_role
        try:
            session = boto3.Session() if role is None else _session_of(boto3, role, region)
            answer = session.client("secretsmanager", region_name=region).get_secret_value(SecretId=source.id)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            raise SecretError(f"the secret `{source}` cannot be read: {code}", hint=_hint(code)) from None
        except BotoCoreError as error:
            raise SecretError(
                f"the secret `{source}` cannot be read: {error}", hint="look at the region and the credentials"
            ) from None
        text = answer.get("SecretString")
        if text is None:
            text = answer["SecretBinary"].decode("utf-8", errors="surrogateescape")
        if source.options.get("json", True):
            return keys_and_values(text, source)
        return {variable_name(source): text}


def _session_of(boto3: Any, role: str, region: str | None) -> Any:
    answer = boto3.client("sts", region_name=region).assume_role(RoleArn=role, RoleSessionName="stepwell-secrets")
    keys = answer["Credentials"]
    return boto3.Session(
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )


def _region_of(name: str) -> str | None:
    parts = name.split(":")
    return parts[3] if name.startswith("arn:") and len(parts) > 3 else None


def _hint(code: str) -> str:
    if code == "ResourceNotFoundException":
        return "look at its name and at the region (`options: region`, or `aws_secrets_manager_default_region`)"
    return "look at the credentials, and at what the role may do"
