"""The documentation cannot lag behind: what the code offers has a place in it, and what it names is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from stepwell.base.settings import setting_names
from stepwell.cli import errors, flow_cli, main

REPOSITORY = Path(__file__).parents[2]
DOCS = REPOSITORY / "docs"
PAGES = sorted([*DOCS.glob("**/*.md"), *REPOSITORY.glob("*.md"), *REPOSITORY.glob("examples/**/*.md")])
SOURCE = REPOSITORY / "src" / "stepwell"


def page(name: str) -> str:
    return (DOCS / name).read_text()


def codes_in_the_source() -> set[str]:
    """Every diagnostic code that stands in a text of the source, docstrings aside."""
    codes: set[str] = set()
    for file in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"SW\d{3}", node.value):
                codes.add(node.value)
    return codes


def test_each_diagnostic_code_has_a_section() -> None:
    sections = set(re.findall(r"^### (SW\d{3})$", page("errors.md"), re.MULTILINE))
    assert sections == codes_in_the_source()


def test_each_setting_has_a_row() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", page("settings.md"), re.MULTILINE)
    assert rows == list(setting_names())


@pytest.mark.parametrize(
    ("heading", "commands"),
    [("## `python flow.py ...`", flow_cli.COMMANDS), ("## `stepwell ...`", main.COMMANDS)],
    ids=["flow.py", "stepwell"],
)
def test_each_command_has_a_row(heading: str, commands: dict[str, object]) -> None:
    section = page("command-line.md").split(heading)[1].split("\n## ")[0]
    assert re.findall(r"^\| `([\w-]+)` \|", section, re.MULTILINE) == list(commands)


def test_each_exit_code_has_a_row() -> None:
    codes = {
        value
        for name, value in vars(errors).items()
        if name.isupper() and isinstance(value, int) and not isinstance(value, bool)
    }
    assert len(codes) >= 5
    assert codes <= {int(code) for code in re.findall(r"^\| (\d+) \|", page("command-line.md"), re.MULTILINE)}


@pytest.mark.parametrize("file", PAGES, ids=lambda file: str(file.relative_to(REPOSITORY)))
def test_links_between_pages_lead_somewhere(file: Path) -> None:
    text = re.sub(r"```.*?```", "", file.read_text(), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not target.startswith(("http://", "https://", "#")):
            assert (file.parent / target.split("#")[0]).exists(), target


def python_blocks() -> list[object]:
    return [
        pytest.param(block, id=f"{file.relative_to(REPOSITORY)}-{number}")
        for file in PAGES
        for number, block in enumerate(re.findall(r"^```python\n(.*?)^```", file.read_text(), re.DOTALL | re.MULTILINE))
    ]


@pytest.mark.parametrize("block", python_blocks())
def test_python_in_the_documentation_is_python(block: str) -> None:
    ast.parse(block)
