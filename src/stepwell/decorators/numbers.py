"""Numbers in options, which may be given as text."""

from __future__ import annotations

from typing import Any


def as_number(value: Any, *, whole: bool = False) -> float | None:
    """The number that an option holds, None when it is no number of that kind or negative.

    Args:
        value: A number, or a text such as `"16"`.
        whole: True when only whole numbers will do.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    if not 0 <= number < float("inf") or (whole and number != int(number)):
        return None
    return number
