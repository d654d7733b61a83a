"""Secrets are found in texts and in streams, however they are quoted or cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepwell.base.redaction import (
    MASK,
    StreamRedactor,
    forget_secrets,
    hidden_texts,
    hide_secrets,
    on_hidden,
    redact,
    redact_all,
)


@pytest.fixture(autouse=True)
def nothing_hidden():
    forget_secrets()
    yield
    forget_secrets()


def test_without_secrets_a_text_stays_as_it_is():
    assert redact("a text") == "a text"


def test_a_secret_is_found_as_it_is_and_as_it_is_quoted():
    hide_secrets(['pass "word"\nsecond line'])
    assert redact('got pass "word"\nsecond line.') == f"got {MASK}."
    assert redact('{"p": "pass \\"word\\"\\nsecond line"}') == f'{{"p": "{MASK}"}}'
    assert redact("https://x/?p=pass+%22word%22%0Asecond+line&q=1") == f"https://x/?p={MASK}&q=1"
    assert redact("only the second line") == f"only the {MASK}"


def test_the_longer_secret_goes_first():
    hide_secrets(["abcd", "abcdefgh"])
    assert redact("abcdefgh abcd") == f"{MASK} {MASK}"


def test_short_texts_are_not_secrets():
    hide_secrets(["1", "abc", ""])
    assert hidden_texts() == []


def test_data_is_redacted_within():
    hide_secrets(["secret"])
    assert redact_all({"secret": ["a secret", ("secret",), 3, None]}) == {"secret": ["a ***", ("***",), 3, None]}


def test_listeners_hear_of_what_is_new():
    heard = []
    stop = on_hidden(heard.append)
    hide_secrets(["first-one"])
    hide_secrets(["first-one", "second-one"])
    stop()
    hide_secrets(["third-one"])
    assert [text for texts in heard for text in texts] == ["first-one", "second-one"]


@given(
    secrets=st.lists(st.binary(min_size=4, max_size=8), min_size=1, max_size=3),
    parts=st.lists(st.one_of(st.integers(0, 2), st.binary(max_size=6)), max_size=12),
    cuts=st.lists(st.integers(1, 5), max_size=60),
)
def test_a_stream_is_redacted_wherever_it_is_cut(secrets, parts, cuts):
    whole = b"".join(secrets[part % len(secrets)] if isinstance(part, int) else part for part in parts)
    redactor = StreamRedactor()
    redactor.add(secrets)
    out, rest = b"", whole
    for cut in cuts:
        out += redactor.feed(rest[:cut])
        rest = rest[cut:]
    out += redactor.feed(rest) + redactor.rest()
    survivors = [secret for secret in secrets if secret in out and MASK.encode() not in secret]
    # A mask beside other bytes may happen to spell a secret; what was in the stream never comes through.
    assert all(MASK.encode() in whole or b"*" in secret for secret in survivors)
    if not any(secret in whole for secret in secrets):
        assert out == whole


def test_what_may_begin_a_secret_waits_and_nothing_else_does():
    redactor = StreamRedactor()
    redactor.add([b"secret"])
    assert redactor.feed(b"a line\n") == b"a line\n"
    assert redactor.feed(b"sec") == b""
    assert redactor.feed(b"ond\n") == b"second\n"
    assert redactor.feed(b"sec") == b""
    assert redactor.feed(b"ret") == b"***"
    assert redactor.feed(b"se") == b""
    assert redactor.rest() == b"se"
