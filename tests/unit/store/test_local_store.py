"""Stores in a folder: what a crash or a neighbour may leave, and names that have a second meaning."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from stepwell.base.errors import StoreError
from stepwell.store.local import LocalStore, path_of_url, url_of_path

if TYPE_CHECKING:
    from pathlib import Path


def test_files_that_a_killed_writer_left_are_no_keys_and_in_nobodys_way(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    store.put("a/first", [b"x"])
    for number in range(50):
        (tmp_path / "a" / f".new-{os.getpid()}-{number}").write_bytes(b"half")
    store.put("a/b", [b"whole"])
    assert sorted(store.keys("")) == ["a/b", "a/first"]
    assert store.children("a/") == ["b", "first"]


def test_a_reader_never_sees_half_of_a_file_that_is_replaced(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    contents = [bytes([number]) * 300_000 for number in (1, 2)]
    store.put("k", [contents[0]])
    done = threading.Event()

    def replace() -> None:
        for number in range(60):
            store.put("k", [contents[number % 2]])
        done.set()

    writer = threading.Thread(target=replace)
    writer.start()
    while not done.is_set():
        assert store.get("k") in contents
    writer.join()


def test_writers_survive_somebody_who_removes_their_folders_all_the_time(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "store")
    script = f"""
from stepwell.store.local import LocalStore
store = LocalStore({str(tmp_path / "store")!r})
for number in range(400):
    store.put_new(f"deep/er/{{number}}", [b"x"])
    store.delete(f"deep/er/{{number}}")
    store.put("deep/er/same", [b"x"])
    store.delete("deep/er/same")
"""
    writers = [subprocess.Popen([sys.executable, "-c", script]) for _ in range(1)]
    for number in range(400):
        store.put(f"deep/other{number}/x", [b"y"])
        store.delete(f"deep/other{number}/x")
    assert [writer.wait() for writer in writers] == [0]
    assert list(store.keys("")) == []


def test_a_new_datastore_keeps_itself_out_of_version_control(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / ".stepwell")
    store.prepare()
    store.prepare()
    assert (tmp_path / ".stepwell" / ".gitignore").read_text() == "*\n"
    assert list(store.keys("")) == []


@pytest.mark.parametrize("path", ["/data/store", "/with space/ü", "/100%/a#b?c", "/%41", "/nonutf-\udcff"])
def test_urls_name_their_folder_whatever_is_in_its_name(path: str) -> None:
    url = url_of_path(path)
    assert url.encode().startswith(b"file:///")
    assert path_of_url(url) == path
    assert LocalStore.from_url(url).root == path


def test_a_url_of_another_machine_is_refused() -> None:
    with pytest.raises(StoreError, match="names no folder of this machine"):
        path_of_url("file://server/share")
    assert path_of_url("file://localhost/data") == "/data"


def test_a_file_made_by_another_user_of_a_shared_folder_follows_the_umask(tmp_path: Path) -> None:
    old = os.umask(0o002)
    try:
        LocalStore(tmp_path).put("a", [b"x"])
    finally:
        os.umask(old)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o664
