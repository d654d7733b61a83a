"""A flow and its modules from recorded bytes: what stands on the disk meanwhile does not matter."""

from __future__ import annotations

import linecache
import pkgutil
import traceback
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest

from stepwell.flow.diagnostics import render_diagnostics
from stepwell.flow.lint import lint
from stepwell.flow.loading import load_flow
from stepwell.flow.parse import build_graph

if TYPE_CHECKING:
    from pathlib import Path

FILES = {
    "flow.py": """
        from stepwell import FlowSpec, step
        import single
        from pack import VALUE
        from pack.inner.deep import relative
        from spaces.part import name

        class F(FlowSpec):
            found = (single.VALUE, VALUE, relative(), name)

            @step
            def start(self):
                single.fail()
        """,
    "single.py": "VALUE = 1\n\ndef fail():\n    raise ValueError('from the snapshot')\n",
    "pack/__init__.py": "VALUE = 2\n",
    "pack/data.txt": "words",
    "pack/inner/__init__.py": "",
    "pack/inner/deep.py": "from .. import VALUE\nfrom . import near\n\ndef relative():\n    return VALUE + near.ONE\n",
    "pack/inner/near.py": "ONE = 1\n",
    "spaces/part.py": "name = __name__\n",
}


def snapshot(folder: Path, files: dict[str, str] = FILES) -> dict[str, bytes]:
    return {str(folder / name): dedent(text).lstrip("\n").encode() for name, text in files.items()}


def test_a_flow_and_its_packages_load_without_the_disk(tmp_path: Path) -> None:
    flow: Any = load_flow(tmp_path / "flow.py", sources=snapshot(tmp_path))
    assert flow.found == (1, 2, 3, "spaces.part")
    assert list(tmp_path.iterdir()) == []


def test_the_snapshot_wins_over_files_on_the_disk(tmp_path: Path) -> None:
    (tmp_path / "flow.py").write_text("this is no Python")
    (tmp_path / "single.py").write_text("VALUE = 100\n")
    flow: Any = load_flow(tmp_path / "flow.py", sources=snapshot(tmp_path))
    assert flow.found[0] == 1


def test_what_the_snapshot_does_not_have_comes_from_the_disk(tmp_path: Path) -> None:
    (tmp_path / "other.py").write_text("VALUE = 7\n")
    files = {"flow.py": FILES["flow.py"].replace("import single", "import other as single")}
    flow: Any = load_flow(tmp_path / "flow.py", sources=snapshot(tmp_path, {**FILES, **files}))
    assert flow.found[0] == 7


def test_tracebacks_show_the_lines_of_the_snapshot(tmp_path: Path) -> None:
    (tmp_path / "single.py").write_text("# edited\n" * 10)
    flow: Any = load_flow(tmp_path / "flow.py", sources=snapshot(tmp_path))
    with pytest.raises(ValueError, match="from the snapshot") as caught:
        flow(use_cli=False).start()
    linecache.checkcache()
    lines = [entry.line for entry in traceback.extract_tb(caught.value.__traceback__)][1:]
    assert lines == ["single.fail()", "raise ValueError('from the snapshot')"]


def test_lint_reads_the_snapshot(tmp_path: Path) -> None:
    (tmp_path / "flow.py").write_text("# edited\n")
    flow = load_flow(tmp_path / "flow.py", sources=snapshot(tmp_path))
    graph = build_graph(flow)
    assert (list(graph.steps), graph.diagnostics) == (["start"], ())


def test_data_beside_a_module_is_found_in_the_snapshot(tmp_path: Path) -> None:
    load_flow(tmp_path / "flow.py", sources=snapshot(tmp_path))
    assert pkgutil.get_data("pack", "data.txt") == b"words"


def test_an_installed_package_wins_over_a_folder_of_the_same_name(tmp_path: Path) -> None:
    files = {"flow.py": "import msgspec\n" + dedent(FILES["flow.py"]), "msgspec/notes.py": "x = 1\n"}
    load_flow(tmp_path / "flow.py", sources=snapshot(tmp_path, {**FILES, **files}))
    import msgspec

    assert msgspec.__file__


def test_a_file_in_another_encoding_is_read_as_it_says(tmp_path: Path) -> None:
    text = "# -*- coding: latin-1 -*-\nfrom stepwell import FlowSpec, step\n\nclass F(FlowSpec):\n    word = 'é'\n"
    text += "\n    @step\n    def start(self):\n        pass\n"
    flow: Any = load_flow(tmp_path / "flow.py", sources={str(tmp_path / "flow.py"): text.encode("latin-1")})
    assert flow.word == "é"


def test_a_step_without_source_is_told(tmp_path: Path) -> None:
    namespace: dict[str, Any] = {}
    code = "from stepwell import FlowSpec, step\nclass F(FlowSpec):\n    @step\n    def start(self):\n        pass\n"
    exec(compile(code, "<string>", "exec"), namespace)
    assert render_diagnostics(lint(build_graph(namespace["F"]))) == dedent("""\
        error[SW100]: the source of step `start` cannot be read
         --> <string>:3
        hint: a flow must be in a file or in a notebook cell, so that its graph can be read""")
