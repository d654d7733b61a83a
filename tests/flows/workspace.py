"""A folder with flow files and a datastore of its own, where real flows run as a user would run them."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

HEADER = """
from stepwell import FlowSpec, JSONType, Parameter, current, resources, retry, step
"""


class Finished:
    """What a finished command printed, and its exit code."""

    def __init__(self, process: subprocess.CompletedProcess[bytes]) -> None:
        self.code = process.returncode
        self.out = process.stdout.decode("utf-8", errors="replace")
        self.err = process.stderr.decode("utf-8", errors="replace")

    @property
    def text(self) -> str:
        return self.out + self.err


class Workspace:
    """Runs commands in one folder with a clean environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / ".stepwell"
        self.environ = {
            name: value for name, value in os.environ.items() if not name.startswith(("STEPWELL_", "PYTHONDONTWRITE"))
        }
        self.environ.update(HOME=str(folder), OMP_NUM_THREADS="1", STEPWELL_USER="tester", COLUMNS="80")
        self.environ.pop("PYTHONUNBUFFERED", None)

    def write(self, source: str, name: str = "flow.py") -> Path:
        """Write a flow file: the imports, the source without its indentation, and the main guard."""
        body = HEADER + textwrap.dedent(source)
        flow = body.rpartition("(FlowSpec)")[0].rpartition("class ")[2]
        path = self.folder / name
        path.write_text(f"{body}\n\nif __name__ == '__main__':\n    {flow}()\n")
        return path

    def command(self, *arguments: str, file: str = "flow.py") -> list[str]:
        return [sys.executable, file, *arguments]

    def run(self, *arguments: str, file: str = "flow.py", code: int | None = 0, timeout: float = 60) -> Finished:
        """`python flow.py ARGUMENTS`; fails the test when the exit code is not `code`."""
        done = subprocess.run(
            self.command(*arguments, file=file),
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        finished = Finished(done)
        assert code is None or finished.code == code, f"exit code {finished.code}\n{finished.text}"
        return finished

    def start(self, *arguments: str, file: str = "flow.py") -> subprocess.Popen[bytes]:
        """The same without waiting, in a session of its own, output to `out.txt`."""
        with (self.folder / "out.txt").open("wb") as out:
            return subprocess.Popen(
                self.command(*arguments, file=file),
                cwd=self.folder,
                env=self.environ,
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def stepwell(self, *arguments: str, code: int | None = 0) -> Finished:
        """`stepwell ARGUMENTS`."""
        done = subprocess.run(
            [sys.executable, "-m", "stepwell", *arguments],
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            timeout=60,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        finished = Finished(done)
        assert code is None or finished.code == code, f"exit code {finished.code}\n{finished.text}"
        return finished
