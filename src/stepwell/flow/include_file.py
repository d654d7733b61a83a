"""`IncludeFile`: a parameter whose value is what a local file holds when the run starts."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from stepwell.flow.config_references import is_delayed
from stepwell.flow.conversion import WrongValue, constant_default, lowered, shown
from stepwell.flow.parameter import Parameter

if TYPE_CHECKING:
    from collections.abc import Callable

    from stepwell.flow.parameter import ParameterContext


class IncludeFile(Parameter[Any]):
    """A file that is kept with the run: `rows = IncludeFile("rows", default="rows.csv")`.

    The file is read once, when the run starts, and its content is stored once, as an artifact. In every step,
    `self.rows` is that content, whatever has become of the file. On the command line the path is given: `--rows FILE`.
    A resumed run keeps the content of the run that it goes on from.

    Args:
        name: The name on the command line.
        required: Refuse to run without a file; of no effect when there is a default.
        is_text: True (the default) gives text, False bytes.
        encoding: How text is encoded, UTF-8 by default.
        help: One line for `--help`.
        parser: A function of the content, or its dotted name: `self.rows` is what it returns. Artifacts keep the
            content itself.
        default: The path when none is given, or a function of one `ParameterContext` that returns it. A relative
            path is looked for in the working directory, then beside the flow.
        show_default: False hides the default in `--help`; a text is shown in its place.
        **kwargs: Accepted for compatibility, kept in `extra`.
    """

    def __init__(
        self,
        name: str,
        required: bool | None = None,
        is_text: bool | None = None,
        encoding: str | None = None,
        help: str | None = None,  # noqa: A002 - the public name
        parser: str | Callable[[Any], Any] | None = None,
        default: str | os.PathLike[str] | Callable[[ParameterContext], str] | None = None,
        show_default: bool | str | None = None,
        **kwargs: Any,
    ) -> None:
        path: Any = os.fspath(default) if isinstance(default, os.PathLike) else default
        super().__init__(
            name, default=path, type=str, help=help, required=required, show_default=show_default, **kwargs
        )
        given = {
            "required": required,
            "is_text": is_text,
            "encoding": encoding,
            "help": help,
            "parser": parser,
            "default": path,
            "show_default": show_default,
            **kwargs,
        }
        self.delayed = given if is_delayed(given) else None
        self.is_text = True if is_text is None else is_text
        self.encoding = encoding or "utf-8"
        self.parser = parser

    @property
    def type_name(self) -> str:
        """What `--help` and messages call a value."""
        return "FILE"

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self
        state: dict[str, Any] = instance.__dict__
        # Not among the object's own attributes: what the parser made of the content is no artifact.
        known = state.setdefault("_stepwell_fixed", {})
        name = self.attribute
        if name not in known:
            runtime = state.get("_stepwell_runtime")
            if runtime is not None and runtime.has(name):
                content = runtime.load(name)
            elif self.required or self.is_computed or self.faults:
                raise AttributeError(f"the parameter `{name}` has no value outside of a run")
            else:
                content = self.content_of(constant_default(self))
            known[name] = self._parsed(content)
        return known[name]

    def content_of(self, value: Any) -> Any:
        """What the file of a path holds; None for no path.

        Raises:
            WrongValue: It cannot be read, or its parser refuses it.
        """
        if value is None:
            return None
        path = self._found(str(value))
        try:
            with open(path, "rb") as file:
                data = file.read()
        except OSError as error:
            raise WrongValue(
                f"the file `{value}` of the parameter `{self.name}` cannot be read: "
                f"{lowered(error.strerror or str(error))}",
                f"give the path of a file: `--{self.name} FILE`",
            ) from None
        content = self._text(data, path) if self.is_text else data
        # What the parser refuses is told now, not by the first step that looks.
        self._parsed(content, path)
        return content

    def _found(self, path: str) -> str:
        beside = os.path.join(os.path.dirname(os.path.abspath(self.file)), path)
        is_default = path == self.default or self.is_computed
        return beside if is_default and not os.path.exists(path) and os.path.exists(beside) else path

    def _text(self, data: bytes, path: str) -> str:
        try:
            return data.decode(self.encoding)
        except (UnicodeDecodeError, LookupError) as error:
            raise WrongValue(
                f"the file `{path}` of the parameter `{self.name}` is no text in `{self.encoding}`: {error}",
                "declare its `encoding=`, or `is_text=False` for bytes",
            ) from None

    def _parsed(self, content: Any, path: str = "") -> Any:
        if self.parser is None or content is None:
            return content
        from stepwell.flow.config_parsers import find_parser

        parser = find_parser(self.parser)
        try:
            return parser(content)
        except Exception as error:
            if not path:
                raise
            line = getattr(error, "line", 0)
            where = f", at line {line}" if line else ""
            raise WrongValue(
                f"the file `{path}` of the parameter `{self.name}` cannot be read by "
                f"{shown(getattr(parser, '__name__', parser))}: {type(error).__name__}: {error}{where}",
                "mend the file, or the parser",
            ) from error
