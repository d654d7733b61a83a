"""Keeping secrets out of sight: texts that this process must not show, and their replacement by `***`.

There is one list per process, as there is one task per process. Whoever writes what a person may read asks `redact`;
whoever carries output hears of each new secret by `on_hidden`, before anything can be written that holds it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MASK = "***"
# A shorter text would be found everywhere: hiding "1" hides nothing and makes output unreadable.
LEAST = 4
_LEAST_LINE = 8

_hidden: set[str] = set()
_listeners: list[Callable[[list[str]], None]] = []
_pattern: re.Pattern[str] | None = None


def hide_secrets(texts: Iterable[str]) -> None:
    """Show `***` in place of these texts from now on, also where they are quoted or span several lines."""
    global _pattern  # noqa: PLW0603 - made anew when the list grows
    new = sorted({form for text in texts for form in _forms(text)} - _hidden)
    if not new:
        return
    _hidden.update(new)
    _pattern = re.compile("|".join(re.escape(text) for text in sorted(_hidden, key=len, reverse=True)))
    for listener in _listeners:
        listener(new)


def forget_secrets() -> None:
    """Empty the list, for a process that outlives the task."""
    global _pattern  # noqa: PLW0603 - as above
    _hidden.clear()
    _pattern = None


def hidden_texts() -> list[str]:
    """All forms of all texts that must not be shown."""
    return sorted(_hidden)


def on_hidden(listener: Callable[[list[str]], None]) -> Callable[[], None]:
    """Be told the new texts whenever there are some; returns what ends that."""
    _listeners.append(listener)
    return lambda: _listeners.remove(listener)


def redact(text: str) -> str:
    """The text with `***` for every secret."""
    return text if _pattern is None else _pattern.sub(MASK, text)


def redact_all(value: Any) -> Any:
    """Plain data with every text in it redacted, keys of mappings left alone."""
    if _pattern is None:
        return value
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: redact_all(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(redact_all(item) for item in value)
    return value


class StreamRedactor:
    """Redacts a stream of bytes piece by piece, also where a secret is cut in two."""

    def __init__(self) -> None:
        self._secrets: list[bytes] = []
        self._held = b""

    def add(self, secrets: Iterable[bytes]) -> None:
        """Look for these too."""
        self._secrets = sorted({*self._secrets, *secrets}, key=len, reverse=True)

    def feed(self, data: bytes) -> bytes:
        """What can be passed on now; the beginning of what may be a secret is kept back."""
        data = self._held + data
        for secret in self._secrets:
            data = data.replace(secret, MASK.encode())
        keep = max((_overlap(data, secret) for secret in self._secrets), default=0)
        self._held = data[len(data) - keep :]
        return data[: len(data) - keep]

    def rest(self) -> bytes:
        """What was kept back, at the end of the stream."""
        held, self._held = self._held, b""
        return held


def _overlap(data: bytes, secret: bytes) -> int:
    """The length of the longest end of the data that a secret begins with."""
    first = secret[:1]
    start = data.find(first, max(0, len(data) - len(secret) + 1))
    while start >= 0:
        if secret.startswith(data[start:]):
            return len(data) - start
        start = data.find(first, start + 1)
    return 0


def _forms(text: str) -> set[str]:
    """A secret as it may appear: itself, its lines, and as it looks in JSON, in a `repr` and in a URL."""
    forms = {text, text.strip()}
    if "\n" in text:
        forms |= {line.strip() for line in text.splitlines() if len(line.strip()) >= _LEAST_LINE}
    if not text.isalnum():
        import json
        from urllib.parse import quote, quote_plus

        forms |= {json.dumps(text)[1:-1], repr(text)[1:-1], quote(text, safe=""), quote_plus(text)}
    return {form for form in forms if len(form) >= LEAST}
