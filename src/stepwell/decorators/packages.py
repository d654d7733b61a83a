"""What `@pypi`, `@conda` and their flow-wide forms have in common: they name packages, and do not install them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def tell_of_interpreter(notice: Callable[[str, str], None]) -> None:
    """Say that a run without isolated environments uses what is installed."""
    notice(
        "`@pypi` and `@conda` are kept with the run, and have no effect: tasks run in this interpreter",
        "install what the flow needs with `pip` or `uv`",
    )
