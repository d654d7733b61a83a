"""Looking at what was recorded: ls, show, logs, dump, tag, records; as text and as JSON."""

from __future__ import annotations

import json
import pickle

import pytest

from stepwell.documents.refs import ResultRef
from stepwell.documents.run import RunEnded
from stepwell.documents.task import ErrorRecord
from stepwell.store.output import open_output


@pytest.fixture
def run(builder):
    """A finished run of the flow `F` with parameters."""
    return builder.whole_run(parameters={"alpha": 0.5})


@pytest.fixture
def failed(builder):
    """A run whose step `fit` failed in its second attempt."""
    run = builder.run()
    error = ErrorRecord(
        kind="exception", type="ValueError", message="boom", traceback="Traceback:\nValueError: boom\n", hint="mend it"
    )
    builder.append(
        run,
        builder.result(run, "start", 1),
        builder.result(run, "fit", 2, outcome="failed", error=error, label="svm"),
        builder.result(run, "fit", 2, attempt=1, outcome="failed", error=error, label="svm"),
        RunEnded(status="failed", at=1_700_000_060.0, reason="step `fit` failed"),
    )
    return run


@pytest.fixture
def printed(builder, run):
    """What the task `F/1/fit/2` printed."""

    def write(stream, data, task=2):
        descriptor = open_output(builder.datastore.output_path("F", run, "fit", task, 0, stream))
        with open(descriptor, "ab") as file:
            file.write(data)

    return write


def test_without_a_datastore_the_hint_says_what_to_do(call, tmp_path):
    code, out, err = call("ls", "--datastore", str(tmp_path / "nowhere"))
    assert (code, out) == (1, "")
    assert err.startswith("error: there is no datastore at")
    assert "run a flow first" in err


def test_ls_lists_flows(call, builder, run):
    builder.run(flow="Other")
    code, out, err = call("ls")
    assert (code, err) == (0, "")
    assert out == (
        "flow   runs  latest  status     started              user\n"
        "F         1       1  succeeded  2023-11-14 22:13:21  alice\n"
        "Other     1       1  running    2023-11-14 22:13:21  alice\n"
    )


def test_ls_lists_runs_newest_first(call, builder, run, failed):
    out = call("ls", "F")[1]
    assert out == (
        "run  status     started              took  user   parameters\n"
        "  2  failed     2023-11-14 22:13:22   58s  alice\n"
        "  1  succeeded  2023-11-14 22:13:21   30s  alice  alpha=0.5\n"
    )


def test_ls_filters(call, builder, run, failed):
    def runs(*options):
        return [row["run"] for row in json.loads(call("ls", "F", "--json", *options)[1])]

    assert runs() == ["2", "1"]
    assert runs("--status", "failed") == ["2"]
    assert runs("--user", "bob") == []
    assert runs("--limit", "1") == ["2"]
    assert call("tag", "add", "F/1", "gold")[0] == 0
    assert runs("--tag", "gold") == ["1"]


def test_ls_shows_only_runs_of_a_namespace_that_is_asked_for(call, run):
    assert "no run fits" in call("ls", "F", "--namespace", "user:nobody")[1]
    assert "no run fits" not in call("ls", "F", "--namespace", "user:alice")[1]


def test_ls_does_not_ignore_filters_that_need_a_flow(call, run):
    code, out, err = call("ls", "--tag", "gold")
    assert (code, out) == (2, "")
    assert "choose among the runs of one flow" in err
    assert "hint: name it" in err


def test_an_unknown_flow_gets_the_nearest_one(call, builder, run):
    builder.run(flow="TrainFlow")
    code, _, err = call("ls", "TrainFlwo")
    assert code == 1
    assert "there is no flow `TrainFlwo`" in err
    assert "did you mean `TrainFlow`?" in err


def test_show_a_run(call, run):
    assert call("show", "F/1")[1] == (
        "F/1  succeeded after 30s\n"
        "  started     2023-11-14 22:13:21 by alice\n"
        "  parameters  alpha=0.5\n"
        "  code        000000000000\n"
        "\n"
        "step   tasks  took  peak memory  status\n"
        "start      1   10s      1.0 KiB  succeeded\n"
        "fit        3   10s      1.0 KiB  succeeded\n"
        "join       1   10s      1.0 KiB  succeeded\n"
        "end        1   20s      1.0 KiB  succeeded\n"
    )


def test_latest_is_the_newest_run(call, run, failed):
    assert call("show", "F/latest")[1].startswith("F/2  failed")


def test_show_a_failed_run_names_its_failures_once(call, failed):
    out = call("show", "F/1")[1]
    assert "  reason" in out
    assert out.count("F/1/fit/2") == 1
    assert "item svm: ValueError: boom" in out


def test_show_a_step(call, run):
    out = call("show", "F/1/fit", "--limit", "2")[1]
    lines = out.split("\n")
    assert lines[0] == "F/1/fit  succeeded"
    assert [line.split()[0] for line in lines[3:5]] == ["2", "3"]
    assert "1 more task; `--limit N` shows more" in out


def test_show_a_task_with_its_artifacts(call, run):
    out = call("show", "F/1/fit/3")[1]
    assert out.startswith("F/1/fit/3  succeeded\n")
    assert "  inputs       F/1/start/1\n" in out
    rows = {line.split()[0]: line for line in out.split("\n") if line}
    assert rows["y"].endswith("20")
    assert rows["alpha"].endswith("0.5")


def test_show_a_failed_task_with_its_traceback(call, failed):
    out = call("show", "F/1/fit/2")[1]
    assert out.startswith("F/1/fit/2  failed, attempt 2\n")
    assert "attempts\n  1  failed after 10s: " in out
    assert "error\n  Traceback:\n  ValueError: boom\nhint: mend it\n" in out


def test_a_hint_that_the_traceback_ends_with_is_shown_once(call, builder):
    run = builder.run()
    error = ErrorRecord(
        kind="language", type="StepError", message="no", traceback="StepError: no\nhint: mend it\n", hint="mend it"
    )
    builder.append(
        run,
        builder.result(run, "start", 1, outcome="failed", error=error),
        RunEnded(status="failed", at=1_700_000_060.0),
    )
    assert call("show", "F/1/start/1")[1].count("mend it") == 1


def test_a_reused_task_names_the_task_that_it_stands_for(call, builder, run):
    resumed = builder.run()
    origin = ResultRef(run="1", step="start", task=1, attempt=0, locator="")
    builder.append(resumed, builder.result(resumed, "start", 1, origin=origin))
    assert "  reused from  F/1/start/1\n" in call("show", "F/2/start/1")[1]


def test_show_an_artifact(call, run):
    out = call("show", "F/1/start/1/xs")[1]
    assert out.startswith("F/1/start/1/xs\n  type    builtins.list\n")
    assert out.endswith("value   [1, 2, 3]\n")


@pytest.mark.parametrize(
    ("place", "message", "hint"),
    [
        ("F/9", "there is no run `F/9`", "`stepwell ls F` lists its runs"),
        ("F/1/fti", "run `F/1` has no step `fti`", "hint: did you mean `fit`?"),
        ("F/1/xyz", "run `F/1` has no step `xyz`", "hint: its steps are `start`, `fit`, `join`, `end`"),
        ("F/1/fit/99", "there is no task `F/1/fit/99`", "`stepwell show F/1/fit` lists the tasks"),
        ("F/1/fit/2/yy", "there is no artifact `F/1/fit/2/yy`", "hint: did you mean `y`?"),
        ("F/1/fit/2/qq", "there is no artifact `F/1/fit/2/qq`", "hint: artifacts of this task: `"),
    ],
)
def test_what_is_not_there_is_told_with_what_is(call, run, place, message, hint):
    code, out, err = call("show", place)
    assert (code, out) == (1, "")
    assert message in err
    assert hint in err


def test_every_depth_has_json(call, run):
    assert [answer["pathspec"] for answer in json.loads(call("show", "F", "--json")[1])] == ["F/1"]
    detail = json.loads(call("show", "F/1", "--json")[1])
    assert detail["run"]["status"] == "succeeded"
    assert [(step["step"], step["counts"]) for step in detail["steps"]] == [
        ("start", {"succeeded": 1}),
        ("fit", {"succeeded": 3}),
        ("join", {"succeeded": 1}),
        ("end", {"succeeded": 1}),
    ]
    assert [task["task"] for task in json.loads(call("show", "F/1/fit", "--json")[1])["tasks"]] == [2, 3, 4]
    task = json.loads(call("show", "F/1/fit/3", "--json")[1])
    assert {answer["name"]: answer["inherited"] for answer in task["artifacts"]} == {
        "_hidden": True,
        "alpha": True,
        "xs": True,
        "y": False,
    }
    assert json.loads(call("show", "F/1/fit/3/y", "--json")[1])["preview"] == "20"


def test_dump_prints_as_metaflow_does(call, run):
    assert call("dump", "F/1/start/1")[1] == (
        "F/1/start/1:\n  alpha [size: 3 type: <class 'float'>] = 0.5\n  xs [size: 7 type: <class 'list'>] = [1, 2, 3]\n"
    )


def test_dump_chooses_and_cuts(call, run):
    assert "_hidden" in call("dump", "F/1/start", "--private")[1]
    assert call("dump", "F/1/start", "--include", "xs", "--max-value-size", "0")[1] == (
        "F/1/start/1:\n  xs [size: 7 type: <class 'list'>]\n"
    )
    assert "= [" not in call("dump", "F/1/start", "--max-value-size", "3")[1]
    assert call("dump", "F/1/fit")[1].count("F/1/fit/") == 3
    assert call("dump", "F/1/start/1/xs")[1].endswith("= [1, 2, 3]\n")


def test_dump_of_a_name_that_is_not_there_is_refused(call, run):
    code, out, err = call("dump", "F/1/start", "--include", "alhpa")
    assert (code, out) == (1, "")
    assert "`F/1/start` has no artifact `alhpa`" in err
    assert "did you mean `alpha`?" in err


def test_dump_into_a_file(call, run, tmp_path):
    assert call("dump", "F/1/fit", "--include", "y", "--file", str(tmp_path / "all.pickle"))[0] == 0
    loaded = pickle.loads((tmp_path / "all.pickle").read_bytes())
    assert loaded == {"F/1/fit/2": {"y": 10}, "F/1/fit/3": {"y": 20}, "F/1/fit/4": {"y": 30}}


def test_dump_never_unpickles_unless_asked(call, builder, capsys):
    run = builder.run()
    builder.append(run, builder.result(run, "start", 1, values={"trap": _Trap()}))
    code, out, _ = call("dump", f"F/{run}/start/1")
    assert (code, "sprung" in out) == (0, False)
    code, out, _ = call("dump", f"F/{run}/start/1", "--load")
    assert (code, "sprung" in out) == (0, True)


class _Trap:
    """Shows when it is loaded."""

    def __reduce__(self):
        return print, ("sprung",)


def test_logs_of_one_stream_are_passed_on_as_they_are(call, printed):
    printed("stdout", b"one\ntwo\nthree")
    assert call("logs", "F/1/fit/2") == (0, "one\ntwo\nthree", "")


def test_what_a_reused_task_printed_is_that_of_the_task_it_stands_for(call, builder, printed):
    printed("stdout", b"once\n")
    resumed = builder.run()
    origin = ResultRef(run="1", step="fit", task=2, attempt=0, locator="")
    builder.append(resumed, builder.result(resumed, "fit", 7, origin=origin))
    assert call("logs", "F/2/fit/7") == (0, "once\n", "")
    assert json.loads(call("logs", "F/2", "--json")[1])[0]["stdout"] == "once\n"
    assert "  printed      5 B of stdout (stepwell logs F/2/fit/7)\n" in call("show", "F/2/fit/7")[1]


def test_logs_of_several_parts_have_titles_beside_them(call, printed):
    printed("stdout", b"out\n")
    printed("stderr", b"err\n")
    printed("stdout", b"other\n", task=3)
    assert call("logs", "F/1/fit") == (
        0,
        "out\nerr\nother\n",
        "--- F/1/fit/2 stdout ---\n--- F/1/fit/2 stderr ---\n--- F/1/fit/3 stdout ---\n",
    )
    assert call("logs", "F/1", "--stderr")[1] == "err\n"
    assert call("logs", "F/1/fit/2", "--stdout") == (0, "out\n", "")


@pytest.mark.parametrize(
    ("lines", "data", "shown"),
    [
        ("0", b"a\nb\n", ""),
        ("1", b"a\nb\n", "b\n"),
        ("1", b"a\nb", "b"),
        ("2", b"a\n\nb\n", "\nb\n"),
        ("9", b"a\nb\n", "a\nb\n"),
        ("2", b"x" * 300_000 + b"\n" + b"y" * 300_000 + b"\nz\n", "y" * 300_000 + "\nz\n"),
    ],
)
def test_the_last_lines_of_logs(call, printed, lines, data, shown):
    printed("stdout", data)
    assert call("logs", "F/1/fit/2", "--tail", lines)[1] == shown


def test_following_a_finished_run_ends_at_once(call, printed):
    printed("stdout", b"a\nb")
    assert call("logs", "F/1/fit/2", "--follow")[:2] == (0, "a\nb")


def test_logs_as_json(call, printed):
    printed("stdout", b"bad \xff byte\n")
    assert json.loads(call("logs", "F/1/fit/2", "--json")[1]) == [
        {"pathspec": "F/1/fit/2", "attempt": 0, "stdout": "bad \ufffd byte\n", "stderr": ""}
    ]


def test_an_attempt_that_was_not_made(call, failed):
    code, _, err = call("logs", "F/1/fit/2", "--attempt", "7")
    assert code == 1
    assert "has no attempt 7" in err
    assert "its attempts: 0, 1" in err


def test_tags_are_changed_and_listed(call, run):
    assert call("tag", "add", "F/1", "b", "a") == (0, "F/1: a b\n", "")
    assert call("tag", "remove", "F/1", "b") == (0, "F/1: a\n", "")
    assert call("tag", "replace", "F/1", "--remove", "a", "--add", "c") == (0, "F/1: c\n", "")
    assert call("tag", "list", "F", "--hide-system-tags")[1] == "run  tags\nF/1  c\n"
    assert json.loads(call("tag", "list", "F/1", "--json")[1])[0]["tags"] == ["c"]
    assert call("tag", "list", "F/1", "--group-by-tag")[1].split()[:4] == ["tag", "runs", "c", "F/1"]


def test_rules_of_tags_are_told(call, run):
    code, _, err = call("tag", "remove", "F/1", "runtime:local")
    assert code == 1
    assert "is a system tag" in err
    assert call("tag", "add", "F/1")[0] == 2
    assert call("tag", "add")[0] == 2


def test_the_index_is_made_anew(call, run, builder):
    call("ls")
    assert call("records", "path") == (0, f"{builder.folder}/.stepwell/records.db\n", "")
    assert call("records", "rebuild") == (0, "indexed 1 run of 1 flow, 7 tasks\n", "")
    assert call("records", "refresh")[0] == 0


def test_a_damaged_log_is_datastore_trouble(call, builder, run):
    header = builder.folder / ".stepwell" / "flows" / "F" / run / "run.json"
    header.write_bytes(b"{")
    code, out, err = call("show", f"F/{run}")
    assert (code, out) == (3, "")
    assert err.startswith("error: ")


def test_colours_when_asked_for(call, run):
    assert "\x1b[32msucceeded\x1b[0m" in call("ls", "F", "--color", "always")[1]
    assert "\x1b" not in call("ls", "F")[1]


def test_a_step_that_was_not_reached_and_a_silent_task_are_told_apart(call, failed):
    for command in ("logs", "dump"):
        code, out, err = call(command, "F/1/end")
        assert (code, out) == (1, "")
        assert "step `end` of `F/1` has no tasks: it was not reached" in err
    assert call("logs", "F/1/start") == (0, "", "nothing was printed\n")


def test_the_doctor_names_each_source_of_settings_once(call, run, builder):
    (builder.folder / "pyproject.toml").write_text('[tool.stepwell]\nmax_workers = 4\ncolor = "never"\n')
    findings = json.loads(call("doctor", "--json")[1])["findings"]
    text = next(finding["text"] for finding in findings if finding["subject"] == "settings")
    assert f"max_workers, color from {builder.folder}/pyproject.toml" in text
