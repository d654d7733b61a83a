"""From a file to a flow class: execute it as `__main__` until it constructs its flow, and take the class."""

from __future__ import annotations

import os
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from stepwell.base.errors import FlowLoadError
from stepwell.flow.reached import FlowReached, loading
from stepwell.flow.snapshot_import import install_snapshot, source_text
from stepwell.flow.source import remember_source, shown_path
from stepwell.flow.spec import FlowSpec
from stepwell.flow.step import steps_of
from stepwell.flow.user_errors import describe_load_error

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ("FlowReached", "load_flow")


def load_flow(
    path: str | os.PathLike[str], flow_name: str | None = None, *, sources: Mapping[str, bytes] | None = None
) -> type[FlowSpec]:
    """The flow class of a file.

    The file is executed as the module `__main__`, which it stays, so that values of its classes can be unpickled.
    Its folder becomes the first place where modules are looked for; of a symbolic link, that of the file itself.

    Args:
        path: The file.
        flow_name: The class, for a file with several flows; None for the one that the file constructs, or its only one.
        sources: A code snapshot, content by original absolute path: the file and every module in it are taken from
            there and not from the disk, now and for imports that follow later.

    Raises:
        FlowLoadError: The file is not there, has a syntax error, raises, or has no such flow.
    """
    full = os.path.abspath(path)
    data = _read(full, sources)
    if sources is not None:
        install_snapshot(sources)
    module = _main_module(full)
    remember_source(full, source_text(data))
    reached: type[FlowSpec] | None = None
    try:
        code = compile(data, full, "exec", dont_inherit=True)
        with loading():
            exec(code, module.__dict__)  # noqa: S102 - a flow file is a program
    except FlowReached as signal:
        reached = signal.flow_class
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise describe_load_error(full, error) from error
    return _choose(full, module, reached, flow_name)


def _read(path: str, sources: Mapping[str, bytes] | None) -> bytes:
    if sources is not None and path in sources:
        return sources[path]
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise FlowLoadError(
            f"the flow file `{shown_path(path)}` cannot be read: {error.strerror}",
            hint="give the path of a Python file with a flow in it, such as `train.py`",
        ) from error


def _main_module(path: str) -> ModuleType:
    # As Python does it for a script: the folder of the file that a symbolic link points to.
    folder = os.path.dirname(os.path.realpath(path))
    if not sys.path or sys.path[0] != folder:
        sys.path.insert(0, folder)
    module = ModuleType("__main__")
    module.__file__ = path
    module.__dict__["__builtins__"] = __builtins__
    sys.modules["__main__"] = module
    return module


def _choose(path: str, module: ModuleType, reached: type[FlowSpec] | None, flow_name: str | None) -> type[FlowSpec]:
    shown = shown_path(path)
    defined: list[Any] = [value for value in vars(module).values() if _is_flow(value)]
    flows: list[type[FlowSpec]] = list(dict.fromkeys(flow for flow in defined if flow.__module__ == "__main__"))
    if flow_name is not None:
        named: Any = vars(module).get(flow_name)
        if reached is not None and reached.__name__ == flow_name:
            return reached
        if _is_flow(named):
            found: type[FlowSpec] = named
            return found
        raise FlowLoadError(f"`{shown}` has no flow `{flow_name}`", hint=_which(shown, flows))
    if reached is not None:
        return reached
    flows = [flow for flow in flows if steps_of(flow)] or flows
    if not flows:
        raise FlowLoadError(
            f"`{shown}` has no flow in it", hint="define one: `class MyFlow(FlowSpec):`, with methods marked `@step`"
        )
    if len(flows) > 1:
        raise FlowLoadError(f"`{shown}` has {len(flows)} flows, and constructs none", hint=_which(shown, flows))
    return flows[0]


def _is_flow(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, FlowSpec) and value is not FlowSpec


def _which(shown: str, flows: list[type[FlowSpec]]) -> str:
    if not flows:
        return "it defines no flow: a flow is a class that extends `FlowSpec`"
    return "name one of: " + ", ".join(f"`{shown}:{flow.__name__}`" for flow in flows)
