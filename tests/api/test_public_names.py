"""The public surface changes only on purpose: every change of it is a change of `public.txt`, visible in review."""

from __future__ import annotations

import ast
import importlib.util
import inspect
from pathlib import Path

import pytest

import stepwell

HERE = Path(__file__).parent


def describe() -> str:
    specification = importlib.util.spec_from_file_location("public_surface", HERE / "public_surface.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return str(module.describe())


def test_the_public_surface_is_the_golden_one() -> None:
    assert describe() == (HERE / "public.txt").read_text(), (
        "if the change is meant: .venv/bin/python tests/api/public_surface.py > tests/api/public.txt"
    )


def test_every_public_name_is_there_and_found_by_dir() -> None:
    assert set(stepwell.__all__) <= set(dir(stepwell))
    assert len(set(stepwell.__all__)) == len(stepwell.__all__)


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="there_is_no_such_name"):
        stepwell.there_is_no_such_name


def test_an_editor_sees_every_public_name_without_running_anything() -> None:
    """Names that are loaded lazily are also imported under TYPE_CHECKING, where editors and type checkers look."""
    tree = ast.parse(Path(stepwell.__file__).read_text())
    seen = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assigned = {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    assert set(stepwell.__all__) <= seen | assigned


@pytest.mark.parametrize("name", sorted(stepwell.__all__))
def test_every_public_name_is_documented(name: str) -> None:
    value = getattr(stepwell, name)
    if inspect.isclass(value) or inspect.isroutine(value):
        assert inspect.getdoc(value), f"{name} has no docstring"
