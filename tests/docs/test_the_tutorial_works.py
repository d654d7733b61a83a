"""What the tutorial says is what happens: its flow runs, and its commands and its Python show what it promises."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "getting-started.md").read_text()
FLOW, READING = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def run(command: str, folder: Path) -> str:
    program, *arguments = command.partition("#")[0].split()
    words = [
        {"python": sys.executable, "stepwell": str(Path(sys.executable).with_name("stepwell"))}[program],
        *arguments,
    ]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("tutorial")
    (place / "squares.py").write_text(FLOW)
    (place / ".stepwell").mkdir()
    run("python squares.py run", place)
    return place


def test_the_flow_of_the_tutorial_runs(folder: Path) -> None:
    assert "the sum of the first 5 squares is 30" in run("stepwell logs SquaresFlow/1/end", folder)


@pytest.mark.parametrize(
    "command",
    [
        line
        for line in re.findall(r"^stepwell [^#\n]*[^# \n]", PAGE, re.MULTILINE)
        if not line.startswith("stepwell init")
    ],
)
def test_each_command_of_the_tutorial_answers(folder: Path, command: str) -> None:
    assert run(command, folder).strip()


def test_the_python_of_the_tutorial_reads_the_result(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", READING], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == "True 30\n", done.stderr
