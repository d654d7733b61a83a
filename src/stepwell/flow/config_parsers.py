"""Parsers of configs: text in, a mapping out. What is wrong with the text is told with line and column.

Libraries are imported when a parser is called. A parser of the user's own is any function of one text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NoReturn

from stepwell.base.errors import ConfigError
from stepwell.flow.conversion import lowered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# PEP 508: name, extras, then a version or a place.
_REQUIREMENT = re.compile(
    r"""(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*
        (?P<extras>\[[A-Za-z0-9._,\s-]*\])?\s*
        (?:@\s*(?P<place>\S+)|\(?(?P<version>(?:(?:===|==|~=|!=|<=|>=|<|>)\s*[^\s,;()]+\s*,?\s*)*)\)?)\s*\Z""",
    re.VERBOSE,
)
_CONDA = re.compile(
    r"(?P<name>(?:[\w.-]+::)?[A-Za-z0-9][\w.-]*)\s*(?P<version>(?:[=<>!~]=?|\s)[^\s].*)?\Z",
)
_COMMENT = re.compile(r"(?:^|\s)#.*")
_TOML_PLACE = re.compile(r"\s*\(at line (\d+), column (\d+)\)")


class WrongText(Exception):
    """A text that a parser cannot read: why, and where when it is known (both counted from 1, 0 when unknown)."""

    def __init__(self, reason: str, line: int = 0, column: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line
        self.column = column


def json_parser(text: str) -> Any:
    """JSON, the format of a config without a parser."""
    import json

    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise WrongText(f"is no JSON: {lowered(error.msg)}", error.lineno, error.colno) from None


def yaml_parser(text: str) -> Any:
    """YAML, read with PyYAML's safe loader.

    Args:
        text: The content of a file.
    """
    import yaml  # type: ignore[import-untyped,unused-ignore]

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or str(error)
        raise WrongText(
            f"is no YAML: {lowered(reason)}", mark.line + 1 if mark else 0, mark.column + 1 if mark else 0
        ) from None


def toml_parser(text: str) -> Any:
    """TOML, as the standard library reads it; a config may also say `parser="tomllib.loads"`."""
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise describe_toml(error, text) from None


def describe_toml(error: ValueError, text: str) -> WrongText:
    """The library's error with its place as numbers."""
    message = str(error)
    found = _TOML_PLACE.search(message)
    reason = _TOML_PLACE.sub("", message).replace(" (at end of document)", "")
    lines = text.splitlines()
    line, column = (int(found[1]), int(found[2])) if found else (len(lines), len(lines[-1]) + 1 if lines else 1)
    return WrongText(f"is no TOML: {lowered(reason)}", line, column)


def requirements_txt_parser(text: str) -> dict[str, Any]:
    """The packages of a `requirements.txt`, for `@pypi`.

    Args:
        text: The content of a file.

    Returns:
        `packages`, from name (with extras, or with `@` and a place) to version, and `python`, a version or None. The
        version of `numpy==1.2` is `1.2`; others keep their operators.
    """
    lines = ((number, _COMMENT.sub("", line).strip()) for number, line in enumerate(text.splitlines(), 1))
    return _packages((number, line) for number, line in lines if line)


def pyproject_toml_parser(text: str) -> dict[str, Any]:
    """The dependencies of a `pyproject.toml`, for `@pypi`: `project.dependencies` and `project.requires-python`.

    Args:
        text: The content of a file.

    Returns:
        The same as `requirements_txt_parser`.
    """
    project = toml_parser(text).get("project", {})
    found = _packages((0, requirement) for requirement in project.get("dependencies", ()))
    python = project.get("requires-python")
    if python:
        found["python"] = _bare(python)
    return found


def conda_environment_yml_parser(text: str) -> dict[str, Any]:
    """The packages of a conda `environment.yml`, for `@conda`.

    Args:
        text: The content of a file.

    Returns:
        `packages`, from name (with channel, if any) to version, and `python`, a version or None.
    """
    document = yaml_parser(text) or {}
    if not isinstance(document, dict):
        raise WrongText("is no conda environment: it has no keys")
    packages: dict[str, str] = {}
    python: str | None = None
    for entry in document.get("dependencies") or ():
        number = _line_of(text, entry)
        if not isinstance(entry, str):
            raise WrongText(
                "has packages of pip among its dependencies, which conda does not install; give them to `@pypi`", number
            )
        match = _CONDA.match(entry.strip())
        if match is None:
            raise WrongText(f"has the dependency `{entry}`, which is no name with a version", number)
        version = (match["version"] or "").strip()
        plain = re.match(r"==?\s*([^=<>!~,|\s]+)\Z", version)
        version = plain[1] if plain else version
        if match["name"] == "python":
            python = version
        else:
            packages[match["name"]] = version
    return {"packages": packages, "python": python}


# Also the names under which files written for Metaflow call them: `parser=".plugins.parsers.yaml_parser"`.
PARSERS: dict[str, Callable[[str], Any]] = {
    parser.__name__: parser
    for parser in (
        json_parser,
        yaml_parser,
        toml_parser,
        requirements_txt_parser,
        pyproject_toml_parser,
        conda_environment_yml_parser,
    )
}


def find_parser(given: Callable[[str], Any] | str | None) -> Callable[[str], Any]:
    """The function behind what a declaration calls its parser.

    Args:
        given: A function, a dotted name, or None for JSON. A leading dot means one that comes with Stepwell.

    Raises:
        ConfigError: There is no such function.
    """
    if given is None:
        return json_parser
    if not isinstance(given, str):
        return given
    module_name, _, name = given.rpartition(".")
    if (not module_name or given.startswith(".")) and name in PARSERS:
        return PARSERS[name]
    try:
        import importlib

        found = getattr(importlib.import_module(module_name), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(
            f"the parser `{given}` cannot be imported: {error}",
            hint=f"give a function, or its dotted name; those that come with Stepwell are {_listed(PARSERS)}",
        ) from error
    if not callable(found):
        raise ConfigError(f"the parser `{given}` is not a function", hint="give a function of one text")
    parser: Callable[[str], Any] = found
    return parser


def _packages(lines: Iterable[tuple[int, str]]) -> dict[str, Any]:
    packages: dict[str, str] = {}
    python: str | None = None
    for number, line in lines:
        if line.startswith("-"):
            _refuse(number, f"has the option `{line}`; only packages can be read, so write out the ones that it means")
        requirement, marker, _ = line.partition(";")
        if marker:
            _refuse(number, f"has a condition in `{line}`, which a table of packages cannot keep; remove it")
        match = _REQUIREMENT.match(requirement.strip())
        if match is None:
            _refuse(number, f"has the requirement `{line}`, which is no name with a version (PEP 508)")
        name = match["name"] + (match["extras"] or "").replace(" ", "")
        version = _bare(match["version"] or "")
        if match["place"]:
            packages[f"{name}@{match['place']}"] = ""
        elif name.lower() != "python":
            packages[name] = version
        elif python is not None:
            _refuse(number, "names the version of Python twice; keep one")
        else:
            python = version
    return {"packages": packages, "python": python}


def _bare(version: str) -> str:
    """A version without spaces; one that is exact, without its operator."""
    version = re.sub(r"\s+", "", version).rstrip(",")
    return version[2:] if version.startswith("==") and "," not in version and version[2:3] != "=" else version


def _refuse(line: int, reason: str) -> NoReturn:
    raise WrongText(reason, line)


def _line_of(text: str, entry: object) -> int:
    wanted = entry if isinstance(entry, str) else next(iter(entry), "") if isinstance(entry, dict) else ""
    lines = text.splitlines()
    return next((number for number, line in enumerate(lines, 1) if wanted and f"- {wanted}" in line), 0)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
