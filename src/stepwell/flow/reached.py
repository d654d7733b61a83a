"""The signal between a flow file that constructs its flow and the loader that only wants the class."""

from __future__ import annotations


class FlowReached(BaseException):
    """A file that is being loaded constructed its flow; carries the class.

    Not an `Exception`, so that a file's own `except Exception` does not swallow it.
    """

    def __init__(self, flow_class: type) -> None:
        super().__init__(flow_class.__name__)
        self.flow_class = flow_class


class _Loading:
    """How many files are being loaded by this process right now."""

    depth = 0


def is_loading() -> bool:
    """True while `load_flow` executes a file."""
    return _Loading.depth > 0


class loading:  # noqa: N801 - used as `with loading():`
    """While the block runs, constructing a flow raises `FlowReached`."""

    def __enter__(self) -> None:
        _Loading.depth += 1

    def __exit__(self, *_: object) -> None:
        _Loading.depth -= 1
