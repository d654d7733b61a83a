"""One step with given inputs: its artifacts, where it leads, what it raises."""

from __future__ import annotations

import os

import pytest
from tests.unit.testing.flow_under_test import Point, Train

from stepwell.base.errors import ArtifactError, MissingInMerge, ParameterError, UsageError
from stepwell.testing import run_step

NEEDED = {"needed": 3}


def test_artifacts_and_the_transition_of_a_foreach():
    outcome = run_step(Train, "start", parameters=NEEDED)
    assert dict(outcome.artifacts) == {"rows": [0, 1, 2]}
    assert outcome.next == ("fit",)
    assert outcome.items == [0, 1, 2]
    assert outcome.transition.foreach == "rows"
    assert outcome.succeeded
    assert set(outcome.reads) == {"needed"}
    assert outcome.all_artifacts["alpha"] == 0.5


def test_a_step_within_a_foreach():
    outcome = run_step(
        Train, "fit", {"rows": [5]}, NEEDED, input=4, index=7, current={"retry_count": 2, "project_name": "p"},
        secrets={"TRAIN_TOKEN": "s"},
    )  # fmt: skip
    assert outcome.artifacts["scaled"] == 2.0
    assert outcome.artifacts["where"] == (7, "fit", 2, "p")
    assert outcome.artifacts["rows"] == [5, "changed"]
    assert outcome.artifacts["token"] == "s"
    assert "LEFT_BEHIND" not in os.environ
    assert "TRAIN_TOKEN" not in os.environ


def test_what_is_given_is_not_changed_by_the_step():
    rows = [5]
    run_step(Train, "fit", {"rows": rows}, NEEDED, input=4)
    assert rows == [5]


def test_a_step_that_raises_raises_its_own_exception_or_says_so():
    with pytest.raises(ValueError, match="unlucky"):
        run_step(Train, "fit", {"rows": []}, NEEDED, input=13)
    outcome = run_step(Train, "fit", {"rows": []}, NEEDED, input=13, check=False)
    assert not outcome.succeeded
    assert outcome.error.type == "ValueError"
    assert isinstance(outcome.exception, ValueError)
    assert outcome.next == ()
    # The step is as it was.
    assert run_step(Train, "fit", {"rows": []}, NEEDED, input=1).succeeded


def test_joins_of_a_foreach_and_of_branches():
    outcome = run_step(
        Train, "join", inputs=[{"scaled": 1, "shared": 7}, {"scaled": 2, "shared": 7}], parameters=NEEDED
    )
    assert dict(outcome.artifacts) == {"total": 3, "shared": 7}
    assert outcome.next == ("left", "right")
    with pytest.raises(MissingInMerge):
        run_step(Train, "join", inputs=[{"scaled": 1}], parameters=NEEDED)
    outcome = run_step(Train, "both", inputs={"left": {"x": 1}, "right": {"x": 2}}, parameters=NEEDED)
    assert outcome.artifacts["pair"] == (1, 2)


def test_values_are_stored_as_they_are_in_a_run():
    assert isinstance(run_step(Train, "left", {"total": 3}, NEEDED).artifacts["point"], Point)
    with pytest.raises(ArtifactError, match="broken"):
        run_step(Train, "right", parameters=NEEDED)


def test_the_last_step_leads_nowhere_and_may_print(capsys):
    outcome = run_step(Train, "end", parameters=NEEDED)
    assert outcome.next == ()
    assert capsys.readouterr().out == "at the end\n"


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: run_step(Train, "nope", parameters=NEEDED), UsageError, "no step `nope`"),
        (lambda: run_step(Train, "start"), ParameterError, "needed"),
        (lambda: run_step(Train, "start", parameters={"needed": 1, "more": 2}), ParameterError, "no parameter `more`"),
        (lambda: run_step(Train, "join", parameters=NEEDED), UsageError, "is a join, and needs"),
        (lambda: run_step(Train, "start", parameters=NEEDED, inputs=[]), UsageError, "is no join"),
        (lambda: run_step(Train, "join", parameters=NEEDED, inputs=[3]), UsageError, "not a dict of artifacts"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run_step(Train, "start", parameters=NEEDED)
    assert list(tmp_path.iterdir()) == []
