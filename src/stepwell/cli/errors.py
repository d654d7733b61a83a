"""The one place where an error becomes text on standard error and an exit code."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, Any, TextIO

import click

from stepwell.base.errors import NotFound, RecordsError, StepwellError, StoreError
from stepwell.cli.render.style import Style, style_for

if TYPE_CHECKING:
    from collections.abc import Callable

SUCCESS = 0
FAILURE = 1
USAGE = 2
STORE = 3
INTERRUPTED = 130
BROKEN_PIPE = 141

_EXTRA = re.compile(r"Got unexpected extra arguments? \((.*)\)\Z")


def guarded(call: Callable[[], Any]) -> int:
    """Run a command line and return its exit code, whatever happens.

    Args:
        call: Does the work; what it returns is the exit code when it is an integer.
    """
    _never_fail_to_print(sys.stdout)
    _never_fail_to_print(sys.stderr)
    try:
        code = _called(call)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader went away (`| head`): nothing is left to say, also not when the interpreter flushes at its end.
        silence(sys.stdout)
        return BROKEN_PIPE
    return code


def exit_code_of(error: StepwellError) -> int:
    """The exit code that an error ends a command with."""
    if isinstance(error, (StoreError, RecordsError)) and not isinstance(error, NotFound):
        return STORE
    return error.exit_code


def error_lines(error: StepwellError, style: Style | None = None) -> list[str]:
    """An error as text: all faults of a flow, or one sentence with its cure."""
    style = style or Style()
    diagnostics = getattr(error, "diagnostics", None)
    if diagnostics:
        from stepwell.cli.render.diagnostics import report_lines

        return report_lines(diagnostics, style)
    first, *rest = error.message.split("\n")
    lines = [f"{style.bold(style.red('error'))}: {first}", *rest]
    if error.hint:
        hint, *more = error.hint.split("\n")
        lines += [f"{style.cyan('hint')}: {hint}", *(f"      {line}" for line in more)]
    return lines


def _called(call: Callable[[], Any]) -> int:
    try:
        result = call()
    except StepwellError as error:
        _say(error_lines(error, _style()))
        return exit_code_of(error)
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.ClickException as error:
        return _refused(error)
    except (KeyboardInterrupt, click.Abort):
        _say([""])
        return INTERRUPTED
    except BrokenPipeError:
        raise
    except Exception:  # noqa: BLE001 - the last frontier: what gets here is told, with everything that is known
        import traceback

        _say([traceback.format_exc().rstrip("\n"), *error_lines(_bug(), _style())])
        return FAILURE
    return result if isinstance(result, int) else SUCCESS


def _refused(error: click.ClickException) -> int:
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        sys.stdout.write(error.format_message() + "\n")
    else:
        _say(error_lines(_translated(error), _style()))
    return USAGE if isinstance(error, click.UsageError) else error.exit_code


def _bug() -> StepwellError:
    from stepwell.base.version import __version__

    python = ".".join(map(str, sys.version_info[:3]))
    return StepwellError(
        f"this is a bug in Stepwell {__version__} (Python {python}, {sys.platform}), not in the flow",
        hint="report it with the traceback above; nothing that had finished is lost",
    )


def _translated(error: click.ClickException) -> StepwellError:
    """The parser's errors in the words of all others."""
    context = getattr(error, "ctx", None)
    see = f"`{context.command_path} --help` lists what it takes" if context is not None else ""
    if isinstance(error, click.NoSuchOption):
        close = _nearest_options(error.option_name, context)
        hint = "did you mean " + " or ".join(f"`{name}`" for name in close) + "?" if close else see
        return StepwellError(f"there is no option `{error.option_name}`", hint=hint)
    if isinstance(error, click.MissingParameter) and error.param is not None:
        return StepwellError(f"`{_typed_name(error.param, context)}` is missing", hint=see)
    if type(error) is click.BadParameter and error.param is not None:
        return StepwellError(f"`{_typed_name(error.param, context)}`: {error.message.replace(chr(39), '`')}", hint=see)
    message = error.format_message().rstrip(".")
    extra = _EXTRA.match(message)
    if extra is not None:
        return StepwellError(f"there is more than the command takes: `{extra[1]}`", hint=see)
    return StepwellError(message[:1].lower() + message[1:].replace("'", "`"), hint=see)


def _typed_name(parameter: click.Parameter, context: click.Context | None) -> str:
    """An option as it is typed, an argument as the line of usage calls it."""
    if isinstance(parameter, click.Option) or context is None:
        return parameter.opts[0]
    return parameter.make_metavar(context)


def _nearest_options(name: str, context: click.Context | None) -> list[str]:
    from stepwell.base.plugins import nearest

    # Without the dashes, which all of them share.
    known = {option.lstrip("-"): option for option in _options_of(context)}
    return [known[match] for match in nearest(name.lstrip("-"), known)]


def _options_of(context: click.Context | None) -> list[str]:
    if context is None:
        return []
    return [
        text
        for parameter in context.command.get_params(context)
        if isinstance(parameter, click.Option) and not parameter.hidden
        for text in (*parameter.opts, *parameter.secondary_opts)
    ]


def _style() -> Style:
    return style_for(sys.stderr, os.environ.get("STEPWELL_COLOR", "auto"), os.environ)


def _say(lines: list[str]) -> None:
    try:
        sys.stdout.flush()
        sys.stderr.write("".join(line + "\n" for line in lines))
        sys.stderr.flush()
    except BrokenPipeError:
        silence(sys.stderr)


def silence(stream: TextIO) -> None:
    """Send what is still written to a stream nowhere."""
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
    except (OSError, ValueError):
        return


def _never_fail_to_print(stream: TextIO) -> None:
    # A terminal that cannot show a character gets its escape; a command must not fail for that.
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
