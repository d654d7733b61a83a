"""No statement walks through a whole table, shown by SQLite's own plans and on a hundred thousand tasks."""

from __future__ import annotations

import re
import sqlite3

import pytest

from stepwell.records import queries
from stepwell.records.opening import open_records
from stepwell.records.schema import creation

STATEMENTS = {
    name: value
    for name, value in vars(queries).items()
    if name.isupper() and not name.startswith("_") and isinstance(value, str)
}


@pytest.fixture
def connection():
    connection = sqlite3.connect(":memory:")
    for statement in creation():
        connection.execute(statement)
    yield connection
    connection.close()


def plan(connection, statement, values):
    return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", values)]


@pytest.mark.parametrize("name", STATEMENTS)
def test_every_query_goes_through_a_key_or_an_index(connection, name):
    statement = STATEMENTS[name]
    count = max((int(number) for number in re.findall(r"\?(\d)", statement)), default=statement.count("?"))
    details = plan(connection, statement, (1,) * count)
    assert details
    for detail in details:
        # The list of flows reads an index of the runs, never a table.
        assert not re.match(r"SCAN (?!runs USING COVERING INDEX)", detail), details
        assert "TEMP B-TREE FOR ORDER BY" not in detail, details
    if name.startswith("UNSUCCESSFUL"):
        assert "tasks_unsuccessful" in details[0]


@pytest.mark.parametrize("tags", [(), ("a", "b")])
@pytest.mark.parametrize("status", [(), ("succeeded",)])
@pytest.mark.parametrize("before", [None, 7])
def test_every_list_of_runs_goes_through_an_index_in_order(connection, tags, status, before):
    statement, values = queries.runs_page(flow="F", statuses=status, user="u", tags=tags, before=before, limit=10)
    for detail in plan(connection, statement, values):
        assert not detail.startswith("SCAN"), detail
        assert "TEMP B-TREE" not in detail, detail


def test_questions_about_a_hundred_thousand_tasks_touch_few_rows(builder):
    run = builder.run()
    template = builder.result(run, "fit", 1, values={"x": 1})
    from msgspec.structs import replace

    for start in range(0, 100_000, 5000):
        builder.append(run, *(replace(template, task=task) for task in range(start, start + 5000)))
    builder.append(run, builder.result(run, "fit", 100_000, outcome="failed"))
    records = open_records(builder.datastore)
    assert records.count_tasks("F", run) == {"fit": {"succeeded": 100_000, "failed": 1}}
    # Steps of SQLite's machine, in thousands: a walk through a table of this size takes hundreds.
    ticks = []

    def tick():
        ticks.append(1)
        return 0

    connection = records._database.connection()
    connection.set_progress_handler(tick, 1000)
    assert records.tasks("F", run, "fit", limit=1)[0].task == 100_000
    assert records.tasks("F", run, "fit", before=50_000, limit=3)[0].task == 49_999
    assert [row.task for row in records.unsuccessful_tasks("F", run, "failed")] == [100_000]
    assert records.attempts("F", run, "fit", 77_777)[0].task == 77_777
    assert [row.name for row in records.artifacts("F", run, "fit", 77_777, 0)] == ["x"]
    assert [row.step for row in records.steps("F", run)] == ["fit"]
    assert records.step_peak_memory("F") == {}
    connection.set_progress_handler(None, 0)
    assert len(ticks) < 10
    records.close()
