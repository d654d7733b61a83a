"""The pytest plugin: a datastore of each test's own, and the functions of `stepwell.testing` as fixtures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def stepwell_datastore(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty datastore of this test's own: runs go there, and the client looks there.

    Yields:
        Its folder.
    """
    from stepwell.client.session import ClientSession, default_session, set_default_session

    folder = str(tmp_path / ".stepwell")
    monkeypatch.setenv("STEPWELL_DATASTORE", folder)
    monkeypatch.setenv("STEPWELL_USER", "test")
    before = default_session()
    session = ClientSession(folder, namespace=None)
    set_default_session(session)
    yield folder
    session.close()
    set_default_session(before)


@pytest.fixture
def run_step() -> Callable[..., Any]:
    """`stepwell.testing.run_step`."""
    from stepwell.testing.one_step import run_step

    return run_step


@pytest.fixture
def run_flow(stepwell_datastore: str) -> Callable[..., Any]:
    """`stepwell.testing.run_flow`, into the datastore of this test."""
    from functools import partial

    from stepwell.testing.whole_flow import run_flow

    return partial(run_flow, datastore=stepwell_datastore)


@pytest.fixture
def replay() -> Callable[..., Any]:
    """`stepwell.testing.replay`."""
    from stepwell.testing.replaying import replay

    return replay
