"""Packages that extend Metaflow: what stands below `metaflow_extensions`, an organisation in a folder each.

They name what they bring in files called `mfextinit_*.py`, or in the `__init__.py` of an extension point. Here are
understood: names for the top level, step decorators, flow decorators and cards. What else a package brings is left
alone.
"""

from __future__ import annotations

import os
import re
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from stepwell.base.plugins import BUILT_IN

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

NAMESPACE = "metaflow_extensions"
_INIT = re.compile(r"mfextinit_[A-Za-z0-9_-]+\.py\Z")
_KINDS = {"STEP_DECORATORS_DESC": "decorators", "FLOW_DECORATORS_DESC": "flow_decorators"}


class Extensions:
    """What was found.

    Attributes:
        names: Names for the top level of `metaflow`, with their values.
        decorators: Name of a decorator to `module:Class`.
        cards: Type of a card to its class.
    """

    def __init__(self) -> None:
        self.names: dict[str, Any] = {}
        self.decorators: dict[str, str] = {}
        self.cards: dict[str, type] = {}


class _Point(NamedTuple):
    """An extension point of one package: its kind, the module to import, and the package that paths start from."""

    kind: str
    module: str
    package: str


_found = Extensions()


def loaded() -> Extensions:
    """What `load_extensions` has found in this process."""
    return _found


def load_extensions(*, tell: bool) -> None:
    """Import what is installed, and make its decorators known by name.

    Args:
        tell: Name the packages that cannot be imported; they are left out in any case.
    """
    for point in _points():
        try:
            module = import_module(point.module)
        except Exception as error:  # noqa: BLE001 - somebody else's package
            if tell:
                sys.stderr.write(
                    f"warning: the extension `{point.module}` of Metaflow cannot be imported and has no effect: "
                    f"{type(error).__name__}: {error}\n"
                )
            continue
        if point.kind == "toplevel":
            _found.names.update({name: value for name, value in vars(module).items() if not name.startswith("_")})
        elif point.kind == "cards":
            _found.cards.update({card.type: card for card in getattr(module, "CARDS", ())})
        else:
            _take_decorators(module, point.package)


def find_name(name: str, unknown: Any) -> Any:
    """What an extension brings under this name at the top level of `metaflow`; `unknown` when none does."""
    if name in _found.names:
        return _found.names[name]
    target = _found.decorators.get(name)
    if target is None:
        return unknown
    from stepwell.base.plugins import load_target
    from stepwell.compat.step_hooks import as_function

    return as_function(load_target(target))


def _take_decorators(module: ModuleType, package: str) -> None:
    for listed, kind in _KINDS.items():
        for name, path in getattr(module, listed, ()):
            where, _, attribute = path.rpartition(".")
            target = f"{package}{where}:{attribute}" if path.startswith(".") else f"{where}:{attribute}"
            _found.decorators.setdefault(name, target)
            BUILT_IN[kind].setdefault(name, target)


def _points() -> Iterator[_Point]:
    from importlib.util import find_spec

    spec = find_spec(NAMESPACE)
    for root in spec.submodule_search_locations or () if spec is not None else ():
        for organisation in _folders(root):
            package = f"{NAMESPACE}.{organisation}"
            place = os.path.join(root, organisation)
            for kind in ("toplevel", "plugins"):
                yield from _init_files(kind, os.path.join(place, kind), f"{package}.{kind}")
            for card in _folders(os.path.join(place, "plugins", "cards")):
                yield from _init_files(
                    "cards", os.path.join(place, "plugins", "cards", card), f"{package}.plugins.cards.{card}"
                )


def _init_files(kind: str, folder: str, package: str) -> Iterator[_Point]:
    """The files that say what there is: those named for it, else the package's own."""
    try:
        files = sorted(os.listdir(folder))
    except OSError:
        return
    named = [file for file in files if _INIT.match(file)]
    if named:
        for file in named:
            yield _Point(kind, f"{package}.{file.removesuffix('.py')}", package)
    elif "__init__.py" in files:
        yield _Point(kind, package, package)


def _folders(place: str) -> list[str]:
    try:
        names = sorted(os.listdir(place))
    except OSError:
        return []
    return [name for name in names if name.isidentifier() and os.path.isdir(os.path.join(place, name))]
