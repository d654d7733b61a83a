"""Large memory is stored once, loaded without being copied, and private to whoever loaded it."""

import numpy as np
import pandas as pd
import pytest

from stepwell.artifacts.container import ALIGNMENT, LARGE, frame, is_framed, unframe
from stepwell.artifacts.protocol import Encoded
from stepwell.artifacts.reader import ArtifactReader
from stepwell.artifacts.writer import INLINE, ArtifactWriter
from stepwell.base.errors import ArtifactError, Corrupted, NotFound
from stepwell.store.blobs import BlobStore, blob_key
from stepwell.store.memory import MemoryStore

MANY = 300_000


@pytest.mark.parametrize("other", [MemoryStore(), None], ids=["memory", "folder"])
@pytest.mark.parametrize("length", [10, 400, 5_000, 50_000, MANY])
def test_changing_a_loaded_array_changes_no_other_load(other, length, blobs):
    blobs = BlobStore(other) if other else blobs
    ref = ArtifactWriter(blobs).store("x", np.arange(float(length)))
    reader = ArtifactReader(blobs)
    first, second = reader.load(ref), reader.load(ref)
    first[:] = -1
    first.sort()
    assert second[3] == 3
    assert reader.load(ref)[length - 1] == length - 1


def test_changing_a_loaded_table_changes_no_other_load(writer, reader):
    ref = writer.store("x", pd.DataFrame({"a": np.arange(float(MANY)), "b": 1}))
    first = reader.load(ref)
    first["a"] *= 2
    first.iloc[0, 1] = 7
    assert reader.load(ref)["a"].max() == MANY - 1
    assert reader.load(ref).iloc[0, 1] == 1


def test_what_the_value_does_after_storing_changes_nothing(writer, reader):
    array = np.arange(float(MANY))
    ref = writer.store("x", array)
    items = writer.store_items([array])
    array[:] = 0
    assert reader.load(ref)[5] == 5
    assert reader.load_item(items, 0)[5] == 5


def test_a_buffer_shared_by_two_values_is_stored_once(writer, store):
    array = np.arange(float(MANY))
    first = writer.store("x", array)
    second = writer.store("y", {"data": array, "name": "y"})
    assert first.blobs[1:] == second.blobs[1:]
    assert len(list(store.keys("blobs/"))) == 3


def test_small_buffers_share_one_container(writer, store):
    ref = writer.store("x", [np.arange(float(n)) for n in range(200, 260)])
    assert len(ref.blobs) == 1
    assert len(list(store.keys("blobs/"))) == 1


def test_what_fits_in_the_reference_makes_no_blob(writer, store):
    assert writer.store("x", np.arange(400)).blobs == ()
    assert writer.store("x", "a" * (INLINE - 2)).blobs == ()
    assert list(store.keys("blobs/")) == []
    assert writer.store("x", "a" * (INLINE - 1)).inline is None


def test_bytes_are_counted(writer, reader):
    ref = writer.store("x", np.arange(float(MANY)))
    assert writer.bytes_written == sum(blob.size for blob in ref.blobs)
    writer.store("x", np.arange(float(MANY)))
    assert writer.bytes_written == sum(blob.size for blob in ref.blobs)
    reader.load(ref)
    assert reader.bytes_read == sum(blob.size for blob in ref.blobs)


def test_a_container_aligns_its_buffers():
    buffers = [bytes([n + 65]) * (600 + n) for n in range(9)]
    parts, large = frame(Encoded([b"stream", b" in two"], buffers))
    data = b"".join(parts)
    assert large == []
    stream, views = unframe(memoryview(data), lambda number: memoryview(b""))
    assert bytes(stream) == b"stream in two"
    assert [bytes(view) for view in views] == buffers
    for buffer in buffers:
        assert data.index(buffer) % ALIGNMENT == 0


@pytest.mark.parametrize(
    "stream", [[], [b""], [b"\x93SWC\x01\r\n\x00 looks like one"], [b"\x93SWC", b"\x01\r\n\x00 in parts"]]
)
def test_a_stream_that_could_be_taken_for_a_container_is_put_in_one(stream):
    parts, _ = frame(Encoded(stream, []))
    data = memoryview(b"".join(parts))
    assert is_framed(data)
    assert bytes(unframe(data, lambda number: data)[0]) == b"".join(stream)


def test_large_buffers_are_numbered_from_where_the_caller_says():
    parts, large = frame(Encoded([b"s"], [bytes(LARGE), bytes(600), bytes(LARGE + 1)]), 5)
    asked = []

    def blob(number):
        asked.append(number)
        return memoryview(large[number - 5])

    _, views = unframe(memoryview(b"".join(parts)), blob)
    assert asked == [5, 6]
    assert [len(view) for view in views] == [LARGE, 600, LARGE + 1]


def damage(store, blob, position):
    data = bytearray(store.get(blob_key(blob.digest)))
    data[position] ^= 0xFF
    store.put(blob_key(blob.digest), [data])


@pytest.mark.parametrize("value", [list(range(5000)), list(range(500_000)), [np.arange(500.0), "a"] * 30])
@pytest.mark.parametrize("position", [0, 20, 70, 500])
def test_a_damaged_container_is_refused_by_name(value, position, writer, reader, store):
    ref = writer.store("numbers", value)
    damage(store, ref.blobs[0], position)
    with pytest.raises(Corrupted, match="artifact `numbers`"):
        reader.load(ref, "numbers")


def test_a_large_container_with_buffers_verifies_its_stream(writer, reader, store):
    ref = writer.store("x", [np.full(100_000, float(n)) for n in range(4)])
    assert ref.blobs[0].size > LARGE
    assert len(reader.load(ref)) == 4
    damage(store, ref.blobs[0], 200)
    with pytest.raises(Corrupted):
        reader.load(ref)


def test_a_cut_blob_is_refused_by_name(writer, reader, store):
    ref = writer.store("x", np.arange(float(MANY)))
    for blob in ref.blobs:
        data = store.get(blob_key(blob.digest))
        store.put(blob_key(blob.digest), [data[:-1]])
        with pytest.raises(Corrupted, match="artifact `x`"):
            reader.load(ref, "x")
        store.put(blob_key(blob.digest), [data])
    assert reader.load(ref)[1] == 1


def test_a_missing_blob_is_refused_by_name(writer, reader, store):
    ref = writer.store("x", np.arange(float(MANY)))
    store.delete(blob_key(ref.blobs[1].digest))
    with pytest.raises(NotFound, match="artifact `x`"):
        reader.load(ref, "x")


@pytest.mark.parametrize("length", range(0, 120, 7))
def test_a_container_cut_anywhere_is_refused(length):
    parts, _ = frame(Encoded([b"stream"], [bytes(600)]))
    data = b"".join(parts)
    with pytest.raises(Corrupted):
        unframe(memoryview(data[: max(8, length)]), lambda number: memoryview(b""))


def test_an_unknown_serializer_is_named(writer, reader):
    import msgspec

    ref = msgspec.structs.replace(writer.store("x", 1), serializer="avro")
    with pytest.raises(ArtifactError, match="artifact `x` cannot be loaded: it was written by the serializer `avro`"):
        reader.load(ref, "x")
