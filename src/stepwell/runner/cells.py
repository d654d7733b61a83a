"""A flow that is written in notebook cells, as a file: the class, and what it needs from all cells.

A file is what other processes can load and what a run can keep. Only the statements that the class needs are taken:
those that bind a name that it uses, directly or through what it uses, each in its last version. So a cell that also
loads data, draws a plot or starts the run itself can stand anywhere.
"""

from __future__ import annotations

import ast
import atexit
import builtins
import os
import shutil
import sys
import tempfile
from typing import TYPE_CHECKING, Any, NamedTuple

from stepwell.base.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stepwell.flow.spec import FlowSpec

# Methods whose call as a statement changes the object in place.
_CHANGING = frozenset(
    {"add", "append", "clear", "extend", "insert", "pop", "remove", "reverse", "setdefault", "sort", "update"}
)


def write_cells(flow_class: type[FlowSpec], folder: str | None = None) -> str:
    """Write a flow that has no file to one.

    Args:
        flow_class: A class of `__main__`, defined in a notebook or an IPython shell.
        folder: Where to write; None for a folder that is removed when this process ends.

    Returns:
        The path of the file.

    Raises:
        UsageError: There are no cells to take it from.
    """
    text = gather(flow_class.__name__, _cells(flow_class))
    if folder is None:
        folder = tempfile.mkdtemp(prefix="stepwell-notebook-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(os.path.abspath(folder), f"{flow_class.__name__.lower()}.py")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def gather(name: str, cells: Sequence[str], *, path: Sequence[str] | None = None) -> str:
    """The text of a flow file.

    Args:
        name: The flow class.
        cells: The cells in the order in which they were run.
        path: Where modules are found beside the usual places; the entries of `sys.path` that are folders of the user's
            by default.

    Raises:
        UsageError: No cell defines the class.
    """
    pieces = [piece for number, cell in enumerate(cells) for piece in _pieces(number, cell)]
    chosen = _needed(name, pieces)
    if not any(isinstance(piece.node, ast.ClassDef) and piece.node.name == name for piece in chosen):
        raise UsageError(
            f"no cell that was run defines the flow `{name}`", hint="run the cell with the class, or write it to a file"
        )
    folders = [entry or os.getcwd() for entry in sys.path[:1]] if path is None else list(path)
    lines = [f'"""The flow `{name}`, gathered from notebook cells."""', ""]
    future = [piece.text for piece in chosen if _is_future(piece.node)]
    lines += future
    if folders:
        lines += ["import sys", "", f"sys.path += {folders!r}", ""]
    lines += [piece.text for piece in chosen if not _is_future(piece.node)]
    lines += ["", "", 'if __name__ == "__main__":', f"    {name}()", ""]
    return "\n".join(lines)


class _Piece(NamedTuple):
    """One statement of a cell: names that it binds anew, names that it changes in place, names that it uses."""

    node: ast.stmt
    text: str
    binds: frozenset[str]
    changes: frozenset[str]
    uses: frozenset[str]


def _cells(flow_class: type[FlowSpec]) -> list[str]:
    ipython = sys.modules.get("IPython")
    shell: Any = ipython.get_ipython() if ipython is not None else None
    if shell is None:
        raise UsageError(
            f"the flow `{flow_class.__name__}` was typed into an interpreter and stands in no file",
            hint="write it to a file, or use a notebook or IPython",
        )
    return [str(cell) for cell in shell.user_ns.get("In", []) if cell]


def _pieces(number: int, cell: str) -> Iterator[_Piece]:
    try:
        tree: Any = compile(
            cell, f"<cell {number}>", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True
        )
    except (SyntaxError, ValueError):
        return
    lines = cell.splitlines()
    for node in tree.body:
        decorators = getattr(node, "decorator_list", ())
        if decorators:
            text = "\n".join(lines[min(one.lineno for one in decorators) - 1 : node.end_lineno])
        else:
            text = ast.get_source_segment(cell, node) or ""
        changes = _changes(node)
        yield _Piece(node, text, _binds(node) - changes, changes, _uses(node))


def _needed(name: str, pieces: list[_Piece]) -> list[_Piece]:
    """The pieces that a name needs, in their order."""
    last: dict[str, int] = {}
    for position, piece in enumerate(pieces):
        for bound in piece.binds:
            last[bound] = position
    chosen: set[int] = set()
    wanted, seen = [name], set(dir(builtins))
    while wanted:
        one = wanted.pop()
        if one in seen or one not in last:
            continue
        seen.add(one)
        since = last[one]
        taken = {since, *(p for p in range(since + 1, len(pieces)) if one in pieces[p].changes)}
        for position in taken - chosen:
            wanted += pieces[position].uses
        chosen |= taken
    stars = {p for p, piece in enumerate(pieces) if _is_star(piece.node) or _is_future(piece.node)}
    return [pieces[position] for position in sorted(chosen | stars)]


def _binds(node: ast.stmt) -> frozenset[str]:
    names: set[str] = set()
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return frozenset({node.name})
    if isinstance(node, ast.Import | ast.ImportFrom):
        return frozenset((alias.asname or alias.name).partition(".")[0] for alias in node.names)
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            names.add(part.id)
        elif isinstance(part, ast.stmt) and part is not node:
            names |= _binds(part)
    return frozenset(names)


def _changes(node: ast.stmt) -> frozenset[str]:
    """Names whose objects a statement changes without binding them anew."""
    if isinstance(node, ast.AugAssign):
        return frozenset(_base(node.target))
    if isinstance(node, ast.Assign):
        return frozenset(
            name
            for target in node.targets
            if isinstance(target, ast.Subscript | ast.Attribute)
            for name in _base(target)
        )
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        function = node.value.func
        if isinstance(function, ast.Attribute) and function.attr in _CHANGING:
            return frozenset(_base(function.value))
    return frozenset()


def _base(node: ast.expr) -> Iterator[str]:
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    if isinstance(node, ast.Name):
        yield node.id


def _uses(node: ast.stmt) -> frozenset[str]:
    return frozenset(
        part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)
    )


def _is_star(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)


def _is_future(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"
