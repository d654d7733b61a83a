"""Foreach items: each is read by itself."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepwell.artifacts.reader import ArtifactReader
from stepwell.artifacts.writer import ArtifactWriter
from stepwell.base.errors import ArtifactError, Corrupted
from stepwell.store.blobs import BlobStore, blob_key
from stepwell.store.memory import MemoryStore


def all_of(items, reader):
    return [reader.load_item(items, index) for index in range(items.count)]


@settings(max_examples=50)
@given(st.lists(st.integers() | st.text() | st.tuples(st.integers(), st.none()) | st.binary(max_size=5000)))
def test_items_come_back_in_order(values):
    blobs = BlobStore(MemoryStore())
    items = ArtifactWriter(blobs).store_items(values)
    assert items.count == len(values)
    assert all_of(items, ArtifactReader(blobs)) == values


@pytest.mark.parametrize(
    ("iterable", "expected"),
    [
        ({"a": 1, "b": [2]}, [("a", 1), ("b", [2])]),
        ({7}, [7]),
        ((), []),
        ("abc", ["a", "b", "c"]),
        (range(3), [0, 1, 2]),
        ((n * n for n in range(3)), [0, 1, 4]),
        ([lambda: 5, 1.5][1:], [1.5]),
    ],
)
def test_anything_iterable_has_items(iterable, expected, writer, reader):
    assert all_of(writer.store_items(iterable), reader) == expected


def test_few_small_items_make_no_blob(writer, store):
    items = writer.store_items(range(100))
    assert items.blob is None
    assert list(store.keys("blobs/")) == []


def test_many_items_make_one_blob(writer, reader, store):
    items = writer.store_items(range(200_000))
    assert items.inline is None
    assert len(list(store.keys("blobs/"))) == 1
    assert [reader.load_item(items, index) for index in (0, 1, 99_999, 199_999)] == [0, 1, 99_999, 199_999]


def test_reading_one_item_reads_no_other(writer, reader):
    items = writer.store_items([bytes(10_000), bytes(10_000), b"x"])
    reader.load_item(items, 2)
    assert reader.bytes_read < 100


def test_arrays_in_items_are_aligned_private_and_writable(writer, reader):
    values = [np.full(length, float(length)) for length in (3, 100, 1000, 90_000, 200_000, 131_072, 200_000)]
    items = writer.store_items(values)
    assert len(items.buffers) == 3
    for index, value in enumerate(values):
        loaded = reader.load_item(items, index)
        np.testing.assert_array_equal(loaded, value)
        assert loaded.flags.writeable
        assert loaded.flags.aligned
        loaded[:] = 0
        np.testing.assert_array_equal(reader.load_item(items, index), value)


def test_an_iterator_may_reuse_its_memory(writer, reader):
    def batches():
        batch = np.zeros(1000)
        for number in range(5):
            batch[:] = number
            yield batch

    assert [array[0] for array in all_of(writer.store_items(batches()), reader)] == [0, 1, 2, 3, 4]


def test_functions_can_be_items(writer, reader):
    items = writer.store_items([lambda: 1, 5, lambda: 2, (3,)])
    first, second, third, fourth = all_of(items, reader)
    assert (first(), second, third(), fourth) == (1, 5, 2, (3,))


def test_an_item_that_cannot_be_stored_is_named(writer):
    with pytest.raises(
        ArtifactError, match=r"item 1 of the foreach over `self.jobs`.*`self.jobs\[1\]\['gen'\]`"
    ) as caught:
        writer.store_items([{}, {"gen": (n for n in "ab")}], "jobs")
    assert "generator" in caught.value.message


def test_what_the_iterable_raises_passes_through(writer):
    with pytest.raises(ZeroDivisionError):
        writer.store_items(1 / n for n in (1, 0))


def test_there_is_no_item_beyond_the_last(writer, reader):
    items = writer.store_items([1, 2])
    for index in (-1, 2):
        with pytest.raises(IndexError):
            reader.load_item(items, index)


@pytest.mark.parametrize("position", [0, 5, 9, 17, 22, 200, -3])
def test_damaged_items_are_refused(position, writer, reader):
    import msgspec

    items = writer.store_items(range(3))
    data = bytearray(items.inline)
    data[position % len(data)] ^= 0xFF
    items = msgspec.structs.replace(items, inline=bytes(data))
    refused = 0
    for index in range(3):
        try:
            assert reader.load_item(items, index) == index
        except Corrupted as error:
            refused += f"item {index}" in error.message
    # A byte of padding or of another item harms nobody.
    assert refused >= 1 or position == 200


def test_a_damaged_item_harms_no_other(writer, reader, store):
    items = writer.store_items([f"item {n}" for n in range(100_000)])
    data = bytearray(store.get(blob_key(items.blob.digest)))
    data[data.index(b"item 500")] ^= 0xFF
    store.put(blob_key(items.blob.digest), [data])
    assert reader.load_item(items, 501) == "item 501"
    with pytest.raises(Corrupted, match="foreach item 500 "):
        reader.load_item(items, 500)


def test_the_digest_of_an_item_depends_on_that_item_alone(writer, reader):
    first = writer.store_items([1, [2], {"a": 3}])
    other = writer.store_items(["longer than before", [2], {"a": 4}, 5])
    assert reader.item_digest(first, 1) == reader.item_digest(other, 1)
    assert reader.item_digest(first, 0) != reader.item_digest(other, 0)
    assert reader.item_digest(first, 2) != reader.item_digest(other, 2)


def test_the_digest_of_a_large_item_covers_its_buffers(writer, reader):
    import numpy as np

    zeros, ones = np.zeros(200_000), np.ones(200_000)
    items = writer.store_items([zeros, ones])
    assert reader.item_digest(items, 0) != reader.item_digest(items, 1)
    assert reader.item_digest(items, 0) == reader.item_digest(writer.store_items([zeros]), 0)
