"""Blobs: named by content, written once, verified, mapped without sharing changes."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest

from stepwell.base.digest import digest_of
from stepwell.base.errors import Corrupted, NotFound
from stepwell.documents.refs import BlobRef
from stepwell.store.blobs import BlobStore, blob_key
from stepwell.store.local import LocalStore
from stepwell.store.memory import MemoryStore

if TYPE_CHECKING:
    from pathlib import Path

LARGE = 1 << 18


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path)


def test_a_blob_is_named_by_the_digest_of_all_its_parts(store: LocalStore) -> None:
    blobs = BlobStore(store)
    ref = blobs.put([b"ab", b"", bytearray(b"cd")])
    assert ref == BlobRef(digest_of(b"abcd"), 4) == blobs.put([b"abcd"])
    assert list(store.keys("")) == [f"blobs/{ref.digest[:2]}/{ref.digest}"]
    assert blobs.get(ref) == b"abcd"
    assert blobs.has(ref)
    assert not blobs.has(BlobRef(digest_of(b"other"), 5))


def test_arrays_of_any_shape_are_parts(store: LocalStore) -> None:
    blobs = BlobStore(store)
    array = np.arange(24, dtype="f8").reshape(2, 3, 4)
    assert blobs.get(blobs.put([memoryview(array)])) == array.tobytes()
    assert blobs.get(blobs.put([memoryview(np.empty((0, 3)))])) == b""


def test_a_blob_that_is_there_is_not_written_again(store: LocalStore) -> None:
    blobs = BlobStore(store)
    ref = blobs.put([b"content"])
    before = os.stat(store.local_path(blob_key(ref.digest)))
    blobs.put([b"content"])
    after = os.stat(store.local_path(blob_key(ref.digest)))
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_a_blob_of_the_wrong_size_is_mended_by_storing_it_again(store: LocalStore) -> None:
    blobs = BlobStore(store)
    ref = blobs.put([b"content"])
    store.put(blob_key(ref.digest), [b"cont"])
    assert not blobs.has(ref)
    assert blobs.get(blobs.put([b"content"])) == b"content"


def test_two_writers_of_one_blob_agree(store: LocalStore) -> None:
    content = os.urandom(LARGE)
    refs: list[BlobRef] = []
    threads = [threading.Thread(target=lambda: refs.append(BlobStore(store).put([content]))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refs) == 6
    assert len(set(refs)) == 1
    assert BlobStore(store).get(refs[0]) == content


@pytest.mark.parametrize("size", [0, 1, 1000, LARGE])
def test_a_map_may_be_written_to_without_changing_the_blob(store: LocalStore, size: int) -> None:
    for blobs in (BlobStore(store), BlobStore(MemoryStore())):
        ref = blobs.put([b"a" * size])
        view = blobs.map(ref)
        assert bytes(view) == b"a" * size
        assert not view.readonly
        view[:1] = b"b"[: min(size, 1)]
        assert blobs.get(ref) == b"a" * size
        assert bytes(blobs.map(ref)) == b"a" * size


def test_a_map_outlives_the_deletion_of_its_blob(store: LocalStore) -> None:
    blobs = BlobStore(store)
    ref = blobs.put([b"a" * LARGE])
    view = blobs.map(ref)
    store.delete(blob_key(ref.digest))
    assert bytes(view) == b"a" * LARGE


@pytest.mark.parametrize("content", [b"small content", b"L" * LARGE])
def test_changed_content_names_digest_file_and_cure(store: LocalStore, content: bytes) -> None:
    blobs = BlobStore(store)
    ref = blobs.put([content])
    path = store.local_path(blob_key(ref.digest))
    store.put(blob_key(ref.digest), [b"X" + content[1:]])
    for read in (blobs.get, blobs.verify):
        with pytest.raises(Corrupted) as caught:
            read(ref)
        assert ref.digest in caught.value.message
        assert path in caught.value.message
        assert "delete" in caught.value.hint


@pytest.mark.parametrize("size", [10, LARGE])
def test_a_map_of_a_blob_with_the_wrong_size_is_refused(store: LocalStore, size: int) -> None:
    blobs = BlobStore(store)
    ref = blobs.put([b"a" * size])
    store.put(blob_key(ref.digest), [b"a" * (size - 1)])
    with pytest.raises(Corrupted, match=f"has {size - 1} bytes, not {size}"):
        blobs.map(ref)


@pytest.mark.parametrize("size", [10, LARGE])
def test_a_missing_blob_is_not_found_whoever_asks(store: LocalStore, size: int) -> None:
    blobs = BlobStore(store)
    ref = BlobRef(digest_of(b"a" * size), size)
    for read in (blobs.get, blobs.map, blobs.verify):
        with pytest.raises(NotFound, match=ref.digest):
            read(ref)


def test_verify_accepts_what_is_whole(store: LocalStore) -> None:
    blobs = BlobStore(store)
    blobs.verify(blobs.put([os.urandom(LARGE)]))
    blobs.verify(blobs.put([]))
