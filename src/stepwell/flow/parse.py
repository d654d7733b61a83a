"""From a flow class to its graph, by reading the steps' syntax trees. Nothing of the flow is executed.

It never raises for what a user wrote: faults become diagnostics of the graph.
"""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING, Any

from stepwell.documents.graph import DecoratorSpec
from stepwell.flow.faults import fault_at
from stepwell.flow.graph import Graph
from stepwell.flow.next_call import NextFault, read_next
from stepwell.flow.parameters import parameters_of
from stepwell.flow.shape import decorators_on, decorators_on_flow
from stepwell.flow.source import source_of
from stepwell.flow.step import step_mark, steps_of
from stepwell.flow.written import NextCall, ParameterSource, Place, StepSource

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType

    from stepwell.documents.diagnostic import Diagnostic
    from stepwell.flow.source import Function, SourceFile

# Flags of code objects; `inspect` has them too, and is slow to import.
CO_GENERATOR, CO_COROUTINE, CO_ASYNC_GENERATOR = 0x20, 0x80, 0x200

_LEAVES = (ast.Name, ast.Constant, ast.expr_context, ast.operator)

_KEPT = "_stepwell_graph"


def build_graph(flow_class: type) -> Graph:
    """The graph of a flow class, faults included; made once per class."""
    flow_class = flow_class.__dict__.get("_stepwell_original", flow_class)
    graph = flow_class.__dict__.get(_KEPT)
    if not isinstance(graph, Graph):
        graph = _read_class(flow_class)
        setattr(flow_class, _KEPT, graph)
    return graph


def _read_class(flow_class: type) -> Graph:
    faults: list[Diagnostic] = []
    functions = steps_of(flow_class)
    steps = [_read_step(flow_class, name, function, faults) for name, function in functions.items()]
    parameters = [
        ParameterSource(
            name=parameter.name,
            attribute=parameter.attribute,
            place=_line_place(parameter.file, parameter.line),
            faults=tuple(parameter.faults),
        )
        for parameter in parameters_of(flow_class)
    ]
    methods = [
        name
        for name in dir(flow_class)
        if not name.startswith("_") and name not in functions and hasattr(getattr(flow_class, name, None), "__code__")
    ]
    return Graph(
        flow_class.__name__,
        steps,
        doc=clean_doc(flow_class.__dict__.get("__doc__") or _inherited_doc(flow_class)),
        place=_class_place(flow_class, functions),
        diagnostics=faults,
        parameters=parameters,
        methods=methods,
        decorators=[
            DecoratorSpec(name=decorator.name, options=decorator.recorded_options())
            for decorator in decorators_on_flow(flow_class)
        ],
    )


def _read_step(flow_class: type, name: str, function: Any, faults: list[Diagnostic]) -> StepSource:
    mark = step_mark(function)
    assert mark is not None
    plain = _unwrapped(function)
    code: CodeType = plain.__code__
    source = source_of(code.co_filename, plain.__globals__)
    node = source.function(code) if source is not None else None
    known: dict[str, Any] = {
        "name": name,
        "file": code.co_filename,
        "doc": clean_doc(function.__doc__ or ""),
        "start": mark.start,
        "end": mark.end,
        "node_info": mark.node_info,
        "decorators": tuple(
            DecoratorSpec(name=decorator.name, options=decorator.recorded_options())
            for decorator in decorators_on(flow_class, name)
        ),
    }
    if code.co_flags & (CO_COROUTINE | CO_ASYNC_GENERATOR):
        known["kind"] = "async"
    elif code.co_flags & CO_GENERATOR:
        known["kind"] = "generator"
    if source is None or node is None:
        place = Place(code.co_filename, code.co_firstlineno)
        faults.append(
            fault_at(
                place,
                "SW100",
                f"the source of step `{name}` cannot be read",
                "a flow must be in a file or in a notebook cell, so that its graph can be read",
            )
        )
        return StepSource(place=place, broken=True, arguments=code.co_varnames[: code.co_argcount], **known)
    arguments = _arguments(node)
    self_name = arguments[0] if arguments else "self"
    uses = _uses_of(node, self_name)
    next_calls = [use for use in uses if isinstance(use, ast.Call)]
    read = partial(read_next, self_name=self_name, source=source, class_value=partial(_class_value, flow_class))
    call, calls, broken = _transition(name, node, next_calls, source, read, faults)
    return StepSource(
        place=source.name_place(node),
        arguments=arguments,
        next=call,
        calls=calls,
        broken=broken,
        assigned=_assigned(uses, source),
        **known,
    )


def _transition(
    name: str,
    node: Function,
    calls: list[ast.Call],
    source: SourceFile,
    read: Callable[[ast.Call], NextCall],
    faults: list[Diagnostic],
) -> tuple[NextCall | None, tuple[Place, ...], bool]:
    """The transition that a body ends with, the places of all `self.next` calls, and whether something is wrong."""
    last = node.body[-1]
    closing = next((call for call in calls if isinstance(last, ast.Expr) and last.value is call), None)
    places = tuple(source.place(call) for call in calls)
    if not calls:
        return None, places, False
    if len(calls) > 1:
        faults.append(
            fault_at(
                places[0] if closing is not None else places[-1],
                "SW115",
                f"step `{name}` has {len(calls)} `self.next` calls, and one is allowed",
                "where a step leads is fixed: keep one call, as the last line of the step",
            )
        )
    elif closing is None:
        faults.append(
            fault_at(
                places[0],
                "SW115",
                f"`self.next` is not the last statement of step `{name}`",
                "move it to the end of the step, outside of any `if`, `for`, `try` or `with`",
            )
        )
    chosen = closing if closing is not None else calls[-1]
    try:
        call = read(chosen)
    except NextFault as fault:
        faults.append(fault_at(fault.place, fault.code, fault.message, fault.hint))
        return None, places, True
    return call, places, len(calls) > 1


def _class_value(flow_class: type, names: tuple[str, ...]) -> Any:
    """What the class knows of `self.config.key`; AttributeError when there is no such thing."""
    value: Any = flow_class
    for name in names:
        value = getattr(value, name)
    return value


def _uses_of(node: Function, self_name: str) -> list[ast.Call | ast.Attribute]:
    """What a body does with `self` that matters here, in the order of the text: `self.next(...)` and `self.x = ...`."""
    # `ast.walk` takes three times as long, and this is most of the time that reading a flow takes.
    found: list[ast.Call | ast.Attribute] = []
    pending: list[ast.AST] = [*node.body]
    while pending:
        part = pending.pop()
        if isinstance(part, ast.Attribute):
            if _is_self(part.value, self_name) and isinstance(part.ctx, ast.Store):
                found.append(part)
        elif isinstance(part, ast.Call) and _is_next(part.func, self_name):
            found.append(part)
        for value in part.__dict__.values():
            if isinstance(value, list):
                pending += [item for item in value if isinstance(item, ast.AST)]
            elif isinstance(value, ast.AST) and not isinstance(value, _LEAVES):
                pending.append(value)
    found.sort(key=lambda part: (part.lineno, part.col_offset))
    return found


def _is_next(node: ast.expr, self_name: str) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "next" and _is_self(node.value, self_name)


def _is_self(node: ast.expr, self_name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == self_name


def _arguments(node: Function) -> tuple[str, ...]:
    spec = node.args
    names = [argument.arg for argument in (*spec.posonlyargs, *spec.args)]
    names += [argument.arg for argument in spec.kwonlyargs]
    names += [f"*{spec.vararg.arg}"] if spec.vararg is not None else []
    names += [f"**{spec.kwarg.arg}"] if spec.kwarg is not None else []
    return tuple(names)


def _assigned(uses: list[ast.Call | ast.Attribute], source: SourceFile) -> tuple[tuple[str, Place], ...]:
    first = {use.attr: use for use in reversed(uses) if isinstance(use, ast.Attribute)}
    return tuple((name, source.place(first[name])) for name in reversed(first))


def _unwrapped(function: Any) -> Any:
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    return function


def _class_place(flow_class: type, functions: dict[str, Any]) -> Place:
    import sys

    file = getattr(sys.modules.get(flow_class.__module__), "__file__", None)
    own = [_unwrapped(f).__code__.co_filename for n, f in functions.items() if n in flow_class.__dict__]
    for path in dict.fromkeys([*own, *([file] if file else [])]):
        source = source_of(path)
        node = source.classes.get(flow_class.__qualname__) if source is not None else None
        if source is not None and node is not None:
            return source.name_place(node)
    return Place()


def _line_place(file: str, line: int) -> Place:
    source = source_of(file)
    return source.line_place(line) if source is not None else Place(file, line)


def _inherited_doc(flow_class: type) -> str:
    for cls in flow_class.__mro__[1:]:
        if cls.__module__.startswith("stepwell.") or cls is object:
            break
        if cls.__doc__:
            return cls.__doc__
    return ""


def clean_doc(doc: str) -> str:
    """A docstring without the indentation that its lines share."""
    lines = doc.expandtabs().strip().splitlines()
    margins = [len(line) - len(line.lstrip()) for line in lines[1:] if line.strip()]
    margin = min(margins, default=0)
    return "\n".join([*lines[:1], *(line[margin:].rstrip() for line in lines[1:])])
