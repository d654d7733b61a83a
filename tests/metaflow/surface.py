"""Compare Metaflow's public surface, as its stubs have it, with what compat mode offers.

    python -m tests.metaflow.surface FOLDER            every difference, with its reason
    python -m tests.metaflow.surface FOLDER --write    write the tables of docs/coming-from-metaflow.md

FOLDER is `metaflow-stubs` as the package of that name on PyPI has it. A difference is a name that is not there, or a
call that Metaflow takes and Stepwell does not: a parameter that is missing, stands elsewhere or has another default.
Further parameters of ours are no difference. Each difference has its reason in `differences.toml`.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import sys
import tomllib
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "coming-from-metaflow.md"
BEGIN, END = "<!-- names: written by tests/metaflow/surface.py -->\n", "<!-- end of names -->"

#: Modules whose every public name counts; of others, what compat mode offers of them.
WHOLE = ("metaflow", "metaflow.cards", "metaflow.exception", "metaflow.client.core", "metaflow.events")
# Names of a stub that are imports of the stub itself, or the machinery of the original.
_SKIPPED = {
    "FlowSpecDerived",
    "StepFlag",
    "typing",
    "metaflow",
    "datetime",
    "TYPE_CHECKING",
    "annotations",
    "EXT_PKG",
}


class Difference(NamedTuple):
    """One difference: the name, and what differs."""

    name: str
    what: str


class Reason(NamedTuple):
    """Why some differences are there: patterns of names, pattern of what differs, and the argument."""

    names: tuple[str, ...]
    what: str
    why: str

    def covers(self, difference: Difference) -> bool:
        """True when this is why."""
        return any(fnmatchcase(difference.name, name) for name in self.names) and fnmatchcase(
            difference.what, self.what
        )


class Parameter(NamedTuple):
    """A parameter: name, kind, and the text of its default."""

    name: str
    kind: str
    default: str | None


class Stub:
    """The stub of one module.

    Args:
        folder: `metaflow-stubs`.
        module: The module's name.
    """

    def __init__(self, folder: Path, module: str) -> None:
        self._folder = folder
        parts = module.split(".")[1:]
        path = folder.joinpath(*parts)
        file = path / "__init__.pyi" if path.is_dir() else path.with_suffix(".pyi")
        self.exists = file.is_file()
        self.module = module
        self.is_package = file.name == "__init__.pyi"
        body = ast.parse(file.read_text()).body if self.exists else []
        self.nodes: dict[str, ast.stmt] = {}
        self.imports: dict[str, tuple[str, str]] = {}
        for node in body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                self.nodes[node.name] = node  # the last one: overloads come first
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                self.nodes[node.target.id] = node
            elif isinstance(node, ast.ImportFrom) and node.level:
                base = parts if self.is_package else parts[:-1]
                base = base[: len(base) - node.level + 1]
                home = ".".join(["metaflow", *base, *([node.module] if node.module else [])])
                for alias in node.names:
                    self.imports[alias.asname or alias.name] = (home, alias.name)

    def names(self) -> list[str]:
        """Public names."""
        found = {*self.nodes, *self.imports} - _SKIPPED
        return sorted(name for name in found if not name.startswith("_"))

    def definition(self, name: str) -> ast.stmt | None:
        """Where a name is defined, here or where it is imported from; None for a module."""
        if name in self.nodes:
            return self.nodes[name]
        home, original = self.imports.get(name, ("", ""))
        if not home or f"{home}.{original}" == f"{self.module}.{name}":
            return None
        return Stub(self._folder, home).definition(original)


def differences(folder: Path) -> list[Difference]:
    """Every difference, sorted by name."""
    from stepwell.compat.modules import known_modules, names_of

    found: set[Difference] = set()
    for module in known_modules():
        stub = Stub(folder, module)
        if not stub.exists:
            continue
        ours = importlib.import_module(module)
        offered = set(names_of(module))
        for name in stub.names():
            node = stub.definition(name)
            if node is None or (module not in WHOLE and name not in offered):
                continue
            found.update(_compare(f"{module}.{name}", node, ours, name))
    # What can be imported from several modules is told once, under the shortest.
    short: dict[tuple[str, str], Difference] = {}
    modules = sorted(known_modules(), key=len, reverse=True)
    for difference in sorted(found, key=lambda difference: len(difference.name)):
        module = next(module for module in modules if difference.name.startswith(f"{module}."))
        short.setdefault((difference.name.removeprefix(f"{module}."), difference.what), difference)
    return sorted(short.values())


def _compare(full: str, node: ast.stmt, module: Any, name: str) -> Iterator[Difference]:
    from stepwell.compat.absent import is_absent

    if not hasattr(module, name):
        yield Difference(full, "is not there")
        return
    value = getattr(module, name)
    if is_absent(value):
        yield Difference(full, "is not there yet")
    elif isinstance(node, ast.ClassDef):
        yield from _compare_class(full, node, value)
    elif isinstance(node, ast.FunctionDef):
        yield from _compare_call(full, node, value, bound=False)


def _compare_class(full: str, node: ast.ClassDef, value: Any) -> Iterator[Difference]:
    for member in node.body:
        if isinstance(member, ast.FunctionDef):
            if member.name == "__init__":
                yield from _compare_call(full, member, value, bound=True)
            elif not member.name.startswith("_"):
                yield from _compare_member(f"{full}.{member.name}", member, value)


def _compare_member(full: str, member: ast.FunctionDef, owner: Any) -> Iterator[Difference]:
    found = inspect.getattr_static(owner, member.name, None)
    if found is None and not hasattr(owner, member.name):
        if f"self.{member.name} = " in inspect.getsource(owner):
            return
        yield Difference(full, "is not there")
        return
    decorators = {ast.unparse(decorator) for decorator in member.decorator_list}
    if "property" in decorators or any(text.endswith(".setter") for text in decorators):
        return
    if isinstance(found, property):
        yield Difference(full, "is a property")
        return
    yield from _compare_call(full, member, getattr(owner, member.name), bound="staticmethod" not in decorators)


def _compare_call(full: str, node: ast.FunctionDef, value: Any, *, bound: bool) -> Iterator[Difference]:
    theirs = _stub_parameters(node)
    if bound and theirs and theirs[0].name in {"self", "cls"}:
        theirs = theirs[1:]
    options = _decorator_options(full)
    if options is not None:
        for parameter in theirs:
            if parameter.name not in {"f", *options}:
                yield Difference(full, f"has no option `{parameter.name}`")
            elif parameter.name != "f" and not _same(parameter.default, options[parameter.name]):
                what = (
                    f"has the default `{options[parameter.name]!r}` for `{parameter.name}`, not `{parameter.default}`"
                )
                yield Difference(full, what)
        return
    try:
        ours = list(inspect.signature(value).parameters.values())
    except (TypeError, ValueError):
        return
    if ours and ours[0].name in {"self", "cls"} and bound:
        ours = ours[1:]
    yield from _compare_parameters(full, theirs, ours)


def _compare_parameters(full: str, theirs: list[Parameter], ours: list[inspect.Parameter]) -> Iterator[Difference]:
    by_name = {parameter.name: parameter for parameter in ours}
    any_keyword = any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in ours)
    any_place = any(parameter.kind is inspect.Parameter.VAR_POSITIONAL for parameter in ours)
    places = [p.name for p in ours if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    for place, parameter in enumerate(theirs):
        if parameter.kind == "*" and not any_place:
            yield Difference(full, f"takes no `*{parameter.name}`")
        elif parameter.kind == "**" and not any_keyword:
            yield Difference(full, f"takes no `**{parameter.name}`")
        elif parameter.kind in {"*", "**"}:
            continue
        elif parameter.name not in by_name:
            if not any_keyword and not (any_place and parameter.kind == "place"):
                yield Difference(full, f"has no parameter `{parameter.name}`")
        else:
            own = by_name[parameter.name]
            if parameter.kind == "place" and not any_place and places[place : place + 1] != [parameter.name]:
                yield Difference(full, f"takes `{parameter.name}` in another place")
            if own.default is inspect.Parameter.empty:
                if parameter.default is not None and own.kind not in (own.VAR_POSITIONAL, own.VAR_KEYWORD):
                    yield Difference(full, f"has no default for `{parameter.name}`, not `{parameter.default}`")
            elif parameter.default is not None and not _same(parameter.default, own.default):
                what = f"has the default `{own.default!r}` for `{parameter.name}`, not `{parameter.default}`"
                yield Difference(full, what)
    known = {parameter.name for parameter in theirs}
    for own in ours:
        needed = own.default is own.empty and own.kind in (
            own.POSITIONAL_ONLY,
            own.POSITIONAL_OR_KEYWORD,
            own.KEYWORD_ONLY,
        )
        if needed and own.name not in known and own.kind is not own.POSITIONAL_ONLY:
            yield Difference(full, f"needs `{own.name}`")


def _stub_parameters(node: ast.FunctionDef) -> list[Parameter]:
    arguments = node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    lacking = len(positional) - len(arguments.defaults)
    found = [
        Parameter(argument.arg, "place", ast.unparse(arguments.defaults[i - lacking]) if i >= lacking else None)
        for i, argument in enumerate(positional)
    ]
    if arguments.vararg is not None:
        found.append(Parameter(arguments.vararg.arg, "*", None))
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        found.append(Parameter(argument.arg, "name", ast.unparse(default) if default is not None else None))
    if arguments.kwarg is not None:
        found.append(Parameter(arguments.kwarg.arg, "**", None))
    return found


def _decorator_options(full: str) -> dict[str, Any] | None:
    """The options of a decorator with their defaults; None for what is none."""
    from stepwell.base.plugins import BUILT_IN, find_plugin

    name = full.rpartition(".")[2]
    for kind in ("decorators", "flow_decorators"):
        if full == f"metaflow.{name}" and name in BUILT_IN.get(kind, {}):
            found: Any = find_plugin(kind, name)
            return dict(found.defaults)
    return None


def _same(text: str | None, value: Any) -> bool:
    """Whether a default of a stub is the one that we have; no default and None are one."""
    if text is None:
        return value is None
    try:
        literal = ast.literal_eval(text)
    except ValueError:
        return True  # `...`, or an expression that only Metaflow can evaluate
    if literal in ({}, [], ()) and value in ({}, [], (), None):
        return True
    return bool(literal is ... or literal == value)


def reasons() -> list[Reason]:
    """The committed arguments."""
    table = tomllib.loads((HERE / "differences.toml").read_text())
    return [Reason(tuple(entry["names"]), entry.get("what", "*"), entry["why"]) for entry in table["difference"]]


def page_text(found: list[Difference]) -> str:
    """The tables of the page: what differs, and why."""
    lines = ["| name | what differs | why |", "|---|---|---|"]
    for reason in reasons():
        by_name: dict[str, list[str]] = {}
        for difference in found:
            if _first_reason(difference) == reason:
                by_name.setdefault(difference.name.removeprefix("metaflow."), []).append(difference.what)
        alike: dict[str, list[str]] = {}
        for name, whats in by_name.items():
            alike.setdefault("; ".join(whats).replace("|", "\\|"), []).append(f"`{name}`")
        lines += [f"| {', '.join(names)} | {what} | {reason.why} |" for what, names in alike.items()]
    return "\n".join(lines) + "\n"


def _first_reason(difference: Difference) -> Reason | None:
    return next((reason for reason in reasons() if reason.covers(difference)), None)


def variables_text() -> str:
    """The table of variables on the page."""
    from stepwell.compat.variables import counterparts

    lines = ["| Metaflow | Stepwell |", "|---|---|"]
    return "\n".join([*lines, *(f"| `{name}` | `{ours}` |" for name, ours in counterparts().items())]) + "\n"


def written(page: str, found: list[Difference]) -> str:
    """The page with its tables as they should be."""
    for begin, end, text in (
        (BEGIN, END, page_text(found)),
        ("<!-- variables -->\n", "<!-- end of variables -->", variables_text()),
    ):
        head, _, rest = page.partition(begin)
        page = f"{head}{begin}{text}{end}{rest.partition(end)[2]}"
    return page


def main(folder: str, *flags: str) -> int:
    """Print or write; the exit code is 1 when a difference has no reason."""
    from stepwell.compat import install

    install()
    found = differences(Path(folder))
    if "--write" in flags:
        PAGE.write_text(written(PAGE.read_text(), found))
    lacking = 0
    for difference in found:
        reason = _first_reason(difference)
        lacking += reason is None
        print(f"{difference.name}: {difference.what}: {reason.why if reason else 'NO REASON GIVEN'}")
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
