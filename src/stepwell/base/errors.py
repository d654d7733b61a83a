"""Every error that Stepwell raises on purpose, as one tree.

    StepwellError
    ├── UsageError               wrong arguments on the command line or in a call (exit code 2)
    │   ├── ArgumentError        a call from Python has an unknown argument or one of the wrong type
    │   ├── ParameterError       a flow parameter is missing, unknown or of the wrong type
    │   ├── ConfigError          a config of a flow is missing, unknown, or its file cannot be read
    │   └── InvalidPathspec      a pathspec has the wrong shape
    ├── SettingsError            a setting has a value that it cannot have
    ├── FlowError                the flow file cannot be used
    │   ├── FlowLoadError        the file does not import: syntax error, missing module, no flow in it
    │   └── LintError            the graph has faults; carries all of them as diagnostics
    ├── StepError                a step did something that the language refuses, while it ran
    │   ├── InvalidNext          a wrong `self.next(...)` call
    │   ├── StepTimeout          a step ran longer than its `@timeout` allows
    │   ├── SecretError          a secret of `@secrets` or `get_secret` cannot be had
    │   ├── MergeConflict        `merge_artifacts` met different values (`.artifact_names`)
    │   └── MissingInMerge       `merge_artifacts(include=...)` names what no input has (`.artifact_names`)
    ├── ArtifactError            a value cannot be stored or loaded; names the artifact
    ├── StoreError               the datastore refused or broke
    │   ├── NotFound             nothing there (also for client objects)
    │   ├── AlreadyExists        a create-only write met an existing key
    │   ├── Corrupted            bytes do not have the digest that they should
    │   ├── StoreFull            no space left
    │   └── StoreReadOnly        no permission to write
    ├── RecordsError             the index cannot be read or written
    ├── NamespaceMismatch        the object exists, in another namespace
    ├── TaggingError             a tag breaks a rule
    └── RunFailed                a run ended without success (exit code 1)

    CaughtException              no error, but the artifact in which `@catch` keeps what went wrong

Every error says what happened in one sentence and, in `hint`, what to do about it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence


class MetaflowException(Exception):
    """What flows written for Metaflow raise and catch; `metaflow.exception.MetaflowException` in compat mode.

    Every error of Stepwell is one, so that `except MetaflowException` holds what it promises.

    Args:
        msg: What happened.
        lineno: The line that it is about.
        source_file: The file that it is about.
    """

    headline: ClassVar[str] = "Flow failed"

    def __init__(self, msg: str = "", lineno: int | None = None, source_file: str | None = None) -> None:
        super().__init__(msg)
        self.message = str(msg)
        self.line_no = lineno
        self.source_file = source_file


class StepwellError(MetaflowException):
    """The root: `message` says what happened, `hint` says what to type or change.

    Args:
        message: One sentence, no full stop needed, with names in backticks.
        hint: The cure, or an empty string when there is none.
    """

    exit_code: ClassVar[int] = 1
    headline: ClassVar[str] = "error"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\nhint: {self.hint}" if self.hint else self.message


class UsageError(StepwellError):
    """Wrong arguments on the command line or in a call."""

    exit_code = 2


class ArgumentError(UsageError, TypeError):
    """A call from Python has an unknown argument, or one of the wrong type."""


class ParameterError(UsageError):
    """A flow parameter is missing, unknown, or has a value of the wrong type."""


class ConfigError(UsageError):
    """A config of a flow is missing, unknown, cannot be read, or lacks what the flow asks of it."""


class InvalidPathspec(UsageError):
    """A pathspec does not have the shape that the object needs."""


class SettingsError(StepwellError):
    """A setting has a value that it cannot have; the message says where it came from."""

    exit_code = 2


class FlowError(StepwellError):
    """The flow file cannot be used."""


class FlowLoadError(FlowError):
    """The flow file does not import: a syntax error, a missing module, or no flow in it."""


class LintError(FlowError):
    """The graph has faults.

    Attributes:
        diagnostics: All of them, each a `documents.diagnostic.Diagnostic`.
    """

    def __init__(self, message: str, diagnostics: Sequence[object], *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.diagnostics = tuple(diagnostics)


class StepError(StepwellError):
    """A step did something that the language refuses, while it ran."""


class InvalidNext(StepError):
    """A `self.next(...)` call that is wrong, or that differs from what the file says."""


class StepTimeout(StepError):
    """A step ran longer than its `@timeout` allows; raised within the step when the time is over."""


class SecretError(StepError):
    """A secret of `@secrets` or `get_secret` cannot be had; the message never holds its value."""


class MergeConflict(StepError):
    """`merge_artifacts` met artifacts with different values.

    Attributes:
        artifact_names: The names in conflict.
    """

    def __init__(self, message: str, artifact_names: list[str], *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.artifact_names = artifact_names


class MissingInMerge(StepError):
    """`merge_artifacts(include=...)` names artifacts that no input has.

    Attributes:
        artifact_names: The names that are missing.
    """

    def __init__(self, message: str, artifact_names: list[str], *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.artifact_names = artifact_names


class ArtifactError(StepwellError):
    """A value cannot be stored or loaded; the message names the artifact and the offending part."""


class StoreError(StepwellError):
    """The datastore refused or broke; the message names the place."""


class NotFound(StoreError):
    """Nothing is there."""


class AlreadyExists(StoreError):
    """A create-only write met an existing key."""


class Corrupted(StoreError):
    """Stored bytes do not have the digest or the framing that they should."""


class StoreFull(StoreError):
    """No space is left on the datastore."""


class StoreReadOnly(StoreError):
    """The datastore cannot be written to."""


class RecordsError(StepwellError):
    """The records index cannot be read or written."""


class NamespaceMismatch(StepwellError):
    """The object exists, but not in the current namespace."""


class TaggingError(StepwellError):
    """A tag breaks a rule."""


class CaughtException(Exception):
    """What went wrong in a step with `@catch(var=...)`, as the artifact of that name.

    Args:
        type: Qualified name of the exception's type, such as `builtins.ValueError`; or what happened instead.
        message: The exception's text, or what is known of a crash.
        stacktrace: The traceback as Python prints it, without frames of the framework; empty after a crash.

    Attributes:
        exception: The same as `message`.
    """

    def __init__(self, type: str = "", message: str = "", stacktrace: str = "") -> None:  # noqa: A002 - Metaflow's name
        super().__init__(type, message, stacktrace)
        self.type = type
        self.message = message
        self.exception = message
        self.stacktrace = stacktrace

    def __str__(self) -> str:
        return self.stacktrace or f"{self.type}: {self.message}"

    def __repr__(self) -> str:
        return f"<{self.type}: {self.message}>"


class RunFailed(StepwellError):
    """A run ended without success.

    Attributes:
        run: The run as a client object, None when it did not begin.
    """

    def __init__(self, message: str, *, hint: str = "", run: Any = None) -> None:
        super().__init__(message, hint=hint)
        self.run = run
