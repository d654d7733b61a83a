"""What is stored comes back: same type, same value, same structure."""

import collections
import dataclasses
import datetime as dt
import decimal
import enum
import fractions
import functools
import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stepwell.artifacts.reader import ArtifactReader
from stepwell.artifacts.writer import ArtifactWriter
from stepwell.store.blobs import BlobStore
from stepwell.store.memory import MemoryStore

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters())
    | st.text(st.characters(categories=["Cs", "L"]))
    | st.binary()
    | st.complex_numbers(allow_nan=False)
)
plain = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(), inner)
        | st.dictionaries(st.integers() | st.text(), inner)
        | st.sets(st.integers() | st.text())
    ),
    max_leaves=30,
)


def exact(value):
    """A description in which values of different types, and 0.0 and -0.0, differ."""
    if isinstance(value, dict):
        return dict, [(exact(key), exact(item)) for key, item in value.items()]
    if isinstance(value, list | tuple):
        return type(value), [exact(item) for item in value]
    if isinstance(value, set):
        return set, {exact(item) for item in value}
    return type(value), repr(value)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(plain)
def test_plain_data_comes_back_exactly(value):
    blobs = BlobStore(MemoryStore())
    ref = ArtifactWriter(blobs).store("x", value)
    assert exact(ArtifactReader(blobs).load(ref)) == exact(value)


@pytest.mark.parametrize(
    "value",
    [None, True, -1, 2**63 - 1, -(2**63), -0.0, 1e300, "ä\0\n", "", [], {}, [1, [2, {"a": None}]], {"a": [1.5]}],
)
def test_small_plain_values_are_json_within_the_reference(value, writer):
    ref = writer.store("x", value)
    assert ref.serializer == "json"
    assert ref.inline is not None
    assert exact(json.loads(ref.inline)) == exact(value)
    assert ref.blobs == ()
    assert ref.modules == ()


class Number(int):
    pass


class Colour(enum.IntEnum):
    RED = 1


shared = [1]
itself: list = []
itself.append(itself)


@pytest.mark.parametrize(
    "value",
    [
        2**63,
        math.inf,
        math.nan,
        "\ud800",
        (1, 2),
        {1: 2},
        Number(3),
        Colour.RED,
        [Number(3)],
        {"a": {2: 3}},
        [shared, shared],
        itself,
        list(range(65)),
        collections.OrderedDict(a=1),
        b"bytes",
    ],
    ids=repr,
)
def test_what_json_would_change_is_pickled(value, writer, again):
    assert writer.store("x", value).serializer == "pickle"
    assert repr(again(value)) == repr(value)
    assert type(again(value)) is type(value)


def test_one_list_met_twice_is_still_one_list(again):
    value = again([shared, shared])
    assert value[0] is value[1]
    loop = again(itself)
    assert loop[0] is loop


ARRAYS = {
    "one-dimensional": np.arange(1000.0),
    "scalar array": np.array(3.5),
    "empty": np.zeros((0, 3)),
    "every second": np.arange(400_000.0)[::2],
    "reversed": np.arange(1000)[::-1],
    "transposed": np.arange(600.0).reshape(20, 30).T,
    "fortran": np.asfortranarray(np.arange(300_000.0).reshape(300, 1000)),
    "column of a table": np.arange(600.0).reshape(20, 30)[:, 3],
    "objects": np.array([1, "a", None, [2]], dtype=object),
    "structured": np.array([(1, 2.5, b"x")] * 100, dtype=[("a", "i4"), ("b", "f8"), ("c", "S3")]),
    "strings": np.array(["a", "bcd"] * 300),
    "dates": np.array(["2024-01-01", "NaT"], dtype="datetime64[ns]"),
    "big endian": np.arange(1000, dtype=">i4"),
    "half": np.ones(700, dtype=np.float16),
    "complex": np.ones(70, dtype=complex),
    "booleans": np.zeros(3000, dtype=bool),
    "large": np.arange(300_000.0),
    "large matrix": np.arange(400_000.0).reshape(2, -1),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_come_back(name, again, writer):
    array = ARRAYS[name]
    loaded = again(array)
    np.testing.assert_array_equal(loaded, array)
    assert (loaded.dtype, loaded.shape, type(loaded)) == (array.dtype, array.shape, np.ndarray)
    assert loaded.flags.writeable
    assert loaded.flags.aligned
    assert writer.store("x", array).shape == array.shape


@pytest.mark.parametrize("name", ["fortran", "large matrix"])
def test_arrays_keep_their_memory_order(name, again):
    array = ARRAYS[name]
    assert again(array).flags.f_contiguous == array.flags.f_contiguous


def test_a_read_only_array_stays_read_only(again):
    array = np.arange(300_000.0)
    array.flags.writeable = False
    assert not again(array).flags.writeable


def test_numpy_scalars_come_back(again):
    for scalar in (np.float32(1.5), np.int64(3), np.datetime64("2024-01-01"), np.bool_(True), np.str_("a")):
        assert again(scalar) == scalar
        assert type(again(scalar)) is type(scalar)


def tables():
    rows = 3000
    frame = pd.DataFrame(
        {
            "number": np.arange(rows) * 1.5,
            "text": [f"row {index}" for index in range(rows)],
            "kind": pd.Categorical(["a", "b", "c"] * (rows // 3)),
            "when": pd.date_range("2024-01-01", periods=rows, freq="h", tz="Europe/Berlin"),
            "maybe": pd.array([1, None, 3] * (rows // 3), dtype="Int64"),
            "object": [[index] for index in range(rows)],
        }
    )
    yield frame
    yield frame.set_index(["kind", "number"])
    yield frame.iloc[::7]
    yield frame[["number", "text"]].T
    yield pd.DataFrame()
    yield pd.DataFrame(np.random.default_rng(0).normal(size=(200_000, 3)), columns=list("abc"))


def test_tables_come_back(again):
    for frame in tables():
        loaded = again(frame)
        pd.testing.assert_frame_equal(loaded, frame)
        loaded.insert(0, "new", 1)


def test_series_and_indexes_come_back(again):
    for frame in tables():
        for name in frame.columns[:6]:
            pd.testing.assert_series_equal(again(frame[name]), frame[name])
        pd.testing.assert_index_equal(again(frame.index), frame.index)


def test_a_model_gives_the_same_predictions(again, writer):
    from sklearn.datasets import load_digits
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    data, target = load_digits(return_X_y=True)
    model = make_pipeline(StandardScaler(), RandomForestClassifier(n_estimators=20, random_state=0, max_depth=6))
    model.fit(data, target)
    loaded = again(model)
    np.testing.assert_array_equal(loaded.predict_proba(data), model.predict_proba(data))
    loaded.fit(data[:300], target[:300])
    ref = writer.store("model", model)
    assert len(ref.blobs) == 1
    assert {"sklearn", "numpy"} <= set(ref.modules)


@dataclasses.dataclass
class Point:
    x: int
    y: list


class Node:
    def __init__(self, name):
        self.name = name
        self.next = self


class Slotted:
    __slots__ = ("a",)


Pair = collections.namedtuple("Pair", "left right")  # noqa: PYI024


def module_level(number):
    return number + 1


@pytest.mark.parametrize(
    "value",
    [
        Point(1, [2]),
        Pair(1, (2,)),
        {1, 2, "a"},
        frozenset({(1, 2)}),
        dt.datetime(2024, 1, 1, tzinfo=dt.UTC),
        dt.timedelta(seconds=3),
        decimal.Decimal("1.10"),
        fractions.Fraction(1, 3),
        collections.Counter("abca"),
        collections.defaultdict(list, a=[1]),
        collections.deque([1, 2], maxlen=3),
        bytearray(b"abc" * 1000),
        bytes(3 << 20),
        "long text ä " * 300_000,
        range(3),
        10**400,
        module_level,
        Point,
        len,
        slice(1, 2),
        ...,
        functools.partial(module_level, 3).func,
        KeyError("a"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_other_values_come_back(value, again):
    loaded = again(value)
    assert type(loaded) is type(value)
    assert repr(loaded) == repr(value)


def test_objects_keep_their_attributes_and_cycles(again):
    node = again(Node("a"))
    assert node.next is node
    slotted = Slotted()
    slotted.a = 5
    assert again(slotted).a == 5


def test_functions_without_a_name_are_stored_by_value(again, writer):
    factor = 3

    def local(number):
        return number * factor

    ref = writer.store("f", lambda number: number + 1)
    assert ref.serializer == "cloudpickle"
    assert ref.modules == ("cloudpickle",)
    assert again(lambda number: number + 1)(1) == 2
    assert again(local)(2) == 6
    assert again({"f": [local, np.arange(300_000)]})["f"][1].sum() == sum(range(300_000))


def test_classes_made_in_a_function_are_stored_by_value(again):
    class Local:
        def __init__(self, value):
            self.value = value

        def double(self):
            return 2 * self.value

    assert again(Local(4)).double() == 8
    assert again(Local)(5).double() == 10


def test_a_module_is_stored_as_its_name(again):
    assert again(math) is math


def test_equal_values_have_equal_digests(blobs):
    values = [1, "a", [1, 2], (1, 2), {"a": 1}, np.arange(10), np.arange(300_000), np.arange(300_000.0), b"ab", "ab"]
    first = [ArtifactWriter(blobs).store("x", value).digest for value in values]
    second = [ArtifactWriter(blobs).store("y", value).digest for value in values]
    assert first == second
    assert len(set(first)) == len(values)


def test_a_reference_tells_about_its_value(writer):
    ref = writer.store("x", np.arange(300_000.0).reshape(3, -1))
    assert (ref.type, ref.shape, ref.modules) == ("numpy.ndarray", (3, 100_000), ("numpy",))
    assert 2_400_000 < ref.size < 2_401_000
    assert ref.preview.startswith("ndarray float64 3x100,000: 0, 1, 2")
    assert writer.store("x", Point(1, [])).type == f"{__name__}.Point"
    assert writer.store("x", "word").shape == ()
    assert writer.store("x", {1, 2}).shape == (2,)
