"""A parameter: a value that a run is given, declared as an attribute of the flow class.

A declaration never raises: what is wrong with it is kept in `faults`, and lint tells it with everything else.
Values for all parameters of a flow are found by `parameters.resolve_parameters`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar, overload

from stepwell.flow.attach import calling_place
from stepwell.flow.config_references import is_delayed, resolve
from stepwell.flow.conversion import PLAIN_TYPES, constant_default, default_fault, is_json, kind_of, type_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Literal, Self

    from stepwell.flow.config_references import ConfigValues
    from stepwell.flow.conversion import JSONTypeClass

T = TypeVar("T")


class ParameterContext(NamedTuple):
    """What a function that computes a default is given.

    Attributes:
        flow_name: Name of the flow.
        user_name: Who runs it.
        parameter_name: The parameter that is computed.
        logger: Call it with a text to print a line.
        ds_type: Kind of datastore, for example `file`.
        configs: The flow's configs by name.
    """

    flow_name: str
    user_name: str
    parameter_name: str
    logger: Callable[[str], None]
    ds_type: str
    configs: Mapping[str, Any]


# Names that the command line needs for itself, with dashes.
RESERVED_NAMES = frozenset({
    "params", "with", "tag", "namespace", "obj", "tags", "decospecs", "run-id-file", "max-num-splits", "max-workers",
    "max-log-size", "user-namespace", "run-id", "task-id", "runner-attribute-file", "help", "json", "quiet",
})  # fmt: skip

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_\-]*\Z")


class Parameter(Generic[T]):
    """A value that the flow is given when it runs: `alpha = Parameter("alpha", default=0.1, help="step size")`.

    In a step, `self.alpha` is the value; it cannot be set. On the command line it is `--alpha 0.5`, in the
    environment `STEPWELL_RUN_ALPHA`.

    Args:
        name: The name on the command line. Names differ in more than case.
        default: The value when none is given, or a function of one `ParameterContext` that computes it when the
            run starts.
        type: `str`, `int`, `float`, `bool` or `JSONType`; by default the type of `default`, else `str`.
        help: One line for `--help`.
        required: Refuse to run without a value; of no effect when there is a default.
        show_default: False hides the default in `--help`; a text is shown in its place.
        separator: For text only: the value is split at it into a list.
        **kwargs: Accepted for compatibility, kept in `extra`.

    Attributes:
        attribute: The name of the class attribute, which is also the artifact's name.
        delayed: All arguments, when some of them refer to configs that are not read yet; else None.
        faults: What is wrong with the declaration, pairs of message and hint.
        file: Where it is declared.
        line: 1-based line there.
    """

    @overload
    def __init__(
        self: Parameter[list[str]],
        name: str,
        default: Any = None,
        type: Any = None,
        help: str | None = None,
        required: bool | None = None,
        show_default: bool | str | None = None,
        *,
        separator: str,
        **kwargs: Any,
    ) -> None: ...

    @overload
    def __init__(
        self: Parameter[Any],
        name: str,
        default: Any = None,
        *,
        type: JSONTypeClass,
        help: str | None = None,
        required: bool | None = None,
        show_default: bool | str | None = None,
        separator: None = None,
        **kwargs: Any,
    ) -> None: ...

    @overload
    def __init__(
        self: Parameter[T],
        name: str,
        default: T | Callable[[ParameterContext], T],
        type: type[T] | None = None,
        help: str | None = None,
        required: bool | None = None,
        show_default: bool | str | None = None,
        separator: None = None,
        **kwargs: Any,
    ) -> None: ...

    @overload
    def __init__(
        self: Parameter[T],
        name: str,
        default: None = None,
        *,
        type: type[T],
        help: str | None = None,
        required: Literal[True],
        show_default: bool | str | None = None,
        separator: None = None,
        **kwargs: Any,
    ) -> None: ...

    @overload
    def __init__(
        self: Parameter[T | None],
        name: str,
        default: None = None,
        *,
        type: type[T],
        help: str | None = None,
        required: Literal[False] | None = None,
        show_default: bool | str | None = None,
        separator: None = None,
        **kwargs: Any,
    ) -> None: ...

    @overload
    def __init__(
        self: Parameter[str],
        name: str,
        default: None = None,
        type: None = None,
        help: str | None = None,
        *,
        required: Literal[True],
        show_default: bool | str | None = None,
        separator: None = None,
        **kwargs: Any,
    ) -> None: ...

    @overload
    def __init__(
        self: Parameter[str | None],
        name: str,
        default: None = None,
        type: None = None,
        help: str | None = None,
        required: Literal[False] | None = None,
        show_default: bool | str | None = None,
        separator: None = None,
        **kwargs: Any,
    ) -> None: ...

    def __init__(
        self,
        name: str,
        default: Any = None,
        type: Any = None,  # noqa: A002 - the public name
        help: str | None = None,  # noqa: A002 - the public name
        required: bool | None = None,
        show_default: bool | str | None = None,
        separator: str | None = None,
        **kwargs: Any,
    ) -> None:
        given = {
            "default": default,
            "type": type,
            "help": help,
            "required": required,
            "show_default": show_default,
            "separator": separator,
            **kwargs,
        }
        self.delayed = given if is_delayed(given) else None
        if self.delayed is not None:
            # Only what help can show; `with_values` makes the real one when configs are read.
            default, type, required, separator = None, None, False, None  # noqa: A001 - the public name
            show_default = repr(given["default"]) if given["default"] is not None else None
            help, kwargs = str(help or "") if isinstance(help, str) else "", {}  # noqa: A001 - the public name
        self.name = str(name)
        self.default = default
        self.kind = kind_of(type, default)
        self.help = help or ""
        self.required = bool(required) and default is None
        self.show_default = True if show_default is None else show_default
        self.separator = separator
        self.extra = kwargs
        self.attribute = self.name.replace("-", "_")
        self.faults: list[tuple[str, str]] = []
        self.file, self.line = calling_place()
        self._check(type)

    def __set_name__(self, owner: type, name: str) -> None:
        self.attribute = name

    def with_values(self, values: ConfigValues) -> Self:
        """The same parameter, now that the configs that its arguments refer to are known."""
        made = type(self)(self.name, **resolve(self.delayed or {}, values))
        made.attribute, made.file, made.line = self.attribute, self.file, self.line
        return made

    @overload
    def __get__(self, instance: None, owner: type) -> Parameter[T]: ...

    @overload
    def __get__(self, instance: object, owner: type) -> T: ...

    def __get__(self, instance: Any, owner: type) -> Parameter[T] | T:
        if instance is None:
            return self
        state: dict[str, Any] = instance.__dict__
        name = self.attribute
        if name in state:
            value: T = state[name]
            return value
        runtime = state.get("_stepwell_runtime")
        if runtime is not None and runtime.has(name):
            value = state[name] = runtime.load(name)
            return value
        if self.required or self.is_computed or self.faults:
            raise AttributeError(f"the parameter `{name}` has no value outside of a run")
        value = state[name] = constant_default(self)
        return value

    def __set__(self, instance: object, value: T) -> None:
        raise AttributeError(
            f"`self.{self.attribute}` is a parameter, and parameters are read-only; give the new value another name"
        )

    def __delete__(self, instance: object) -> None:
        raise AttributeError(f"`self.{self.attribute}` is a parameter, and parameters are read-only")

    def content_of(self, value: T) -> Any:
        """What a run stores for a value: the value itself, unless a subclass knows better.

        Raises:
            WrongValue: There is nothing to store.
        """
        return value

    @property
    def is_computed(self) -> bool:
        """True when the default is a function."""
        return callable(self.default)

    @property
    def has_default(self) -> bool:
        """True when there is a value without giving one, None aside."""
        return self.default is not None

    @property
    def type_name(self) -> str:
        """`str`, `int`, `float`, `bool` or `JSON`."""
        return type_name(self.kind)

    @property
    def variable(self) -> str:
        """The environment variable that gives the value."""
        return "STEPWELL_RUN_" + self.name.upper().replace("-", "_")

    def __repr__(self) -> str:
        return f"Parameter({self.name!r}, type={self.type_name}, default={self.default!r})"

    def _check(self, given_type: Any) -> None:
        if not _NAME.match(self.name):
            self._fault(
                f"`{self.name}` cannot be the name of a parameter",
                "a name has letters, digits, `_` and `-`, and starts with a letter",
            )
        elif self.name.lower().replace("_", "-") in RESERVED_NAMES:
            self._fault(
                f"`{self.name}` cannot be the name of a parameter: the command line needs it for itself",
                "choose another name",
            )
        if given_type is not None and given_type not in PLAIN_TYPES and not is_json(given_type):
            self._fault(
                f"the parameter `{self.name}` has the type `{getattr(given_type, '__name__', given_type)}`, "
                "which a parameter cannot have",
                "use `str`, `int`, `float`, `bool` or `JSONType`",
            )
        elif self.separator is not None and self.kind is not str:
            self._fault(
                f"the parameter `{self.name}` has a separator, but its type is `{self.type_name}`",
                "a separator splits text: use `type=str`, or `JSONType` for lists of other things",
            )
        else:
            self._check_default()

    def _fault(self, message: str, hint: str) -> None:
        self.faults.append((message, hint))

    def _check_default(self) -> None:
        if self.default is None or self.is_computed:
            return
        fault = default_fault(self)
        if fault:
            self._fault(
                f"the default of the parameter `{self.name}` {fault}",
                f"give a default of type `{self.type_name}`, or another `type=`",
            )
