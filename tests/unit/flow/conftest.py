"""Flow files written and loaded by the tests; what loading changes in the process is put back."""

from __future__ import annotations

import sys
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest

from stepwell.flow.diagnostics import render_diagnostics
from stepwell.flow.lint import lint
from stepwell.flow.loading import load_flow
from stepwell.flow.parse import build_graph
from stepwell.flow.spec import new_flow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class MemoryRuntime:
    """A `StepRuntime` whose artifacts are a dict; a digest is the value's `repr`. `loads` counts what was loaded."""

    def __init__(
        self,
        step: str = "work",
        artifacts: dict[str, Any] | None = None,
        *,
        is_join: bool = False,
        stack: list[tuple[int, int, Any]] | None = None,
    ) -> None:
        self.step = step
        self.is_join = is_join
        self.artifacts = dict(artifacts or {})
        self.loads: list[str] = []
        self.stack = stack or []

    def has(self, name: str) -> bool:
        return name in self.artifacts

    def load(self, name: str) -> Any:
        self.loads.append(name)
        return self.artifacts[name]

    def names(self) -> list[str]:
        return list(self.artifacts)

    def digest(self, name: str) -> str:
        return repr(self.artifacts[name])

    def adopt(self, source: Any, name: str) -> None:
        self.artifacts[name] = source.artifacts[name]

    def foreach_input(self) -> Any:
        return self.stack[-1][2] if self.stack else None

    def foreach_index(self) -> int | None:
        return self.stack[-1][0] if self.stack else None

    def foreach_stack(self) -> list[tuple[int, int, Any]]:
        return self.stack


@pytest.fixture
def task() -> Callable[..., Any]:
    """Make a flow object with a runtime behind it: `task(Flow, "step", {"x": 1}, is_join=True)`."""

    def make(flow_class: Any, *arguments: Any, **options: Any) -> Any:
        return new_flow(flow_class, MemoryRuntime(*arguments, **options))

    return make


@pytest.fixture(autouse=True)
def process_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Work in an empty folder; afterwards `__main__`, the import path and imported modules are as before."""
    monkeypatch.chdir(tmp_path)
    main, path, finders, modules = sys.modules["__main__"], list(sys.path), list(sys.meta_path), set(sys.modules)
    yield
    sys.modules["__main__"] = main
    sys.path[:] = path
    sys.meta_path[:] = finders
    for name in set(sys.modules) - modules:
        module = sys.modules[name]
        places = [getattr(module, "__file__", None), *getattr(module, "__path__", ())]
        if any(str(place).startswith(str(tmp_path)) for place in places):
            del sys.modules[name]


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Any]:
    """Write `flow.py` and load its flow."""

    def write_and_load(text: str, name: str | None = None) -> Any:
        file = tmp_path / "flow.py"
        file.write_text(dedent(text).lstrip("\n"))
        return load_flow(file, name)

    return write_and_load


@pytest.fixture
def faults(load: Callable[..., Any]) -> Callable[[str], str]:
    """Everything that lint tells about a flow, as text."""

    def lint_text(text: str) -> str:
        return render_diagnostics(lint(build_graph(load(text))))

    return lint_text
