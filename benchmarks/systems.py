"""The two systems under comparison, each in a virtual environment of its own below `.bench/`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

BENCHMARKS = Path(__file__).resolve().parent
REPOSITORY = BENCHMARKS.parent
ROOM = REPOSITORY / ".bench"
# What the flows import besides the system itself. The versions are those of the project's own environment.
COMMON = ("numpy", "pandas")


@dataclass(frozen=True)
class System:
    """One of the two: its name is also that of the module that flows import from."""

    name: str

    @property
    def environment(self) -> Path:
        return ROOM / f"venv-{self.name}"

    @property
    def python(self) -> str:
        return str(self.environment / "bin" / "python")

    def variables(self, extra: dict[str, str]) -> dict[str, str]:
        """A whole environment for a command: nothing is inherited that could favour one side."""
        home = ROOM / "home"
        home.mkdir(parents=True, exist_ok=True)
        return {
            "PATH": f"{self.environment}/bin:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(home),
            "USER": "bench",
            "LANG": "C.UTF-8",
            "OMP_NUM_THREADS": "1",
            "METAFLOW_DEFAULT_DATASTORE": "local",
            "METAFLOW_DEFAULT_METADATA": "local",
            **extra,
        }

    def version(self) -> str:
        """The installed version."""
        program = f"import importlib.metadata as m; print(m.version({self.name!r}))"
        return subprocess.check_output([self.python, "-c", program], text=True).strip()

    def copy_flow(self, name: str, folder: Path) -> Path:
        """Put `flows/<name>` into `folder`, with its imports from this system."""
        source = (BENCHMARKS / "flows" / name).read_text()
        target = folder / name
        target.write_text(source.replace("from stepwell import", f"from {self.name} import"))
        return target


STEPWELL = System("stepwell")
METAFLOW = System("metaflow")


def set_up() -> None:
    """Make both environments. Stepwell is built and installed as a wheel each time, Metaflow once, from the index."""
    ROOM.mkdir(exist_ok=True)
    for system in (STEPWELL, METAFLOW):
        if not Path(system.python).exists():
            print(f"making {system.environment}", file=sys.stderr)
            subprocess.check_call([sys.executable, "-m", "venv", str(system.environment)])
            wanted = [*_pinned(COMMON), *(["metaflow"] if system is METAFLOW else [])]
            _pip(system, "install", *wanted)
    wheels = ROOM / "wheels"
    shutil.rmtree(wheels, ignore_errors=True)
    _pip(STEPWELL, "wheel", "--no-deps", "--wheel-dir", str(wheels), str(REPOSITORY))
    (wheel,) = wheels.glob("*.whl")
    _pip(STEPWELL, "install", str(wheel))
    _pip(STEPWELL, "install", "--force-reinstall", "--no-deps", str(wheel))
    for system in (STEPWELL, METAFLOW):
        # An import of sources that were never compiled costs three times as much; neither side shall pay for that.
        command = [system.python, "-m", "compileall", "-q", str(system.environment / "lib")]
        subprocess.run(
            command, env=system.variables({}), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
        )


def _pip(system: System, *arguments: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.check_call([system.python, "-m", "pip", arguments[0], "--quiet", *arguments[1:]], env=environment)


def _pinned(names: tuple[str, ...]) -> list[str]:
    lines = (REPOSITORY / "requirements" / "dev.txt").read_text().splitlines()
    return [line for line in lines if line.split("==")[0] in names]
