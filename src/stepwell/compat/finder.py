"""`import metaflow`: a finder that answers for every module of that name, before any installed package is asked."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING, Any

from stepwell.compat import modules

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = "metaflow"


class MetaflowFinder:
    """A finder for `sys.meta_path`, and the loader of what it finds.

    Attributes:
        stays_first: Finders that are put in place later come after it.
    """

    stays_first = True

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module, when its name is one of Metaflow's; None for all other names.

        Raises:
            ModuleNotFoundError: It is one of Metaflow's that has no counterpart.
        """
        del path, target
        if fullname != ROOT and not fullname.startswith(f"{ROOT}."):
            return None
        if not modules.is_known(fullname):
            raise ModuleNotFoundError(_no_module(fullname), name=fullname)
        loader: Any = self
        return ModuleSpec(fullname, loader, origin="stepwell.compat", is_package=modules.is_package(fullname))

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The counterpart itself where there is one, else a module whose names are those of the counterparts."""
        same = modules.SAME.get(spec.name)
        if same is None:
            return AliasModule(spec.name)
        module = import_module(same)
        # The import system is about to write another one over it.
        _SPECS[spec.name] = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Nothing is left to do but what the module itself says when it is first met."""
        name = module.__spec__.name if module.__spec__ is not None else module.__name__
        if name in _SPECS:
            module.__spec__ = _SPECS.pop(name)
            module.__dict__.update(modules.missing_names(name, module))
        elif name == ROOT:
            from stepwell.compat.extensions import load_extensions
            from stepwell.compat.variables import is_first_to_tell, tell_variables_without_effect

            first = is_first_to_tell()
            if first:
                tell_variables_without_effect()
            load_extensions(tell=first)


_SPECS: dict[str, ModuleSpec | None] = {}


class AliasModule(ModuleType):
    """A module of Metaflow's; each of its names is looked up in Stepwell when it is first used."""

    def __getattr__(self, name: str) -> Any:
        if name == "__all__":
            return sorted(modules.names_of(self.__name__))
        if name.startswith("__") and name != "__version__":
            raise AttributeError(f"module `{self.__name__}` has no attribute `{name}`")
        child = f"{self.__name__}.{name}"
        value = modules.resolve(self.__name__, name)
        if value is modules.UNKNOWN:
            if not modules.is_known(child):
                raise AttributeError(_no_name(self.__name__, name))
            value = import_module(child)
        self.__dict__[name] = value
        return value

    def __dir__(self) -> list[str]:
        return sorted({*self.__dict__, *modules.names_of(self.__name__)})


def forget_modules() -> None:
    """Take the finder and its modules away again; for tests."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, MetaflowFinder)]
    for name in [name for name in sys.modules if name == ROOT or name.startswith(f"{ROOT}.")]:
        del sys.modules[name]


def _no_module(fullname: str) -> str:
    from stepwell.base.plugins import nearest

    close = nearest(fullname, modules.known_modules(), most=1)
    meant = f"did you mean `{close[0]}`? " if close else ""
    return (
        f"Stepwell has no counterpart of Metaflow's module `{fullname}`: {meant}"
        "docs/coming-from-metaflow.md lists the modules that there are"
    )


def _no_name(module: str, name: str) -> str:
    from stepwell.base.plugins import nearest

    close = nearest(name, modules.names_of(module), most=1)
    meant = f"did you mean `{close[0]}`?" if close else "docs/coming-from-metaflow.md lists what there is"
    return f"module `{module}` (Stepwell in compat mode) has no attribute `{name}`; {meant}"
