from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.flows.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stepwell.client import Run


@pytest.fixture
def work(tmp_path: Path) -> Workspace:
    """An empty folder in which flows run."""
    return Workspace(tmp_path)


@pytest.fixture
def run_of(work: Workspace) -> Iterator[object]:
    """`run_of("Flow/1")`: a run of the workspace through the client."""
    from stepwell.client import Run, metadata, namespace
    from stepwell.client.session import ClientSession, set_default_session

    def get(pathspec: str) -> Run:
        metadata(str(work.root))
        namespace(None)
        return Run(pathspec)

    yield get
    set_default_session(ClientSession())
