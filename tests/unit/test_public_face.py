"""`import stepwell`: every public name, and nothing loaded before it is used."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import stepwell

OURS = [name for name in stepwell.__all__ if stepwell._HOMES.get(name) != "stepwell.client"]


def test_importing_the_package_loads_almost_nothing() -> None:
    code = "import sys; import stepwell; print(*[m for m in sys.modules if m.startswith('stepwell')])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert sorted(loaded) == ["stepwell", "stepwell.base", "stepwell.base.version"]


def test_a_flow_file_loads_no_command_line_engine_or_store() -> None:
    code = (
        "import sys; from stepwell import FlowSpec, Parameter, current, resources, retry, step;"
        "print(*[m for m in sys.modules if m.startswith('stepwell.')], 'asyncio' in sys.modules)"
    )
    *loaded, has_asyncio = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert {name.split(".")[1] for name in loaded} == {"base", "decorators", "documents", "flow"}
    assert "stepwell.flow.parse" not in loaded
    assert has_asyncio == "False"


@pytest.mark.parametrize("name", OURS)
def test_every_public_name_can_be_imported(name: str) -> None:
    assert getattr(stepwell, name) is not None


def test_what_editors_read_is_what_is_loaded() -> None:
    tree = ast.parse(Path(stepwell.__file__).read_text())
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module != "__future__"]
    read = {alias.name: node.module for node in imports for alias in node.names}
    assert {name: home for name, home in read.items() if name in stepwell._HOMES} == stepwell._HOMES
    assert set(stepwell._HOMES) | {"__version__"} == set(stepwell.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module `stepwell` has no attribute `nothing`"):
        _ = stepwell.nothing
    assert set(stepwell.__all__) <= set(dir(stepwell))
