"""A command that a `Runner` started: arguments come as values, and events go back, through two pipes.

The environment variable names the descriptors. It is taken out at once, so that nothing that the flow starts believes
itself to be called in the same way.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from stepwell.base.errors import ArgumentError, StepwellError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stepwell.documents.events import RunEvent

VARIABLE = "STEPWELL_RUNNER_CALL"

# What Metaflow calls some options in Python.
_ALIASES = {"decospecs": "with", "step_to_rerun": "step", "user_namespace": "namespace"}

# What has no meaning for a call from Python.
_NOT_FROM_PYTHON = {"as_json", "color", "quiet", "run_id_file"}


class RunnerCall:
    """The two pipes.

    Args:
        given: Arguments by name.
        events: Descriptor that events are written to, one line of JSON each.
    """

    def __init__(self, given: dict[str, Any], events: int) -> None:
        self._given = given
        self._events = events

    def send(self, event: RunEvent) -> None:
        """Pass an event on; what tasks print is shown and needs no second way."""
        from stepwell.cli.render.json import event_line
        from stepwell.documents.events import LogText

        if not isinstance(event, LogText):
            self._write(event_line(event))

    def tell(self, news: dict[str, Any]) -> None:
        """Pass on what is no event of a run."""
        import json

        self._write(json.dumps(news))

    def refuse(self, error: StepwellError) -> None:
        """Say why nothing was run."""
        self.tell({"type": "refused", "error": type(error).__name__, "message": error.message, "hint": error.hint})

    def arguments(self, command: click.Command) -> list[str]:
        """What would have been typed.

        Raises:
            ArgumentError: An argument is unknown, or has a value of the wrong type.
        """
        known = dict(_named(command))
        arguments: list[str] = []
        positional: list[str] = []
        for name, value in self._given.items():
            parameter = known.get(_ALIASES.get(name, name))
            if parameter is None:
                raise _unknown(name, known)
            if value is None:
                continue
            if isinstance(parameter, click.Argument):
                positional += _texts(name, parameter, value)
            else:
                arguments += _typed(name, parameter, value)
        self._given = {}
        return [*arguments, *positional]

    def _write(self, line: str) -> None:
        """A runner that is gone is no reason to stop."""
        data = line.encode() + b"\n"
        try:
            while data:
                data = data[os.write(self._events, data) :]
        except OSError:
            return


def take_call() -> RunnerCall | None:
    """The call that this process was started with, None for an ordinary command line."""
    named = os.environ.pop(VARIABLE, None)
    if named is None:
        return None
    import json

    arguments, events = (int(part) for part in named.split(","))
    os.set_inheritable(events, False)
    with open(arguments, "rb") as file:
        given = json.loads(file.read())
    return RunnerCall(given, events)


def _named(command: click.Command) -> Iterator[tuple[str, click.Parameter]]:
    for parameter in command.params:
        if parameter.name is not None:
            yield parameter.name, parameter
        for text in (*parameter.opts, *parameter.secondary_opts):
            if not text.startswith("--") or not text.startswith("--no-"):
                yield text.lstrip("-").replace("-", "_"), parameter


def _typed(name: str, parameter: click.Parameter, value: Any) -> list[str]:
    option = next((text for text in parameter.opts if text.startswith("--")), parameter.opts[0])
    if isinstance(parameter, click.Option) and parameter.is_flag:
        if not isinstance(value, bool):
            raise _wrong(name, value, "bool")
        if value:
            return [option]
        return [parameter.secondary_opts[0]] if parameter.secondary_opts else []
    return [part for text in _texts(name, parameter, value) for part in (f"{option}={text}",)]


def _texts(name: str, parameter: click.Parameter, value: Any) -> list[str]:
    if parameter.multiple or parameter.nargs != 1:
        if not isinstance(value, list):
            raise _wrong(name, value, "list")
        return [_text(name, parameter, one) for one in value]
    return [_text(name, parameter, value)]


def _text(name: str, parameter: click.Parameter, value: Any) -> str:
    declared = getattr(parameter, "parameter", None)
    if declared is not None:
        return _parameter_text(name, declared, value)
    kind = parameter.type.name
    if kind in ("integer", "n", "integer range"):
        if not isinstance(value, int) or isinstance(value, bool):
            raise _wrong(name, value, "int")
    elif kind in ("float", "float range"):
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise _wrong(name, value, "float")
    elif not isinstance(value, str):
        raise _wrong(name, value, "str")
    return str(value)


def _parameter_text(name: str, declared: Any, value: Any) -> str:
    """A value of a flow's parameter as text that reads back as this value."""
    import json

    kind = declared.type_name
    if kind == "JSON":
        return value if isinstance(value, str) else json.dumps(value)
    if isinstance(value, list) and declared.separator is not None and all(isinstance(one, str) for one in value):
        return str(declared.separator).join(value)
    fits = {"int": (int,), "float": (int, float), "bool": (bool,)}.get(kind, (str,))
    if not isinstance(value, fits) or (isinstance(value, bool) and kind != "bool"):
        raise _wrong(name, value, kind)
    return str(value)


def _wrong(name: str, value: Any, expected: str) -> ArgumentError:
    return ArgumentError(
        f"invalid type for `{name}`: {value!r} is of type `{type(value).__name__}`, expected `{expected}`",
        hint=f"give a value of type `{expected}`",
    )


def _shown_name(parameter: click.Parameter) -> str:
    declared = getattr(parameter, "parameter", None)
    name = str(parameter.name if declared is None else declared.name).replace("-", "_")
    return "decospecs" if name == "with_decorators" else name


def _unknown(name: str, known: dict[str, click.Parameter]) -> ArgumentError:
    from stepwell.base.plugins import nearest

    shown = sorted({_shown_name(one) for one in known.values() if not getattr(one, "hidden", False)} - _NOT_FROM_PYTHON)
    close = nearest(name, shown)
    if close:
        hint = "did you mean " + " or ".join(f"`{one}`" for one in close) + "?"
    else:
        hint = "possible arguments are: " + ", ".join(f"`{one}`" for one in shown)
    return ArgumentError(f"unknown argument: `{name}`", hint=hint)
