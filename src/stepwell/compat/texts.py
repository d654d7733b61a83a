"""The few functions of Metaflow's internal toolbox that flows and plug-ins are known to use."""

from __future__ import annotations

import os
import re
from functools import cached_property
from shutil import which
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from stepwell.base.user import current_user

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = (
    "all_equal",
    "cached_property",
    "get_metaflow_root",
    "get_username",
    "is_stringish",
    "resolve_identity",
    "to_bytes",
    "to_camelcase",
    "to_pascalcase",
    "to_unicode",
    "url_quote",
    "url_unquote",
    "which",
)


def is_stringish(x: Any) -> bool:
    """True for text and for bytes."""
    return isinstance(x, (str, bytes))


def to_unicode(x: Any) -> str:
    """A value as text; bytes are UTF-8."""
    return x.decode("utf-8") if isinstance(x, bytes) else str(x)


def to_bytes(x: Any) -> bytes:
    """A value as bytes; text becomes UTF-8."""
    return x if isinstance(x, bytes) else str(x).encode("utf-8")


def get_username() -> str:
    """Who runs this program."""
    return current_user()


def resolve_identity() -> str:
    """The tag of whoever runs this program, `user:alice`."""
    return f"user:{current_user()}"


def get_metaflow_root() -> str:
    """The folder that the package's folder stands in."""
    return os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def url_quote(url: Any) -> str:
    """A URL with everything quoted but its separators."""
    return quote(to_unicode(url), safe="/:")


def url_unquote(url: Any) -> str:
    """A quoted URL as text."""
    return unquote(to_unicode(url))


def all_equal(it: Iterable[Any]) -> bool:
    """True when all items are the same, or there are none."""
    items = list(it)
    return all(item == items[0] for item in items)


def to_camelcase(obj: str) -> str:
    """`some_name` as `someName`."""
    return re.sub(r"_([a-zA-Z])", lambda match: match.group(1).upper(), obj)


def to_pascalcase(obj: str) -> str:
    """`some_name` as `SomeName`."""
    camel = to_camelcase(obj)
    return camel[:1].upper() + camel[1:]
