from __future__ import annotations

import pytest

from stepwell.base.secret_names import HIDDEN, is_secret_name, mask_secrets, secrets_of_environment


@pytest.mark.parametrize(
    "name",
    ["password", "db_password", "dbPassword", "API_KEY", "apiKey", "hf_token", "AuthToken", "aws_secret_access_key",
     "private_key", "credentials", "DATABASE_URL", "AUTHORIZATION"],
)  # fmt: skip
def test_names_of_secrets(name):
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name", ["tokens", "tokenizer", "author", "key", "keys", "primary_key", "passed", "url", "compass", "x", ""]
)
def test_names_of_other_things(name):
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("postgres://ann:pw12@host/db", f"postgres://ann:{HIDDEN}@host/db"),
        ("password=hunter2&x=1", f"password={HIDDEN}&x=1"),
        ("{'api_key': 'abc123'}", f"{{'api_key': '{HIDDEN}'}}"),
        ("Authorization: Bearer abcdefgh12345", f"Authorization: Bearer {HIDDEN}"),
        ("use AKIAABCDEFGHIJKLMNOP now", f"use {HIDDEN} now"),
        ("ghp_abcdefghijklmnopqrstuvwx", HIDDEN),
        ("nothing to hide: http://host/path", "nothing to hide: http://host/path"),
    ],
)
def test_what_looks_like_a_secret_is_masked(text, masked):
    assert mask_secrets(text) == masked


def test_secrets_of_the_environment_are_masked_wherever_they_stand(monkeypatch):
    monkeypatch.setenv("MY_SERVICE_TOKEN", "open sesame")
    known = secrets_of_environment()
    assert mask_secrets("they said open sesame twice", known) == f"they said {HIDDEN} twice"
