"""Where secrets come from: how a source is written, and the kinds that need nothing but this machine.

A source is a text, `kind.id`, or a dict of `type`, `id`, `options` and `role`. Each kind is a class with one method
that gives names and values; others are added as entry points of the group `stepwell.secrets`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from stepwell.base.errors import SecretError, UsageError
from stepwell.base.plugins import find_plugin, plugin_names

if TYPE_CHECKING:
    from stepwell.base.settings import Settings

_KEYS = ("type", "id", "options", "role")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OURS = ("METAFLOW_", "STEPWELL_")


class SecretSource(NamedTuple):
    """One source, as it was written.

    Attributes:
        kind: Name of its kind, such as `aws-secrets-manager`.
        id: What it is called there.
        options: Options of the kind.
        role: Whom to be for reading it; None for the decorator's, or the setting's.
    """

    kind: str
    id: str
    options: Mapping[str, Any]
    role: str | None

    def __str__(self) -> str:
        return f"{self.kind}.{self.id}" if self.id else self.kind


class SecretBackend(Protocol):
    """Reads secrets of one kind."""

    options: frozenset[str]

    def read(self, source: SecretSource, role: str | None, settings: Settings) -> dict[str, str]:
        """Names and values.

        Raises:
            SecretError: It is not there, or may not be read; the message never holds a value.
        """


def parse_source(given: Any, default_kind: str | None = None) -> SecretSource:
    """The source that a text or a dict names.

    Raises:
        UsageError: It has another form, names an unknown kind, or has an unknown option.
    """
    if isinstance(given, str) and given:
        kind, dot, name = given.partition(".")
        if not dot or (default_kind and kind not in plugin_names("secrets")):
            kind, name = default_kind or "", given
        source = SecretSource(kind, name, {}, None)
    elif isinstance(given, Mapping) and not set(given) - set(_KEYS):
        options = given.get("options") or {}
        if not isinstance(options, Mapping):
            raise UsageError(
                "`options` of a secret is not a dict", hint='write for example `{"options": {"json": True}}`'
            )
        source = SecretSource(
            str(given.get("type") or default_kind or ""), str(given.get("id") or ""), options, given.get("role")
        )
    else:
        raise UsageError(
            f"a source of secrets of type `{type(given).__name__}` is not understood",
            hint='write `"kind.id"`, or a dict with `type`, `id`, and perhaps `options` and `role`',
        )
    if not source.kind:
        raise UsageError(
            f"the secret `{source.id}` does not say where it is",
            hint="write `kind.id`, or set `default_secrets_backend_type`; kinds are: " + _kinds(),
        )
    unknown = sorted(set(source.options) - _backend(source).options)
    if unknown:
        known = ", ".join(f"`{name}`" for name in sorted(_backend(source).options)) or "none"
        raise UsageError(
            f"a secret of kind `{source.kind}` has no option `{unknown[0]}`", hint=f"its options are: {known}"
        )
    return source


def read_source(source: SecretSource, role: str | None, settings: Settings) -> dict[str, str]:
    """Names and values of a source; every name is one that a variable can have.

    Raises:
        SecretError: The secret cannot be had, or names what cannot be a variable.
    """
    role = source.role or role or settings.default_secrets_role
    values = _backend(source).read(source, role, settings)
    for name in values:
        if not _NAME.fullmatch(name):
            raise SecretError(
                f"the secret `{source}` has the key `{name}`, which cannot be the name of a variable",
                hint="keys are letters, digits and `_`",
            )
        if name.startswith(_OURS):
            raise SecretError(f"the secret `{source}` sets `{name}`", hint="names that begin so are not for secrets")
    return values


def variable_name(source: SecretSource) -> str:
    """The variable of a secret that is a single text: as its option says, or made from its id."""
    given = source.options.get("env_var_name")
    if given:
        return str(given)
    last = source.id.rstrip("/").rpartition("/")[2].rpartition(":")[2]
    name = re.sub(r"\W", "_", last)
    return f"_{name}" if name[:1].isdigit() else name


def keys_and_values(text: str, source: SecretSource) -> dict[str, str]:
    """The object of a secret that is JSON.

    Raises:
        SecretError: It is none. Nothing of the text is shown.
    """
    import json

    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or any(isinstance(value, (dict, list)) for value in found.values()):
        raise SecretError(
            f"the secret `{source}` is not a JSON object of names and plain values",
            hint='if it is a single text, say so: `"options": {"json": False}`',
        )
    return {str(key): value if isinstance(value, str) else json.dumps(value) for key, value in found.items()}


class InlineSecrets:
    """Values written into the flow itself, for tests: they are in the code snapshot for all to see."""

    options = frozenset({"env_vars"})

    def read(self, source: SecretSource, role: str | None, settings: Settings) -> dict[str, str]:
        """The values of `env_vars`."""
        del role, settings
        given = source.options.get("env_vars") or {}
        if not isinstance(given, Mapping):
            raise SecretError("`env_vars` of inline secrets is not a dict", hint="write names and values")
        return {str(name): str(value) for name, value in given.items()}


class EnvironmentSecrets:
    """A variable of the environment that the run was started in, under its own name or another."""

    options = frozenset({"env_var_name"})

    def read(self, source: SecretSource, role: str | None, settings: Settings) -> dict[str, str]:
        """The variable."""
        del role, settings
        value = os.environ.get(source.id)
        if value is None:
            raise SecretError(f"the variable `{source.id}` is not set", hint=f"set it: `export {source.id}=...`")
        return {str(source.options.get("env_var_name") or source.id): value}


class FileSecrets:
    """A file of `NAME=value` lines, or of JSON when its name ends so."""

    options = frozenset({"json"})

    def read(self, source: SecretSource, role: str | None, settings: Settings) -> dict[str, str]:
        """All of it."""
        del role, settings
        path = os.path.expanduser(source.id)
        try:
            with open(path, encoding="utf-8") as file:
                text = file.read()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not text"
            raise SecretError(
                f"the file of secrets `{source.id}` cannot be read: {reason}", hint="look at its path"
            ) from None
        if source.options.get("json", path.endswith(".json")):
            return keys_and_values(text, source)
        return dict(_lines(text, source))


def _lines(text: str, source: SecretSource) -> list[tuple[str, str]]:
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        name, equals, value = stripped.removeprefix("export ").partition("=")
        if not equals:
            raise SecretError(f"line {number} of `{source.id}` is not `NAME=value`", hint="mend that line")
        value = value.strip()
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        else:
            value = value.partition(" #")[0].rstrip()
        found.append((name.strip(), value))
    return found


def _backend(source: SecretSource) -> SecretBackend:
    made: SecretBackend = find_plugin("secrets", source.kind)()
    return made


def _kinds() -> str:
    return ", ".join(f"`{name}`" for name in plugin_names("secrets"))
