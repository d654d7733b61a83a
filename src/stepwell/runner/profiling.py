"""`profile`: how long a block of code takes."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping


@contextmanager
def profile(label: str, stats_dict: MutableMapping[str, float] | None = None) -> Iterator[None]:
    """Tell how long the block of a `with` takes.

    Args:
        label: Names the block.
        stats_dict: Gets the milliseconds under the label, added to what is there; then nothing is printed.
    """
    if stats_dict is None:
        sys.stdout.write(f"PROFILE: {label} starting\n")
    began = time.perf_counter()
    try:
        yield
    finally:
        took = int((time.perf_counter() - began) * 1000)
        if stats_dict is None:
            sys.stdout.write(f"PROFILE: {label} completed in {took}ms\n")
        else:
            stats_dict[label] = stats_dict.get(label, 0) + took
