"""A session that sees everything in the builder's datastore."""

from __future__ import annotations

import pytest

from stepwell.client.session import ClientSession, set_default_session


@pytest.fixture
def session(builder):
    """Sees the runs of everybody; also the default session while a test runs."""
    opened = ClientSession(builder.datastore, namespace=None)
    set_default_session(opened)
    yield opened
    set_default_session(None)
    opened.close()
