"""AWS Secrets Manager, against a simulation of it; skipped where that is not installed."""

from __future__ import annotations

import pytest

from stepwell.base.errors import SecretError
from stepwell.base.settings import Settings
from stepwell.decorators.secret_sources import parse_source, read_source

moto = pytest.importorskip("moto")
boto3 = pytest.importorskip("boto3")

REGION = "eu-west-1"
SETTINGS = Settings(user="tester", aws_secrets_manager_default_region=REGION)


@pytest.fixture
def manager(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with moto.mock_aws():
        yield boto3.client("secretsmanager", region_name=REGION)


def read(source, role=None, settings=SETTINGS):
    return read_source(parse_source(source), role, settings)


def test_a_json_object_gives_all_its_names(manager):
    manager.create_secret(Name="team/db", SecretString='{"USER": "u", "PORT": 5432}')
    assert read("aws-secrets-manager.team/db") == {"USER": "u", "PORT": "5432"}


def test_an_arn_says_its_region(manager):
    arn = manager.create_secret(Name="team/db", SecretString='{"A": "b"}')["ARN"]
    assert read(f"aws-secrets-manager.{arn}", settings=Settings(user="tester")) == {"A": "b"}


def test_a_single_text_gets_a_name(manager):
    manager.create_secret(Name="team/api-key", SecretString="abc")
    source = {"type": "aws-secrets-manager", "id": "team/api-key", "options": {"json": False}}
    assert read(source) == {"api_key": "abc"}
    assert read({**source, "options": {"json": False, "env_var_name": "KEY", "region": REGION}}) == {"KEY": "abc"}


def test_bytes_are_text(manager):
    manager.create_secret(Name="b", SecretBinary=b'{"A": "b"}')
    assert read("aws-secrets-manager.b") == {"A": "b"}


def test_a_role_is_assumed(manager):
    manager.create_secret(Name="a", SecretString='{"A": "b"}')
    assert read("aws-secrets-manager.a", role="arn:aws:iam::123456789012:role/reader") == {"A": "b"}


def test_what_is_not_there_is_told_with_the_cure(manager):
    with pytest.raises(SecretError, match="ResourceNotFoundException") as caught:
        read("aws-secrets-manager.nowhere")
    assert "region" in caught.value.hint


def test_what_is_no_json_is_told_without_its_text(manager):
    manager.create_secret(Name="a", SecretString="the-secret-itself")
    with pytest.raises(SecretError, match="is not a JSON object") as caught:
        read("aws-secrets-manager.a")
    assert "the-secret-itself" not in str(caught.value)
    assert '"json": False' in caught.value.hint
