"""The layout of a datastore: ids, headers, output, and how it is found."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from stepwell.base.errors import NotFound, StoreError, UsageError
from stepwell.documents.codec import encode
from stepwell.documents.graph import GraphDocument
from stepwell.documents.run import CodeSnapshot, ProcessIdentity, RunEnded, RunHeader, TaskStarted
from stepwell.store.datastore import Datastore, discover_datastore, header_key, open_datastore
from stepwell.store.memory import MemoryStore
from stepwell.store.output import open_output


def header(run: str) -> RunHeader:
    return RunHeader(
        flow="F",
        run=run,
        created_at=1.0,
        user="u",
        graph=GraphDocument(flow="F", doc="", start="start", end="end", steps=()),
        code=CodeSnapshot(digest="d", source="f.py"),
        owner=ProcessIdentity(host="h", pid=1),
    )


def test_run_ids_count_from_one_and_go_on_after_the_known_one(datastore: Datastore) -> None:
    assert [datastore.create_run(header, "F", 0).run for _ in range(3)] == ["1", "2", "3"]
    assert datastore.create_run(header, "F", 9).run == "10"
    assert datastore.create_run(header, "G", 0).run == "1"
    assert datastore.runs("F") == ["1", "2", "3", "10"]
    assert datastore.flows() == ["F", "G"]
    assert datastore.header("F", "10") == header("10")


def test_a_lost_index_costs_few_looks_however_many_runs_there_are() -> None:
    class Counting(MemoryStore):
        looks = 0

        def size(self, key: str) -> int | None:
            self.looks += 1
            return super().size(key)

        def put_new(self, key: str, parts: Any) -> None:
            self.looks += 1
            super().put_new(key, parts)

    store = Counting()
    for run in range(1, 1001):
        store.put(header_key("F", str(run)), [encode(header(str(run)))])
    assert Datastore(store).create_run(header, "F", 0).run == "1001"
    assert store.looks < 40


def test_processes_that_start_at_the_same_moment_get_different_ids(tmp_path: Path) -> None:
    script = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_datastore import header
from stepwell.store.datastore import open_datastore
datastore = open_datastore({str(tmp_path / "store")!r}, create=True)
print("ready", flush=True)
sys.stdin.readline()
for _ in range(40):
    print(datastore.create_run(header, "F", 0).run)
"""
    command = [sys.executable, "-c", script]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    runs = [int(run) for process in processes for run in process.communicate()[0].split()]
    assert sorted(runs) == list(range(1, 121))
    assert open_datastore(tmp_path / "store", create=False).runs("F") == [str(run) for run in range(1, 121)]


def test_a_folder_without_a_header_is_no_run(datastore: Datastore) -> None:
    datastore.store.put("flows/F/7/leftover", [b""])
    datastore.store.put("flows/F/notes/run.json", [b""])
    assert datastore.runs("F") == []
    with pytest.raises(NotFound, match="no run `F/7`"):
        datastore.header("F", "7")


@pytest.mark.parametrize("name", ["", "..", "a/b", ".hidden", "a b"])
def test_names_that_could_leave_the_datastore_are_refused(datastore: Datastore, name: str) -> None:
    for use in (
        lambda: datastore.header(name, "1"),
        lambda: datastore.header("F", name),
        lambda: datastore.run_log("F", name),
        lambda: datastore.runs(name),
        lambda: datastore.output_key("F", "1", name, 1, 0, "stdout"),
    ):
        with pytest.raises(StoreError, match="cannot be a name"):
            use()


def test_a_run_log_holds_documents(datastore: Datastore) -> None:
    log = datastore.run_log("F", "1")
    records = [TaskStarted(step="a", task=1), RunEnded(status="failed", at=1.0)]
    locators = log.append(records)
    assert log.get(locators[1]) == records[1]
    found, cursor = log.read()
    assert found == list(zip(locators, records, strict=True))
    assert log.read(cursor) == ([], cursor)
    assert [record for batch, _ in log.batches(size=1) for _, record in batch] == records
    log.close()


def test_records_of_a_later_version_are_skipped_and_counted(datastore: Datastore) -> None:
    log = datastore.run_log("F", "1")
    raw = datastore.store.open_log("flows/F/1/log")
    raw.append([b'{"type":"from-the-future"}', b"{}"])
    log.append([RunEnded(status="failed", at=1.0)])
    assert [record for _, record in log.read()[0]] == [RunEnded(status="failed", at=1.0)]
    assert log.unreadable == 2
    log.close()
    raw.close()


def test_output_is_read_while_it_grows(datastore: Datastore) -> None:
    where = ("F", "1", "step", 3, 0, "stdout")
    assert datastore.read_output(*where) == b""
    assert datastore.read_output(*where, 5) == b""
    assert datastore.output_size(*where) == 0
    path = datastore.output_path(*where)
    assert path is not None
    assert path == f"{datastore.url.removeprefix('file://')}/flows/F/1/step/3.0.out"
    descriptor = open_output(path)
    os.write(descriptor, b"hello \xff\n")
    assert datastore.read_output(*where) == b"hello \xff\n"
    os.write(descriptor, b"more")
    os.close(descriptor)
    assert datastore.read_output(*where, 8) == b"more"
    assert datastore.read_output(*where, 6, 2) == b"\xff\n"
    assert datastore.read_output(*where, 99) == b""
    assert datastore.output_size(*where) == 12


def test_empty_output_goes_and_what_was_printed_stays(datastore: Datastore) -> None:
    for task, text in ((1, b""), (2, b"x")):
        for stream in ("stdout", "stderr"):
            path = datastore.output_path("F", "1", "s", task, 0, stream)
            assert path is not None
            descriptor = open_output(path)
            os.write(descriptor, text if stream == "stdout" else b"")
            os.close(descriptor)
        datastore.delete_empty_output("F", "1", "s", task, 0)
    datastore.delete_empty_output("F", "1", "s", 9, 0)
    assert list(datastore.store.keys("")) == ["flows/F/1/s/2.0.out"]


def test_the_nearest_datastore_above_is_found(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b" / "c"
    deep.mkdir(parents=True)
    (tmp_path / "a" / ".stepwell").mkdir()
    (tmp_path / ".stepwell").mkdir()
    assert discover_datastore(str(deep)) == str(tmp_path / "a" / ".stepwell")
    assert discover_datastore(str(tmp_path)) == str(tmp_path / ".stepwell")


def test_without_any_the_working_directory_is_where_it_will_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert discover_datastore() == str(tmp_path / ".stepwell")
    with pytest.raises(NotFound, match="no datastore at") as caught:
        open_datastore(create=False)
    assert "--datastore" in caught.value.hint
    assert not (tmp_path / ".stepwell").exists()
    datastore = open_datastore(create=True)
    assert datastore.url == f"file://{tmp_path}/.stepwell"
    assert open_datastore(datastore.url, create=False).url == datastore.url


def test_a_working_directory_that_is_gone_is_named(tmp_path: Path) -> None:
    script = f"""
import os
from stepwell.base.errors import StoreError
from stepwell.store.datastore import discover_datastore
os.chdir({str(tmp_path)!r}); os.mkdir("gone"); os.chdir("gone"); os.rmdir(os.getcwd())
try:
    discover_datastore()
except StoreError as error:
    assert "--datastore" in error.hint
else:
    raise AssertionError
"""
    subprocess.run([sys.executable, "-c", script], check=True)


def test_memory_datastores_of_one_name_are_one() -> None:
    open_datastore("memory://test-of-names", create=True).store.put("k", [b"x"])
    assert open_datastore("memory://test-of-names", create=False).store.get("k") == b"x"
    assert open_datastore("memory://another", create=True).store.size("k") is None


def test_an_unknown_scheme_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match="ftp://x") as caught:
        open_datastore("ftp://x", create=True)
    assert "file" in caught.value.hint
