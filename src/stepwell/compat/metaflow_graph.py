"""The graph that Metaflow recorded with a run, as a document of ours."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from stepwell.documents.graph import DecoratorSpec, GraphDocument, GraphNode

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_TYPES = {
    "start",
    "linear",
    "end",
    "join",
    "split-static",
    "split-foreach",
    "split-parallel",
    "split-switch",
}
_OLD_TYPES = {"split-and": "split-static", "foreach": "split-foreach", "split": "split-static"}


def graph_document(flow: str, info: Mapping[str, Any], steps_met: Collection[str]) -> GraphDocument:
    """The document.

    Args:
        flow: The flow's name.
        info: The artifact `_graph_info`; may be empty.
        steps_met: Steps that have tasks, for a run that recorded no graph.
    """
    described: Mapping[str, Any] = info.get("steps") or {step: {} for step in sorted(steps_met)}
    joins = {node.get("matching_join") for node in described.values()}
    order = _order(described, str(info.get("start_step") or "start"))
    return GraphDocument(
        flow=flow,
        doc=str(info.get("doc") or ""),
        start=str(info.get("start_step") or "start"),
        end=str(info.get("end_step") or "end"),
        steps=tuple(_node(name, described[name], is_join=name in joins) for name in order),
        decorators=tuple(_decorators(info.get("decorators"))),
    )


def _order(steps: Mapping[str, Any], start: str) -> list[str]:
    """The steps in the order in which they can run, those that cannot be reached at the end."""
    order: dict[str, None] = {}
    waiting = [start] if start in steps else []
    while waiting:
        name = waiting.pop(0)
        if name in order or name not in steps:
            continue
        order[name] = None
        waiting += [target for target in steps[name].get("next") or () if target not in order]
    return [*order, *(name for name in steps if name not in order)]


def _node(name: str, node: Mapping[str, Any], *, is_join: bool) -> GraphNode:
    kind: Any = str(node.get("type") or "linear")
    kind = _OLD_TYPES.get(kind, kind)
    return GraphNode(
        name=name,
        type=kind if kind in _TYPES else "linear",
        line=int(node.get("line") or 0),
        file=os.path.basename(str(node.get("source_file") or "")),
        doc=str(node.get("doc") or ""),
        next=tuple(node.get("next") or ()),
        is_join=is_join or kind == "join",
        matching_join=node.get("matching_join"),
        foreach=node.get("foreach_artifact") if kind == "split-foreach" else None,
        condition=node.get("condition") if kind == "split-switch" else None,
        cases={str(case): str(target) for case, target in (node.get("switch_cases") or {}).items()},
        num_parallel=kind == "split-parallel",
        decorators=tuple(_decorators(node.get("decorators"))),
    )


def _decorators(found: Any) -> list[DecoratorSpec]:
    return [
        DecoratorSpec(
            name=str(decorator.get("name") or ""),
            options=_plain(decorator.get("attributes") or {}),
            in_file=bool(decorator.get("statically_defined", True)),
        )
        for decorator in found or ()
        if isinstance(decorator, dict)
    ]


def _plain(options: Mapping[str, Any]) -> dict[str, Any]:
    import msgspec

    try:
        plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(options))
    except (TypeError, ValueError):
        return {str(name): repr(value) for name, value in options.items()}
    return plain
