"""The namespace of the default session: the tag that runs must have to be seen."""

from __future__ import annotations

from stepwell.client.session import default_session


def namespace(ns: str | None) -> str | None:
    """Look at the runs with this tag only.

    Args:
        ns: A tag such as `user:alice` or `production:main`; None sees the runs of everybody.

    Returns:
        The namespace that holds from now on.
    """
    session = default_session()
    session.namespace = ns
    return ns


def get_namespace() -> str | None:
    """The namespace that holds now; None when everything is seen."""
    return default_session().namespace


def default_namespace() -> str | None:
    """Go back to the default namespace: the setting `namespace`, else `user:<user>`.

    Returns:
        The namespace that holds from now on.
    """
    session = default_session()
    session.namespace = session.default_namespace
    return session.namespace
