"""What is probably a secret, told by its name or by its looks: for everything that is recorded without being asked for.

Too much hidden costs a reader a moment; too little shown to everybody who can read the records cannot be taken back.
"""

from __future__ import annotations

import os
import re
from itertools import pairwise

HIDDEN = "<hidden>"

_WORDS = frozenset({
    "passwd", "password", "passwords", "passphrase", "pwd", "secret", "secrets", "token", "credential", "credentials",
    "apikey", "auth", "authorization", "cookie", "cookies", "bearer", "dsn", "jwt", "otp",
})  # fmt: skip
_PAIRS = frozenset({
    ("api", "key"), ("access", "key"), ("account", "key"), ("private", "key"), ("signing", "key"),
    ("encryption", "key"),
    ("connection", "string"), ("connection", "url"), ("database", "url"), ("db", "url"), ("redis", "url"),
    ("webhook", "url"), ("service", "account"),
})  # fmt: skip
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")

# User and password in a URL, what follows a telling word, and the well-known looks of keys.
_LOOKS = re.compile(
    r"(?P<url>\b[a-z][a-z0-9+.\-]*://[^\s:/@'\"]*:)[^\s@'\"]+(?=@)"
    r"|(?P<said>\b(?:password|passwd|pwd|secret|token|api[_-]?key|access[_-]?key)['\"]?\s*[=:]\s*['\"]?)[^\s'\"&,;)}\]]{3,}"
    r"|(?P<bearer>\b(?:Bearer|Basic)\s+)[A-Za-z0-9._~+/=\-]{8,}"
    r"|\b(?:sk|pk|rk)[-_][A-Za-z0-9_\-]{16,}|\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}"
    r"|\bAKIA[0-9A-Z]{16}\b|\bxox[abprs]-[A-Za-z0-9\-]{10,}|\bhf_[A-Za-z0-9]{20,}|\bglpat-[A-Za-z0-9_\-]{16,}"
    r"|\beyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]*"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*",
    re.IGNORECASE,
)
_SHORTEST = 6


def is_secret_name(name: str) -> bool:
    """True when a variable, key or attribute of that name probably holds a secret."""
    words = [word.lower() for word in _PARTS.findall(name)]
    return bool(_WORDS.intersection(words)) or any(pair in _PAIRS for pair in pairwise(words))


def mask_secrets(text: str, known: tuple[str, ...] = ()) -> str:
    """The text without what looks like a secret, and without the texts that are known to be some."""
    for secret in known:
        text = text.replace(secret, HIDDEN)
    return _LOOKS.sub(_masked, text)


def secrets_of_environment() -> tuple[str, ...]:
    """The values of environment variables whose names say that they are secret, longest first."""
    found = {value for name, value in os.environ.items() if len(value) >= _SHORTEST and is_secret_name(name)}
    return tuple(sorted(found, key=len, reverse=True))


def _masked(match: re.Match[str]) -> str:
    return (match.group("url") or match.group("said") or match.group("bearer") or "") + HIDDEN
