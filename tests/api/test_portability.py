"""No module of the package, but the fork launcher and what runs inside it, needs a POSIX-only module to be imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import stepwell

PACKAGE = Path(stepwell.__file__).parent
# What keeps other systems out, and nothing else may: the process that forks, and its launcher.
FORK_LAUNCHER = ("stepwell.task.zygote", "stepwell.backends.local.")
POSIX_ONLY = ("fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty")

PROGRAM = """
import importlib, sys
import os, io, shutil, subprocess, tempfile, pathlib  # the standard library's own uses of POSIX modules are its affair


class Absent:
    def find_spec(self, name, path=None, target=None):
        if name in {names!r}:
            raise ModuleNotFoundError(f"there is no module {{name}} on this system", name=name)
        return None


import click, msgspec  # as are those of the dependencies

for name in {names!r}:
    sys.modules.pop(name, None)
sys.meta_path.insert(0, Absent())
for name in {modules!r}:
    importlib.import_module(name)
print("imported", len({modules!r}))
"""


def modules() -> list[str]:
    found = []
    for file in sorted(PACKAGE.rglob("*.py")):
        parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if parts[-1] != "__main__" and not name.startswith(FORK_LAUNCHER):
            found.append(name)
    return found


def test_every_module_but_the_fork_launcher_can_be_imported_where_there_is_no_posix(tmp_path: Path) -> None:
    found = modules()
    assert len(found) > 50
    program = PROGRAM.format(names=POSIX_ONLY, modules=found)
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"imported {len(found)}\n"


@pytest.mark.parametrize("name", POSIX_ONLY)
def test_the_check_would_notice_a_module_that_needs_posix(tmp_path: Path, name: str) -> None:
    (tmp_path / "needs_posix.py").write_text(f"import {name}\n")
    program = PROGRAM.format(names=POSIX_ONLY, modules=["needs_posix"])
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert f"there is no module {name} on this system" in done.stderr
