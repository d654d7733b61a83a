"""The records database is an index: deleted, cut or overwritten, between runs or during one, nothing is lost."""

from __future__ import annotations

import pytest

FLOW = """
class Indexed(FlowSpec):
    @step
    def start(self):
        self.items = list(range(4))
        self.next(self.work, foreach="items")

    @step
    def work(self):
        if self.input == 3:
            witness("working")
            await_file("go")
        self.value = self.input * 2
        self.next(self.join)

    @step
    def join(self, inputs):
        self.total = sum(i.value for i in inputs)
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def damage_records(work, how: str) -> None:
    path = work.root / "records.db"
    if how == "deleted":
        for name in ("records.db", "records.db-wal", "records.db-shm"):
            (work.root / name).unlink(missing_ok=True)
    elif how == "deleted without its log":
        path.unlink()
    elif how == "garbage":
        path.write_bytes(b"this is no database\n" * 1000)
    elif how == "cut":
        path.write_bytes(path.read_bytes()[:5000])
    elif how == "empty":
        path.write_bytes(b"")
    else:
        content = bytearray(path.read_bytes())
        content[4096 : len(content) // 2] = b"\xff" * (len(content) // 2 - 4096)
        path.write_bytes(content)


HOW = ["deleted", "deleted without its log", "garbage", "cut", "empty", "overwritten"]


@pytest.mark.parametrize("how", HOW)
def test_damage_between_runs_loses_nothing(work, run_of, how):
    work.touch("go")
    work.write(FLOW)
    work.run("run")
    damage_records(work, how)
    work.run("run")
    for run in (run_of("Indexed/1"), run_of("Indexed/2")):
        assert run.successful
        assert run["join"].task.data.total == 12
        assert len(list(run["work"])) == 4
    assert work.stepwell("ls", "Indexed").out.count("succeeded") == 2


@pytest.mark.parametrize("how", HOW)
def test_damage_during_a_run_does_not_stop_it(work, run_of, how):
    work.write(FLOW)
    process = work.start("run", "--max-workers", "2")
    work.wait_for_witness("working")
    damage_records(work, how)
    work.touch("go")
    work.finish(process)
    run = run_of("Indexed/1")
    assert run.successful
    assert run["join"].task.data.total == 12
    assert len(list(run["work"])) == 4
    work.run("run")
    assert run_of("Indexed/2").successful


def test_rebuild_makes_the_index_anew(work, run_of):
    work.touch("go")
    work.write(FLOW)
    work.run("run", "--tag", "kept")
    (work.root / "records.db").write_bytes(b"garbage")
    work.stepwell("records", "rebuild")
    assert "kept" in run_of("Indexed/1").tags
    assert len(list(run_of("Indexed/1")["work"])) == 4
