"""Which keys a store takes: names that no storage gives a second meaning."""

from __future__ import annotations

import re

from stepwell.base.errors import StoreError

# No component is empty or starts with a dot, so that `..` cannot leave the root and hidden names stay the
# store's own. Backslash and colon have a meaning on Windows.
_COMPONENT = r"[^/\\:.\x00-\x1f][^/\\:\x00-\x1f]*"
_KEY = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*\Z")
_PREFIX = re.compile(rf"(?:{_COMPONENT}/)*\Z")


def check_key(key: str) -> str:
    """The key itself.

    Raises:
        StoreError: It has an empty, hidden or absolute component.
    """
    if _KEY.match(key) is None:
        raise StoreError(
            f"`{key}` cannot be a key of the datastore",
            hint="use names separated by single slashes; none may be empty, start with a dot, or hold `\\` or `:`",
        )
    return key


def check_prefix(prefix: str) -> str:
    """The prefix itself: empty, or ending in a slash.

    Raises:
        StoreError: It is neither, or could not begin a key.
    """
    if _PREFIX.match(prefix) is None:
        raise StoreError(f"`{prefix}` cannot be a prefix of keys", hint="end it with one slash, as in `flows/`")
    return prefix
