"""Nothing is paid for before it is used: what an import of the package, and a help page, may load."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

GOLDEN = Path(__file__).with_name("imported.txt")

# Each of these costs more than the whole start-up budget allows, or belongs to a feature that help does not use.
HEAVY = {
    "asyncio",
    "blake3",
    "cloudpickle",
    "concurrent.futures",
    "email",
    "http",
    "importlib.metadata",
    "multiprocessing",
    "numpy",
    "pandas",
    "pickle",
    "rich",
    "sqlite3",
    "ssl",
    "unittest",
    "urllib.request",
    "xml",
}

FLOW = """
from stepwell import FlowSpec, Parameter, current, step


class Tiny(FlowSpec):
    alpha = Parameter("alpha", default=0.5)

    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        print(current.run_id)


if __name__ == "__main__":
    Tiny()
"""

LIST_AT_EXIT = """
import atexit, sys
atexit.register(lambda: print("MODULES", *sorted(sys.modules), file=sys.stderr))
"""


def modules_of(program: str, *arguments: str, cwd: Path) -> set[str]:
    """The modules that are loaded when `program` ends, beyond those of a bare interpreter."""
    environment = {**os.environ, "HOME": str(cwd)}

    def loaded(text: str) -> set[str]:
        done = subprocess.run(
            [sys.executable, "-c", LIST_AT_EXIT + text, *arguments],
            cwd=cwd,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert "MODULES" in done.stderr, done.stderr
        return set(done.stderr.rsplit("MODULES", 1)[1].split())

    return loaded(program) - loaded("")


def test_importing_the_package_loads_exactly_the_modules_of_the_golden_list(tmp_path: Path) -> None:
    own = sorted(name for name in modules_of("import stepwell", cwd=tmp_path) if name.split(".")[0] == "stepwell")
    assert own == GOLDEN.read_text().split(), "an import more is a decision: put it into tests/api/imported.txt"


@pytest.mark.parametrize(
    ("program", "arguments"),
    [
        pytest.param("import stepwell", (), id="the package"),
        pytest.param("from stepwell import FlowSpec, Parameter, current, step", (), id="what a flow file imports"),
        pytest.param("import runpy, sys; runpy.run_path('tiny.py', run_name='__main__')", ("--help",), id="--help"),
    ],
)
def test_starting_up_loads_nothing_heavy(tmp_path: Path, program: str, arguments: tuple[str, ...]) -> None:
    (tmp_path / "tiny.py").write_text(FLOW)
    loaded = modules_of(program, *arguments, cwd=tmp_path)
    assert any(name.startswith("stepwell") for name in loaded)
    found = {heavy for heavy in HEAVY if any(name == heavy or name.startswith(heavy + ".") for name in loaded)}
    assert not found
