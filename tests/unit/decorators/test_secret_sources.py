"""Sources of secrets: how they are written, and what each kind asks of its service."""

from __future__ import annotations

import importlib.util

import pytest

from stepwell.base.errors import SecretError, UsageError
from stepwell.base.settings import Settings
from stepwell.decorators.secret_sources import parse_source, read_source, variable_name
from stepwell.decorators.secrets_azure import vault_parts
from stepwell.decorators.secrets_gcp import resource_name, values_of

SETTINGS = Settings(user="tester")


def test_a_text_and_a_dict_say_the_same():
    assert parse_source("aws-secrets-manager.team/db") == parse_source(
        {"type": "aws-secrets-manager", "id": "team/db", "options": {}}
    )


def test_a_default_kind_serves_ids_with_dots_too():
    assert parse_source("my.secret", "file")[:2] == ("file", "my.secret")
    assert parse_source("inline.x", "file")[:2] == ("inline", "x")


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("gcp-secret-manager.projects/1/secrets/api-key", "api_key"),
        ("aws-secrets-manager.arn:aws:secretsmanager:eu-west-1:1:secret:team/db-1", "db_1"),
        ("az-key-vault.9lives", "_9lives"),
    ],
)
def test_a_single_text_gets_its_name_from_the_id(source, name):
    assert variable_name(parse_source(source)) == name


def test_a_single_text_may_be_named():
    source = parse_source({"type": "az-key-vault", "id": "a", "options": {"env_var_name": "PIN"}})
    assert variable_name(source) == "PIN"


@pytest.mark.parametrize(
    ("name", "prefix", "full"),
    [
        ("projects/1/secrets/a", None, "projects/1/secrets/a/versions/latest"),
        ("projects/1/secrets/a/versions/3", None, "projects/1/secrets/a/versions/3"),
        ("a", "projects/1/secrets/", "projects/1/secrets/a/versions/latest"),
        ("a/versions/2", "projects/1/secrets/", "projects/1/secrets/a/versions/2"),
    ],
)
def test_google_gets_the_full_name_of_a_version(name, prefix, full):
    assert resource_name(name, prefix) == full


def test_google_secrets_are_text_json_or_bytes():
    base = {"type": "gcp-secret-manager", "id": "projects/1/secrets/key/versions/3"}
    assert values_of(b"abc", parse_source(base)) == {"key": "abc"}
    assert values_of(b'{"A": "b"}', parse_source({**base, "options": {"json": True}})) == {"A": "b"}
    assert values_of(b"\xff", parse_source({**base, "options": {"binary": True}})) == {"key": "/w=="}


@pytest.mark.parametrize(
    ("name", "prefix", "parts"),
    [
        ("https://v.vault.azure.net/secrets/a", None, ("https://v.vault.azure.net", "a", None)),
        ("https://v.vault.azure.net/secrets/a/1", None, ("https://v.vault.azure.net", "a", "1")),
        ("a", "https://v.vault.azure.net/", ("https://v.vault.azure.net", "a", None)),
        ("a/1", "https://v.vault.azure.net", ("https://v.vault.azure.net", "a", "1")),
    ],
)
def test_azure_gets_vault_name_and_version(name, prefix, parts):
    assert vault_parts(name, prefix) == parts


@pytest.mark.parametrize(
    "call",
    [
        lambda: resource_name("a", None),
        lambda: vault_parts("a", None),
        lambda: vault_parts("https://v.vault.azure.net/keys/a", None),
        lambda: read_source(parse_source({"type": "inline", "options": {"env_vars": {"1A": "x"}}}), None, SETTINGS),
    ],
)
def test_what_is_not_known_is_told(call):
    with pytest.raises(SecretError) as caught:
        call()
    assert caught.value.hint


def test_json_that_is_none_is_told_without_its_text(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("the-secret-itself")
    with pytest.raises(SecretError) as caught:
        read_source(parse_source(f"file.{path}"), None, SETTINGS)
    assert "the-secret-itself" not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "package"),
    [("aws-secrets-manager", "boto3"), ("gcp-secret-manager", "google.cloud.secretmanager"), ("az-key-vault", "azure")],
)
def test_a_missing_package_is_named(kind, package):
    if importlib.util.find_spec(package.split(".")[0]) is not None:
        pytest.skip(f"{package} is installed")
    with pytest.raises(SecretError, match="needs the package") as caught:
        read_source(parse_source(f"{kind}.a"), None, SETTINGS)
    assert caught.value.hint.startswith("install")


def test_an_unknown_kind_gets_the_nearest_known_one():
    with pytest.raises(UsageError) as caught:
        parse_source("aws-secret-manager.a")
    assert "`aws-secrets-manager`" in caught.value.hint
