"""Disks that are full, read-only or limited: real ones, mounted for the test."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from stepwell.base.errors import NotFound, StoreError, StoreFull, StoreReadOnly
from stepwell.documents.run import RunEnded
from stepwell.store.blobs import BlobStore
from stepwell.store.datastore import open_datastore
from stepwell.store.file_log import FileLog
from stepwell.store.local import LocalStore
from stepwell.store.output import open_output

if TYPE_CHECKING:
    from pathlib import Path


def files_below(folder: Path) -> list[str]:
    return sorted(os.path.relpath(os.path.join(at, name), folder) for at, _, names in os.walk(folder) for name in names)


def fill(folder: Path) -> Path:
    """Take all space that is left."""
    path = folder / "filler"
    with path.open("wb", buffering=0) as file:
        for size in (65536, 4096, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
    return path


@pytest.mark.parametrize("create_only", [False, True])
def test_a_full_disk_is_named_with_a_cure_and_leaves_no_half_file(small_disk: Path, create_only: bool) -> None:
    store = LocalStore(small_disk)
    store.put("kept/a", [b"old"])
    write = store.put_new if create_only else store.put
    with pytest.raises(StoreFull, match="no space is left") as caught:
        write("kept/b", [bytes(2**20)])
    assert str(small_disk / "kept" / "b") in caught.value.message
    assert "--datastore" in caught.value.hint
    assert files_below(small_disk) == ["kept/a"]
    write("kept/b", [b"small"])
    assert store.get("kept/a") == b"old"


def test_a_replacement_that_does_not_fit_leaves_the_old_content(small_disk: Path) -> None:
    store = LocalStore(small_disk)
    store.put("a", [b"old"])
    with pytest.raises(StoreFull):
        store.put("a", [bytes(2**20)])
    assert store.get("a") == b"old"


def test_a_blob_that_does_not_fit_is_not_there_afterwards(small_disk: Path) -> None:
    blobs = BlobStore(LocalStore(small_disk))
    with pytest.raises(StoreFull):
        blobs.put([bytes(300_000), os.urandom(300_000)])
    assert files_below(small_disk) == []
    assert blobs.get(blobs.put([b"small"])) == b"small"


def test_a_full_disk_is_seen_by_the_check(small_disk: Path) -> None:
    store = LocalStore(small_disk)
    store.check_writable()
    filler = fill(small_disk)
    with pytest.raises(StoreFull):
        store.check_writable()
    filler.unlink()
    store.check_writable()
    assert files_below(small_disk) == []


def test_a_log_that_hits_the_end_of_the_disk_in_a_record_stays_readable_and_goes_on(small_disk: Path) -> None:
    path = small_disk / "run" / "log"
    log = FileLog(str(path))
    payload = b"p" * 30_000
    written: list[str] = []

    def append_until_full() -> None:
        for number in range(100):
            written.extend(log.append([b"%d" % number + payload]))

    with pytest.raises(StoreFull) as caught:
        append_until_full()
    assert str(path) in caught.value.message
    # The disk really ended within a record.
    assert path.stat().st_size > sum(int(locator.partition("+")[2]) + 11 for locator in written)
    records, cursor = log.read()
    assert [locator for locator, _ in records] == written
    # Something else is deleted, another process goes on.
    small = FileLog(str(path))
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - 8192)
    small.append([b"after"])
    assert [found for _, found in small.read(cursor)[0]] == [b"after"]
    assert [small.read_one(locator) for locator in written] == [found for _, found in records]
    log.close()
    small.close()


def test_a_batch_that_fits_in_part_keeps_the_whole_records_of_that_part(small_disk: Path) -> None:
    log = FileLog(str(small_disk / "log"))
    with pytest.raises(StoreFull):
        log.append([b"%03d" % number + b"x" * 10_000 for number in range(100)])
    kept = [payload[:3] for _, payload in log.read()[0]]
    assert kept == [b"%03d" % number for number in range(len(kept))]
    assert len(kept) > 40
    log.close()


def test_a_limit_on_the_size_of_files_counts_as_full(tmp_path: Path) -> None:
    script = f"""
import resource
from stepwell.base.errors import StoreFull
from stepwell.store.file_log import FileLog
from stepwell.store.local import LocalStore
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
store = LocalStore({str(tmp_path)!r})
for write in (store.put, store.put_new):
    try:
        write("big", [bytes(20_000)])
    except StoreFull as error:
        assert "ulimit -f" in error.hint
    else:
        raise AssertionError
assert list(store.keys("")) == []
log = FileLog({str(tmp_path / "log")!r})
log.append([b"x" * 6_000])
try:
    log.append([b"y" * 6_000])
except StoreFull:
    assert [payload[:1] for _, payload in log.read()[0]] == [b"x"]
else:
    raise AssertionError
"""
    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_read_only_disk_can_be_read_and_says_what_to_do_when_written(small_disk: Path) -> None:
    datastore = open_datastore(small_disk / "store", create=True)
    store = datastore.store
    store.put("kept/a", [b"old"])
    blob = datastore.blobs.put([b"content"])
    datastore.run_log("F", "1").append([RunEnded(status="succeeded", at=1.0)])
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    again = open_datastore(small_disk / "store", create=True)
    for write in (
        lambda: store.put("kept/b", [b"x"]),
        lambda: store.put("new/b", [b"x"]),
        lambda: store.put_new("kept/b", [b"x"]),
        lambda: store.delete("kept/a"),
        lambda: again.blobs.put([b"other"]),
        lambda: again.run_log("F", "1").append([RunEnded(status="failed", at=2.0)]),
        lambda: again.run_log("F", "2").append([RunEnded(status="failed", at=2.0)]),
        lambda: open_output(str(small_disk / "out" / "0.out")),
        again.store.check_writable,
        lambda: open_datastore(small_disk / "another", create=True),
    ):
        with pytest.raises(StoreReadOnly, match=str(small_disk)) as caught:
            write()
        assert "--datastore" in caught.value.hint
    assert store.get("kept/a") == b"old"
    assert again.blobs.put([b"content"]) == blob
    assert len(again.run_log("F", "1").read()[0]) == 1


def test_a_file_in_the_place_of_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("in the way")
    store = LocalStore(tmp_path)
    with pytest.raises(StoreError) as caught:
        store.put("a/b", [b"x"])
    assert str(tmp_path / "a") in caught.value.message
    assert caught.value.hint
    with pytest.raises(NotFound):
        store.get("a/b")


@pytest.mark.parametrize("create_only", [False, True])
def test_a_key_that_is_a_folder_cannot_be_written_and_nothing_is_left(tmp_path: Path, create_only: bool) -> None:
    store = LocalStore(tmp_path)
    store.put("a/b", [b"x"])
    with pytest.raises(StoreError):
        (store.put_new if create_only else store.put)("a", [b"y"])
    assert files_below(tmp_path) == ["a/b"]
