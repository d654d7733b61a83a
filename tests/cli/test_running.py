"""Whole processes: what `run` and `resume` print, where, and with which exit code they end."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess

import pytest

from tests.flows.workspace import wait_until

FLOW = """
    class TinyFlow(FlowSpec):
        mode = Parameter("mode", default="ok")
        size = Parameter("size", default=3)

        @step
        def start(self):
            self.xs = list(range(self.size))
            self.next(self.fit, foreach="xs")

        @step
        def fit(self):
            print("item", self.input)
            if self.mode == "fail" and self.input == 1:
                raise ValueError("one is wrong")
            if self.mode == "wait":
                witness("waiting")
                await_file("go")
            self.next(self.join)

        @step
        def join(self, inputs):
            self.next(self.end)

        @step
        def end(self):
            print("the end")
"""


@pytest.fixture
def tiny(work):
    work.write(FLOW)
    return work


def test_task_lines_go_to_stdout_and_talk_to_stderr(tiny):
    done = tiny.run("run")
    assert re.search(r"^\d\d:\d\d:\d\d \[1/end/6\] the end$", done.out, re.MULTILINE)
    assert "Run TinyFlow/1 starts for tester" in done.err
    assert "Run TinyFlow/1 succeeded after" in done.err
    assert "stepwell show TinyFlow/1" in done.err
    assert "\x1b" not in done.text


def test_quiet_leaves_output_and_one_line(tiny):
    done = tiny.run("--quiet", "run", "--size", "1")
    assert [re.sub(r"^\S+ ", "", line) for line in done.out.splitlines()] == ["[1/fit/2] item 0", "[1/end/4] the end"]
    assert re.fullmatch(r"Run TinyFlow/1 succeeded after \S+\n", done.err)


def test_json_prints_events_and_nothing_else(tiny):
    done = tiny.run("run", "--json")
    events = [json.loads(line) for line in done.out.splitlines()]
    assert done.err == ""
    assert events[0]["type"] == "run-began"
    assert events[-1]["type"] == "run-finished"
    assert events[-1]["status"] == "succeeded"
    assert [event["text"] for event in events if event["type"] == "log" and event["step"] == "end"] == ["the end\n"]


def test_a_failed_run_ends_with_1_and_resume_goes_on(tiny):
    done = tiny.run("run", "--mode", "fail", code=1)
    assert "Failure in fit/3 (item 1):" in done.err
    assert "ValueError: one is wrong" in done.err
    assert "stepwell logs TinyFlow/1/fit/3" in done.err
    assert "python flow.py resume" in done.err
    path = tiny.folder / "flow.py"
    path.write_text(path.read_text().replace("one is wrong", "x").replace('self.mode == "fail"', "False"))
    done = tiny.run("resume")
    assert re.search(r"\[2\] reuses \d finished tasks of run 1: ", done.out)
    assert "  reused      start" in done.err


def test_wrong_usage_ends_with_2_and_leaves_nothing(tiny):
    done = tiny.run("run", "--size", "many", code=2)
    assert "`size`" in done.err
    assert not tiny.root.exists()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_cancelled_run_tells_how_it_ended(tiny, number, code):
    process = tiny.start("run", "--mode", "wait")
    tiny.wait_for_witness("waiting")
    process.send_signal(number)
    done = tiny.finish(process, code)
    assert "Run TinyFlow/1 cancelled after" in done.out
    assert "resume" in done.out


def test_a_reader_that_goes_away_does_not_end_the_run(tiny):
    command = f"{' '.join(tiny.command('run'))} | head -n 1"
    done = tiny.call(["bash", "-c", command])
    assert len(done.out.splitlines()) == 1
    assert "BrokenPipe" not in done.text
    assert "succeeded" in tiny.stepwell("ls").out


def test_a_listing_may_be_cut_by_its_reader(tiny):
    tiny.run("run")
    done = tiny.call(["bash", "-c", f"{' '.join(tiny.command('output-raw'))} | head -n 1"])
    assert done.err == ""


def test_the_run_id_file_is_written(tiny):
    tiny.run("run", "--run-id-file", "id.txt")
    assert (tiny.folder / "id.txt").read_text() == "1"


def test_options_of_run_are_taken_before_the_command(tiny):
    tiny.run("--tag", "early", "--max-workers", "2", "run", "--tag", "late")
    run = json.loads(tiny.stepwell("show", "TinyFlow/1", "--json").out)["run"]
    assert run["tags"] == ["early", "late"]


def test_stepwell_runs_a_file_by_name(tiny):
    done = tiny.stepwell("run", "flow.py:TinyFlow", "--mode", "fail", code=1)
    assert "stepwell resume flow.py:TinyFlow" in done.err
    done = tiny.stepwell("resume", "flow.py", code=1)
    assert "TinyFlow/2" in done.err


def test_another_datastore_is_named_in_what_to_type_next(tiny):
    done = tiny.run("run", "--datastore", "elsewhere", "--mode", "fail", code=1)
    assert "stepwell show TinyFlow/1 --datastore elsewhere" in done.err
    assert "failed" in tiny.stepwell("show", "TinyFlow/1", "--datastore", "elsewhere").out


def test_logs_follow_a_run_to_its_end(tiny):
    process = tiny.start("run", "--mode", "wait")
    tiny.wait_for_witness("waiting")
    command = [*tiny.command("logs", "latest", "--follow")]
    with (tiny.folder / "followed.txt").open("wb") as out:
        follower = subprocess.Popen(command, cwd=tiny.folder, env=tiny.environ, stdout=out, stderr=subprocess.DEVNULL)
    wait_until(lambda: b"item 0" in (tiny.folder / "followed.txt").read_bytes(), "the first line")
    tiny.touch("go")
    tiny.finish(process)
    assert follower.wait(60) == 0
    assert sorted((tiny.folder / "followed.txt").read_text().splitlines()) == ["item 0", "item 1", "item 2", "the end"]


def test_a_terminal_gets_the_live_table(tiny):
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        tiny.command("run"), cwd=tiny.folder, env={**tiny.environ, "TERM": "xterm"},
        stdin=subprocess.DEVNULL, stdout=follower, stderr=follower,
    )  # fmt: skip
    os.close(follower)
    text = b""
    while True:
        try:
            data = os.read(leader, 65536)
        except OSError:
            break
        if not data:
            break
        text += data
    os.close(leader)
    assert process.wait(60) == 0
    shown = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text.decode())
    assert re.search(r"✓ fit    ━+ +3/3", shown)
    assert "[1/end/6] the end" in shown
    assert "started" not in shown.replace("starts for", "")


def test_the_starter_flow_runs_as_it_is(work):
    assert "python flow.py run" in work.stepwell("init").out
    assert "exists" in work.stepwell("init", code=2).err
    done = work.run("run")
    assert "the best size is 30" in done.out
    assert "best_size" in work.stepwell("dump", "MyFlow/latest/end").out


def test_the_doctor_finds_what_is_broken(work):
    assert "nothing is broken" in work.stepwell("doctor").out
    (work.folder / "pyproject.toml").write_text('[tool.stepwell]\nisolaton = "fork"\n')
    done = work.stepwell("doctor", code=1)
    assert "did you mean `isolation`?" in done.out
    report = json.loads(work.stepwell("doctor", "--json", code=1).out)
    assert [finding["subject"] for finding in report["findings"] if finding["state"] == "broken"] == ["settings"]


def test_config_tells_where_values_come_from(work):
    (work.folder / "pyproject.toml").write_text("[tool.stepwell]\nmax_workers = 3\n")
    rows = json.loads(work.stepwell("config", "--json", "--quiet").out)
    origins = {row["name"]: (row["value"], row["source"]) for row in rows}
    assert origins["max_workers"] == (3, "project")
    assert origins["quiet"] == (True, "flag")
    assert origins["user"] == ("tester", "environment")
    assert origins["isolation"] == ("fork", "default")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(work, shell):
    assert "_STEPWELL_COMPLETE" in work.stepwell("completion", shell).out


def test_completion_completes_commands(work):
    work.environ.update(_STEPWELL_COMPLETE="bash_complete", COMP_WORDS="stepwell re", COMP_CWORD="1")
    script = os.path.join(os.path.dirname(work.command()[0]), "stepwell")
    done = work.call([script])
    assert done.out.split() == ["plain,resume", "plain,records"]
