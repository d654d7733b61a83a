"""From what a user names to a store: paths, URLs, and the folder that is found by walking up."""
# Paths are text here: a `Path` object costs more than the system call that it is made for.

from __future__ import annotations

import os
from typing import TYPE_CHECKING, cast

from stepwell.base.errors import StoreError, UsageError
from stepwell.base.plugins import find_plugin
from stepwell.store.local import LocalStore

if TYPE_CHECKING:
    from typing import Protocol

    from stepwell.store.protocol import Store

    class StoreClass(Protocol):
        """What is registered for a URL scheme."""

        def from_url(self, url: str, *, durable: bool = False) -> Store:
            """The store that the URL names; nothing is made."""


#: Name of the folder that is looked for, and made.
FOLDER = ".stepwell"


def discover_datastore(cwd: str | None = None) -> str:
    """The folder `.stepwell` in the working directory or the nearest one above it.

    Args:
        cwd: Where to begin; None for the working directory.

    Returns:
        An absolute path. When there is no such folder anywhere, the place in `cwd` where it is to be made.

    Raises:
        StoreError: The working directory does not exist any more.
    """
    try:
        start = folder = os.path.abspath(cwd or os.getcwd())
    except OSError as error:
        raise StoreError(
            "the working directory does not exist any more", hint="change to another one, or name a `--datastore`"
        ) from error
    while True:
        candidate = os.path.join(folder, FOLDER)
        if os.path.isdir(candidate):
            return candidate
        parent = os.path.dirname(folder)
        if parent == folder:
            return os.path.join(start, FOLDER)
        folder = parent


def open_store(place: str, *, durable: bool = False) -> Store:
    """The store that a path or URL names; nothing is made.

    Raises:
        UsageError: The URL's scheme is unknown.
    """
    scheme, separator, _ = place.partition("://")
    if not separator:
        return LocalStore(os.path.expanduser(place), durable=durable)
    try:
        plugin = find_plugin("stores", scheme)
    except UsageError as error:
        raise UsageError(
            f"`{place}` names no storage that is known",
            hint=f"use a path, or a URL that begins with `file://`; {error.hint}",
        ) from error
    return cast("StoreClass", plugin).from_url(place, durable=durable)
