"""From what a user names to a datastore: paths, URLs, and the folder that is found by walking up."""
# Paths are text here: a `Path` object costs more than the system call that it is made for.

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal

from stepwell.base.errors import NotFound, StoreError, UsageError
from stepwell.store.datastore import Datastore
from stepwell.store.local import LocalStore
from stepwell.store.memory import MemoryStore

if TYPE_CHECKING:
    from stepwell.store.protocol import Store

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


def open_datastore(
    place: str | os.PathLike[str] | None = None,
    *,
    create: bool,
    durability: Literal["crash", "power"] = "crash",
) -> Datastore:
    """Open a datastore.

    Args:
        place: A path, a URL such as `file:///data/stepwell` or `memory://name`, or None to look for one.
        create: True to make it when it is not there.
        durability: `power` makes every write durable against loss of power before it returns, at a disk write each.

    Raises:
        NotFound: It is not there, and was not to be made.
        StoreReadOnly: It could not be made.
        UsageError: The URL's scheme is unknown.
    """
    store = open_store(os.fspath(place) if place is not None else discover_datastore(), durable=durability == "power")
    if isinstance(store, LocalStore) and not os.path.isdir(store.root):
        if not create:
            raise NotFound(
                f"there is no datastore at `{store.root}`",
                hint="run a flow first, or name the datastore with `--datastore` or `STEPWELL_DATASTORE`",
            )
        store.prepare()
    return Datastore(store)


def open_store(place: str, *, durable: bool = False) -> Store:
    """The store that a path or URL names; nothing is made.

    Raises:
        UsageError: The URL's scheme is unknown.
    """
    scheme, separator, _ = place.partition("://")
    if not separator:
        return LocalStore(os.path.expanduser(place), durable=durable)
    if scheme == "file":
        return LocalStore.from_url(place, durable=durable)
    if scheme == "memory":
        return MemoryStore.from_url(place, durable=durable)
    raise UsageError(
        f"`{place}` names no storage that is known",
        hint="use a path, or a URL that begins with `file://` or `memory://`",
    )
