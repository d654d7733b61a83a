"""The errors for values that cannot be stored: which part of which value, why, and what to do."""

from __future__ import annotations

from typing import Any

from stepwell.artifacts.offender import Offender, find_offender
from stepwell.base.errors import ArtifactError, StepwellError

_CURES = {
    "generator": "store what it yields instead, for example `list(...)`",
    "coroutine": "store its result instead",
    "async_generator": "store what it yields instead",
    "TextIOWrapper": "store the file's path or its content instead",
    "BufferedReader": "store the file's path or its content instead",
    "BufferedWriter": "store the file's path or its content instead",
    "memoryview": "store `bytes(...)` of it instead",
    "socket": "store its address and connect again where it is used",
    "Connection": "store what is needed to connect, and connect again where it is used",
    "Cursor": "store the rows instead, for example `cursor.fetchall()`",
}


def refusal(subject: str, path: str, value: Any, error: Exception) -> ArtifactError:
    """The error to raise for a value that an encoder has refused.

    Args:
        subject: What the message calls the value, for example ``artifact `model` ``.
        path: How the step's code reaches it, for example `self.model`.
        value: The value.
        error: What the encoder raised.
    """
    lead = f"{subject} cannot be stored"
    if isinstance(error, StepwellError):
        return ArtifactError(f"{lead}: {error.message}", hint=error.hint)
    if isinstance(error, RecursionError) or isinstance(error.__cause__, RecursionError):
        return ArtifactError(
            f"{lead}: it is nested too deeply for pickle",
            hint="store it in a flatter form, such as a list of nodes that name each other by index",
        )
    if isinstance(error, MemoryError):
        return ArtifactError(
            f"{lead}: there is not enough memory to pickle it", hint="store it in parts, or ask for more memory"
        )
    offender = find_offender(value, path)
    message = f"{lead}: `{offender.path}` is a `{offender.type}`"
    if not offender.is_exact:
        message = f"{lead}: it holds a `{offender.type}`"
    if offender.reason:
        message += f" ({offender.reason})"
    return ArtifactError(message, hint=_cure(path, offender))


def _cure(path: str, offender: Offender) -> str:
    name = offender.type.rpartition(".")[2]
    if name in _CURES:
        first = _CURES[name]
    elif offender.path == path or not offender.is_exact:
        first = f"remove it before the step ends, for example `del {path}`"
    else:
        first = f"remove `{offender.path}` before the step ends, or leave it out in `__getstate__` of what holds it"
    return f"{first}; attributes whose names start with `__` are never stored"
