"""In-place changes are seen; that a value was loaded and looked at is not a change."""

import collections
import sys

import numpy as np
import pandas as pd
import pytest

from stepwell.artifacts.changes import is_unchanged


class Thing:
    def __init__(self, **attributes):
        self.__dict__.update(attributes)


def equal_strings():
    """Two equal strings that are two objects, in places where loading makes them one, and the other way round."""
    key = "".join(["na", "me"])
    other = "".join(["na", "me"])
    return [Thing(**{key: other}), {key: 1, "x": [other, sys.intern("name")]}, Thing(name=key)]


VALUES = {
    "int": lambda: 5,
    "text": lambda: "abc",
    "bytes": lambda: b"abc" * 5000,
    "list": lambda: [1, 2, [3]],
    "long list": lambda: list(range(1000)),
    "dict": lambda: {"a": {"b": 1}},
    "tuple of lists": lambda: ([1], [2]),
    "set of strings": lambda: {f"s{n}" for n in range(100)},
    "object": lambda: Thing(a=1, b=[2]),
    "shared strings": equal_strings,
    "array": lambda: np.arange(300_000.0),
    "small array": lambda: np.arange(3),
    "slice of an array": lambda: np.arange(400_000.0)[::2],
    "array of objects": lambda: np.array([[1], "a", "a"], dtype=object),
    "table": lambda: pd.DataFrame({"a": np.arange(200_000), "b": ["x", "y"] * 100_000}),
    "table slice": lambda: pd.DataFrame({"a": np.arange(2000), "b": ["x", "y"] * 1000}).iloc[::3],
    "categories": lambda: pd.Series(pd.Categorical(["a", "b"] * 10)),
    "ordered": lambda: collections.OrderedDict(a=[1]),
    "function": lambda: lambda: 1,
}


@pytest.mark.parametrize("name", VALUES)
def test_a_value_that_was_only_loaded_is_unchanged(name, writer, reader, store):
    ref = writer.store("x", VALUES[name]())
    before = set(store.keys("blobs/"))
    value = reader.load(ref)
    repr(value)
    assert is_unchanged(ref, value, writer, reader)
    assert set(store.keys("blobs/")) == before


def append(value):
    value.append(4)


def set_deep(value):
    value["a"]["b"] = 2


def set_attribute(value):
    value.b.append(3)


def set_first(value):
    value[0] = 7


def set_last(value):
    value[-1] += 1


def set_cell(value):
    value.iloc[5, 0] = -1


def set_string(value):
    value.loc[value.index[5], "b"] = "z"


def add_column(value):
    value["new"] = 1


def sort(value):
    value[:] = value[::-1].copy()


CHANGES = [
    ("list", append),
    ("list", set_first),
    ("long list", append),
    ("dict", set_deep),
    ("tuple of lists", lambda value: value[0].append(1)),
    ("set of strings", lambda value: value.add("new")),
    ("object", set_attribute),
    ("object", lambda value: setattr(value, "c", 1)),
    ("shared strings", lambda value: setattr(value[0], "name", "nome")),
    ("array", set_first),
    ("array", set_last),
    ("array", sort),
    ("array", lambda value: setattr(value, "shape", (2, -1))),
    ("small array", set_first),
    ("slice of an array", set_first),
    ("array of objects", lambda value: value[0].append(1)),
    ("table", set_cell),
    ("table", set_string),
    ("table", add_column),
    ("table slice", set_string),
    ("ordered", lambda value: value["a"].append(2)),
]


@pytest.mark.filterwarnings("ignore:Setting the shape:DeprecationWarning")
@pytest.mark.parametrize(("name", "change"), CHANGES, ids=lambda part: part if isinstance(part, str) else "")
def test_a_change_in_place_is_seen(name, change, writer, reader):
    ref = writer.store("x", VALUES[name]())
    value = reader.load(ref)
    change(value)
    assert not is_unchanged(ref, value, writer, reader)


def test_a_change_that_was_taken_back_is_none(writer, reader):
    ref = writer.store("x", [1, (2,)])
    value = reader.load(ref)
    value.append(3)
    value.pop()
    assert is_unchanged(ref, value, writer, reader)


def test_a_value_that_can_no_longer_be_stored_has_changed(writer, reader):
    ref = writer.store("x", [1, (2,)])
    value = reader.load(ref)
    value.append(n for n in "ab")
    assert not is_unchanged(ref, value, writer, reader)


@pytest.mark.parametrize(
    ("before", "after"),
    [(1, 2), (1, 1.0), (True, 1), ("a", "b"), (b"a" * 5000, b"b" * 5000), (None, 0), ([1], (1,)), (1.5, "1.5")],
)
def test_a_value_that_was_replaced_has_changed(before, after, writer, reader):
    ref = writer.store("x", before)
    assert is_unchanged(ref, before, writer, reader)
    assert not is_unchanged(ref, after, writer, reader)


def test_nothing_is_stored_for_a_changed_value(writer, reader, store):
    ref = writer.store("x", np.arange(300_000.0))
    before = set(store.keys("blobs/"))
    value = reader.load(ref)
    value[0] = 5
    assert not is_unchanged(ref, value, writer, reader)
    assert set(store.keys("blobs/")) == before
