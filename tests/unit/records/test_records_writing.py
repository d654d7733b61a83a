"""The run loop's side: it hands over what it read, never waits, and nothing is added twice or out of order."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys

import pytest
from msgspec.structs import replace

from stepwell.documents.run import RunEnded, TagChange
from stepwell.records.opening import open_records


@pytest.fixture
def records(builder):
    index = open_records(builder.datastore)
    yield index
    index.close()


class Loop:
    """Reads a run's log forward, as the run loop does."""

    def __init__(self, builder, records, run):
        self.records, self.run, self.cursor = records, run, ""
        self.log = builder.datastore.run_log("F", run)

    def step(self):
        new, self.cursor = self.log.read(self.cursor)
        return self.records.ingest("F", self.run, new, self.cursor)


def raw(builder, query):
    connection = sqlite3.connect(builder.folder / ".stepwell" / "records.db")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_what_is_handed_over_is_in_the_file_at_once(builder, records):
    run = builder.run()
    assert records.register_run(builder.datastore.header("F", run))
    loop = Loop(builder, records, run)
    builder.append(run, builder.result(run, "start", 1, values={"x": 1}))
    assert loop.step()
    builder.append(run, builder.result(run, "fit", 2))
    assert loop.step()
    assert raw(builder, "SELECT step FROM tasks ORDER BY task") == [("start",), ("fit",)]
    assert raw(builder, "SELECT name FROM artifacts") == [("x",)]
    loop.log.close()


def test_a_locked_index_postpones_and_loses_nothing(builder, records):
    run = builder.run()
    records.register_run(builder.datastore.header("F", run))
    loop = Loop(builder, records, run)
    other = sqlite3.connect(builder.folder / ".stepwell" / "records.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for task in (1, 2):
        builder.append(run, builder.result(run, "fit", task))
        assert not loop.step()
    assert not records.flush(0.01)
    other.execute("ROLLBACK")
    other.close()
    assert records.flush(5.0)
    assert raw(builder, "SELECT task FROM tasks ORDER BY task") == [(1,), (2,)]
    loop.log.close()


def test_records_handed_over_again_after_a_refusal_count_once(builder, records):
    run = builder.run()
    records.register_run(builder.datastore.header("F", run))
    log = builder.datastore.run_log("F", run)
    builder.append(run, TagChange(at=1.0, user="u", add=("a",)))
    first, cursor = log.read("")
    other = sqlite3.connect(builder.folder / ".stepwell" / "records.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert not records.ingest("F", run, first, cursor)
    other.execute("ROLLBACK")
    other.close()
    builder.append(run, TagChange(at=2.0, user="u", remove=("a",)))
    more, cursor = log.read(cursor)
    assert records.ingest("F", run, first + more, cursor)
    assert raw(builder, "SELECT tag FROM tags WHERE kind = 'user'") == []
    log.close()


def test_a_reader_that_was_ahead_does_no_harm(builder, records):
    run = builder.run()
    records.register_run(builder.datastore.header("F", run))
    log = builder.datastore.run_log("F", run)
    builder.append(run, TagChange(at=1.0, user="u", add=("a",)))
    first, middle = log.read("")
    builder.append(run, TagChange(at=2.0, user="u", remove=("a",)))
    second, end = log.read(middle)
    reader = open_records(builder.datastore)
    assert reader.tags("F", run)[0] == set()
    reader.close()
    # The stale stretch must not bring the removed tag back.
    assert records.ingest("F", run, first, middle)
    assert records.ingest("F", run, second, end)
    assert raw(builder, "SELECT tag FROM tags WHERE kind = 'user'") == []
    log.close()


def test_a_stretch_that_somebody_else_has_added_is_not_added_again(builder, records):
    run = builder.run()
    log = builder.datastore.run_log("F", run)
    builder.append(run, TagChange(at=1.0, user="u", add=("a",)))
    before = records.run("F", run)
    stretch, middle = log.read("")
    assert before.cursor == middle
    behind = replace(before, cursor="")
    builder.append(run, TagChange(at=2.0, user="u", remove=("a",)))
    assert records.tags("F", run)[0] == set()
    records._follower._add_stretch(behind, stretch, middle, None)
    assert raw(builder, "SELECT tag FROM tags WHERE kind = 'user'") == []
    log.close()


def test_an_index_deleted_during_the_run_is_made_again_with_everything(builder, records):
    run = builder.run()
    records.register_run(builder.datastore.header("F", run))
    loop = Loop(builder, records, run)
    builder.append(run, builder.result(run, "start", 1))
    assert loop.step()
    for name in ("records.db", "records.db-wal", "records.db-shm"):
        (builder.folder / ".stepwell" / name).unlink(missing_ok=True)
    builder.append(run, builder.result(run, "fit", 2))
    assert loop.step()
    assert raw(builder, "SELECT step FROM tasks ORDER BY task") == [("start",), ("fit",)]
    loop.log.close()


def test_a_forked_child_does_not_use_the_parents_connection(builder, records):
    run = builder.whole_run()
    assert records.run_status("F", run) == "succeeded"
    parents = records._database.connection()
    child = os.fork()
    if child == 0:
        try:
            good = records._database.connection() is not parents
            good = good and records.run_status("F", run) == "succeeded" and records.register_run(builder.header("9"))
            os._exit(0 if good else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert records.run_status("F", run) == "succeeded"


WRITER = """
import sys
from stepwell.documents.run import RunEnded, RunHeader
from stepwell.documents.codec import decode_header
from stepwell.documents.task import TaskResult
from stepwell.records.opening import open_records
from stepwell.store.datastore import open_datastore
import msgspec

datastore = open_datastore(sys.argv[1], create=False)
template = decode_header(datastore.store.get("flows/F/1/run.json"))
records = open_records(datastore, notice=lambda message: sys.exit(message))
after = records.latest_run_number("F")
header = datastore.create_run(lambda run: msgspec.structs.replace(template, run=run), "F", after)
records.register_run(header)
log = datastore.run_log("F", header.run)
cursor = ""
for task in range(60):
    log.append([TaskResult(flow="F", run=header.run, step="fit", task=task, outcome="succeeded")])
    new, cursor = log.read(cursor)
    records.ingest("F", header.run, new, cursor)
log.append([RunEnded(status="succeeded", at=1.0)])
new, cursor = log.read(cursor)
records.ingest("F", header.run, new, cursor)
sys.exit(0 if records.flush(30.0) else "the index was not had")
"""


def test_twenty_processes_write_and_make_the_index_at_once(builder):
    builder.append(builder.run(), RunEnded(status="succeeded", at=1.0))
    place = str(builder.folder / ".stepwell")
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, place], stderr=subprocess.PIPE, text=True) for _ in range(20)
    ]
    errors = [writer.communicate()[1] for writer in writers]
    assert errors == [""] * 20
    # Looked at without completing it from the logs: the processes have written everything themselves.
    assert raw(builder, "SELECT count(*) FROM runs WHERE status = 'succeeded'") == [(20,)]
    assert raw(builder, "SELECT count(*) FROM tasks") == [(1200,)]
    assert raw(builder, "PRAGMA integrity_check") == [("ok",)]
