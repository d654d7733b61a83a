"""Habits of the code that no linter knows, kept by counting."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
SOURCE = REPOSITORY / "src" / "stepwell"
FILES = sorted(SOURCE.rglob("*.py"))

# A name that says nothing is a drawer: whatever lies in it could lie anywhere.
DRAWERS = {
    "base",
    "common",
    "helper",
    "helpers",
    "lib",
    "misc",
    "shared",
    "stuff",
    "tools",
    "util",
    "utilities",
    "utils",
}
LONGEST_FILE = 500
LONGEST_FUNCTION = 80
TYPE_IGNORES_PER_THOUSAND_LINES = 3


def name_of(file: Path) -> str:
    return str(file.relative_to(SOURCE))


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_a_file_holds_one_idea_and_so_is_short(file: Path) -> None:
    assert len(file.read_text().splitlines()) <= LONGEST_FILE


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_a_function_can_be_seen_at_once(file: Path) -> None:
    functions = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.FunctionDef)]
    long = [node.name for node in functions if (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION]
    assert not long


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_a_module_begins_by_saying_what_it_is_for(file: Path) -> None:
    assert ast.get_docstring(ast.parse(file.read_text()))


def test_no_file_is_a_drawer_for_leftovers() -> None:
    modules = {file.stem for file in FILES if file.stem != "__init__"}
    folders = {folder.name for folder in SOURCE.rglob("*") if folder.is_dir()} - {"base", "__pycache__"}
    assert not (modules | folders) & DRAWERS


def test_nothing_waits_by_sleeping() -> None:
    sleepers = [name_of(file) for file in FILES if re.search(r"\bsleep\(", file.read_text())]
    assert not sleepers


def test_no_test_uses_a_mock() -> None:
    tests = [file for file in (REPOSITORY / "tests").rglob("*.py") if file != Path(__file__)]
    assert not [str(file) for file in tests if re.search(r"unittest\.mock|\bMagicMock\b", file.read_text())]


def test_an_init_file_holds_no_logic() -> None:
    """Imports and names only; `__getattr__` and `__dir__` are how a package loads its names on first use."""
    plain = (ast.Expr, ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.If)
    for file in FILES:
        if file.name == "__init__.py":
            body = ast.parse(file.read_text()).body
            others = [node for node in body if not isinstance(node, plain)]
            assert all(isinstance(node, ast.FunctionDef) and node.name in {"__getattr__", "__dir__"} for node in others)


def test_type_checks_are_seldom_silenced() -> None:
    lines = [line for file in FILES for line in file.read_text().splitlines()]
    silenced = [line for line in lines if "type: ignore" in line]
    assert len(silenced) <= TYPE_IGNORES_PER_THOUSAND_LINES * len(lines) / 1000, silenced


def test_no_to_do_is_left_without_an_issue() -> None:
    left = [name_of(file) for file in FILES if re.search(r"\b(TODO|FIXME|XXX)\b(?!.*#\d)", file.read_text())]
    assert not left
