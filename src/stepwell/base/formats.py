"""Durations, sizes, counts and times the way people read them, and sizes the way they write them.

Pure functions. They round for the eye; nothing is ever computed from what they return.
"""

from __future__ import annotations

import time

from stepwell.base.errors import UsageError

_SIZE_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_SIZE_FACTORS = {
    "": 1,
    "b": 1,
    **{f"{prefix}{ending}": 1000**power for power, prefix in enumerate("kmgtp", 1) for ending in ("", "b")},
    **{f"{prefix}ib": 1024**power for power, prefix in enumerate("kmgtp", 1)},
}


def format_duration(seconds: float) -> str:
    """A time span: `0.42s`, `4.2s`, `42s`, `3m 05s`, `2h 03m`, `4d 07h`."""
    seconds = max(0.0, seconds)
    if seconds < 0.995:
        return f"{seconds:.2f}s"
    if seconds < 9.95:
        return f"{seconds:.1f}s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m {whole % 60:02d}s"
    minutes = whole // 60
    if minutes < 24 * 60:
        return f"{minutes // 60}h {minutes % 60:02d}m"
    hours = minutes // 60
    return f"{hours // 24}d {hours % 24:02d}h"


def format_size(size: float) -> str:
    """An amount of bytes in binary units: `512 B`, `1.4 KiB`, `38 MiB`, `120 GiB`."""
    value = float(size)
    unit = 0
    while value >= 999.5 and unit < len(_SIZE_UNITS) - 1:
        value /= 1024
        unit += 1
    digits = 0 if unit == 0 or value >= 9.95 else 1
    return f"{value:.{digits}f} {_SIZE_UNITS[unit]}"


def parse_size(text: str) -> int:
    """Bytes of a size as people write it: `4096`, `50 MiB`, `1.5GB` (`GB` is 10**9, `GiB` is 2**30).

    Raises:
        UsageError: The text is not a size.
    """
    cleaned = text.strip().replace("_", "")
    number = cleaned.rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ")
    factor = _SIZE_FACTORS.get(cleaned[len(number) :].strip().lower())
    try:
        value = float(number)
    except ValueError:
        value = -1.0
    if factor is None or not 0 <= value < float("inf"):
        raise UsageError(f"`{text}` is not a size", hint="write bytes or a number with a unit, such as `50 MiB`")
    return int(value * factor)


def format_count(number: int) -> str:
    """A whole number with thousands separated: `10,000`."""
    return f"{number:,}"


def plural(number: int, noun: str, nouns: str = "") -> str:
    """A count with its noun: `1 task`, `2,000 tasks`; `nouns` for irregular plurals."""
    return f"{number:,} {noun if number == 1 else nouns or noun + 's'}"


def format_clock(at: float) -> str:
    """The local time of day: `14:03:59`."""
    return time.strftime("%H:%M:%S", time.localtime(at))


def format_time(at: float) -> str:
    """Local date and time: `2026-01-31 14:03:59`."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))


def shorten(text: str, width: int) -> str:
    """At most `width` characters; what is cut off leaves an ellipsis."""
    if len(text) <= width:
        return text
    return text[: max(0, width - 1)] + "…" if width > 0 else ""


def storable_text(text: str) -> str:
    """Text that UTF-8 can hold: what stands for undecodable bytes, in file names for example, becomes escapes."""
    return text if text.isascii() else text.encode("utf-8", errors="backslashreplace").decode()
