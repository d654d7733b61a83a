"""From a file to a flow class, and what is told when there is none."""

from __future__ import annotations

import sys
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest

from stepwell.base.errors import FlowLoadError
from stepwell.flow.loading import load_flow

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FLOW = """
from stepwell import FlowSpec, step

class {name}(FlowSpec):
    @step
    def start(self):
        pass
"""


def refused(load: Callable[..., Any], text: str, name: str | None = None) -> tuple[str, str]:
    with pytest.raises(FlowLoadError) as caught:
        load(text, name)
    return caught.value.message, caught.value.hint


def test_the_flow_that_the_file_constructs_is_taken_and_the_rest_not_executed(load: Callable[..., Any]) -> None:
    text = FLOW.format(name="A") + FLOW.format(name="B")
    assert load(text + 'if __name__ == "__main__":\n    B()\n    raise SystemExit("too far")\n').__name__ == "B"


def test_the_only_flow_of_a_file_needs_no_construction(load: Callable[..., Any]) -> None:
    assert load(FLOW.format(name="A")).__name__ == "A"


def test_a_flow_can_be_chosen_by_name(load: Callable[..., Any]) -> None:
    assert load(FLOW.format(name="A") + FLOW.format(name="B") + "B()", "A").__name__ == "A"


def test_a_files_own_except_does_not_stop_the_loader(load: Callable[..., Any]) -> None:
    text = FLOW.format(name="A") + FLOW.format(name="B") + "try:\n    B()\nexcept Exception:\n    A()\n"
    assert load(text).__name__ == "B"


def test_a_flow_made_without_a_command_line_does_not_end_the_loading(load: Callable[..., Any]) -> None:
    assert load(FLOW.format(name="A") + "A(use_cli=False)\nDONE = 1\n").__name__ == "A"
    assert sys.modules["__main__"].DONE == 1  # type: ignore[attr-defined]


def test_the_file_is_the_main_module_and_its_folder_comes_first(load: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("VALUE = 5\n")
    flow = load("import beside\n" + FLOW.format(name="A") + "    value = beside.VALUE\n")
    assert flow.value == 5
    assert (flow.__module__, sys.modules["__main__"].A) == ("__main__", flow)  # type: ignore[attr-defined]
    assert sys.modules["__main__"].__file__ == str(tmp_path / "flow.py")
    assert sys.path[0] == str(tmp_path)


def test_modules_beside_the_file_that_a_link_points_to_are_found(load: Callable[..., Any], tmp_path: Path) -> None:
    load(FLOW.format(name="A"))  # restores the import state afterwards
    real, linked = tmp_path / "real", tmp_path / "linked"
    real.mkdir()
    linked.mkdir()
    (real / "beside_the_real_one.py").write_text("VALUE = 6\n")
    (real / "train.py").write_text(
        "import beside_the_real_one\n" + FLOW.format(name="A") + "    value = beside_the_real_one.VALUE\n"
    )
    (linked / "link.py").symlink_to(real / "train.py")
    flow: Any = load_flow(linked / "link.py")
    assert flow.value == 6


def test_several_flows_are_listed(load: Callable[..., Any]) -> None:
    assert refused(load, FLOW.format(name="A") + FLOW.format(name="B")) == (
        "`flow.py` has 2 flows, and constructs none",
        "name one of: `flow.py:A`, `flow.py:B`",
    )


def test_an_unknown_flow_is_refused(load: Callable[..., Any]) -> None:
    assert refused(load, FLOW.format(name="A"), "Z") == ("`flow.py` has no flow `Z`", "name one of: `flow.py:A`")


def test_a_file_without_a_flow_is_refused(load: Callable[..., Any]) -> None:
    assert refused(load, "x = 1")[0] == "`flow.py` has no flow in it"


def test_a_file_that_is_not_there_is_refused() -> None:
    with pytest.raises(FlowLoadError, match=r"the flow file `nowhere.py` cannot be read: No such file"):
        load_flow("nowhere.py")


def test_a_syntax_error_is_shown_at_its_place(load: Callable[..., Any]) -> None:
    message, _ = refused(load, "import os\ndef start(self)\n    pass\n")
    assert message == dedent("""\
        `flow.py` has a syntax error: expected ':'
         --> flow.py:2:16
        2 | def start(self)
          |                ^""")


def test_a_syntax_error_in_an_imported_file_names_that_file(load: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("x = = 1\n")
    message, _ = refused(load, "import broken\n")
    assert message.startswith("`broken.py` has a syntax error: invalid syntax\n --> broken.py:1:5\n")


def test_a_missing_module_is_named_with_the_line_that_needs_it(load: Callable[..., Any]) -> None:
    message, hint = refused(load, "import os\nimport no_such_thing.part\n")
    assert message == dedent("""\
        `flow.py` needs the module `no_such_thing`, which is not there
         --> flow.py:2:1
        2 | import no_such_thing.part
          | ^^^^^^^^^^^^^^^^^^^^^^^^^""")
    assert "`pip install no_such_thing`" in hint


def test_another_error_is_shown_with_the_users_traceback_only(load: Callable[..., Any]) -> None:
    message, _ = refused(load, "def f():\n    return 1 / 0\n\nf()\n")
    assert message.startswith("`flow.py` cannot be loaded: ZeroDivisionError: division by zero\nTraceback")
    assert "line 4, in <module>" in message
    assert "line 2, in f" in message
    assert "loading.py" not in message


def test_a_wrong_use_of_the_language_is_shown_at_its_line(load: Callable[..., Any]) -> None:
    text = FLOW.format(name="A").replace("@step", "@retry(time=2)\n    @step").replace("step\n", "step, retry\n", 1)
    message, hint = refused(load, text)
    assert message.startswith("`@retry` has no option `time`\n --> flow.py:4:5\n4 |     @retry(time=2)\n")
    assert hint == "its options are: `times`, `minutes_between_retries`"


def test_a_file_that_exits_is_told(load: Callable[..., Any]) -> None:
    assert refused(load, "import sys\nsys.exit(3)\n")[0].startswith("`flow.py` called sys.exit(3) while it was loaded")
