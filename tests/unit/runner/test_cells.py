"""A flow in notebook cells becomes a file with what it needs and nothing else."""

from __future__ import annotations

import pytest

from stepwell.base.errors import UsageError
from stepwell.runner.cells import gather

FLOW = """
class Flow(FlowSpec):
    @step
    def start(self):
        self.x = helper(RATE)
        self.next(self.end)

    @step
    def end(self):
        pass

NBRunner(Flow).nbrun()
"""


def text_of(*cells: str, name: str = "Flow") -> str:
    return gather(name, cells, path=[])


def test_what_the_class_uses_is_taken_from_all_cells_and_nothing_else():
    text = text_of(
        "from stepwell import FlowSpec, step, NBRunner\nimport math\nimport matplotlib",
        "RATE = 0.5\nplot(1)\ndata = load_everything()",
        "def helper(x):\n    return math.exp(x) + OFFSET",
        "OFFSET = 3; print(OFFSET)",
        FLOW,
    )
    for part in ("import math", "RATE = 0.5", "def helper", "OFFSET = 3", "class Flow", "    Flow()"):
        assert part in text
    for part in ("matplotlib", "load_everything", "plot(1)", "nbrun", "print"):
        assert part not in text
    compile(text, "flow.py", "exec")


def test_the_last_version_of_a_cell_counts_and_changes_in_place_are_kept():
    text = text_of(
        "from stepwell import FlowSpec, step",
        "RATE = 0.1",
        "def helper(x):\n    return NAMES",
        "NAMES = ['old']\nNAMES.append('old too')",
        "NAMES = ['a']",
        "NAMES.append('b')\nNAMES[0] = 'c'\nNAMES += ['d']",
        "RATE = 0.2",
        FLOW,
    )
    assert "0.1" not in text
    assert "old" not in text
    assert text.index("NAMES = ['a']") < text.index("NAMES.append('b')") < text.index("NAMES[0] = 'c'")


def test_a_redefined_class_is_taken_once():
    first = FLOW.replace("helper(RATE)", "1")
    text = text_of("from stepwell import FlowSpec, step", first, FLOW, "RATE = 1", "def helper(x):\n    return x")
    assert text.count("class Flow(") == 1
    assert "helper(RATE)" in text


def test_base_classes_decorators_and_blocks_are_followed():
    text = text_of(
        "from stepwell import FlowSpec, step, retry",
        "try:\n    import fast as engine\nexcept ImportError:\n    engine = None",
        "class Base(FlowSpec):\n    def helper(self):\n        return engine",
        "with open('x') as unused:\n    pass",
        "@decorate\nclass Flow(Base):\n    pass",
        "def decorate(cls):\n    return cls",
        "%matplotlib inline",
    )
    assert "engine = None" in text
    assert "class Base" in text
    assert "@decorate" in text
    assert "unused" not in text


def test_a_class_that_no_cell_defines_is_refused():
    with pytest.raises(UsageError, match="no cell that was run defines the flow `Flow`"):
        text_of("x = 1")
