"""`current`, inside and outside of a task."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stepwell.flow.current import clear_current, current, set_current

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    yield
    clear_current()


def test_outside_of_a_task_there_is_no_identity() -> None:
    assert (current.is_running_flow, current.run_id, current.pathspec, current.retry_count) == (False, None, None, 0)
    assert (current.tags, current.parameter_names, current.task) == (set(), [], None)
    assert "run_id" not in current
    with pytest.raises(RuntimeError, match="only while a flow runs"):
        _ = current.graph


def test_inside_a_task_ids_are_text() -> None:
    set_current(is_running_flow=True, flow_name="F", run_id=7, step_name="fit", task_id=3, retry_count=1, tags=["a"])
    assert (current.run_id, current.task_id, current.pathspec) == ("7", "3", "F/7/fit/3")
    assert (current.is_running_flow, current.retry_count, current.tags) == (True, 1, {"a"})
    assert "run_id" in current
    assert current.get("run_id") == "7"


def test_client_objects_are_made_on_first_use_and_once() -> None:
    made: list[str] = []
    set_current(task=lambda: made.append("task") or "the task", graph={"steps": {}})
    assert made == []
    assert (current.task, current.task, current.graph) == ("the task", "the task", {"steps": {}})
    assert made == ["task"]


def test_decorators_add_attributes_of_their_own() -> None:
    set_current(card="a card")
    assert current.card == "a card"
    assert "card" in dir(current)


def test_an_unknown_attribute_lists_what_there_is() -> None:
    with pytest.raises(AttributeError, match=r"`current` has no `runid`; there are: .*`run_id`"):
        _ = current.runid
    assert current.get("runid", "none") == "none"


def test_clearing_forgets_everything() -> None:
    set_current(run_id=1, card=2)
    clear_current()
    assert (current.run_id, hasattr(current, "card")) == (None, False)
