from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from stepwell.base.compat_names import set_recorded_names
from stepwell.compat import install
from stepwell.compat.finder import forget_modules

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def clean_environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An environment without anything of Metaflow's, an empty home, and an empty working directory."""
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith(("METAFLOW_", "STEPWELL_"))]:
        del os.environ[name]
    os.environ["HOME"] = str(tmp_path)
    monkeypatch.chdir(tmp_path)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def compat(clean_environ: None) -> Iterator[None]:
    """Compat mode, for one test."""
    install()
    yield
    forget_modules()
    set_recorded_names({})
