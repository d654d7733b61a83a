"""Text to values of a parameter's type, and checks of values that are no text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

TRUE_WORDS = ("true", "1", "yes", "on", "t", "y")
FALSE_WORDS = ("false", "0", "no", "off", "f", "n")
PLAIN_TYPES: Sequence[Any] = (bool, int, float, str)


class Declared(Protocol):
    """What must be known of a parameter to convert its values."""

    name: str
    default: Any
    kind: Any
    required: bool
    separator: str | None

    @property
    def type_name(self) -> str:
        """The type's name in messages."""


class JSONTypeClass:
    """The type of parameters whose value is any JSON: given as text on a command line, as an object in code."""

    name = "JSON"

    def __repr__(self) -> str:
        return "JSON"


JSONType = JSONTypeClass()


class WrongValue(Exception):
    """A value that does not fit: what is wrong with it, and what to give instead."""

    def __init__(self, fault: str, cure: str) -> None:
        super().__init__(fault)
        self.fault = fault
        self.cure = cure


def kind_of(given: Any, default: Any) -> Any:
    """The type that values have: as declared, else the default's, else text."""
    if is_json(given):
        return JSONType
    if given in PLAIN_TYPES:
        return given
    if isinstance(default, (list, dict, tuple)):
        return JSONType
    for kind in PLAIN_TYPES:
        if isinstance(default, kind):
            return kind
    return str


def type_name(kind: Any) -> str:
    """What a type is called in messages."""
    return "JSON" if is_json(kind) else str(kind.__name__)


def is_json(given: Any) -> bool:
    """True for `JSONType`, and for its class, which some write in its place."""
    return isinstance(given, JSONTypeClass) or given is JSONTypeClass


def convert(parameter: Declared, value: Any) -> Any:
    """A given value as the parameter's type; text is read, other values are only checked."""
    if value is None:
        if parameter.required:
            raise missing(parameter)
        return None
    kind = parameter.kind
    if isinstance(kind, JSONTypeClass):
        return _read_json(parameter, value) if isinstance(value, str) else _check_json(parameter, value)
    if kind is str:
        return _text_value(parameter, value)
    if isinstance(value, str):
        return _read_number(parameter, value)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not kind:
        raise wrong_type(parameter, value)
    return value


def constant_default(parameter: Declared) -> Any:
    """The value of a default that is no function."""
    return None if parameter.default is None else convert(parameter, parameter.default)


def default_fault(parameter: Declared) -> str:
    """What is wrong with a default that is no function, an empty string when nothing is."""
    default = parameter.default
    if isinstance(default, str) and parameter.kind in (int, float, bool):
        return f"is the text `{default}`, but its type is `{parameter.type_name}`"
    try:
        convert(parameter, default)
    except WrongValue:
        return f"is {shown(default)}, which is not of type `{parameter.type_name}`"
    return ""


def _text_value(parameter: Declared, value: Any) -> Any:
    if parameter.separator is not None and isinstance(value, (list, tuple)):
        if all(isinstance(part, str) for part in value):
            return list(value)
        raise wrong_type(parameter, value)
    if not isinstance(value, str):
        raise wrong_type(parameter, value)
    if parameter.separator is None:
        return value
    return value.split(parameter.separator) if value else []


def _read_number(parameter: Declared, text: str) -> Any:
    kind = parameter.kind
    if kind is bool:
        word = text.strip().lower()
        if word in TRUE_WORDS:
            return True
        if word in FALSE_WORDS:
            return False
        raise WrongValue(
            f"the parameter `{parameter.name}` is true or false, and `{text}` is neither",
            f"type `{option_text(parameter, 'true')}` or `{option_text(parameter, 'false')}`",
        )
    try:
        return kind(text)
    except ValueError:
        what = "a whole number" if kind is int else "a number"
        raise WrongValue(
            f"the parameter `{parameter.name}` is {what}, and `{text}` is not",
            f"type for example `{option_text(parameter)}`",
        ) from None


def _read_json(parameter: Declared, text: str) -> Any:
    import json

    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        pointer = f"{text.splitlines()[error.lineno - 1] if text else ''}\n  {' ' * (error.colno - 1)}^"
        raise WrongValue(
            f"the parameter `{parameter.name}` is JSON, and the text given is not: {lowered(error.msg)} at line "
            f"{error.lineno}, column {error.colno}\n  {pointer}",
            f"type for example `{option_text(parameter)}`; text stands in double quotes within JSON",
        ) from None


def _check_json(parameter: Declared, value: Any) -> Any:
    import json

    try:
        return json.loads(json.dumps(value))
    except (TypeError, ValueError) as error:
        raise WrongValue(
            f"the parameter `{parameter.name}` is JSON, and the value given cannot be: {lowered(str(error))}",
            "use dicts with text keys, lists, text, numbers, true, false and null",
        ) from None


def wrong_type(parameter: Declared, value: Any) -> WrongValue:
    """The fault of a value that is of another type."""
    return WrongValue(
        f"the parameter `{parameter.name}` is of type `{parameter.type_name}`, and {shown(value)} is of type "
        f"`{type(value).__name__}`",
        f"give a value of type `{parameter.type_name}`",
    )


def missing(parameter: Declared) -> WrongValue:
    """The fault of a required parameter without a value."""
    return WrongValue(f"the parameter `{parameter.name}` is missing", f"add `{option_text(parameter)}`")


def option_text(parameter: Declared, example: str = "") -> str:
    """What to type on the command line."""
    if not example:
        examples: dict[Any, str] = {int: "3", float: "0.5", bool: "true", str: "TEXT"}
        example = examples.get(parameter.kind, """'{"key": [1, 2]}'""")
    return f"--{parameter.name} {example}"


def shown(value: Any) -> str:
    """A value in a message: short, in backticks."""
    text = repr(value)
    return f"`{text if len(text) <= 60 else text[:57] + '...'}`"


def lowered(text: str) -> str:
    """A foreign message, made to stand within a sentence."""
    return text[:1].lower() + text[1:]
