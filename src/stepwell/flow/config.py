"""`Config`: the declaration of a config of a flow. What it holds is found by `config_loading`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from stepwell.base.errors import ConfigError
from stepwell.flow.attach import calling_place
from stepwell.flow.config_references import ConfigValues, Delayed
from stepwell.flow.config_value import as_config_value

if TYPE_CHECKING:
    from collections.abc import Callable

    from stepwell.flow.parameter import ParameterContext

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_\-]*\Z")
_VALUES = "_stepwell_configs"


class ConfigDeclaration(Struct, kw_only=True):
    """What a declaration says.

    Attributes:
        name: The name on the command line.
        attribute: The name of the class attribute, which is also the artifact's name.
        default: A path, or a function that gives one.
        default_value: The content as text or as a dict, or a function that gives it.
        help: One line.
        required: True when there must be a value.
        parser: A function of a text, a dotted name, None for JSON.
        plain: True when the value is kept as the parser made it.
        show_default: Whether or what to show as default.
        file: Where it is declared.
        line: 1-based line there.
    """

    name: str
    attribute: str
    default: Any = None
    default_value: Any = None
    help: str = ""
    required: bool = False
    parser: Any = None
    plain: bool = False
    show_default: bool | str = True
    file: str = ""
    line: int = 0

    @property
    def place(self) -> str:
        """File and line, for messages."""
        return f"{self.file}:{self.line}"


class Config(Delayed):
    """A file of settings that a flow is made with: `config = Config("config", default="config.json")`.

    In a step, `self.config` is the value, which cannot be changed. In the class body, `config.cpu` stands for what the
    file will say, and can be given to decorators, parameters and mutators: `@resources(cpu=config.cpu)`,
    `@environment(**config.env)`. Files are read once, when the program starts; every task sees what was read then.

    On the command line: `--config NAME FILE` and `--config-value NAME TEXT`, before or after the command. In the
    environment: `STEPWELL_FLOW_CONFIG` and `STEPWELL_FLOW_CONFIG_VALUE`, JSON from name to file or value.

    Args:
        name: The name on the command line.
        default: The file to read when none is given, or a function of one `ParameterContext` that returns its path.
            A relative path is looked for in the working directory, then beside the flow.
        default_value: The content when none is given: text for the parser, a dict, or a function that returns one.
        help: One line for `--help`.
        required: Refuse to start without a value; of no effect when there is a default.
        parser: Makes a mapping from the text: a function, or a dotted name such as `"tomllib.loads"`. JSON by default.
        plain: Keep what the parser returns as it is, whatever it is, in place of a `ConfigValue`.
        show_default: False hides the default in `--help`; a text is shown in its place.
        **kwargs: Accepted for compatibility.
    """

    __slots__ = ("_stepwell_declared",)

    def __init__(
        self,
        name: str,
        default: str | Callable[[ParameterContext], str] | None = None,
        default_value: str | dict[str, Any] | Callable[[ParameterContext], str | dict[str, Any]] | None = None,
        help: str | None = None,  # noqa: A002 - the public name
        required: bool | None = None,
        parser: str | Callable[[str], Any] | None = None,
        plain: bool | None = False,
        show_default: bool | str | None = None,
        **kwargs: Any,
    ) -> None:
        file, line = calling_place()
        del kwargs
        self._stepwell_declared = ConfigDeclaration(
            name=str(name),
            attribute=str(name).replace("-", "_"),
            default=default,
            default_value=default_value,
            help=help or "",
            required=bool(required) and default is None and default_value is None,
            parser=parser,
            plain=bool(plain),
            show_default=True if show_default is None else show_default,
            file=file,
            line=line,
        )

    def __set_name__(self, owner: type, name: str) -> None:
        self._stepwell_declared.attribute = name

    def __get__(self, instance: Any, owner: type) -> Any:
        values = values_of(owner)
        name = self._stepwell_declared.attribute
        if instance is None:
            return self if values is None or name not in values.named else values.named[name]
        state: dict[str, Any] = instance.__dict__
        known = state.setdefault("_stepwell_fixed", {})
        if name not in known:
            runtime = state.get("_stepwell_runtime")
            if runtime is not None and runtime.has(name):
                known[name] = self._wrapped(runtime.load(name))
            elif values is not None and name in values.named:
                known[name] = values.named[name]
            else:
                raise AttributeError(f"the config `{name}` has no value outside of a run")
        return known[name]

    def __set__(self, instance: object, value: Any) -> None:
        name = self._stepwell_declared.attribute
        raise AttributeError(f"`self.{name}` is a config, and configs are read-only; give the new value another name")

    def __delete__(self, instance: object) -> None:
        raise AttributeError(f"`self.{self._stepwell_declared.attribute}` is a config, and configs are read-only")

    def __repr__(self) -> str:
        return self._stepwell_declared.attribute

    def _stepwell_value(self, values: ConfigValues) -> Any:
        declared = self._stepwell_declared
        if declared.attribute not in values.named:
            raise ConfigError(
                f"the config `{declared.name}` ({declared.place}) is used in `{values.flow}`, which does not have it",
                hint="declare it in the class that uses it, or in a base class of it",
            )
        return values.named[declared.attribute]

    def _wrapped(self, value: Any) -> Any:
        return value if self._stepwell_declared.plain else as_config_value(value)


def declaration_of(config: Config) -> ConfigDeclaration:
    """What a config declares. Its own attributes are all keys of its value, so that this is a function."""
    return config._stepwell_declared  # noqa: SLF001 - see above


def configs_of(flow_class: type) -> dict[str, ConfigDeclaration]:
    """The configs of a flow class by attribute, in the order of definition, those of base classes first."""
    found: dict[str, ConfigDeclaration] = {}
    for cls in reversed(flow_class.__mro__):
        for name, value in vars(cls).items():
            if isinstance(value, Config):
                found[name] = declaration_of(value)
            else:
                found.pop(name, None)
    return found


def wrap_values(flow_class: type, raw: dict[str, Any]) -> ConfigValues:
    """Values as users see them: mappings that cannot be changed, unless the declaration says `plain`."""
    declared = configs_of(flow_class)
    named = {name: value if declared[name].plain else as_config_value(value) for name, value in raw.items()}
    return ConfigValues(flow_class.__name__, named)


def set_values(flow_class: type, values: ConfigValues) -> None:
    """Give the configs of a class their values for the rest of this process."""
    setattr(flow_class, _VALUES, values)


def values_of(flow_class: type) -> ConfigValues | None:
    """The values of a class's configs, None before they are read."""
    found: ConfigValues | None = getattr(flow_class, _VALUES, None)
    return found


def fault_of(declared: ConfigDeclaration) -> ConfigError | None:
    """What is wrong with a declaration."""
    if not _NAME.match(declared.name):
        return ConfigError(
            f"`{declared.name}` cannot be the name of a config ({declared.place})",
            hint="a name has letters, digits, `_` and `-`, and starts with a letter",
        )
    if declared.default is not None and declared.default_value is not None:
        return ConfigError(
            f"the config `{declared.name}` has both `default` and `default_value` ({declared.place})",
            hint="`default` is the path of a file, `default_value` is what a file would hold: keep one of them",
        )
    return None
