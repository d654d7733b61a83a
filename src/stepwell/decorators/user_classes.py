"""What decorators and mutators of users have in common: how they are put on things, and how they are found by name.

One class serves `@Mine`, `@Mine(...)` and `--with module.Mine:option=value`. Calling such a class with nothing but the
thing to decorate puts a decorator without arguments on it; every other call makes a decorator object.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from stepwell.base.errors import UsageError
from stepwell.base.plugins import nearest
from stepwell.decorators.protocol import recorded
from stepwell.flow.config_references import is_delayed, resolve

if TYPE_CHECKING:
    from stepwell.flow.config_references import ConfigValues


class _Known:
    """Every class of a user that can be named, by its full name."""

    classes: dict[str, type] = {}  # noqa: RUF012 - one per process on purpose


class AppliedByCalling(type):
    """The class of decorator classes that are put on things by being called with them."""

    #: What may be decorated: set by the base classes.
    _stepwell_target = "step"

    def __init__(cls, name: str, bases: tuple[type, ...], members: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(name, bases, members, **kwargs)
        if cls.__module__.partition(".")[0] == "stepwell" and "_stepwell_generated" not in members:
            return
        if "__init__" in members:
            raise UsageError(
                f"`{name}` has an `__init__`, where a decorator has an `init`",
                hint="rename it to `init`: it is called with the arguments, and needs no call of `super`",
            )
        _Known.classes[full_name(cls)] = cls

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        """A decorator object, or the target with one on it when there is nothing else."""
        if len(args) == 1 and not kwargs and is_target(args[0], cls._stepwell_target):
            return super().__call__()(args[0])
        return super().__call__(*args, **kwargs)


class Arguments:
    """The arguments that a decorator was given, some of them delayed until configs are read."""

    __slots__ = ("args", "kwargs")

    def __init__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.args = args
        self.kwargs = kwargs

    @property
    def are_delayed(self) -> bool:
        """True when configs are needed to know them."""
        return is_delayed(list(self.args)) or is_delayed(self.kwargs)

    def with_values(self, values: ConfigValues) -> Arguments:
        """The same with values in place of references."""
        return Arguments(tuple(resolve(list(self.args), values)), resolve(self.kwargs, values))

    def shown(self) -> dict[str, Any]:
        """As options, for the record: positional ones by their number."""
        return {**{str(index): value for index, value in enumerate(self.args)}, **self.kwargs}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Arguments) and self.args == other.args and self.kwargs == other.kwargs

    __hash__ = None  # type: ignore[assignment]


class UserClass:
    """Base of the classes that users write. Everything of ours is in one private attribute: the rest is theirs."""

    _stepwell_arguments: Arguments

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._stepwell_arguments = Arguments(args, kwargs)

    def init(self, *args: Any, **kwargs: Any) -> None:
        """Take the arguments; override in place of `__init__`. Configs have their values by then."""

    def add_to_package(self) -> Any:
        """Paths of files that are needed beside the module. Modules that it imports are kept with the run anyway."""
        return []


class Applied:
    """A user's class with its arguments, as it stands on a step or a flow; what a user's object is for us.

    Args:
        cls: The class.
        arguments: What it was given.

    Attributes:
        user: The user's object.
        given: The arguments by name.
        options: All arguments, for the record.
        file: Where it was written, empty when a mutator or the command line added it.
        line: 1-based line there.
    """

    def __init__(self, cls: type[UserClass], arguments: Arguments) -> None:
        self.user: Any = type.__call__(cls, *arguments.args, **arguments.kwargs)
        self.arguments = arguments
        self.options = arguments.shown()
        self.given = arguments.kwargs
        self.file, self.line = "", 0
        self._is_ready = False

    @property
    def name(self) -> str:
        """The name of the class."""
        return type(self.user).__name__

    def recorded_options(self) -> dict[str, Any]:
        """The arguments as plain data."""
        return {name: recorded(value) for name, value in self.options.items()}

    def make_ready(self) -> None:
        """Call `init`, once for this object."""
        if not self._is_ready:
            self._is_ready = True
            self.user.init(*self.arguments.args, **self.arguments.kwargs)

    def with_values(self, values: ConfigValues) -> Applied:
        """This, or one like it with values in place of references to configs."""
        if not self.arguments.are_delayed:
            return self
        made = type(self)(type(self.user), self.arguments.with_values(values))
        made.file, made.line = self.file, self.line
        return made


def is_target(value: Any, kind: str) -> bool:
    """True for what may be decorated: a function for `step`, a class for `flow`."""
    if kind == "flow":
        return isinstance(value, type) and hasattr(value, "foreach_stack")
    return hasattr(value, "__code__") and callable(value)


def full_name(cls: type) -> str:
    """Module and name of a class."""
    return f"{cls.__module__}.{cls.__qualname__}"


def find_class(name: str) -> type | None:
    """The class of a user for a name: its own name or as much of its path as tells it apart, or a dotted import.

    Returns:
        The class, None when a name without dots is not known.

    Raises:
        UsageError: Several have the name, or the module of a dotted name does not import.
    """
    found = {full: cls for full, cls in _Known.classes.items() if f".{full}".endswith(f".{name}")}
    if name in found:
        return found[name]
    if len(found) > 1:
        listed = ", ".join(f"`{full}`" for full in sorted(found))
        raise UsageError(f"several decorators are called `{name}`", hint=f"say which one: {listed}")
    if found:
        return next(iter(found.values()))
    return _imported(name) if "." in name else None


def _imported(name: str) -> type:
    import importlib

    module_name, _, attribute = name.rpartition(".")
    main = sys.modules.get("__main__")
    file = getattr(main, "__file__", None) or ""
    if main is not None and module_name == os.path.splitext(os.path.basename(file))[0]:
        module = main  # the flow file itself, which must not run twice
    else:
        try:
            module = importlib.import_module(module_name)
        except ImportError as error:
            raise UsageError(
                f"the decorator `{name}` cannot be imported: {error}",
                hint="give module and name, as in `--with my_module.my_decorator`",
            ) from error
    found = getattr(module, attribute, None)
    if not isinstance(found, type):
        close = nearest(attribute, vars(module))
        raise UsageError(
            f"the module `{module_name}` has no decorator `{attribute}`",
            hint=f"did you mean `{module_name}.{close[0]}`?" if close else "mend the name",
        )
    return found
