"""Values are described without running a line of their code, and secrets are hidden."""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import decimal
import enum
import pathlib

import numpy as np
import pandas as pd
import pytest

from stepwell.artifacts.quiet_preview import quiet_preview


class Alarm:
    """Every way in which an object can notice that it is looked at."""

    def __init__(self):
        self.state = 1

    def _ring(self, *_):
        raise AssertionError("the value's code was run")

    __repr__ = __str__ = __len__ = __iter__ = __eq__ = __hash__ = __bool__ = __getattr__ = _ring  # type: ignore[assignment]
    __class__ = property(_ring)  # type: ignore[assignment]


class Overridden(Alarm):
    def __getattribute__(self, name):
        raise AssertionError("the value's code was run")

    __dict__ = property(Alarm._ring)  # type: ignore[assignment]


class LoudList(list):
    def __iter__(self):
        raise AssertionError("the value's code was run")

    __len__ = __repr__ = __getitem__ = __iter__  # type: ignore[assignment]


class LoudTable(pd.DataFrame):
    @property
    def shape(self):
        raise AssertionError("the value's code was run")

    __repr__ = __len__ = shape.fget  # type: ignore[assignment]


class Color(enum.Enum):
    RED = 1

    def __repr__(self):
        raise AssertionError("the value's code was run")


@dataclasses.dataclass
class Settings:
    rate: float
    password: str


def test_no_code_of_a_value_is_run():
    assert quiet_preview("x", Alarm()) == "Alarm(state=1)"
    assert quiet_preview("x", Overridden()) == f"<{__name__}.Overridden>"
    assert "LoudTable" in quiet_preview("x", LoudTable({"a": [1]}))
    assert "2 rows" in quiet_preview("x", pd.DataFrame({"a": [1, 2]}))
    objects = np.empty(1, dtype=object)
    objects[0] = Alarm()
    assert "ndarray" in quiet_preview("x", objects)
    assert "LoudList" in quiet_preview("x", LoudList([1]))
    assert quiet_preview("x", [Alarm(), {"a": Alarm()}]) == "[Alarm(state=1), {'a': <Alarm>}]"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"),
        ("text", "'text'"),
        ([1, 2, 3], "[1, 2, 3]"),
        ({"a": 1}, "{'a': 1}"),
        (ValueError("no"), "ValueError('no')"),
        (dt.date(2026, 1, 2), "datetime.date(2026, 1, 2)"),
        (decimal.Decimal("1.5"), "Decimal('1.5')"),
        (pathlib.PurePosixPath("/a/b"), "PurePosixPath('/a/b')"),
        (collections.Counter("aab"), "Counter({'a': 2, 'b': 1})"),
        (collections.defaultdict(list, x=[1]), "defaultdict({'x': [1]})"),
        (Color.RED, "Color.RED"),
        (Settings(0.5, "hunter2"), "Settings(rate=0.5, password='<hidden>')"),
    ],
)
def test_what_values_look_like(value, text):
    assert quiet_preview("x", value) == text


def test_libraries_and_large_values_stay_short():
    assert "1,000x1,000" in quiet_preview("x", np.zeros((1000, 1000)))
    assert len(quiet_preview("x", "a" * 1_000_000)) <= 200
    assert len(quiet_preview("x", dict.fromkeys(range(1000), "b" * 1000))) <= 200
    deep: list = []
    deep.append(deep)
    assert len(quiet_preview("x", deep)) <= 200
    assert quiet_preview("x", collections.OrderedDict(a=1))


def test_secrets_are_hidden_by_name_by_looks_and_by_text():
    assert quiet_preview("password", "hunter2") == "<hidden>"
    assert "hunter2" not in quiet_preview("config", {"db": {"password": "hunter2"}})
    assert "hunter2" not in quiet_preview("url", "postgres://ann:hunter2@host")
    assert "hunter2" not in quiet_preview("words", ["a", "hunter2"], ("hunter2",))
    assert quiet_preview("max_token", 512) == "512"
