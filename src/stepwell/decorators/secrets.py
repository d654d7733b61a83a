"""`@secrets`: values that a step finds as environment variables, and that nobody finds in its output or its records."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, overload

from stepwell.base.errors import SecretError, UsageError
from stepwell.base.redaction import MASK, hide_secrets
from stepwell.base.settings import load_settings
from stepwell.decorators.applying import apply
from stepwell.decorators.options import FLAG, text
from stepwell.decorators.protocol import StepDecorator
from stepwell.decorators.secret_sources import parse_source, read_source
from stepwell.documents.diagnostic import Diagnostic

if TYPE_CHECKING:
    from collections.abc import Callable

    from stepwell.decorators.protocol import CheckContext, TaskContext

    F = TypeVar("F", bound=Callable[..., Any])


class Secrets(StepDecorator):
    """The decorator behind `@secrets`; options `sources`, `role` and `allow_override`."""

    name = "secrets"
    defaults = {"sources": [], "role": None, "allow_override": False}  # noqa: RUF012 - a constant of the class
    kinds = {"role": text("arn:aws:iam::123456789012:role/reader"), "allow_override": FLAG}  # noqa: RUF012 - as above

    def recorded_options(self) -> dict[str, Any]:
        """The options without the values that an inline source holds."""
        sources = self.options["sources"]
        listed = [_without_values(source) for source in sources] if isinstance(sources, (list, tuple)) else []
        return {**super().recorded_options(), "sources": listed}

    def private_files(self) -> list[str]:
        """The files that secrets are read from."""
        kind = load_settings().default_secrets_backend_type
        sources = [parse_source(given, kind) for given in self.options["sources"]]
        return [os.path.expanduser(source.id) for source in sources if source.kind == "file"]

    def before_task(self, context: TaskContext) -> None:
        """Read every source, hide the values, set the variables.

        Raises:
            SecretError: A secret cannot be had, or its name is taken.
        """
        settings = load_settings()
        found: dict[str, str] = {}
        for given in self.options["sources"]:
            source = parse_source(given, settings.default_secrets_backend_type)
            values = read_source(source, self.options["role"], settings)
            context.hide(values.values())
            for name, value in values.items():
                taken = "another secret" if name in found else "the environment"
                before = found.get(name, context.environ.get(name))
                if before is not None and before != value and not self.options["allow_override"]:
                    raise SecretError(
                        f"the secret `{source}` sets `{name}`, which {taken} sets too",
                        hint="say `allow_override=True` if the later one is meant, or rename one",
                    )
                found[name] = value
        context.environ.update(found)

    def check(self, context: CheckContext) -> list[Diagnostic]:
        """Every source must be understood; values do not belong on a command line."""
        found = super().check(context)
        sources = self.options["sources"]
        if not isinstance(sources, (list, tuple)) or not sources:
            # What the option holds may be a secret, so the message does not show it.
            return [*found, self._fault(context, "`sources` is not a list of sources", '["file.secrets.env"]')]
        settings = load_settings()
        for given in sources:
            try:
                source = parse_source(given, settings.default_secrets_backend_type)
            except UsageError as error:
                found.append(self._fault(context, error.message, error.hint, example=False))
                continue
            if source.kind == "inline" and not self.file:
                message = "inline secrets on a command line are seen by all, and are kept in records"
                found.append(self._fault(context, message, '["file.secrets.env"]'))
        return found

    def _fault(self, context: CheckContext, message: str, hint: str, *, example: bool = True) -> Diagnostic:
        return Diagnostic(
            code="SW151",
            message=f"`@secrets` on step `{context.step}`: {message}",
            file=context.file,
            line=context.line,
            hint=f"write for example `@secrets(sources={hint})`" if example else hint,
        )


def _without_values(source: Any) -> Any:
    if not isinstance(source, Mapping):
        return str(source)
    options = dict(source.get("options") or {})
    if isinstance(options.get("env_vars"), Mapping):
        options["env_vars"] = dict.fromkeys(map(str, options["env_vars"]), MASK)
    return {**{str(key): str(value) for key, value in source.items() if key != "options"}, "options": options}


def get_secret(source: str | Mapping[str, Any], role: str | None = None) -> dict[str, str]:
    """Read a secret, from anywhere in a flow; its values are not shown in the task's output and records from then on.

    Args:
        source: As in `@secrets(sources=[...])`: `"kind.id"` or a dict.
        role: Whom to be for reading it.

    Returns:
        Its names and values.

    Raises:
        UsageError: The source is not understood.
        SecretError: The secret cannot be had.
    """
    settings = load_settings()
    values = read_source(parse_source(source, settings.default_secrets_backend_type), role, settings)
    hide_secrets(values.values())
    return values


@overload
def secrets(function: F, /) -> F: ...


@overload
def secrets(*, sources: Any = ..., role: str | None = None, allow_override: bool = False) -> Callable[[F], F]: ...


def secrets(function: F | None = None, /, **options: Any) -> F | Callable[[F], F]:
    """Give the step secrets as environment variables; `***` stands for their values in its output and records.

    Args:
        function: The step, when used bare.
        **options: `sources`: texts such as `"aws-secrets-manager.my-secret"`, or dicts of `type`, `id`, `options` and
            `role`. `role`: whom to be for reading them. `allow_override`: whether a secret may replace a variable.

    Returns:
        The step itself.
    """
    return apply(Secrets, function, options)
