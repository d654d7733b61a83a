"""Which datastore the default session looks at, in Metaflow's words."""

from __future__ import annotations

import os

from stepwell.base.errors import UsageError
from stepwell.client.session import ClientSession, default_session, set_default_session

_FOLDER = ".stepwell"


def metadata(ms: str) -> str:
    """Look at another datastore. The namespace stays as it is.

    Args:
        ms: A folder, a URL such as `file:///data/.stepwell`, or `local@/path`. A folder may be the datastore itself or
            hold it as `.stepwell`.

    Returns:
        What `get_metadata` now says.

    Raises:
        NotFound: There is no datastore.
        UsageError: It names a service.
    """
    kind, separator, rest = ms.partition("@")
    place = ms
    if separator and kind in {"local", "service"}:
        if kind == "service":
            raise UsageError(
                f"`{ms}` names a metadata service, which is not supported",
                hint="give the folder or URL of a datastore, such as `local@/data/.stepwell`",
            )
        place = rest
    if "://" not in place:
        place = os.path.abspath(os.path.expanduser(place))
        inner = os.path.join(place, _FOLDER)
        place = inner if os.path.isdir(inner) else place
    session = ClientSession(place, namespace=default_session().namespace)
    # A place without a datastore is refused here, where it was typed.
    _ = session.datastore
    set_default_session(session)
    return get_metadata()


def get_metadata() -> str:
    """The datastore looked at, as `local@<path>` or a URL."""
    datastore = default_session().datastore
    path = datastore.local_path("flows")
    return f"local@{os.path.dirname(path)}" if path is not None else datastore.url


def default_metadata() -> str:
    """Go back to the datastore of the settings, or the one found from the working directory; the namespace stays.

    Returns:
        What `get_metadata` now says.
    """
    set_default_session(ClientSession(namespace=default_session().namespace))
    return get_metadata()
