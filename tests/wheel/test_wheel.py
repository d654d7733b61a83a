"""The built wheel, installed with pip alone outside the repository, is complete and works."""

from __future__ import annotations

import compileall
import importlib.metadata
import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

import stepwell

WHEEL = Path(os.environ["STEPWELL_WHEEL"])
SITE_PACKAGES = Path(sysconfig.get_path("purelib")).resolve()
SCRIPTS = Path(sysconfig.get_path("scripts"))
ALLOWED_DEPENDENCIES = {"blake3", "click", "cloudpickle", "msgspec", "pyyaml"}


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, f"{command} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def names_in_wheel() -> list[str]:
    with zipfile.ZipFile(WHEEL) as archive:
        return archive.namelist()


def test_the_package_is_imported_from_site_packages() -> None:
    assert Path(stepwell.__file__).resolve().is_relative_to(SITE_PACKAGES)
    assert not any(Path(entry, "stepwell").is_dir() for entry in sys.path if Path(entry or ".").name == "src")


def test_the_wheel_holds_the_package_and_its_metadata_only() -> None:
    tops = {name.split("/")[0] for name in names_in_wheel()}
    assert tops == {"stepwell", "stepwell_compat.pth", f"stepwell-{stepwell.__version__}.dist-info"}
    parts = {part for name in names_in_wheel() for part in name.split("/")}
    assert not parts & {"tests", "benchmarks", "examples", "__pycache__", ".stepwell"}


def test_the_wheel_is_pure_python_for_every_system() -> None:
    assert WHEEL.name.endswith("-py3-none-any.whl")


def test_the_wheel_says_that_it_is_typed() -> None:
    assert "stepwell/py.typed" in names_in_wheel()
    assert (Path(stepwell.__file__).parent / "py.typed").is_file()


def test_the_metadata_names_the_licence_and_carries_its_text() -> None:
    metadata = importlib.metadata.metadata("stepwell")
    assert metadata["License-Expression"] == "Apache-2.0"
    licences = [name for name in names_in_wheel() if name.endswith("/LICENSE")]
    assert len(licences) == 1
    with zipfile.ZipFile(WHEEL) as archive:
        text = archive.read(licences[0]).decode()
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_the_wheel_needs_few_packages_and_the_declared_python() -> None:
    needed = [need for need in importlib.metadata.requires("stepwell") or [] if "extra ==" not in need]
    names = {requirement.split(";")[0].split(">")[0].split("=")[0].split("<")[0].strip() for requirement in needed}
    assert names <= ALLOWED_DEPENDENCIES, "a new dependency is a decision: add it here and say why in the changelog"
    assert importlib.metadata.metadata("stepwell")["Requires-Python"] == ">=3.11"


def test_every_entry_point_leads_somewhere() -> None:
    entry_points = importlib.metadata.distribution("stepwell").entry_points
    assert "stepwell" in {entry.name for entry in entry_points if entry.group == "console_scripts"}
    for entry in entry_points:
        assert entry.load() is not None


def test_every_module_of_the_wheel_compiles_under_this_python(tmp_path: Path) -> None:
    with zipfile.ZipFile(WHEEL) as archive:
        archive.extractall(tmp_path)
    assert compileall.compile_dir(tmp_path / "stepwell", quiet=1, force=True)


@pytest.mark.parametrize(("option", "text"), [("--version", stepwell.__version__), ("--help", "stepwell")])
def test_the_command_answers(tmp_path: Path, option: str, text: str) -> None:
    assert text in run(SCRIPTS / "stepwell", option, cwd=tmp_path).stdout


def test_the_starter_flow_runs_and_the_client_reads_it(tmp_path: Path) -> None:
    run(SCRIPTS / "stepwell", "init", cwd=tmp_path)
    files = list(tmp_path.glob("*.py"))
    assert len(files) == 1, "`stepwell init` writes one flow file"
    run(sys.executable, files[0].name, "check", cwd=tmp_path)
    run(sys.executable, files[0].name, "run", cwd=tmp_path)
    listing = json.loads(run(SCRIPTS / "stepwell", "ls", "--json", cwd=tmp_path).stdout)
    assert listing
    program = """
from stepwell import Metaflow, namespace
namespace(None)
(flow,) = list(Metaflow())
run = flow.latest_run
assert run.successful and run.finished
print(flow.id, run.id, *sorted(step.id for step in run))
"""
    flow, number, *steps = run(sys.executable, "-c", program, cwd=tmp_path).stdout.split()
    assert f"class {flow}(" in files[0].read_text()
    assert number == "1"
    assert {"start", "end"} < set(steps)


def test_a_file_that_says_metaflow_runs_with_a_variable_in_the_environment(tmp_path: Path) -> None:
    flow = tmp_path / "flow.py"
    flow.write_text((Path(__file__).parents[2] / "examples" / "hello.py").read_text().replace("stepwell", "metaflow"))
    assert "import metaflow" in flow.read_text() or "from metaflow" in flow.read_text()
    command = [sys.executable, "flow.py", "run", "--isolation", "spawn", "--who", "wheel"]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "STEPWELL_COMPAT": "metaflow"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "wheel" in done.stdout


def test_a_flow_of_the_examples_runs_from_outside_the_repository(tmp_path: Path) -> None:
    flow = Path(__file__).parents[2] / "examples" / "hello.py"
    done = run(sys.executable, flow, "run", "--who", "wheel", cwd=tmp_path)
    assert "wheel" in done.stdout + done.stderr
    assert (tmp_path / ".stepwell").is_dir()
