"""Previews: one line, at most 200 characters, whatever the value is."""

import collections
import dataclasses
import datetime as dt
import enum
import math

import msgspec
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepwell.artifacts.preview import LIMIT, preview, shape_of


@dataclasses.dataclass
class Point:
    x: int
    y: object = None
    hidden: int = dataclasses.field(default=1, repr=False)


class Record(msgspec.Struct):
    name: str
    size: int


class Colour(enum.Enum):
    RED = 1


class Silent:
    pass


class Talks:
    def __repr__(self):
        return "Talks\n\tabout \x1b[31mred\x1b[0m at 0x7f00aa"


Pair = collections.namedtuple("Pair", "left right")  # noqa: PYI024


class MyList(list):
    pass


class MyDict(dict):
    pass


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "None"),
        (3, "3"),
        (True, "True"),
        (1.5, "1.5"),
        (math.nan, "nan"),
        (10**5000, "<int of 16,610 bits>"),
        ("text\n", "'text\\n'"),
        (b"ab", "b'ab'"),
        (bytes(1000), f"{bytes(24)!r}… (1,000 bytes)"),
        ([1, "a", None], "[1, 'a', None]"),
        (list(range(1_000_000)), "[0, 1, 2, 3, 4, 5, … 999,994 more]"),
        ((1,), "(1,)"),
        ((), "()"),
        ({"a": 1, "b": [2]}, "{'a': 1, 'b': [2]}"),
        ({n: n for n in range(9)}, "{0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 5, … 3 more}"),
        ({5}, "{5}"),
        (frozenset({5}), "frozenset({5})"),
        (range(3), "range(0, 3)"),
        (collections.deque([1, 2]), "deque([1, 2])"),
        (MyList([1]), "MyList([1])"),
        (MyDict(a=1), "MyDict({'a': 1})"),
        (collections.Counter("aab"), "Counter({'a': 2, 'b': 1})"),
        (collections.defaultdict(list, a=[1]), "defaultdict(<class 'list'>, {'a': [1]})"),
        ([[[[[[1]]]]]], "[[[[<list>]]]]"),
        (Pair(1, "b"), "Pair(left=1, right='b')"),
        (Point(1, [2]), "Point(x=1, y=[2])"),
        (Record("a", 2), "Record(name='a', size=2)"),
        (Colour.RED, "<Colour.RED: 1>"),
        (Silent(), f"<{__name__}.Silent>"),
        ([Silent()], f"[<{__name__}.Silent>]"),
        (Talks(), "Talks about [31mred [0m"),
        (dt.date(2024, 1, 2), "datetime.date(2024, 1, 2)"),
        (len, "<function len>"),
        (preview, "<function preview>"),
        (Silent, f"<class {__name__}.Silent>"),
        (math, "<module math>"),
    ],
    ids=lambda part: type(part).__name__,
)
def test_a_preview_shows_the_beginning(value, expected):
    assert preview(value) == expected


def test_a_long_text_shows_its_length():
    shown = preview("ab" * 5000)
    assert len(shown) <= LIMIT
    assert shown.startswith("'abab")
    assert shown.endswith("… (10,000 characters)")


@given(st.recursive(st.text() | st.integers() | st.binary(), lambda inner: st.lists(inner) | st.tuples(inner)))
def test_a_preview_is_one_printable_line(value):
    shown = preview(value)
    assert len(shown) <= LIMIT
    assert shown.isprintable()
    shown.encode()


TABLE = pd.DataFrame({"a": range(1000), "b": 1.5, "c": "x"})

ARRAYS = [
    (np.arange(3), "ndarray int64 3: 0, 1, 2"),
    (np.arange(12.0).reshape(3, 4), "ndarray float64 3x4: 0, 1, 2, 3, 4, 5, … (min 0, max 11)"),
    (np.array(2.5), "ndarray float64 scalar: 2.5"),
    (np.float64(2.5), "float64 2.5"),
    (np.array(["a", "b"]), "ndarray <U1 2: 'a', 'b'"),
    (np.array([[1], None], dtype=object), "ndarray object 2: [1], None"),
    (np.zeros((0, 3)), "ndarray float64 0x3"),
    (np.zeros(2, dtype=[("x", "i4"), ("y", "f4")]), "ndarray [('x', '<i4'), ('y', '<f4')] 2: fields 'x', 'y'"),
    (np.zeros(10_000_000, dtype="i1"), "ndarray int8 10,000,000: 0, 0, 0, 0, 0, 0, …"),
    (TABLE, "DataFrame 1,000 rows x 3 columns: a, b, c"),
    (pd.DataFrame(np.zeros((2, 30))), "DataFrame 2 rows x 30 columns: 0, 1, 2, 3, 4, 5, 6, 7, …"),
    (TABLE["a"], "Series 'a' int64 1,000 rows: 0, 1, 2, 3, 4, 5, … 994 more"),
    (TABLE.columns, None),
    (pd.Timestamp("2024-01-01"), "Timestamp('2024-01-01 00:00:00')"),
]


@pytest.mark.parametrize(("value", "expected"), ARRAYS, ids=lambda part: type(part).__name__)
def test_arrays_and_tables_show_shape_type_and_first_values(value, expected):
    shown = preview(value)
    assert len(shown) <= LIMIT
    assert expected is None or shown == expected


def test_models_show_what_was_chosen():
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    assert preview(RandomForestClassifier()) == "RandomForestClassifier()"
    assert preview(RandomForestClassifier(60, max_depth=3)) == "RandomForestClassifier(n_estimators=60, max_depth=3)"
    shown = preview(make_pipeline(LogisticRegression(C=2)))
    assert shown == "Pipeline(steps=[('logisticregression', LogisticRegression(C=2))])"


def library_type(module, **members):
    """A type that looks as if it came from a library that is not installed here."""
    return type(members.pop("name"), (), {"__module__": module, **members})


def test_values_of_libraries_are_known_by_their_module():
    frame = library_type("polars.dataframe.frame", name="DataFrame", height=5, width=2, columns=["a", "b"])
    schema = type("Schema", (), {"names": ["a"]})()
    table = library_type("pyarrow.lib", name="Table", num_rows=7, num_columns=1, schema=schema, shape=(7, 1))
    image = library_type("PIL.Image", name="Image", mode="RGB", size=(640, 480))
    size = library_type("matplotlib.figure", name="Figure", get_size_inches=lambda self: (6.4, 4.8), axes=[1], dpi=100)
    assert preview(frame()) == "DataFrame 5 rows x 2 columns: a, b"
    assert preview(table()) == "Table 7 rows x 1 columns: a"
    assert shape_of(table()) == (7, 1)
    assert preview(image()) == "Image RGB 640x480 pixels"
    assert preview(size()) == "Figure 640x480 pixels, 1 axes"


class Raises:
    def __repr__(self):
        raise RuntimeError("no")


class RaisesEverywhere:
    def __getattribute__(self, name):
        raise RuntimeError(name)

    def __repr__(self):
        raise RuntimeError("no")


class Endless:
    def __repr__(self):
        while True:
            pass


class Deep:
    def __repr__(self):
        return repr(self)


class Huge:
    def __repr__(self):
        return "x" * 10**9


class NotText:
    def __repr__(self):
        return 5


class LyingList(list):
    def __len__(self):
        raise RuntimeError("no")

    def __iter__(self):
        raise RuntimeError("no")


class Counting:
    calls = 0

    def __repr__(self):
        Counting.calls += 1
        return "Counting"


@pytest.mark.parametrize("hostile", [Raises, RaisesEverywhere, Endless, Deep, NotText])
def test_a_hostile_repr_gives_the_name_of_the_type(hostile):
    assert preview(hostile()) == f"<{hostile.__name__}>"
    assert preview([1, hostile()]) == f"[1, <{hostile.__name__}>]"


def test_a_huge_repr_is_cut():
    assert len(preview(Huge())) <= LIMIT


def test_a_list_that_lies_about_itself_is_read_as_a_list():
    assert preview(LyingList([1, 2])) == "LyingList([1, 2])"
    assert shape_of(LyingList([1, 2])) == (2,)


def test_a_list_that_holds_itself_ends():
    loop = []
    loop.append(loop)
    assert preview(loop) == "[[[[<list>]]]]"


def test_only_a_few_members_are_asked_for_their_repr():
    Counting.calls = 0
    preview([[Counting() for _ in range(50)] for _ in range(50)])
    assert 0 < Counting.calls <= 12


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        (1, ()),
        ("abc", ()),
        (b"abc", ()),
        ([1, 2], (2,)),
        ({}, (0,)),
        ((1,), (1,)),
        (np.zeros((2, 3)), (2, 3)),
        (np.float64(1), ()),
        (TABLE, (1000, 3)),
        (TABLE["a"], (1000,)),
        (Silent(), ()),
        (Point(1), ()),
        (RaisesEverywhere(), ()),
    ],
    ids=lambda part: type(part).__name__,
)
def test_shapes(value, shape):
    assert shape_of(value) == shape
