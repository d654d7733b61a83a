"""The graph of a flow: steps, transitions, and what follows from them. Pure: it knows no files and runs nothing.

`parse.build_graph` makes it from a class. It can hold faults: lint tells them, everything else may assume that there
are none.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Literal

from stepwell.documents.graph import GraphDocument, GraphNode
from stepwell.flow.splits import SplitAnalysis, analyse
from stepwell.flow.written import Place

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stepwell.documents.diagnostic import Diagnostic
    from stepwell.documents.graph import DecoratorSpec, NodeType
    from stepwell.flow.written import Form, ParameterSource, StepSource, Target


class Graph:
    """The steps of a flow and how they follow each other.

    Args:
        flow: Name of the flow.
        steps: In the order of definition.
        doc: The flow's docstring.
        place: The flow's `class` statement.
        diagnostics: Faults that were found while the steps were read.
        parameters: The flow's parameters.
        methods: Names of methods that are not steps, for hints.
        decorators: Decorators of the class.

    Attributes:
        steps: The steps by name.
        start: Name of the first step, empty when it is not known.
        end: Name of the last step, empty when it is not known.
    """

    def __init__(
        self,
        flow: str,
        steps: Sequence[StepSource],
        *,
        doc: str = "",
        place: Place | None = None,
        diagnostics: Sequence[Diagnostic] = (),
        parameters: Sequence[ParameterSource] = (),
        methods: Sequence[str] = (),
        decorators: Sequence[DecoratorSpec] = (),
    ) -> None:
        self.decorators = tuple(decorators)
        self.flow = flow
        self.doc = doc
        self.place = place or Place()
        self.diagnostics = tuple(diagnostics)
        self.parameters = tuple(parameters)
        self.methods = frozenset(methods)
        self.steps: dict[str, StepSource] = {step.name: step for step in steps}
        self.start = self._terminal("start")
        self.end = self._terminal("end")

    def __contains__(self, name: object) -> bool:
        return name in self.steps

    def _terminal(self, which: Literal["start", "end"]) -> str:
        marked = [step.name for step in self.steps.values() if (step.start if which == "start" else step.end)]
        if marked:
            return marked[0]
        if which in self.steps:
            return which
        return next(iter(self.steps)) if len(self.steps) == 1 else ""

    def targets(self, name: str) -> tuple[Target, ...]:
        """Targets of a step that exist, in the order written."""
        call = self.steps[name].next
        return () if call is None else tuple(target for target in call.targets if target.name in self.steps)

    @cached_property
    def successors(self) -> Mapping[str, tuple[str, ...]]:
        """For each step, the steps that follow it."""
        return {name: tuple(dict.fromkeys(target.name for target in self.targets(name))) for name in self.steps}

    @cached_property
    def predecessors(self) -> Mapping[str, tuple[str, ...]]:
        """For each step, the steps that lead to it."""
        found: dict[str, list[str]] = {name: [] for name in self.steps}
        for name, following in self.successors.items():
            for target in following:
                found[target].append(name)
        return {name: tuple(before) for name, before in found.items()}

    def reachable_from(self, name: str) -> set[str]:
        """The step itself and all that may run after it."""
        found = {name}
        pending = [name]
        while pending:
            for target in self.successors[pending.pop()]:
                if target not in found:
                    found.add(target)
                    pending.append(target)
        return found

    @cached_property
    def order(self) -> tuple[str, ...]:
        """The steps that the start reaches, each after all that lead to it.

        A switch that leads back to itself counts as leading nowhere else. Steps of a larger loop, and those behind
        it, are left out.
        """
        if not self.start:
            return ()
        reached = self.reachable_from(self.start)
        waiting = {
            name: sum(before in reached and before != name for before in self.predecessors[name]) for name in reached
        }
        ready = [name for name in self.steps if name in reached and waiting[name] == 0]
        done: list[str] = []
        while ready:
            name = ready.pop(0)
            done.append(name)
            for target in self.successors[name]:
                if target == name:
                    continue
                waiting[target] -= 1
                if waiting[target] == 0:
                    ready.append(target)
        return tuple(done)

    @cached_property
    def ranks(self) -> Mapping[str, int]:
        """For each step that the start reaches, the length of the longest way to it."""
        ranks: dict[str, int] = {}
        for name in self.order:
            before = [ranks[other] for other in self.predecessors[name] if other in ranks and other != name]
            ranks[name] = max(before, default=-1) + 1
        return ranks

    @cached_property
    def splits(self) -> SplitAnalysis:
        """Which join closes which split, and the faults in that."""
        return analyse(self.steps, self.order, self.successors, self.end)

    @cached_property
    def nodes(self) -> Mapping[str, GraphNode]:
        """The steps as they are kept in documents, files as absolute paths."""
        return {name: self._node(step) for name, step in self.steps.items()}

    def document(self, root: str = "") -> GraphDocument:
        """The graph as a document, its steps in the order in which they run.

        Args:
            root: The folder of the code snapshot, to which files are made relative.
        """
        prefix = root.rstrip("/") + "/" if root else ""
        ordered = [self.steps[name] for name in dict.fromkeys((*self.order, *self.steps))]
        steps = tuple(self._node(step, step.file.removeprefix(prefix)) for step in ordered)
        return GraphDocument(
            flow=self.flow, doc=self.doc, start=self.start, end=self.end, steps=steps, decorators=self.decorators
        )

    def _node(self, step: StepSource, file: str | None = None) -> GraphNode:
        call = step.next
        switch = call is not None and call.form == "switch"
        return GraphNode(
            name=step.name,
            type=self._type(step),
            line=step.place.line,
            file=step.file if file is None else file,
            doc=step.doc,
            next=() if call is None else tuple(dict.fromkeys(target.name for target in call.targets)),
            is_join=step.is_join,
            matching_join=self.splits.matching.get(step.name),
            foreach=call.foreach if call is not None else None,
            condition=call.condition if call is not None else None,
            cases={target.case or "": target.name for target in call.targets} if call is not None and switch else {},
            num_parallel=call is not None and call.form == "gang",
            limit=call.limit if call is not None else None,
            decorators=step.decorators,
        )

    def _type(self, step: StepSource) -> NodeType:
        forms: dict[Form, NodeType] = {
            "branch": "split-static",
            "foreach": "split-foreach",
            "gang": "split-parallel",
            "switch": "split-switch",
        }
        if step.next is not None and step.next.form in forms:
            return forms[step.next.form]
        if step.name == self.end:
            return "end"
        if step.name == self.start:
            return "start"
        return "join" if step.is_join else "linear"
