"""All faults of a flow at once. Each rule is a plain function from the graph to diagnostics; see `lint_rules_*`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepwell.base.errors import LintError
from stepwell.flow.lint_rules_graph import GRAPH_RULES
from stepwell.flow.lint_rules_steps import STEP_RULES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stepwell.documents.diagnostic import Diagnostic
    from stepwell.flow.graph import Graph


def lint(graph: Graph) -> list[Diagnostic]:
    """Every fault of a flow, in the order of the file.

    A fault that only follows from another one is not told: an unknown target, say, is not also an orphan.
    """
    found = list(graph.diagnostics)
    for rule in (*STEP_RULES, *GRAPH_RULES):
        found += rule(graph)
    unique = {(fault.code, fault.file, fault.line, fault.column, fault.message): fault for fault in found}
    files = list(dict.fromkeys(fault.file for fault in found))
    return sorted(unique.values(), key=lambda fault: (files.index(fault.file), fault.line, fault.column, fault.code))


def refuse_faults(flow: str, diagnostics: Sequence[Diagnostic]) -> None:
    """Do nothing when there are no errors among the diagnostics.

    Raises:
        LintError: There are; it carries all of them.
    """
    errors = [fault for fault in diagnostics if fault.severity == "error"]
    if errors:
        count = "a fault" if len(errors) == 1 else f"{len(errors)} faults"
        raise LintError(
            f"the flow `{flow}` has {count}", diagnostics, hint="nothing was run; mend the file and try again"
        )
