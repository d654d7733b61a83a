"""A folder with flow files and a datastore of its own, where real flows run as a user would run them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
import time
import uuid
from typing import TYPE_CHECKING

from tests.crash.processes import MARK, marked, wait_until_none

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Imports, and two things that steps of tests do: leave a line for the test to count, and wait for the test.
HEADER = """
import os
from stepwell import FlowSpec, JSONType, Parameter, catch, current, environment, resources, retry, step, timeout

def witness(text):
    with open(os.path.join(os.environ["WITNESS_FOLDER"], "witness.txt"), "a") as file:
        file.write(f"{text}\\n")

def await_file(name):
    import time
    deadline = time.monotonic() + 60
    while not os.path.exists(os.path.join(os.environ["WITNESS_FOLDER"], name)):
        assert time.monotonic() < deadline, name
        time.sleep(0.01)  # noqa: TID251 - what happens in other processes can only be looked for
"""

#: How long anything may take that a test waits for.
PATIENCE = 60.0

_FRAMEWORK = re.compile(r".*(?:src|site-packages)/stepwell/.*")


def wait_until(condition: Callable[[], bool], what: object, seconds: float = PATIENCE) -> None:
    """Wait for something to become true; fails the test when it takes too long."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds:g} s in vain for {what}"
        time.sleep(0.01)  # noqa: TID251 - what happens in other processes can only be looked for


class Finished:
    """What a finished command printed, and its exit code."""

    def __init__(self, code: int, out: bytes, err: bytes) -> None:
        self.code = code
        self.out = out.decode("utf-8", errors="replace")
        self.err = err.decode("utf-8", errors="replace")

    @property
    def text(self) -> str:
        return self.out + self.err

    def check(self, code: int | None) -> Finished:
        """Fail the test when the exit code is another, or when the framework shows its own frames."""
        assert code is None or self.code == code, f"exit code {self.code}\n{self.text}"
        assert _FRAMEWORK.search(self.text) is None, self.text
        assert "bug in Stepwell" not in self.text, self.text
        return self


class Workspace:
    """Runs commands in one folder with a clean environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / ".stepwell"
        self.mark = uuid.uuid4().hex
        self.environ = {
            name: value for name, value in os.environ.items() if not name.startswith(("STEPWELL_", "PYTHONDONTWRITE"))
        }
        self.environ.update(HOME=str(folder), OMP_NUM_THREADS="1", STEPWELL_USER="tester", COLUMNS="80")
        self.environ.update({MARK: self.mark, "WITNESS_FOLDER": str(folder)})
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
        return self.call(self.command(*arguments, file=file), code=code, timeout=timeout)

    def stepwell(self, *arguments: str, code: int | None = 0) -> Finished:
        """`stepwell ARGUMENTS`."""
        return self.call([os.path.join(os.path.dirname(sys.executable), "stepwell"), *arguments], code=code)

    def call(self, command: list[str], *, code: int | None = 0, timeout: float = PATIENCE) -> Finished:
        """Any command, in the folder, to its end."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        return Finished(done.returncode, done.stdout, done.stderr).check(code)

    def start(self, *arguments: str, file: str = "flow.py", out: str = "out.txt") -> subprocess.Popen[bytes]:
        """`python flow.py ARGUMENTS` without waiting, in a session of its own, output to the file `out`."""
        with (self.folder / out).open("wb") as stream:
            return subprocess.Popen(
                self.command(*arguments, file=file),
                cwd=self.folder,
                env=self.environ,
                stdout=stream,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def finish(self, process: subprocess.Popen[bytes], code: int | None = 0, out: str = "out.txt") -> Finished:
        """Wait for a started command; the same checks as for `run`."""
        found = process.wait(PATIENCE)
        return Finished(found, (self.folder / out).read_bytes(), b"").check(code)

    # --- what the test and the steps of its flow tell each other -------------------------------------------------

    def touch(self, name: str) -> None:
        """Make a file that a step waits for with `await_file`."""
        (self.folder / name).touch()

    def witnessed(self) -> list[str]:
        """The lines that steps left with `witness`."""
        path = self.folder / "witness.txt"
        return path.read_text().splitlines() if path.exists() else []

    def wait_for_witness(self, text: str, count: int = 1) -> None:
        """Wait until steps have left this line so many times."""
        wait_until(lambda: self.witnessed().count(text) >= count, f"{text!r} in witness.txt")

    def forget_witnesses(self) -> None:
        """Count from zero again."""
        (self.folder / "witness.txt").unlink(missing_ok=True)

    # --- processes ------------------------------------------------------------------------------------------------

    def processes(self) -> dict[int, str]:
        """Pid to command line of what runs on behalf of this folder."""
        return marked(self.mark)

    def assert_no_process_is_left(self, seconds: float = 10.0) -> None:
        left = wait_until_none(self.mark, seconds)
        assert left == {}, left
