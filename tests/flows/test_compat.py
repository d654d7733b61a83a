"""Files that say `import metaflow` run unchanged, and every process of theirs finds the aliases."""

from __future__ import annotations

import os
import re
import sys
import sysconfig
import venv
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import stepwell

if TYPE_CHECKING:
    from collections.abc import Callable

    from stepwell.client import Run
    from tests.flows.workspace import Workspace

FLOW = '''
import sys
import metaflow
from metaflow import FlowSpec, JSONType, Parameter, S3, current, retry, step
from metaflow.cards import Markdown
from metaflow.exception import MetaflowException, UnhandledInMergeArtifactsException


class Ported(FlowSpec):
    """Says so."""

    alpha = Parameter("alpha", default=0.5)
    boom = Parameter("boom", default="")

    @step
    def start(self):
        self.items = [1, 2]
        self.next(self.work, foreach="items")

    @step
    def work(self):
        import subprocess
        from metaflow.client.core import Flow

        self.square = self.input**2
        self.same = Flow is metaflow.Flow and "stepwell" in metaflow.__version__
        code = "import metaflow; print(metaflow.__version__)"
        command = [sys.executable, "-c", "import stepwell;" + code]
        self.child = subprocess.run(command, capture_output=True, text=True).stdout
        self.next(self.join)

    @step
    def join(self, inputs):
        self.total = sum(i.square for i in inputs)
        self.same = all(i.same and "stepwell" in i.child for i in inputs)
        try:
            self.merge_artifacts(inputs)
        except MetaflowException as error:
            self.caught = type(error) is UnhandledInMergeArtifactsException
        if self.boom == "merge":
            self.merge_artifacts(inputs)
        if self.boom == "s3":
            S3(run=self)
        if self.boom == "own":
            raise MetaflowException("as I like")
        self.next(self.end)

    @step
    def end(self):
        print("alpha is", self.alpha)


if __name__ == "__main__":
    Ported()
'''

# What stands where Metaflow is installed; whoever imports it has not met our aliases.
REAL = "raise RuntimeError('this is the real one')\n"


@pytest.fixture
def ported(work: Workspace) -> Workspace:
    (work.folder / "ported.py").write_text(FLOW)
    return work


def install_the_real_one(work: Workspace) -> None:
    package = work.folder / "installed" / "metaflow"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(REAL)
    work.environ["PYTHONPATH"] = str(package.parent)


@pytest.mark.parametrize("isolation", ["fork", "spawn", "none"])
@pytest.mark.parametrize("installed", [False, True], ids=["without Metaflow", "with Metaflow installed"])
def test_a_file_runs_unchanged_however_its_tasks_are_kept_apart(
    ported: Workspace, run_of: Callable[[str], Run], isolation: str, installed: bool
) -> None:
    if installed:
        install_the_real_one(ported)
    ported.stepwell("compat", "ported.py", "run", "--alpha", "0.25", "--isolation", isolation)
    run = run_of("Ported/1")
    data = run.data
    assert data is not None
    assert run.successful
    assert (data.total, data.same, data.caught, data.alpha) == (5, True, True, 0.25)


def test_a_fresh_zygote_finds_the_aliases_too(ported: Workspace, run_of: Callable[[str], Run]) -> None:
    """A flow file that is newer than the process is loaded again, by an interpreter of its own."""
    future = 4_000_000_000
    os.utime(ported.folder / "ported.py", (future, future))
    ported.stepwell("compat", "ported.py", "run")
    assert run_of("Ported/1").successful


def test_other_commands_work_on_such_a_file(ported: Workspace) -> None:
    ported.environ["STEPWELL_COMPAT"] = "metaflow"
    assert "no faults" in ported.stepwell("check", "ported.py").text
    ported.stepwell("run", "ported.py")
    assert "=> work" in ported.stepwell("compat", "ported.py", "show").out
    ported.stepwell("compat", "ported.py", "resume", "join")


def test_without_compat_mode_the_way_to_it_is_named(ported: Workspace) -> None:
    told = ported.stepwell("run", "ported.py", code=1)
    assert "stepwell compat ported.py run" in told.err


@pytest.mark.parametrize(
    ("boom", "kind", "says"),
    [
        ("merge", "metaflow.exception.UnhandledInMergeArtifactsException", "`square`"),
        ("s3", "stepwell.compat.absent.MissingFeature", "`metaflow.S3` is not there yet"),
        ("own", "metaflow.exception.MetaflowException", "as I like"),
    ],
)
def test_failures_are_recorded_under_the_names_that_scripts_compare(
    ported: Workspace, run_of: Callable[[str], Run], boom: str, kind: str, says: str
) -> None:
    told = ported.stepwell("compat", "ported.py", "run", "--boom", boom, code=1)
    assert says in told.text
    task = run_of("Ported/1")["join"].task
    assert task is not None
    assert task.exception is not None
    assert task.exception.type == kind


def test_a_script_that_is_no_flow_runs_too(ported: Workspace) -> None:
    ported.stepwell("compat", "ported.py", "run")
    (ported.folder / "read.py").write_text(
        "import sys\nfrom metaflow import Flow, namespace\nnamespace(None)\n"
        "print(sys.argv, __name__, Flow('Ported').latest_run.data.total)\n"
    )
    assert ported.stepwell("compat", "read.py", "a", "--b").out.strip() == "['read.py', 'a', '--b'] __main__ 5"


def test_an_exception_of_a_script_is_shown_as_python_shows_it(ported: Workspace) -> None:
    (ported.folder / "bad.py").write_text("import metaflow\n\ndef f():\n    return 1 / 0\n\nf()\n")
    told = ported.stepwell("compat", "bad.py", code=1)
    assert told.err.startswith("Traceback")
    assert told.err.endswith("ZeroDivisionError: division by zero\n")
    assert "line 6" in told.err


def test_a_file_that_is_not_there_is_named(ported: Workspace) -> None:
    assert "`nope.py` cannot be read" in ported.stepwell("compat", "nope.py", "run", code=1).err
    assert "the file comes first" in ported.stepwell("compat", "--with", "retry", "ported.py", "run", code=2).err
    assert "FILE [ARGUMENTS]" in ported.stepwell("compat", "--help").out


def test_metaflows_variables_are_heeded_and_the_others_named(ported: Workspace, run_of: Callable[[str], Run]) -> None:
    del ported.environ["STEPWELL_USER"]
    ported.environ.update(METAFLOW_USER="alice", METAFLOW_RUN_ALPHA="0.75", METAFLOW_SERVICE_URL="http://localhost:1")
    told = ported.stepwell("compat", "ported.py", "run", "--isolation", "spawn")
    assert told.err.count("no counterpart of `METAFLOW_SERVICE_URL`") == 1
    run = run_of("Ported/1")
    assert "user:alice" in run.tags
    assert run.data is not None
    assert run.data.alpha == 0.75


@pytest.fixture(scope="module")
def interpreter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter in which Stepwell is installed as its wheel installs it: package, dependencies, `.pth` file."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=False, symlinks=True)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)}))
    source = Path(stepwell.__file__).parent
    (packages / "packages.pth").write_text(f"{source.parent}\n{sysconfig.get_path('purelib')}\n")
    beside = source.parent / "stepwell_compat.pth"  # there when the wheel is installed, else among the sources
    start = beside if beside.exists() else source / "compat" / "stepwell_compat.pth"
    (packages / "stepwell_compat.pth").write_bytes(start.read_bytes())
    return folder / "bin" / "python"


@pytest.mark.parametrize("installed", [False, True], ids=["without Metaflow", "with Metaflow installed"])
def test_a_variable_in_the_environment_is_enough(
    ported: Workspace, run_of: Callable[[str], Run], interpreter: Path, installed: bool
) -> None:
    if installed:
        install_the_real_one(ported)
    failed = ported.call([str(interpreter), "ported.py", "run"], code=1)
    assert "this is the real one" in failed.err if installed else "No module named 'metaflow'" in failed.err
    ported.environ["STEPWELL_COMPAT"] = "metaflow"
    ported.call([str(interpreter), "ported.py", "run", "--isolation", "spawn"])
    assert run_of("Ported/1").successful


def test_without_the_variable_starting_python_loads_nothing_of_ours(work: Workspace, interpreter: Path) -> None:
    done = work.call([str(interpreter), "-c", "import sys; print([m for m in sys.modules if 'stepwell' in m])"])
    assert done.out.strip() == "[]"
    assert sys.executable


def test_scripts_find_the_lines_that_they_look_for(ported: Workspace) -> None:
    done = ported.stepwell("compat", "ported.py", "run")
    clock = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}"
    for line in (
        rf"{clock} Workflow starting \(run-id 1\):",
        rf"{clock} \[1/start/1 \(pid \d+\)\] Task is starting\.",
        rf"{clock} \[1/start/1 \(pid \d+\)\] Foreach yields 2 child steps\.",
        rf"{clock} \[1/end/5 \(pid \d+\)\] alpha is 0\.5",
        rf"{clock} \[1/end/5 \(pid \d+\)\] Task finished successfully\.",
        rf"{clock} Done!",
    ):
        assert re.search(rf"^{line}$", done.out, re.MULTILINE), line
    assert re.match(r"Metaflow \S+ executing Ported for user:tester\nValidating your flow...\n", done.err)
    failed = ported.stepwell("compat", "ported.py", "run", "--boom", "own", code=1)
    assert re.search(rf"^{clock} Workflow failed\.$", failed.out, re.MULTILINE)
    assert "    Step failure:\n    Step join (task-id 4) failed.\n" in failed.err
    assert "    The graph looks good!\n" in ported.stepwell("compat", "ported.py", "check").err


def test_flows_that_a_script_drives_find_the_aliases(ported: Workspace) -> None:
    (ported.folder / "drive.py").write_text(
        "from metaflow import Runner\nwith Runner('ported.py', show_output=False) as runner:\n"
        "    result = runner.run(alpha=0.125, tags=['driven'])\n    print(result.status, result.run.data.alpha)\n"
    )
    assert ported.stepwell("compat", "drive.py").out.strip() == "successful 0.125"


def test_a_flow_that_fills_cards_runs(work: Workspace, run_of: Callable[[str], Run]) -> None:
    (work.folder / "cards.py").write_text(
        """
from metaflow import FlowSpec, card, current, step
from metaflow.cards import Artifact, Image, Markdown, ProgressBar, Table, VegaChart


class WithCards(FlowSpec):
    @card(type="blank", id="report")
    @card
    @step
    def start(self):
        current.card.append(Markdown("# Title"))
        current.card["report"].append(Table([["a", Artifact(1)]], headers=["x", "y"]), id="table")
        current.card["report"].extend([VegaChart({"mark": "bar"}), Image(b"png", "label")])
        bar = ProgressBar(max=2)
        current.card.append(bar)
        for value in range(3):
            bar.update(value)
            current.card.refresh()
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    WithCards()
"""
    )
    told = work.stepwell("compat", "cards.py", "run")
    assert run_of("WithCards/1").successful
    assert told.err.count("cards are not drawn yet") == 1
