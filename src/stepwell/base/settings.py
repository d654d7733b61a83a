"""Settings: what can be configured, and for each value where it came from.

A flag wins over the environment, the environment over the project (`[tool.stepwell]` of the nearest pyproject.toml
that has one), the project over the user's file, and that over the default. Settings are one frozen object, made once
where a program begins and passed down from there.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct, field

from stepwell.base.errors import SettingsError, UsageError
from stepwell.base.formats import parse_size
from stepwell.base.user import current_user

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Source = Literal["flag", "environment", "project", "user file", "default"]

# Reading TOML costs more than all the rest, so a project file is only parsed when it can have our table.
_HAS_TABLE = re.compile(rb"tool[\"'\s]*\.[\"'\s]*stepwell|^[\"'\s]*stepwell[\"'\s]*[=.]", re.MULTILINE)


class SettingValue(Struct, frozen=True, kw_only=True):
    """One setting with its origin.

    Attributes:
        name: Name of the field.
        value: Its value.
        source: What kind of place set it.
        place: The flag, the variable or the path of the file; empty for a default.
    """

    name: str
    value: Any
    source: Source
    place: str = ""


class Settings(Struct, frozen=True, kw_only=True):
    """Everything that can be configured.

    Attributes:
        datastore: URL or folder; None looks for `.stepwell/` from the working directory upwards.
        user: Who runs things; goes into records and the default namespace.
        namespace: Default namespace of new runs and of readers; None means `user:<user>`, an empty text means all.
        max_workers: The most tasks at once; None leaves it to what fits the machine.
        isolation: How tasks are kept apart: `fork`, `spawn` or `none`.
        on_failure: After a task failed for good: `wait` for what runs, `stop` it, or `continue` with other branches.
        default_decorators: `--with` specifications that every run gets.
        grace_seconds: Seconds between asking a task to end and ending it.
        color: `auto`, `always` or `never`.
        quiet: Only what tasks print, failures, and the last line.
        code_suffixes: Endings of the files that a code snapshot takes.
        code_max_bytes: Bytes that a code snapshot may have in all.
        durability: `crash`: results survive the death of any process; `power`: also a power cut.
        enforce_resources: Hold tasks to the cores and the memory that `@resources` says.
        default_secrets_backend_type: Kind of secrets whose sources name an id only.
        default_secrets_role: Whom to be for reading secrets.
        aws_secrets_manager_default_region: Region of AWS secrets that do not name theirs.
        aws_secrets_manager_default_role: Whom to be for reading AWS secrets.
        gcp_secret_manager_prefix: What stands before ids of Google Cloud secrets, such as `projects/1/secrets/`.
        azure_key_vault_prefix: URL of the vault of Azure secrets that name an id only.
        origins: Where each value that is no default came from, as source and place.
    """

    datastore: str | None = None
    user: str = field(default_factory=current_user)
    namespace: str | None = None
    max_workers: int | None = None
    isolation: Literal["fork", "spawn", "none"] = "fork"
    on_failure: Literal["wait", "stop", "continue"] = "wait"
    default_decorators: tuple[str, ...] = ()
    grace_seconds: float = 5.0
    color: Literal["auto", "always", "never"] = "auto"
    quiet: bool = False
    code_suffixes: tuple[str, ...] = (
        ".py", ".pyi", ".toml", ".yaml", ".yml", ".json", ".sql", ".txt", ".md", ".r", ".R", ".jl", ".sh", ".js",
    )  # fmt: skip
    code_max_bytes: int = 50 * 2**20
    durability: Literal["crash", "power"] = "crash"
    enforce_resources: bool = False
    default_secrets_backend_type: str | None = None
    default_secrets_role: str | None = None
    aws_secrets_manager_default_region: str | None = None
    aws_secrets_manager_default_role: str | None = None
    gcp_secret_manager_prefix: str | None = None
    azure_key_vault_prefix: str | None = None
    origins: dict[str, tuple[Source, str]] = field(default_factory=dict)

    def explain(self) -> list[SettingValue]:
        """Every setting with its value and where that came from, in the order of their definition."""
        explained = []
        for name in setting_names():
            source, place = self.origins.get(name, ("default", ""))
            explained.append(SettingValue(name=name, value=getattr(self, name), source=source, place=place))
        return explained


def setting_names() -> tuple[str, ...]:
    """The names of all settings."""
    return tuple(_READERS)


def load_settings(
    flags: Mapping[str, object] | None = None,
    cwd: str | os.PathLike[str] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """Gather the settings.

    Args:
        flags: Values given on a command line or in a call, by setting; None stands for not given.
        cwd: Where to look for the project file from; the working directory by default.
        environ: The environment; the process's by default.

    Raises:
        SettingsError: A file or variable has an unknown name or a value that the setting cannot have.
    """
    environ = os.environ if environ is None else environ
    start = Path.cwd() if cwd is None else Path(cwd).absolute()
    values: dict[str, Any] = {}
    origins: dict[str, tuple[Source, str]] = {}

    def take(name: str, raw: object, source: Source, place: str, base: Path) -> None:
        values[name] = _read(name, raw, place, base)
        origins[name] = (source, place)

    user_file = _user_file(environ)
    for source, path, table in (
        ("user file", user_file, _user_table(user_file)),
        ("project", *_project_table(start)),
    ):
        for key, raw in table.items():
            name = key.replace("-", "_")
            if name not in _READERS:
                raise _unknown_key(key, path)
            take(name, raw, "project" if source == "project" else "user file", str(path), path.parent)
    for name in _READERS:
        variable = f"STEPWELL_{name.upper()}"
        if variable in environ:
            take(name, environ[variable], "environment", variable, start)
    for name, value in (flags or {}).items():
        if value is not None:
            take(name, value, "flag", f"--{name.replace('_', '-')}", start)
    return Settings(**values, origins=origins)


def _user_file(environ: Mapping[str, str]) -> Path:
    configured = environ.get("XDG_CONFIG_HOME")
    base = Path(configured) if configured else Path(environ.get("HOME") or "~").expanduser() / ".config"
    return base / "stepwell" / "config.toml"


def _user_table(path: Path) -> dict[str, Any]:
    data = _bytes_of(path)
    return {} if data is None else _parse(data, path)


def _project_table(start: Path) -> tuple[Path, dict[str, Any]]:
    for folder in (start, *start.parents):
        path = folder / "pyproject.toml"
        data = _bytes_of(path)
        if data is None or not _HAS_TABLE.search(data):
            continue
        table = _parse(data, path).get("tool", {}).get("stepwell")
        if isinstance(table, dict):
            return path, table
    return start / "pyproject.toml", {}


def _bytes_of(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except OSError as error:
        raise SettingsError(
            f"`{path}` cannot be read: {error.strerror}", hint="give yourself the right to read it, or move it away"
        ) from error


def _parse(data: bytes, path: Path) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"`{path}` is not TOML: {error}", hint="mend the file at the place named") from error


def _unknown_key(key: str, path: Path) -> SettingsError:
    from stepwell.base.plugins import nearest

    close = nearest(key, _READERS)
    hint = f"did you mean `{close[0]}`?" if close else "known are: " + ", ".join(f"`{name}`" for name in _READERS)
    return SettingsError(f"`{path}` sets `{key}`, which is not a setting", hint=hint)


def _read(name: str, raw: object, place: str, base: Path) -> Any:
    try:
        return _READERS[name](raw, base)
    except (ValueError, TypeError, UsageError) as error:
        detail = error.message if isinstance(error, UsageError) else str(error)
        raise SettingsError(f"setting `{name}` in `{place}`: {detail}", hint=f"it is {raw!r} there") from None


def _text(raw: object, base: Path) -> str:  # noqa: ARG001
    if not isinstance(raw, str):
        raise TypeError("a text is needed")
    return raw


def _filled_text(raw: object, base: Path) -> str:
    text = _text(raw, base)
    if not text.strip():
        raise ValueError("a text that is not empty is needed")
    return text


def _location(raw: object, base: Path) -> str:
    text = _filled_text(raw, base)
    if "://" in text:
        return text
    # A relative folder in a file means: relative to that file, wherever the command is called from.
    return str(base / Path(text).expanduser())


def _count(raw: object, base: Path) -> int:  # noqa: ARG001
    number = int(raw) if isinstance(raw, str) and raw.strip().isdecimal() else raw
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise ValueError("a whole number of at least 1 is needed")
    return number


def _seconds(raw: object, base: Path) -> float:  # noqa: ARG001
    try:
        number = float(raw) if isinstance(raw, (str, int, float)) and not isinstance(raw, bool) else -1.0
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise ValueError("a number of seconds is needed, 0 or more")
    return number


def _boolean(raw: object, base: Path) -> bool:  # noqa: ARG001
    if isinstance(raw, str):
        return raw.strip().lower() not in {"0", "false", ""}
    if not isinstance(raw, bool):
        raise TypeError("`true` or `false` is needed")
    return raw


def _bytes_amount(raw: object, base: Path) -> int:  # noqa: ARG001
    if isinstance(raw, str):
        return parse_size(raw)
    if not isinstance(raw, int) or isinstance(raw, bool) or raw < 0:
        raise ValueError("a number of bytes or a text such as `50 MiB` is needed")
    return raw


def _one_of(*choices: str) -> Callable[[object, Path], str]:
    def read(raw: object, base: Path) -> str:  # noqa: ARG001
        if raw not in choices:
            raise ValueError("one of these is needed: " + ", ".join(f"`{choice}`" for choice in choices))
        return str(raw)

    return read


def _list(separator: str) -> Callable[[object, Path], tuple[str, ...]]:
    def read(raw: object, base: Path) -> tuple[str, ...]:  # noqa: ARG001
        items = re.split(separator, raw.strip()) if isinstance(raw, str) else raw
        if not isinstance(items, (list, tuple)) or not all(isinstance(item, str) for item in items):
            raise ValueError("a list of texts is needed")
        return tuple(item for item in items if item)

    return read


_READERS: dict[str, Callable[[object, Path], Any]] = {
    "datastore": _location,
    "user": _filled_text,
    "namespace": _text,
    "max_workers": _count,
    "isolation": _one_of("fork", "spawn", "none"),
    "on_failure": _one_of("wait", "stop", "continue"),
    "default_decorators": _list(r"\s+"),  # a decorator's options hold commas
    "grace_seconds": _seconds,
    "color": _one_of("auto", "always", "never"),
    "quiet": _boolean,
    "code_suffixes": _list(r"[,\s]+"),
    "code_max_bytes": _bytes_amount,
    "durability": _one_of("crash", "power"),
    "enforce_resources": _boolean,
    "default_secrets_backend_type": _filled_text,
    "default_secrets_role": _filled_text,
    "aws_secrets_manager_default_region": _filled_text,
    "aws_secrets_manager_default_role": _filled_text,
    "gcp_secret_manager_prefix": _filled_text,
    "azure_key_vault_prefix": _filled_text,
}
