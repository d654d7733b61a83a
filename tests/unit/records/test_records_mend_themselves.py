"""A damaged, old, foreign or unwritable index: every question is answered all the same."""

from __future__ import annotations

import os
import shutil
import sqlite3

import pytest

from stepwell.documents.run import RunEnded
from stepwell.records.opening import open_records


@pytest.fixture
def place(builder):
    return builder.folder / ".stepwell"


def statuses(records):
    return [(row.run, row.status) for row in records.runs("F")]


def filled(builder):
    """An index with two runs, closed."""
    builder.whole_run()
    builder.whole_run(values=tuple(range(300)))
    records = open_records(builder.datastore)
    records.refresh_all()
    records.close()


DAMAGE = {
    "no database": lambda path: path.write_bytes(b"this is no database, but it is long enough to be read" * 100),
    "cut in the middle": lambda path: os.truncate(path, 6000),
    "zeros in the middle": lambda path: overwrite(path, 4096, b"\0" * 40000),
    "noise in the middle": lambda path: overwrite(path, 8192, bytes(range(256)) * 300),
}


def overwrite(path, start, data):
    with open(path, "r+b") as file:
        file.seek(start)
        file.write(data)


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_index_is_set_aside_and_made_anew(builder, place, kind):
    filled(builder)
    DAMAGE[kind](place / "records.db")
    told = []
    records = open_records(builder.datastore, notice=told.append)
    assert statuses(records) == [("2", "succeeded"), ("1", "succeeded")]
    assert records.count_tasks("F", "2")["fit"] == {"succeeded": 300}
    assert len(list(records.iter_tasks("F", "2", "fit"))) == 300
    records.close()
    assert len(told) == 1
    assert "records.db.damaged-1" in told[0]
    assert (place / "records.db.damaged-1").exists()


def test_damage_while_the_index_is_open_is_mended_too(builder, place):
    filled(builder)
    records = open_records(builder.datastore, notice=lambda message: None)
    assert len(statuses(records)) == 2
    os.truncate(place / "records.db", 5000)
    (place / "records.db-wal").unlink(missing_ok=True)
    assert records.count_tasks("F", "2")["fit"] == {"succeeded": 300}
    assert len(list(records.iter_tasks("F", "2", "fit"))) == 300
    records.close()


def test_each_damaged_index_gets_its_own_number(builder, place):
    filled(builder)
    for _ in range(2):
        (place / "records.db").write_bytes(b"not a database" * 1000)
        records = open_records(builder.datastore, notice=lambda message: None)
        assert len(statuses(records)) == 2
        records.close()
    assert (place / "records.db.damaged-2").exists()


def test_an_empty_file_becomes_an_index(builder, place):
    builder.whole_run()
    (place / "records.db").write_bytes(b"")
    records = open_records(builder.datastore)
    assert statuses(records) == [("1", "succeeded")]
    records.close()


@pytest.mark.parametrize("version", [0, 999])
def test_an_index_of_another_version_is_made_anew(builder, place, version):
    filled(builder)
    connection = sqlite3.connect(place / "records.db")
    connection.execute("DROP TABLE tasks")
    connection.execute("CREATE TABLE tasks (other TEXT)")
    connection.execute(f"PRAGMA user_version = {version}")
    connection.commit()
    connection.close()
    told = []
    records = open_records(builder.datastore, notice=told.append)
    assert statuses(records) == [("2", "succeeded"), ("1", "succeeded")]
    assert records.count_tasks("F", "1")["fit"] == {"succeeded": 3}
    assert told == []
    records.close()


def test_an_index_without_a_table_is_set_aside(builder, place):
    filled(builder)
    connection = sqlite3.connect(place / "records.db")
    connection.execute("DROP TABLE steps")
    connection.commit()
    connection.close()
    records = open_records(builder.datastore, notice=lambda message: None)
    assert [row.step for row in records.steps("F", "1")][-1] == "end"
    records.close()


def test_a_deleted_index_is_noticed_by_a_reader(builder, place):
    filled(builder)
    records = open_records(builder.datastore)
    assert len(statuses(records)) == 2
    for name in ("records.db", "records.db-wal", "records.db-shm"):
        (place / name).unlink(missing_ok=True)
    assert len(statuses(records)) == 2
    assert (place / "records.db").exists()
    records.close()


def test_a_stale_write_ahead_log_never_meets_a_new_index(builder, place):
    filled(builder)
    records = open_records(builder.datastore)
    records.register_run(builder.header("7"))
    shutil.copy(place / "records.db-wal", place / "kept")
    records.close()
    (place / "records.db").unlink()
    shutil.move(place / "kept", place / "records.db-wal")
    fresh = open_records(builder.datastore)
    assert fresh._database.connection().execute("SELECT count(*) FROM runs").fetchone() == (0,)
    assert statuses(fresh) == [("2", "succeeded"), ("1", "succeeded")]
    fresh.close()


def without_privileges(work):
    """Run work in a child that is an ordinary user; its exit code."""
    child = os.fork()
    if child == 0:
        try:
            if os.getuid() == 0:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
            os._exit(0 if work() else 1)
        finally:
            os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.fixture
def locked_away(builder, place):
    """Makes the datastore unwritable for everybody but root, and passable for all."""
    changed = []

    def lock():
        for path in [*builder.folder.parents, builder.folder]:
            mode = path.stat().st_mode
            if not mode & 0o001:
                changed.append((path, mode))
                path.chmod(mode | 0o005)
        for root, _, files in os.walk(place):
            os.chmod(root, 0o555)
            for name in files:
                os.chmod(os.path.join(root, name), 0o444)

    yield lock
    for root, _, files in os.walk(place):
        os.chmod(root, 0o755)
        for name in files:
            os.chmod(os.path.join(root, name), 0o644)
    for path, mode in changed:
        path.chmod(mode)


@pytest.mark.parametrize("state", ["complete", "behind", "missing", "damaged"])
def test_a_datastore_that_cannot_be_written_is_read_all_the_same(builder, place, locked_away, state):
    filled(builder)
    if state == "behind":
        builder.append("1", RunEnded(status="cancelled", at=9.0))
        builder.whole_run()
    elif state == "missing":
        (place / "records.db").unlink()
    elif state == "damaged":
        (place / "records.db").write_bytes(b"no database" * 1000)
    locked_away()

    def work():
        records = open_records(builder.datastore, notice=lambda message: None)
        expected = [("2", "succeeded"), ("1", "succeeded")]
        if state == "behind":
            expected = [("3", "succeeded"), ("2", "succeeded"), ("1", "cancelled")]
        return statuses(records) == expected and records.count_tasks("F", "2")["fit"] == {"succeeded": 300}

    assert without_privileges(work) == 0
    assert not (place / "records.db.damaged-1").exists()


def test_nothing_is_written_when_nothing_shall_be_created(builder, place):
    builder.whole_run()
    records = open_records(builder.datastore, create=False)
    assert statuses(records) == [("1", "succeeded")]
    records.close()
    assert not (place / "records.db").exists()


def test_a_reader_goes_on_in_memory_when_the_index_stays_locked(builder, place):
    from stepwell.records.database import Database
    from stepwell.records.sqlite import Records

    filled(builder)
    builder.append("2", RunEnded(status="cancelled", at=9.0))
    other = sqlite3.connect(place / "records.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    told = []
    records = Records(builder.datastore, Database(str(place / "records.db"), notice=told.append, patience=0.01))
    assert statuses(records) == [("2", "cancelled"), ("1", "succeeded")]
    assert records.count_tasks("F", "2")["fit"] == {"succeeded": 300}
    records.close()
    other.execute("ROLLBACK")
    other.close()
    assert len(told) == 1
    assert "locked" in told[0]


def test_a_full_disk_does_not_keep_anybody_from_reading(builder):
    import resource

    filled(builder)
    builder.append("2", RunEnded(status="cancelled", at=9.0))
    builder.whole_run(values=tuple(range(1000)))

    def work():
        # No file may grow beyond this, which is what a full disk looks like.
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
        records = open_records(builder.datastore, notice=lambda message: None)
        expected = [("3", "succeeded"), ("2", "cancelled"), ("1", "succeeded")]
        return statuses(records) == expected and records.count_tasks("F", "3")["fit"] == {"succeeded": 1000}

    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if work() else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    records = open_records(builder.datastore)
    assert statuses(records)[0] == ("3", "succeeded")
    records.close()
