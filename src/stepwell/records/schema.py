"""The tables of the index, in the part of SQL that SQLite and PostgreSQL share.

Ids of runs are internal numbers, so that the many rows of tasks and artifacts stay short. All times are seconds since
the epoch (UTC). A row of `tasks` is one attempt. Locators say where the run log holds the result itself.
"""

from __future__ import annotations

# Raised by one with every change of the tables; an index with another number is rebuilt from the datastore.
SCHEMA_VERSION = 1

# SQLite keeps a table with such a key as one tree, which spares the hidden row id and one lookup for each read.
_CLUSTERED = "WITHOUT ROWID"

TABLES = {
    "runs": """
        CREATE TABLE runs (
            id          INTEGER PRIMARY KEY,
            flow        TEXT NOT NULL,
            run         TEXT NOT NULL,
            number      INTEGER NOT NULL,
            created_at  DOUBLE PRECISION NOT NULL,
            user        TEXT NOT NULL,
            namespace   TEXT,
            status      TEXT NOT NULL,
            finished_at DOUBLE PRECISION,
            reason      TEXT NOT NULL,
            cursor      TEXT NOT NULL,
            origin_run  TEXT,
            code        TEXT NOT NULL,
            owner       TEXT NOT NULL,
            header      TEXT NOT NULL,
            UNIQUE (flow, run)
        )""",
    "tags": f"""
        CREATE TABLE tags (
            run_id INTEGER NOT NULL,
            tag    TEXT NOT NULL,
            kind   TEXT NOT NULL,
            PRIMARY KEY (run_id, tag)
        ) {_CLUSTERED}""",
    "steps": f"""
        CREATE TABLE steps (
            run_id      INTEGER NOT NULL,
            step        TEXT NOT NULL,
            position    INTEGER NOT NULL,
            started_at  DOUBLE PRECISION NOT NULL,
            finished_at DOUBLE PRECISION NOT NULL,
            peak_memory INTEGER NOT NULL,
            PRIMARY KEY (run_id, step)
        ) {_CLUSTERED}""",
    "tasks": f"""
        CREATE TABLE tasks (
            run_id        INTEGER NOT NULL,
            step          TEXT NOT NULL,
            task          INTEGER NOT NULL,
            attempt       INTEGER NOT NULL,
            path          TEXT NOT NULL,
            status        TEXT NOT NULL,
            started_at    DOUBLE PRECISION,
            finished_at   DOUBLE PRECISION,
            locator       TEXT NOT NULL,
            peak_memory   INTEGER NOT NULL,
            wall          DOUBLE PRECISION NOT NULL,
            cpu           DOUBLE PRECISION NOT NULL,
            label         TEXT NOT NULL,
            foreach_index INTEGER,
            origin        TEXT NOT NULL,
            error         TEXT NOT NULL,
            PRIMARY KEY (run_id, step, task, attempt)
        ) {_CLUSTERED}""",
    "artifacts": f"""
        CREATE TABLE artifacts (
            run_id  INTEGER NOT NULL,
            step    TEXT NOT NULL,
            task    INTEGER NOT NULL,
            attempt INTEGER NOT NULL,
            name    TEXT NOT NULL,
            digest  TEXT NOT NULL,
            type    TEXT NOT NULL,
            size    INTEGER NOT NULL,
            PRIMARY KEY (run_id, step, task, attempt, name)
        ) {_CLUSTERED}""",
}

INDEXES = (
    "CREATE INDEX runs_newest ON runs (flow, number)",
    "CREATE INDEX runs_by_status ON runs (flow, status, number)",
    # Few tasks are in it at any time, so that failures and running tasks are found among a million others at once.
    "CREATE INDEX tasks_unsuccessful ON tasks (run_id, status, step, task) WHERE status <> 'succeeded'",
)


def creation() -> list[str]:
    """The statements that make an empty index."""
    return [*TABLES.values(), *INDEXES, f"PRAGMA user_version = {SCHEMA_VERSION}"]


def removal() -> list[str]:
    """The statements that remove the tables of an index of any version that had the same table names."""
    return [f"DROP TABLE IF EXISTS {name}" for name in TABLES]
