"""Metaflow's own tutorials run, unmodified, or say why they cannot."""

from __future__ import annotations

import importlib.util
import json
import shutil
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from stepwell.client import Run
    from tests.flows.workspace import Finished, Workspace


@pytest.fixture
def tutorials(work: Workspace, metaflow_package: Path) -> Workspace:
    shutil.copytree(metaflow_package / "tutorials", work.folder / "tutorials")
    return work


def run_tutorial(work: Workspace, file: str, *arguments: str, code: int | None = 0) -> Finished:
    return work.stepwell("compat", f"tutorials/{file}", *arguments, code=code)


def cells(work: Workspace, notebook: str) -> str:
    """A notebook as a script."""
    read = json.loads((work.folder / "tutorials" / notebook).read_text())
    return "\n".join("".join(cell["source"]) for cell in read["cells"] if cell["cell_type"] == "code")


def run_cells(work: Workspace, program: str, code: int | None = 0) -> Finished:
    (work.folder / "notebook.py").write_text(program)
    return work.stepwell("compat", "notebook.py", code=code)


def test_there_are_nine_episodes(metaflow_package: Path) -> None:
    """One that is added to a later version of Metaflow wants a test here."""
    names = sorted(folder.name[:2] for folder in (metaflow_package / "tutorials").iterdir())
    assert names == [f"{number:02}" for number in range(9)]


def test_00_helloworld(tutorials: Workspace) -> None:
    assert "Metaflow says: Hi!" in run_tutorial(tutorials, "00-helloworld/helloworld.py", "run").out
    assert "=> hello" in run_tutorial(tutorials, "00-helloworld/helloworld.py", "show").out


def test_01_playlist(tutorials: Workspace, run_of: Callable[[str], Run]) -> None:
    file = "01-playlist/playlist.py"
    assert "Pick 5: " in run_tutorial(tutorials, file, "run").out
    fewer = run_tutorial(tutorials, file, "run", "--recommendations", "2", "--genre", "Comedy").out
    assert "genre 'Comedy'" in fewer
    assert "Pick 3: " not in fewer
    run = run_of("PlayListFlow/1")
    assert run.data is not None
    assert run.data.movie_data.startswith("movie_title")
    shown = run_cells(tutorials, cells(tutorials, "01-playlist/playlist.ipynb")).out
    assert "Using run: " in shown
    assert shown.count("Top Pick: ") == 2


def test_02_statistics(tutorials: Workspace, run_of: Callable[[str], Run]) -> None:
    pytest.importorskip("pandas")
    run_tutorial(tutorials, "02-statistics/stats.py", "run")
    data = run_of("MovieStatsFlow/1").data
    assert data is not None
    assert len(data.genre_stats["comedy"]["quartiles"]) == 3
    program = cells(tutorials, "02-statistics/stats.ipynb")
    assert "needs" not in run_cells(tutorials, program.split("# Get median")[0].replace("import matplotlib", "# ")).err


def test_03_playlist_redux_reads_what_02_left(tutorials: Workspace) -> None:
    pytest.importorskip("pandas")
    run_tutorial(tutorials, "02-statistics/stats.py", "run")
    out = run_tutorial(tutorials, "03-playlist-redux/playlist.py", "run", "--genre", "Comedy").out
    assert "Using metadata provider: local@" in out
    assert "Bonus Pick: " in out


def test_04_playlist_plus_names_the_environment_that_it_needs(tutorials: Workspace) -> None:
    told = run_tutorial(tutorials, "04-playlist-plus/playlist.py", "--environment=conda", "run", code=None)
    assert told.code != 0
    assert "conda" in told.err
    assert "Traceback" not in told.err


def test_05_hello_cloud_names_the_backend_that_it_needs(tutorials: Workspace) -> None:
    told = run_tutorial(tutorials, "05-hello-cloud/hello-cloud.py", "--with", "kubernetes", "run", code=None)
    assert told.code != 0
    assert "kubernetes" in told.err


def test_06_statistics_redux_is_02_with_a_notebook(tutorials: Workspace) -> None:
    pytest.importorskip("pandas")
    run_tutorial(tutorials, "02-statistics/stats.py", "run")
    program = cells(tutorials, "06-statistics-redux/stats.ipynb").replace("import matplotlib.pyplot as plt", "")
    shown = run_cells(tutorials, program.split("# Create the bar plot")[0]).out
    assert "The best movie ever made:" in shown


def test_06_without_a_plotting_library_says_so(tutorials: Workspace) -> None:
    if importlib.util.find_spec("matplotlib") is None:
        told = run_cells(tutorials, cells(tutorials, "06-statistics-redux/stats.ipynb"), code=1)
        assert "No module named 'matplotlib'" in told.err


def test_07_worldview(tutorials: Workspace) -> None:
    run_tutorial(tutorials, "00-helloworld/helloworld.py", "run")
    program = cells(tutorials, "07-worldview/worldview.ipynb").replace("HelloCloudFlow", "HelloFlow")
    shown = run_cells(tutorials, program).out
    assert "HelloFlow       Last run: " in shown
    assert "Run id: 1, Successful: True" in shown


def test_08_autopilot_waits_for_a_run_that_was_never_deployed(tutorials: Workspace) -> None:
    pytest.importorskip("pandas")
    run_tutorial(tutorials, "02-statistics/stats.py", "run")
    program = cells(tutorials, "08-autopilot/autopilot.ipynb").split("step_data = ")[0]
    shown = run_cells(tutorials, program.replace("import plotly.figure_factory as ff", "")).out
    assert "might not have started yet" in shown
