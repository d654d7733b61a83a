"""A decorator whose options refer to configs: it stands in for the real one until the configs are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepwell.flow.config_references import resolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stepwell.decorators.options import Decorator
    from stepwell.flow.config_references import ConfigValues


class DelayedDecorator:
    """What is attached to a step in place of a decorator that cannot be made yet.

    Args:
        decorator_class: The decorator.
        options: Its options, some of them delayed.
    """

    def __init__(self, decorator_class: type[Decorator], options: Mapping[str, Any]) -> None:
        self._class = decorator_class
        self._options = dict(options)
        self.name = decorator_class.name
        self.options = {name: repr(value) for name, value in options.items()}
        self.command_line = getattr(decorator_class, "command_line", ())
        self.file = ""
        self.line = 0

    def recorded_options(self) -> dict[str, Any]:
        """The options as they are written."""
        return self.options

    def with_values(self, values: ConfigValues) -> Any:
        """The decorator itself.

        Raises:
            ConfigError: An option asks for what a config does not have.
            UsageError: An option is unknown.
        """
        made = self._class(**resolve(self._options, values))
        made.file, made.line = self.file, self.line
        return made
