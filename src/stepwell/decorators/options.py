"""What step and flow decorators have in common: a name, options with defaults, and checks of their values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from stepwell.decorators.numbers import as_number

if TYPE_CHECKING:
    from stepwell.documents.diagnostic import Diagnostic


class Kind(NamedTuple):
    """What the value of an option may be.

    Attributes:
        expected: In words, for example `a number, 0 or more`.
        example: A value to type.
        fits: Tells whether a value is one.
    """

    expected: str
    example: str
    fits: Callable[[Any], bool]


class Decorator:
    """A decorator with its options. Subclasses set `name` and `defaults`; other options are refused at once.

    Args:
        options: The options given, by name.

    Attributes:
        options: All options, defaults filled in.
        given: Only those that were given.
        file: Where the decorator stands in the user's code; empty when it came from the command line.
        line: Its 1-based line there.

    Raises:
        UsageError: Naming the unknown option and the known ones.
    """

    name: ClassVar[str] = ""
    defaults: ClassVar[Mapping[str, Any]] = {}
    kinds: ClassVar[Mapping[str, Kind]] = {}
    allow_multiple: ClassVar[bool] = False

    def __init__(self, **options: Any) -> None:
        unknown = [name for name in options if name not in self.defaults]
        if unknown:
            from stepwell.base.errors import UsageError

            known = ", ".join(f"`{name}`" for name in self.defaults) or "none"
            raise UsageError(f"`@{self.name}` has no option `{unknown[0]}`", hint=f"its options are: {known}")
        self.options: dict[str, Any] = {**self.defaults, **options}
        self.given = options
        self.file = ""
        self.line = 0

    def recorded_options(self) -> dict[str, Any]:
        """The options as plain data for the run's record; override where one is a secret."""
        return {name: recorded(value) for name, value in self.options.items()}

    def faults_of_kind(self, file: str, line: int, where: str) -> list[Diagnostic]:
        """The diagnostics of all options whose values are not of their kind; a default always is.

        Args:
            file: Where the decorator stands.
            line: Its line there.
            where: What it stands on, for the message, such as "on step `train`".
        """
        return [
            self.fault(option, kind.expected, kind.example, where=where, file=file, line=line)
            for option, kind in self.kinds.items()
            if self.options[option] != self.defaults[option] and not kind.fits(self.options[option])
        ]

    def fault(self, option: str, expected: str, example: str, *, where: str, file: str, line: int) -> Diagnostic:
        """The diagnostic for an option whose value does not fit."""
        from stepwell.documents.diagnostic import Diagnostic

        return Diagnostic(
            code="SW151",
            message=f"`{option}` of `@{self.name}` {where} is `{self.options[option]!r}`, not {expected}",
            file=file,
            line=line,
            hint=f"write for example `@{self.name}({option}={example})`",
        )


def recorded(value: Any) -> Any:
    """An option as plain data: functions and classes by their name, what is no plain data as text."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Mapping):
        return {str(key): recorded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [recorded(item) for item in value]
    return getattr(value, "__qualname__", None) or repr(value)


def _is_texts(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value)


def number(example: str) -> Kind:
    """A number that is not negative, also as text."""
    return Kind("a number, 0 or more", example, lambda value: as_number(value) is not None)


def whole(example: str) -> Kind:
    """A whole number that is not negative, also as text."""
    return Kind("a whole number, 0 or more", example, lambda value: as_number(value, whole=True) is not None)


def text(example: str) -> Kind:
    """A text that is not empty."""
    return Kind("a text", f'"{example}"', lambda value: isinstance(value, str) and bool(value))


def texts(example: str) -> Kind:
    """A list of texts."""
    return Kind("a list of texts", f'["{example}"]', _is_texts)


def table(example: str) -> Kind:
    """A dict whose keys are texts."""
    return Kind(
        "a dict", example, lambda value: isinstance(value, Mapping) and all(isinstance(key, str) for key in value)
    )


def choice(*values: str) -> Kind:
    """One of some texts, capitals or not."""
    listed = " or ".join(f"`{value}`" for value in values)
    return Kind(listed, f'"{values[0]}"', lambda value: isinstance(value, str) and value.lower() in values)


def either(*kinds: Kind) -> Kind:
    """What fits one of several kinds."""
    return Kind(
        " or ".join(kind.expected for kind in kinds),
        kinds[0].example,
        lambda value: any(kind.fits(value) for kind in kinds),
    )


FLAG = Kind("`True` or `False`", "True", lambda value: isinstance(value, bool))
TABLES = Kind(
    "a list of dicts",
    '[{"key": "value"}]',
    lambda value: isinstance(value, (list, tuple)) and all(isinstance(item, Mapping) for item in value),
)
