"""Delayed values: what `config.cpu` and `config_expr("...")` are in a class body, before any config is read.

A class body runs when its file is imported, which must have no effects and must not depend on the command line. So a
config has no value there. What is written, `config.training.cpu`, becomes a reference; references may stand wherever
a declaration takes a value (options of decorators, arguments of `Parameter` and `IncludeFile`, class constants). They
are replaced by values in one place, `resolve`, when the program that uses the flow starts.
"""

from __future__ import annotations

import itertools
import sys
from typing import TYPE_CHECKING, Any, NoReturn

from stepwell.base.errors import ConfigError
from stepwell.flow.attach import calling_place
from stepwell.flow.config_value import as_plain, missing_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Marks the key under which a reference travels through `f(**config.section)`, where Python wants names.
_UNPACKED = "_stepwell_unpacked_"
_numbers = itertools.count()


class ConfigValues:
    """The values of a flow's configs.

    Attributes:
        flow: Name of the flow.
        named: Value by the name of the class attribute.
    """

    __slots__ = ("flow", "named")

    def __init__(self, flow: str, named: Mapping[str, Any]) -> None:
        self.flow = flow
        self.named = dict(named)


class Delayed:
    """A value that is not known yet. Attributes and items of it are delayed too."""

    __slots__ = ()

    def _stepwell_value(self, values: ConfigValues) -> Any:
        """The value, now that configs have theirs."""
        raise NotImplementedError

    def __getattr__(self, name: str) -> Delayed:
        if name.startswith(("__", "_stepwell")):
            raise AttributeError(name)
        return Reference(self, name)

    def __getitem__(self, key: Any) -> Delayed:
        if isinstance(key, str) and key.startswith(_UNPACKED):
            return self
        return Reference(self, key)

    def keys(self) -> Iterator[str]:
        """One name that stands for all keys, for `**config.section`."""
        return iter((f"{_UNPACKED}{next(_numbers)}",))

    def _refuse(self, *_: object) -> NoReturn:
        file, line = calling_place()
        raise ConfigError(
            f"`{self!r}` has no value yet: configs are read when the program starts, after the class body "
            f"({file}:{line})",
            hint=f'compute with it in a step as `self.{self!r}`, or here with `config_expr("...")`',
        )

    __bool__ = __iter__ = __len__ = __str__ = __int__ = __float__ = __index__ = _refuse
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = __neg__ = __floordiv__ = __mod__ = __contains__ = _refuse

    def __format__(self, spec: str) -> str:
        self._refuse()


class Reference(Delayed):
    """An attribute or an item of a delayed value."""

    __slots__ = ("_stepwell_key", "_stepwell_of", "_stepwell_place")

    def __init__(self, of: Delayed, key: Any) -> None:
        self._stepwell_of = of
        self._stepwell_key = key
        self._stepwell_place = calling_place()

    def _stepwell_value(self, values: ConfigValues) -> Any:
        value = value_of(self._stepwell_of, values)
        key = self._stepwell_key
        try:
            return value[key] if isinstance(value, (dict, list)) else getattr(value, key)
        except (KeyError, IndexError, AttributeError, TypeError):
            pass
        message = f"`{self!r}` does not exist"
        if isinstance(value, dict):
            message += f": {missing_key(key, value)}"
        elif value is None:
            message += f": `{self._stepwell_of!r}` has no value"
        file, line = self._stepwell_place
        raise ConfigError(f"{message} ({file}:{line})", hint="add it to the config's file, or mend the name")

    def __repr__(self) -> str:
        key = self._stepwell_key
        named = isinstance(key, str) and key.isidentifier()
        return f"{self._stepwell_of!r}.{key}" if named else f"{self._stepwell_of!r}[{key!r}]"


class Expression(Delayed):
    """An expression over configs as text, with the names of the module that it was written in."""

    __slots__ = ("_stepwell_globals", "_stepwell_place", "_stepwell_text")

    def __init__(self, text: str, module_globals: dict[str, Any]) -> None:
        self._stepwell_text = text
        self._stepwell_globals = module_globals
        self._stepwell_place = calling_place()

    def _stepwell_value(self, values: ConfigValues) -> Any:
        names = _Names(self._stepwell_globals, values)
        try:
            # The text stands in the user's own program, like a lambda would.
            return eval(self._stepwell_text, {"__builtins__": __builtins__}, names)  # noqa: S307
        except ConfigError:
            raise
        except Exception as error:
            file, line = self._stepwell_place
            raise ConfigError(
                f"`{self!r}` raised {type(error).__name__}: {error} ({file}:{line})",
                hint="an expression uses configs by the names of their attributes, and names of its module",
            ) from error

    def __repr__(self) -> str:
        return f"config_expr({self._stepwell_text!r})"


class _Names(dict[str, Any]):
    """The names of an expression: configs first, then the module's."""

    def __init__(self, module_globals: dict[str, Any], values: ConfigValues) -> None:
        super().__init__()
        self._globals = module_globals
        self._values = values

    def __missing__(self, name: str) -> Any:
        if name in self._values.named:
            return self._values.named[name]
        value = self._globals[name]
        return value_of(value, self._values) if isinstance(value, Delayed) else value


def value_of(delayed: Delayed, values: ConfigValues) -> Any:
    """The value of a delayed value. A function, since every attribute of a delayed value is one more delayed value."""
    return delayed._stepwell_value(values)  # noqa: SLF001 - see above


def config_expr(expression: str) -> Any:
    """A value computed from configs: `@resources(cpu=config_expr("config.cpu * 2"))`.

    For places where a config has no value yet, such as options of decorators. It is evaluated once, when the program
    starts, with the flow's configs and the names of the module that it stands in.

    Args:
        expression: A Python expression.
    """
    frame = sys._getframe(1)  # noqa: SLF001 - the module that it is written in
    return Expression(expression, frame.f_globals)


def is_delayed(value: Any) -> bool:
    """True when a value is delayed, or has something delayed in it."""
    if isinstance(value, Delayed):
        return True
    if isinstance(value, dict):
        return any(is_delayed(item) or is_unpacked(key) for key, item in value.items())
    return isinstance(value, (list, tuple, set)) and any(is_delayed(item) for item in value)


def is_unpacked(key: object) -> bool:
    """True for a key that stands for all keys of a reference."""
    return isinstance(key, str) and key.startswith(_UNPACKED)


def resolve(value: Any, values: ConfigValues) -> Any:
    """A value with everything delayed in it replaced; plain dicts and lists, as decorators expect them."""
    if isinstance(value, Delayed):
        return as_plain(value_of(value, values))
    if not is_delayed(value):
        return value
    if isinstance(value, dict):
        return _resolved_dict(value, values)
    return type(value)(resolve(item, values) for item in value)


def _resolved_dict(given: Mapping[str, Any], values: ConfigValues) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, item in given.items():
        value = resolve(item, values)
        if not is_unpacked(key):
            found[key] = value
        elif isinstance(value, dict):
            found.update(value)
        else:
            raise ConfigError(
                f"`**{item!r}` needs a mapping, and it is of type `{type(value).__name__}`",
                hint="give the section keys and values",
            )
    return found
