"""The one border between user code and ours: what a step raises becomes an `ErrorRecord` here and nowhere else.

The traceback that is kept starts at the user's own frame and has none of ours, causes and contexts included.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepwell.base.compat_names import recorded_name
from stepwell.base.errors import ArtifactError, StepError, StepTimeout, StepwellError, StoreError
from stepwell.base.formats import storable_text
from stepwell.base.user_traceback import format_user_traceback
from stepwell.documents.task import ErrorRecord

if TYPE_CHECKING:
    from typing import Literal

    Kind = Literal["exception", "artifact", "exit", "language", "store", "cancelled", "memory", "timeout"]

_MESSAGE_LIMIT = 10_000
_TRACEBACK_LIMIT = 100_000


def describe_failure(error: BaseException, *, at_terminal: bool = False) -> ErrorRecord:
    """The record of what a step raised.

    Args:
        error: What it raised.
        at_terminal: True when Ctrl-C reaches the step itself: `KeyboardInterrupt` is then a wish to stop.
    """
    kind: Kind = "exception"
    hint = ""
    message = _text_of(error)
    if isinstance(error, SystemExit):
        kind = "exit"
        message = f"the step called sys.exit({'' if error.code is None else repr(error.code)})"
        hint = "end a step with `self.next(...)`, or raise an exception to make it fail"
    elif isinstance(error, KeyboardInterrupt):
        kind = "cancelled" if at_terminal else "exception"
        message = message or "the step was interrupted"
    elif isinstance(error, StepwellError):
        message, hint = error.message, error.hint
        if isinstance(error, ArtifactError):
            kind = "artifact"
        elif isinstance(error, StoreError):
            kind = "store"
        elif isinstance(error, StepTimeout):
            kind = "timeout"
        elif isinstance(error, StepError):
            kind = "language"
    elif isinstance(error, MemoryError):
        kind = "memory"
        message = message or "the step ran out of memory"
    from stepwell.task.failure_frames import FailureFrames

    frames = FailureFrames(_type_name)
    return ErrorRecord(
        kind=kind,
        type=_type_name(type(error)),
        message=_shortened(message, _MESSAGE_LIMIT),
        traceback=_shortened(format_user_traceback(error), _TRACEBACK_LIMIT),
        frames=frames.of(error.__traceback__),
        chain=frames.chain(error),
        hint=hint,
    )


def _type_name(kind: type[BaseException]) -> str:
    return (
        kind.__qualname__ if kind.__module__ == "builtins" else recorded_name(f"{kind.__module__}.{kind.__qualname__}")
    )


def _text_of(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - a user's __str__ may raise anything
        return "<the exception's text cannot be made>"


def _shortened(text: str, limit: int) -> str:
    """Text without its middle when it is too long: what happened stands at one end or the other."""
    if len(text) > limit:
        left_out = f"... {len(text) - limit:,} characters left out ..."
        text = f"{text[: limit // 2]}{left_out}{text[-limit // 2 :]}"
    return storable_text(text)
