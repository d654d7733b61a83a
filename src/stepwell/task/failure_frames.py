"""The user's frames of an exception and of what led to it, with their local variables.

Everything is bounded, and nothing of the user's is called: a task that failed must not fail once more, nor take its
time, because of what is recorded about it.
"""

from __future__ import annotations

import linecache
import traceback
from time import perf_counter
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any, Literal

from stepwell.artifacts.quiet_preview import quiet_preview
from stepwell.base.formats import storable_text
from stepwell.base.secret_names import secrets_of_environment
from stepwell.base.user_traceback import is_ours
from stepwell.documents.task import ChainedError, TracebackFrame
from stepwell.flow.inputs import Inputs
from stepwell.flow.spec import FlowSpec, public_state

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType, TracebackType

# Frames of one exception: the outermost and the innermost ones of a deep recursion.
_OUTER_FRAMES, _INNER_FRAMES = 10, 40
# Of these, the innermost show their variables.
_FRAMES_WITH_LOCALS = 10
_LOCALS_OF_A_FRAME = 40
# For all frames of one failure together.
_CHARACTERS = 16_000
_SECONDS = 0.25
_CHAIN = 6

_NOT_SHOWN = (ModuleType, FunctionType, BuiltinFunctionType, MethodType, type)

Relation = Literal["cause", "context"]


class FailureFrames:
    """Describes the frames of one failure; counts what it spends on them.

    Args:
        type_name: What an exception's type is called in records.
    """

    def __init__(self, type_name: Callable[[type[BaseException]], str]) -> None:
        self._type_name = type_name
        self._stop_at = perf_counter() + _SECONDS
        self._characters = _CHARACTERS
        self._secrets = secrets_of_environment()

    def of(self, tb: TracebackType | None) -> tuple[TracebackFrame, ...]:
        """The user's frames of a traceback, outermost first."""
        found = [(frame, line) for frame, line in traceback.walk_tb(tb) if not is_ours(frame.f_code.co_filename)]
        if len(found) > _OUTER_FRAMES + _INNER_FRAMES:
            found = found[:_OUTER_FRAMES] + found[-_INNER_FRAMES:]
        first = len(found) - _FRAMES_WITH_LOCALS
        # Innermost first: that is where the room goes.
        frames = [self._frame(*found[i], shown=i >= first) for i in reversed(range(len(found)))]
        return tuple(reversed(frames))

    def chain(self, error: BaseException) -> tuple[ChainedError, ...]:
        """What the exception was raised from, or while handling what, nearest first."""
        chain: list[ChainedError] = []
        seen = {id(error)}
        while len(chain) < _CHAIN:
            cause, context = error.__cause__, error.__context__
            following = cause if cause is not None or error.__suppress_context__ else context
            if following is None or id(following) in seen:
                break
            seen.add(id(following))
            relation: Relation = "cause" if following is cause else "context"
            error = following
            frames = self.of(error.__traceback__)
            if not frames:
                continue  # raised and caught within the framework
            chain.append(
                ChainedError(
                    relation=relation, type=self._type_name(type(error)), message=text_of(error), frames=frames
                )
            )
        return tuple(chain)

    def _frame(self, frame: FrameType, line: int, *, shown: bool) -> TracebackFrame:
        code = frame.f_code
        return TracebackFrame(
            file=storable_text(code.co_filename),
            line=line,
            function=code.co_name,
            text=storable_text(linecache.getline(code.co_filename, line, frame.f_globals).strip()),
            locals=self._locals(frame) if shown and code.co_name != "<module>" else {},
        )

    def _locals(self, frame: FrameType) -> dict[str, str]:
        found: dict[str, str] = {}
        try:
            for name, value in _variables(frame.f_locals):
                if len(found) >= _LOCALS_OF_A_FRAME or self._characters <= 0 or perf_counter() > self._stop_at:
                    break
                text = storable_text(quiet_preview(name, value, self._secrets))
                self._characters -= len(name) + len(text)
                found[name] = text
        except Exception:  # noqa: BLE001 - what could be had is better than nothing
            return found
        return found


def _variables(names: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Variables worth showing; of a flow object, its artifacts one by one."""
    flows = []
    for name, value in list(names.items()):
        kind = type(value)
        if name.startswith((".", "__")) or issubclass(kind, _NOT_SHOWN):
            continue
        if issubclass(kind, FlowSpec):
            flows.append((name, value))
        elif issubclass(kind, Inputs):
            yield name, [f"<{step}>" for step in value._stepwell_steps]  # noqa: SLF001 - its own names would load values
        else:
            yield name, value
    for name, flow in flows:
        for attribute, value in public_state(flow).items():
            if not issubclass(type(value), _NOT_SHOWN):
                yield f"{name}.{attribute}", value


def text_of(error: BaseException, limit: int = 2_000) -> str:
    """The text of an exception that is not the failure itself."""
    try:
        return storable_text(str(error)[:limit])
    except Exception:  # noqa: BLE001 - a user's __str__ may raise anything
        return "<the exception's text cannot be made>"
