"""Metaflow itself, from PyPI: its wheel's files, its stubs, and a program that runs it. Kept in pytest's cache."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from stepwell.compat.modules import METAFLOW_VERSION
from tests.flows.conftest import run_of, work  # noqa: F401 - the fixtures of the tests of flows

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="session")
def fetch(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """`fetch("name==1", with_dependencies=True)`: a folder with the package installed in it."""
    cache = getattr(request.config, "cache", None)
    root = Path(cache.mkdir("packages")) if cache is not None else tmp_path_factory.mktemp("packages")

    def get(*requirements: str, with_dependencies: bool = False) -> Path:
        name = "+".join((*requirements, *(["dependencies"] if with_dependencies else [])))
        folder = root / name
        if folder.is_dir():
            return folder
        unfinished = root / f"{name}.{os.getpid()}"
        options = ["--quiet", "--target", str(unfinished), *([] if with_dependencies else ["--no-deps"])]
        done = subprocess.run(
            [*installer(), "install", *options, *requirements], capture_output=True, text=True, timeout=300, check=False
        )
        if done.returncode:
            pytest.skip(f"{name} cannot be fetched from PyPI: {done.stderr.strip().splitlines()[-1:]}")
        try:
            unfinished.rename(folder)
        except OSError:  # another worker was faster
            shutil.rmtree(unfinished)
        return folder

    return get


def installer() -> list[str]:
    """The command that installs packages: pip where this environment has it, else uv."""
    pip = [sys.executable, "-m", "pip"]
    if subprocess.run([*pip, "--version"], capture_output=True, check=False).returncode == 0:
        return pip
    if shutil.which("uv") is not None:
        return ["uv", "pip"]
    pytest.skip("neither pip nor uv is here to fetch Metaflow with")


@pytest.fixture(scope="session")
def metaflow_package(fetch: Callable[..., Path]) -> Path:
    """The folder `metaflow` as its wheel has it, tutorials included; it is not importable from here."""
    return fetch(f"metaflow=={METAFLOW_VERSION}") / "metaflow"


@pytest.fixture(scope="session")
def metaflow_stubs(fetch: Callable[..., Path]) -> Path:
    """The folder `metaflow-stubs`."""
    return fetch(f"metaflow-stubs=={METAFLOW_VERSION}") / "metaflow-stubs"


@pytest.fixture(scope="session")
def real_metaflow(fetch: Callable[..., Path]) -> dict[str, str]:
    """An environment in which `python FLOW.py` runs Metaflow itself."""
    folder = fetch(f"metaflow=={METAFLOW_VERSION}", with_dependencies=True)
    environ = {name: text for name, text in os.environ.items() if not name.startswith(("STEPWELL_", "METAFLOW_"))}
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    return {**environ, "PYTHONPATH": str(folder), "METAFLOW_USER": "alice"}
