"""Random numbers of an attempt: siblings draw different ones, and a task that is run again draws its own again.

The generators that programs share are seeded: those of `random` and of `numpy.random`. What is not loaded yet is seeded
when it is, so that an import within a step makes no difference. (numpy itself loads `numpy.random` on first use.)
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec

# Which part of a seed each generator takes.
_MASKS = {"random": -1, "numpy.random": 0xFFFFFFFF}


def seed_generators(seed: int) -> None:
    """Seed the shared generators, now or when they are imported."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, _SeedOnImport)]
    later = set()
    for name in _MASKS:
        module = sys.modules.get(name)
        if module is None:
            later.add(name)
        else:
            _seed(module, name, seed)
    if later:
        sys.meta_path.insert(0, _SeedOnImport(later, seed))


def _seed(module: Any, name: str, seed: int) -> None:
    module.seed(seed & _MASKS[name])


class _SeedOnImport:
    """A finder that finds nothing itself, and seeds some modules once they are loaded."""

    def __init__(self, names: set[str], seed: int) -> None:
        self._names = names
        self._seed = seed

    def find_spec(self, fullname: str, path: Sequence[str] | None = None, target: Any = None) -> ModuleSpec | None:
        """The module's spec from the other finders, with a loader that seeds it; None for all other modules."""
        if fullname not in self._names:
            return None
        self._names.discard(fullname)
        specs = (finder.find_spec(fullname, path, target) for finder in sys.meta_path if finder is not self)
        spec = next((spec for spec in specs if spec is not None), None)
        if spec is not None:
            _seed_after_loading(spec.loader, fullname, self._seed)
        return spec


def _seed_after_loading(loader: Any, name: str, seed: int) -> None:
    load = loader.exec_module

    def exec_module(module: Any) -> None:
        load(module)
        _seed(module, name, seed)

    loader.exec_module = exec_module
