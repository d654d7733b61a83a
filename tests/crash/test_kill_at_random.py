"""kill -9 of the run's process, of the zygote and of tasks, at random moments.

After each kill: no process is left once the run is over, the records can be read and agree with the log, nothing that
was reported as finished is lost or run again, and `resume` completes with the right result.

Seeds are fixed; a failure prints its seed. `STEPWELL_CRASH_SEED` and `STEPWELL_CRASH_KILLS` run others, or more.
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.crash.processes import MARK, children, kill, marked, wait_until_none
from tests.flows.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path

ITEMS = 24
FLOW = """
import os
import random
import time

class Crash(FlowSpec):
    @step
    def start(self):
        self.note()
        self.items = list(range(ITEMS))
        self.big = bytes(200_000)
        self.next(self.work, foreach="items")

    @step
    def work(self):
        self.note()
        time.sleep(random.random() * 0.03)
        self.square = self.input ** 2
        self.block = os.urandom(20_000)
        print("done", self.input)
        self.next(self.join)

    @step
    def join(self, inputs):
        self.note()
        self.total = sum(i.square for i in inputs)
        self.count = len(inputs)
        self.next(self.end)

    @step
    def end(self):
        self.note()

    def note(self):
        line = f"{current.step_name} {self.index} {current.retry_count}\\n".encode()
        fd = os.open("witness.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(fd, line)
        os.close(fd)
""".replace("ITEMS", str(ITEMS))

KILLS = int(os.environ.get("STEPWELL_CRASH_KILLS", "204"))
BATCHES = 12
BASE_SEED = int(os.environ.get("STEPWELL_CRASH_SEED", "20261123"))


class Trial:
    """One run that is hit, and then resumed until it succeeds."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.seed = seed
        self.random = random.Random(seed)
        self.work = Workspace(folder)
        self.mark = f"{seed}-{os.getpid()}-{time.monotonic_ns()}"
        self.work.environ[MARK] = self.mark
        self.work.write(FLOW)
        self.events: list[dict[str, object]] = []
        self.executions: dict[tuple[str, str], int] = {}
        self.kills = 0

    def go(self, *arguments: str, hit: str | None) -> int:
        """Run the command, hit it once or more if asked to, and wait until all is quiet. Returns the exit code."""
        out = self.work.folder / "events.jsonl"
        with out.open("wb") as file, (self.work.folder / "stderr.txt").open("ab") as errors:
            process = subprocess.Popen(
                self.work.command(*arguments, "--json"),
                cwd=self.work.folder,
                env=self.work.environ,
                stdout=file,
                stderr=errors,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        if hit is not None:
            self.hit(process, hit)
        code = process.wait(timeout=60)
        left = wait_until_none(self.mark)
        assert not left, f"seed {self.seed}: processes are left after {hit}: {left}"
        for line in out.read_bytes().splitlines():
            try:
                self.events.append(json.loads(line))
            except ValueError:
                continue  # the last line of a process that was killed while it wrote
        self.check_witness()
        return code

    def hit(self, process: subprocess.Popen[bytes], target: str) -> None:
        """Kill the target after a random time; tasks and zygotes several times, since the run goes on."""
        times = 1 if target == "scheduler" else self.random.randint(1, 3)
        for _ in range(times):
            time.sleep(self.random.uniform(0.0, 0.45))
            pid = self.find(process, target)
            if pid is not None and kill(pid):
                self.kills += 1

    def find(self, process: subprocess.Popen[bytes], target: str) -> int | None:
        if process.poll() is not None:
            return None
        if target == "scheduler":
            return process.pid
        zygotes = [pid for pid in children(process.pid) if pid in marked(self.mark)]
        if target == "zygote":
            return self.random.choice(zygotes) if zygotes else None
        tasks = [task for zygote in zygotes for task in children(zygote)]
        return self.random.choice(tasks) if tasks else None

    def check_witness(self) -> None:
        """What was reported as finished is reported once, and its step was not executed again since."""
        path = self.work.folder / "witness.txt"
        lines = path.read_text().splitlines() if path.exists() else []
        ran = Counter(tuple(line.split()[:2]) for line in lines)
        reported = Counter(
            (str(event["step"]), str(event.get("label") or "None"))
            for event in self.events
            if event.get("type") == "task-ended" and event.get("outcome") == "succeeded"
        )
        for task, count in reported.items():
            assert count == 1, f"seed {self.seed}: {task} was reported as finished {count} times"
            times = self.executions.setdefault(task, ran[task])
            assert times == ran[task], f"seed {self.seed}: {task} was run again after it was reported as finished"

    def check_records(self, *, over: bool) -> None:
        """The index is sound and says what the log says."""
        from stepwell.client.session import ClientSession
        from stepwell.records.opening import open_records
        from stepwell.store.datastore import open_datastore

        if not self.work.root.exists():
            return
        datastore = open_datastore(str(self.work.root), create=False)
        records = open_records(datastore)
        try:
            for run in datastore.runs("Crash"):
                row = records.run("Crash", run)
                assert row is not None
                assert row.status != "running", f"seed {self.seed}: run {run} stays running"
                log = datastore.run_log("Crash", run)
                written = {
                    (record.step, record.task)
                    for _, record in log.read()[0]
                    if type(record).__name__ == "TaskResult" and record.outcome == "succeeded"
                }
                log.close()
                indexed = {(found.step, found.task) for found in records.finished_results("Crash", run)}
                assert {key for key in written if key[1]} == {key for key in indexed if key[1]}
        finally:
            records.close()
        with sqlite3.connect(self.work.root / "records.db") as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        database.close()
        if over:
            session = ClientSession(str(self.work.root), namespace=None)
            from stepwell.client import Flow

            run = Flow("Crash", session=session).latest_run
            assert run is not None
            assert run.status == "succeeded"
            assert run.data.total == sum(n**2 for n in range(ITEMS))
            assert run.data.count == ITEMS
            assert len(run["work"].task.data.block) == 20_000
            session.close()


@pytest.mark.parametrize("batch", range(BATCHES))
def test_nothing_finished_is_lost_whatever_is_killed(tmp_path: Path, batch: int) -> None:
    kills = 0
    number = 0
    while kills < KILLS / BATCHES:
        seed = BASE_SEED + batch * 10_000 + number
        folder = tmp_path / str(number)
        folder.mkdir()
        number += 1
        trial = Trial(folder, seed)
        target = trial.random.choice(["scheduler", "zygote", "task"])
        code = trial.go("run", hit=target)
        trial.check_records(over=code == 0)
        resumes = 0
        while code != 0:
            resumes += 1
            assert resumes <= 8, f"seed {seed}: no success after {resumes} resumes"
            started = any(trial.work.root.glob("flows/Crash/*/run.json"))
            again = trial.random.choice([None, None, "scheduler", "task"]) if resumes < 3 else None
            code = trial.go(*(["resume"] if started else ["run"]), hit=again)
            trial.check_records(over=code == 0)
        kills += trial.kills
    print(f"batch {batch}: {kills} kills in {number} runs")
