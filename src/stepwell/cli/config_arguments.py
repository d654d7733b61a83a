"""`--config NAME FILE` and `--config-value NAME TEXT`, anywhere on the command line.

They are taken out before the rest is parsed, since what they say may change which options there are: configs give
defaults of parameters, and mutators add parameters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepwell.base.errors import UsageError
from stepwell.flow.config import configs_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stepwell.flow.config_loading import GivenConfigs

_OPTIONS = {"--config": "FILE", "--config-value": "TEXT"}


class ConfigArguments:
    """What was given for configs on one command line.

    Attributes:
        files: Path by name.
        values: Content as text by name.
    """

    def __init__(self) -> None:
        self.files: dict[str, str] = {}
        self.values: dict[str, str] = {}

    def take(self, arguments: Sequence[str], flow_class: type) -> list[str]:
        """Note the options for configs; return the other arguments. A flow without configs keeps all of them.

        Raises:
            UsageError: An option lacks its name or its value, or is given twice for one config.
        """
        if not configs_of(flow_class):
            return list(arguments)
        rest: list[str] = []
        index = 0
        while index < len(arguments):
            option, equals, joined = arguments[index].partition("=")
            index += 1
            if option == "--":
                return [*rest, *arguments[index - 1 :]]
            if option not in _OPTIONS:
                rest.append(arguments[index - 1])
                continue
            given = [joined] if equals else []
            while len(given) < 2 and index < len(arguments):
                given.append(arguments[index])
                index += 1
            self._note(option, given)
        return rest

    def _note(self, option: str, given: list[str]) -> None:
        kind = _OPTIONS[option]
        if len(given) < 2 or given[0].startswith("-"):
            raise UsageError(
                f"`{option}` takes the name of a config and {'a file' if kind == 'FILE' else 'its content'}",
                hint=f"write `{option} NAME {kind}`",
            )
        name, value = given
        chosen = self.files if option == "--config" else self.values
        if name in chosen:
            raise UsageError(f"`{option} {name}` is given twice", hint="keep one of them")
        chosen[name] = value

    def refuse_for(self, command: str) -> None:
        """Refuse what was given: `resume` and `spin` keep the configs of the earlier run.

        Raises:
            UsageError: Some were given.
        """
        if self.files or self.values:
            option = "--config" if self.files else "--config-value"
            raise UsageError(
                f"`{command}` keeps the configs of the earlier run, so `{option}` cannot be given",
                hint="start a new run with other configs: `run`",
            )

    def given(self) -> GivenConfigs:
        """The same for the flow."""
        from stepwell.flow.config_loading import GivenConfigs

        return GivenConfigs(files=dict(self.files), values=dict(self.values))
