"""The graph of a flow as a document: what a run's header keeps and what readers draw."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct, field

NodeType = Literal["start", "linear", "end", "join", "split-static", "split-foreach", "split-parallel", "split-switch"]


class DecoratorSpec(Struct, frozen=True, kw_only=True):
    """A decorator on a step or a flow: its name, its options, and whether the file itself says it."""

    name: str
    options: dict[str, Any] = field(default_factory=dict)
    in_file: bool = True


class GraphNode(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One step of the graph.

    Attributes:
        name: Step name.
        type: Metaflow's node types; a step that is both join and split reports the split.
        line: 1-based line of the `def`, in `file`.
        file: Path relative to the code snapshot.
        doc: The step's docstring.
        next: Targets in the order written.
        is_join: True when the step takes `inputs`.
        matching_join: For a split, the join that closes it.
        foreach: For a foreach, the name of the artifact iterated over.
        condition: For a switch, the name of the artifact that decides.
        cases: For a switch, case (as text) to target.
        num_parallel: True for a gang split.
        limit: For a foreach, the most tasks of its target that run at once over the whole run; None for no limit.
        decorators: In the order of application, outermost first.
    """

    name: str
    type: NodeType
    line: int = 0
    file: str = ""
    doc: str = ""
    next: tuple[str, ...] = ()
    is_join: bool = False
    matching_join: str | None = None
    foreach: str | None = None
    condition: str | None = None
    cases: dict[str, str] = field(default_factory=dict)
    num_parallel: bool = False
    limit: int | None = None
    decorators: tuple[DecoratorSpec, ...] = ()


class GraphDocument(Struct, frozen=True, kw_only=True):
    """The whole graph of a flow, steps in the order of their definition."""

    flow: str
    doc: str
    start: str
    end: str
    steps: tuple[GraphNode, ...]
    decorators: tuple[DecoratorSpec, ...] = ()
