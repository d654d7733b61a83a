"""Numbers as people read them."""

import time

import pytest

from stepwell.base.errors import UsageError
from stepwell.base.formats import (
    format_clock,
    format_count,
    format_duration,
    format_size,
    format_time,
    parse_size,
    plural,
    shorten,
)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0.00s"),
        (0.0, "0.00s"),
        (0.123, "0.12s"),
        (0.996, "1.0s"),
        (4.21, "4.2s"),
        (9.96, "10s"),
        (59.4, "59s"),
        (59.6, "1m 00s"),
        (185, "3m 05s"),
        (3599.7, "1h 00m"),
        (7380, "2h 03m"),
        (86400 * 4 + 3600 * 7, "4d 07h"),
    ],
)
def test_durations(seconds, text):
    assert format_duration(seconds) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (512, "512 B"),
        (1000, "1.0 KiB"),
        (1434, "1.4 KiB"),
        (39_900_000, "38 MiB"),
        (1024**3 * 120, "120 GiB"),
        (1024**6, "1024 PiB"),
    ],
)
def test_sizes(size, text):
    assert format_size(size) == text


@pytest.mark.parametrize(
    ("text", "size"),
    [("4096", 4096), ("50 MiB", 50 * 2**20), ("1.5GB", 1_500_000_000), ("2k", 2000), ("1_000 b", 1000)],
)
def test_sizes_are_read_back(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "many", "5 parsecs", "-3", "1e999"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(UsageError, match="is not a size"):
        parse_size(text)


def test_counts_and_plurals():
    assert format_count(10_000) == "10,000"
    assert plural(1, "task") == "1 task"
    assert plural(2000, "task") == "2,000 tasks"
    assert plural(2, "retry", "retries") == "2 retries"


def test_times_are_local(monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    assert format_clock(0) == "00:00:00"
    assert format_time(86_399) == "1970-01-01 23:59:59"


def test_shortening_leaves_an_ellipsis():
    assert shorten("abcdef", 6) == "abcdef"
    assert shorten("abcdefg", 6) == "abcde…"
    assert shorten("abc", 0) == ""
