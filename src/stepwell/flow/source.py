"""Source files of a flow: their lines, and the syntax tree of each function, found by where it starts.

Lines come through `linecache`, so that notebooks and code snapshots work like files.
"""

from __future__ import annotations

import ast
import linecache
import os
from typing import TYPE_CHECKING, Any

from stepwell.flow.written import Place

if TYPE_CHECKING:
    from types import CodeType

Function = ast.FunctionDef | ast.AsyncFunctionDef


class SourceFile:
    """One file: its lines and its functions.

    Args:
        path: Absolute path, or what the interpreter calls the source (`<stdin>`, a notebook cell).
        lines: The lines, each with its newline.
    """

    def __init__(self, path: str, lines: list[str]) -> None:
        self.path = path
        self.lines = lines
        self.shown = shown_path(path)
        self.functions: dict[int, Function] = {}
        self.by_name: dict[str, Function] = {}
        self.classes: dict[str, ast.ClassDef] = {}
        self._index(ast.parse("".join(lines)).body, "")

    def function(self, code: CodeType) -> Function | None:
        """The syntax tree of a function, found by its first line, else by its qualified name."""
        found = self.functions.get(code.co_firstlineno)
        if found is not None and found.name == code.co_name:
            return found
        return self.by_name.get(code.co_qualname)

    def place(self, node: ast.expr | ast.stmt | ast.keyword) -> Place:
        """Where a part of the tree stands; a part of several lines is marked on its first one."""
        text = self.line(node.lineno)
        end = node.end_col_offset if node.end_lineno == node.lineno else None
        start = len(text.encode()[: node.col_offset].decode(errors="replace"))
        stop = len(text.encode()[:end].decode(errors="replace")) if end is not None else len(text)
        return Place(self.shown, node.lineno, start + 1, stop + 1, text)

    def name_place(self, node: Function | ast.ClassDef) -> Place:
        """Where the name after `def` or `class` stands."""
        text = self.line(node.lineno)
        column = text.find(node.name, len(text.encode()[: node.col_offset].decode(errors="replace")))
        if column < 0:
            return self.place(node)
        return Place(self.shown, node.lineno, column + 1, column + 1 + len(node.name), text)

    def line_place(self, line: int) -> Place:
        """A whole line, without its indentation."""
        text = self.line(line)
        return Place(self.shown, line, len(text) - len(text.lstrip()) + 1, len(text) + 1, text)

    def line(self, number: int) -> str:
        """The text of a line, 1-based, without its end."""
        return self.lines[number - 1].rstrip() if 0 < number <= len(self.lines) else ""

    def _index(self, body: list[ast.stmt], prefix: str) -> None:
        # Statements only: functions stand nowhere else, and expressions are most of a tree.
        for node in body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
                self.functions[first] = node
                self.by_name[f"{prefix}{node.name}"] = node
                self._index(node.body, f"{prefix}{node.name}.<locals>.")
            elif isinstance(node, ast.ClassDef):
                self.classes[f"{prefix}{node.name}"] = node
                self._index(node.body, f"{prefix}{node.name}.")
            else:
                for part in ("body", "orelse", "finalbody"):
                    self._index(getattr(node, part, []), prefix)
                for handler in getattr(node, "handlers", []):
                    self._index(handler.body, prefix)


class _Cache:
    """Files that were parsed, with the list of lines that `linecache` had then."""

    files: dict[str, tuple[list[str], SourceFile]] = {}  # noqa: RUF012 - one per process on purpose


def source_of(path: str, module_globals: dict[str, Any] | None = None) -> SourceFile | None:
    """A parsed source file, None when its text cannot be had or does not parse.

    Args:
        path: The name that code objects have for it.
        module_globals: The globals of a function in it, through which loaders of odd sources are found.
    """
    linecache.checkcache(path)
    lines = linecache.getlines(path, module_globals)
    if not lines:
        return None
    known = _Cache.files.get(path)
    if known is not None and known[0] is lines:
        return known[1]
    try:
        parsed = SourceFile(path, lines)
    except (SyntaxError, ValueError):
        return None
    _Cache.files[path] = (lines, parsed)
    return parsed


def remember_source(path: str, text: str) -> None:
    """Keep the text of a file as it was executed, so that later changes on disk do not show in messages."""
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    # No modification time: linecache then never looks at the disk again.
    linecache.cache[path] = (len(text), None, lines, path)


def shown_path(path: str) -> str:
    """A path as the user would type it: relative to the working directory when it is below."""
    try:
        relative = os.path.relpath(path)
    except (ValueError, OSError):
        return path
    outside = relative.startswith("..") or path.startswith("<")
    return path if outside else relative
