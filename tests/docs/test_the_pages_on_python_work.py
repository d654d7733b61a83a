"""The code on the pages about running and testing from Python does what they say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def blocks(page: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", (DOCS / page).read_text(), re.DOTALL | re.MULTILINE)


def call(folder: Path, *arguments: str) -> str:
    environ = {**os.environ, "HOME": str(folder), "STEPWELL_USER": "reader"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environ, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_running_from_python(tmp_path):
    flow, *scripts = blocks("running-from-python.md")
    (tmp_path / "train.py").write_text(flow)
    printed = []
    for number, script in enumerate(scripts):
        (tmp_path / f"script{number}.py").write_text(script)
        printed.append(call(tmp_path, f"script{number}.py"))
    here, search, runner, loop, tools = printed
    assert "TrainFlow/1 0.5" in here
    assert "the best score is 0.9" in search
    assert re.search(r"\['TrainFlow/[23]'\]", search)
    assert "successful 0 0.8" in runner
    assert "training with 0.2" in runner
    assert "successful successful 0.8" in loop
    assert "[10, 11, 12, 13]" in tools
    assert "PROFILE: counting completed" in tools


def test_testing(tmp_path):
    flow, tests = blocks("testing.md")
    (tmp_path / "score.py").write_text(flow)
    (tmp_path / "test_score.py").write_text(tests)
    assert "5 passed" in call(tmp_path, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_score.py")


def test_what_the_page_on_debugging_types(tmp_path):
    flow = blocks("running-from-python.md")[0].replace("def end(self):\n        pass", "def end(self):\n        1 / 0")
    (tmp_path / "train.py").write_text(flow)
    subprocess.run([sys.executable, "train.py", "run"], cwd=tmp_path, capture_output=True, check=False)
    assert "ZeroDivisionError" in call(tmp_path, "train.py", "why-failed")
    call(tmp_path, "train.py", "spin", "start")
    (tmp_path / "mine.py").write_text("ARTIFACTS = {'alpha': 0.25}\n")
    call(tmp_path, "train.py", "spin", "1/start", "--artifacts-module", "mine.py")
