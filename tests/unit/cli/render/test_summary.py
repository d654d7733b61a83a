"""The last words of a run."""

from __future__ import annotations

from tests.unit.cli.render.runs import failed_run, finished

from stepwell.cli.render.summary import summary_lines, verdict_line
from stepwell.documents.events import FailedTask
from stepwell.documents.task import ErrorRecord


def summary(run, **options):
    return "\n".join(summary_lines(run, resume="python train.py resume", **options))


def test_a_success_says_how_to_look_at_results():
    assert (
        summary(finished())
        == """
Run TrainFlow/7 succeeded after 31s

  ran         start, fit x9,000, pick, end
  reused      fit x1,000
  took        31s, 1m 00s of CPU, at most 512 MiB in a task (`fit`)

  stepwell show TrainFlow/7      steps, tasks and artifacts
  stepwell dump TrainFlow/7/end  the results
  Run("TrainFlow/7").data        the same in Python: from stepwell import Run"""
    )


def test_a_failure_puts_the_first_real_one_on_top():
    assert (
        summary(failed_run())
        == """
Run TrainFlow/7 failed after 31s: 2 of 11 tasks failed

First failure in fit/3 (item svm) after 2 attempts:

  Traceback (most recent call last):
    File "train.py", line 41, in fit
      model.fit(x)
  ValueError: no such column
  second line

hint: look at the columns

Other failures:
  fit/5  killed for memory

  ran         start, fit x7
  failed      fit x2
  unfinished  fit
  took        31s, 1m 00s of CPU, at most 512 MiB in a task (`fit`)

  stepwell logs TrainFlow/7/fit/3  what the failed task printed
  stepwell show TrainFlow/7        steps, tasks and artifacts
  python train.py resume           go on from here; finished tasks are reused"""
    )


def test_a_cancelled_run_says_by_what():
    text = summary(finished(status="cancelled", reason="Ctrl-C", resumable=True))
    assert "Run TrainFlow/7 cancelled after 31s: Ctrl-C" in text
    assert "python train.py resume" in text


def test_suggested_commands_name_the_datastore_when_the_call_did():
    text = summary(failed_run(), suggest=lambda command: f"{command} --datastore /d")
    assert "stepwell logs TrainFlow/7/fit/3 --datastore /d" in text
    assert "python train.py resume --datastore /d" in text


def test_many_failures_are_counted():
    error = ErrorRecord(kind="exit", message="gone")
    failures = tuple(FailedTask(step="fit", task=task, attempts=1, error=error) for task in range(20))
    text = summary(failed_run(failures=failures, failed_tasks=500))
    assert text.count("gone") == 6
    assert "… and 494 more" in text


def test_an_endless_traceback_is_cut_in_the_middle():
    error = ErrorRecord(kind="exception", traceback="first\n" + "frame\n" * 500 + "RecursionError: last")
    text = summary(failed_run(failures=(FailedTask(step="fit", task=3, attempts=1, error=error),), failed_tasks=1))
    assert "  first\n" in text
    assert "  RecursionError: last\n" in text
    assert "… 442 lines left out; they stand in the logs …" in text


def test_a_traceback_cannot_mess_up_the_terminal():
    error = ErrorRecord(kind="exception", traceback="ValueError: \x1b[2Jboo")
    text = summary(failed_run(failures=(FailedTask(step="fit", task=3, attempts=1, error=error),), failed_tasks=1))
    assert "ValueError: ␛[2Jboo" in text


def test_the_verdict_alone():
    assert verdict_line(failed_run()) == "Run TrainFlow/7 failed after 31s: 2 of 11 tasks failed"
