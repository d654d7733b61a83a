"""Reading the configs of a flow: from the command line, the environment or the default, all faults at once."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from stepwell.base.errors import ConfigError
from stepwell.flow.config import ConfigDeclaration, configs_of, fault_of
from stepwell.flow.config_parsers import WrongText, describe_toml, find_parser, json_parser
from stepwell.flow.conversion import lowered
from stepwell.flow.diagnostics import place_lines
from stepwell.flow.parameter import ParameterContext
from stepwell.flow.source import shown_path

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FILES_VARIABLE = "STEPWELL_FLOW_CONFIG"
VALUES_VARIABLE = "STEPWELL_FLOW_CONFIG_VALUE"


class GivenConfigs(Struct, kw_only=True):
    """What was given for configs, by their names: paths of files, and contents as text or as dicts."""

    files: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.files or self.values)


class _Content(Struct):
    """What is to be parsed, and where it comes from for messages: a file's path, or a sentence."""

    content: Any
    file: str = ""
    origin: str = ""


def read_configs(
    flow_class: type,
    given: GivenConfigs,
    *,
    environ: Mapping[str, str],
    user: str,
    known: Mapping[str, Any] | None = None,
    datastore_type: str = "file",
) -> dict[str, Any]:
    """What the configs of a flow hold, by attribute name, as their parsers made it. None for one without a value.

    Args:
        flow_class: The flow.
        given: From the command line or from a caller.
        environ: The environment.
        user: Who runs the flow, for functions that compute defaults.
        known: Values by attribute that are used as they are, whatever the rest says.
        datastore_type: Kind of datastore, for the same.

    Raises:
        ConfigError: Something is missing, unknown or cannot be read; all faults are told at once.
    """
    declared = configs_of(flow_class)
    problems: list[ConfigError] = []
    chosen = _chosen(flow_class.__name__, declared, given, environ, problems)
    found: dict[str, Any] = {}
    for attribute, config in declared.items():
        if known is not None and attribute in known:
            found[attribute] = known[attribute]
            continue
        try:
            fault = fault_of(config)
            if fault is not None:
                raise fault
            content = chosen.get(attribute)
            if content is None:
                context = ParameterContext(flow_class.__name__, user, config.name, _log, datastore_type, {})
                content = _default(config, context)
            found[attribute] = None if content is None else _parsed(config, content)
        except ConfigError as error:
            problems.append(error)
    if problems:
        raise ConfigError(
            "\n".join(problem.message for problem in problems),
            hint="; ".join(dict.fromkeys(problem.hint for problem in problems)),
        )
    return found


def _chosen(
    flow: str,
    declared: Mapping[str, ConfigDeclaration],
    given: GivenConfigs,
    environ: Mapping[str, str],
    problems: list[ConfigError],
) -> dict[str, _Content]:
    """What is given from outside, by attribute: the command line before the environment, values before files."""
    by_key = {_key(name): name for name in declared}
    by_key.update({_key(config.name): name for name, config in declared.items()})
    chosen: dict[str, _Content] = {}
    both = {_key(name) for name in given.files} & {_key(name) for name in given.values}
    problems += [
        ConfigError(f"the config `{name}` is given as a file and as a value", hint="give one of them")
        for name in sorted(both)
    ]
    sources: list[tuple[Mapping[str, Any], bool, str]] = []
    for variable, is_file in ((FILES_VARIABLE, True), (VALUES_VARIABLE, False)):
        try:
            sources.append((_from_environment(variable, environ), is_file, f" (from `{variable}`)"))
        except ConfigError as error:
            problems.append(error)
    sources += [(given.files, True, ""), (given.values, False, "")]
    for names, is_file, origin in sources:
        for name, content in names.items():
            attribute = by_key.get(_key(name))
            if attribute is None:
                problems.append(_unknown(flow, name, declared, origin))
            elif is_file:
                chosen[attribute] = _Content(None, str(content), origin)
            else:
                chosen[attribute] = _Content(content, "", origin)
    return chosen


def _from_environment(variable: str, environ: Mapping[str, str]) -> dict[str, Any]:
    text = environ.get(variable)
    if not text:
        return {}
    example = '{"config": "config.json"}' if variable == FILES_VARIABLE else '{"config": {"cpu": 2}}'
    try:
        found = json_parser(text)
    except WrongText as wrong:
        raise ConfigError(
            f"the environment variable `{variable}` {wrong.reason}", hint=f"set it to something like `{example}`"
        ) from None
    if not isinstance(found, dict):
        raise ConfigError(
            f"the environment variable `{variable}` is no JSON object", hint=f"set it to something like `{example}`"
        )
    return found


def _default(config: ConfigDeclaration, context: ParameterContext) -> _Content | None:
    if config.default is not None:
        path = _computed(config, config.default, context)
        if not isinstance(path, (str, os.PathLike)):
            raise ConfigError(
                f"the default of the config `{config.name}` is of type `{type(path).__name__}`, not a path "
                f"({config.place})",
                hint="`default` is the path of a file; write the content itself as `default_value`",
            )
        return _Content(None, _beside(os.fspath(path), config.file), f" (its default, {config.place})")
    if config.default_value is not None:
        value = _computed(config, config.default_value, context)
        return None if value is None else _Content(value, "", f" (its default, {config.place})")
    if config.required:
        raise ConfigError(
            f"missing configuration for `{config.name}`",
            hint=f"add `--config {config.name} FILE`, or `--config-value {config.name} TEXT`",
        )
    return None


def _computed(config: ConfigDeclaration, default: Any, context: ParameterContext) -> Any:
    if not callable(default):
        return default
    try:
        return default(context)
    except Exception as error:
        raise ConfigError(
            f"the function that computes the default of the config `{config.name}` raised "
            f"{type(error).__name__}: {error}{_place_of(error)}",
            hint=f"mend the function, or give the config: `--config {config.name} FILE`",
        ) from error


def _beside(path: str, flow_file: str) -> str:
    """A default path as it is, or beside the flow when it is only there."""
    other = os.path.join(os.path.dirname(os.path.abspath(flow_file)), path)
    return other if not os.path.exists(path) and os.path.exists(other) else path


def _parsed(config: ConfigDeclaration, given: _Content) -> Any:
    content = given.content
    if given.file:
        content = _read(config, given)
    if not isinstance(content, str):
        if not isinstance(content, dict):
            raise ConfigError(
                f"the value of the config `{config.name}` is of type `{type(content).__name__}`{given.origin}",
                hint="give a dict, or text for its parser",
            )
        if config.parser is None:
            return _checked(config, _copied(config, content, given), given)
        content = _as_text(config, content, given)
    parser = find_parser(config.parser)
    try:
        value = parser(content)
    except Exception as error:
        raise _unreadable(config, given, content, parser, error) from error
    return _checked(config, value, given)


def _read(config: ConfigDeclaration, given: _Content) -> str:
    try:
        with open(given.file, encoding="utf-8") as file:
            return file.read()
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"the file `{given.file}` of the config `{config.name}` is no text in UTF-8 (byte {error.start})"
            f"{given.origin}",
            hint="save it in UTF-8; binary content belongs in an `IncludeFile`",
        ) from error
    except OSError as error:
        raise ConfigError(
            f"the file `{given.file}` of the config `{config.name}` cannot be read: "
            f"{lowered(error.strerror or str(error))}{given.origin}",
            hint=f"mend the path, or give another file: `--config {config.name} FILE`",
        ) from error


def _copied(config: ConfigDeclaration, content: dict[str, Any], given: _Content) -> Any:
    """A dict given in code, so that nobody else holds what is in it."""
    import copy

    try:
        return copy.deepcopy(content)
    except Exception as error:
        raise ConfigError(
            f"the value of the config `{config.name}` cannot be copied: {error}{given.origin}",
            hint="use dicts, lists, text and numbers",
        ) from error


def _as_text(config: ConfigDeclaration, content: dict[str, Any], given: _Content) -> str:
    import json

    try:
        return json.dumps(content)
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"the value of the config `{config.name}` is no JSON, which its parser is given: {lowered(str(error))}"
            f"{given.origin}",
            hint="use dicts with text keys, lists, text, numbers, true, false and null; or leave the parser out",
        ) from error


def _checked(config: ConfigDeclaration, value: Any, given: _Content) -> Any:
    if config.plain or isinstance(value, dict) or value is None:
        return value
    where = f"`{shown_path(given.file)}`" if given.file else f"the value of the config `{config.name}`"
    raise ConfigError(
        f"{where} holds a `{type(value).__name__}`, and a config is a mapping{given.origin}",
        hint="write keys and values, or declare the config with `plain=True`",
    )


def _unreadable(
    config: ConfigDeclaration, given: _Content, text: str, parser: Callable[[str], Any], error: Exception
) -> ConfigError:
    """The error of a parser with its place in the text: ours know it, others may tell."""
    if type(error).__name__ == "TOMLDecodeError" and isinstance(error, ValueError):
        error = describe_toml(error, text)
    line = getattr(error, "line", 0) or getattr(error, "lineno", 0) or 0
    column = getattr(error, "column", 0) or getattr(error, "colno", 0) or 0
    name = getattr(parser, "__name__", str(parser))
    if isinstance(error, WrongText):
        reason = error.reason
    else:
        reason = f"cannot be read by `{name}`: {type(error).__name__}: {error}"
        reason += "" if isinstance(line, int) and line else _place_of(error)
    where = f"the file `{shown_path(given.file)}`" if given.file else "the value"
    message = f"{where} of the config `{config.name}` {reason}"
    if isinstance(line, int) and isinstance(column, int) and line > 0:
        lines = text.splitlines()
        shown = lines[line - 1] if line <= len(lines) else ""
        message += f", at line {line}" + (f", column {column}" if column else "") + given.origin
        place = place_lines(shown_path(given.file) or f"--config-value {config.name}", line, column, column + 1, shown)
        message += "".join(f"\n{part}" for part in place)
    else:
        message += given.origin
    return ConfigError(message, hint=_cure(config, name))


def _cure(config: ConfigDeclaration, parser: str) -> str:
    if config.parser is None:
        return 'mend the text; for YAML or TOML declare `parser=yaml_parser` or `parser="tomllib.loads"`'
    return f"mend the text, or declare another parser than `{parser}`"


def _unknown(flow: str, name: str, declared: Mapping[str, ConfigDeclaration], origin: str) -> ConfigError:
    from stepwell.base.plugins import nearest

    known = [config.name for config in declared.values()]
    close = nearest(name, known)
    if not known:
        return ConfigError(f"`{flow}` has no config `{name}`{origin}", hint="it has no configs at all")
    hint = f"did you mean `{close[0]}`?" if close else "its configs are: " + ", ".join(f"`{key}`" for key in known)
    return ConfigError(f"`{flow}` has no config `{name}`{origin}", hint=hint)


def _place_of(error: BaseException) -> str:
    place = ""
    tb = error.__traceback__
    while tb is not None:
        if not str(tb.tb_frame.f_globals.get("__name__", "")).startswith("stepwell."):
            place = f", at {tb.tb_frame.f_code.co_filename}:{tb.tb_lineno}"
        tb = tb.tb_next
    return place


def _key(name: str) -> str:
    return name.lower().replace("_", "-")


def _log(text: str) -> None:
    sys.stderr.write(f"{text}\n")
