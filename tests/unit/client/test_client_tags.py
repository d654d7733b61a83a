"""Tags of runs: what can be changed, what cannot, and that nothing else moves with them."""

from __future__ import annotations

import pytest

from stepwell.base.errors import TaggingError
from stepwell.client import Flow, Run, Task


@pytest.fixture
def run(builder, session):
    return Run(f"F/{builder.whole_run(tags=('first',))}")


def test_user_tags_come_and_go(run):
    run.add_tag("b")
    run.add_tags(["c", "d", "b"])
    assert run.user_tags == {"first", "b", "c", "d"}
    run.remove_tag("b")
    run.remove_tags(["c", "never there"])
    assert run.user_tags == {"first", "d"}
    run.replace_tag("d", "e")
    run.replace_tags(["first", "e"], ["x", "y"])
    assert run.user_tags == {"x", "y"}
    assert run.tags == {"x", "y", "user:alice", "runtime:local"}


def test_steps_and_tasks_show_the_tags_of_their_run(run):
    run.add_tag("b")
    assert Task("F/1/fit/2").user_tags == {"first", "b"} == run["fit"].user_tags
    assert Task("F/1/fit/2").runtime_name == "local"


def test_another_process_sees_a_tag_at_once(builder, run):
    from stepwell.client.session import ClientSession

    other = ClientSession(builder.datastore, namespace=None)
    looked = Run("F/1", session=other)
    assert looked.user_tags == {"first"}
    run.add_tag("b")
    assert looked.user_tags == {"first", "b"}
    other.close()


def test_a_system_tag_stays_what_it_is(run):
    run.add_tag("user:alice")
    assert run.user_tags == {"first"}
    for change in (
        lambda: run.remove_tag("user:alice"),
        lambda: run.replace_tag("runtime:local", "x"),
        lambda: run.replace_tags(["first", "user:alice"], []),
    ):
        with pytest.raises(TaggingError, match="system tag"):
            change()
    assert run.user_tags == {"first"}


def test_a_replaced_tag_that_is_added_again_stays(run):
    run.replace_tags(["first"], ["first", "b"])
    assert run.user_tags == {"first", "b"}


@pytest.mark.parametrize("tag", ["", "x" * 501, 7, None, "\ud800"])
def test_what_cannot_be_a_tag_is_refused(run, tag):
    with pytest.raises(TaggingError):
        run.add_tags([tag])
    assert run.user_tags == {"first"}


def test_fifty_tags_are_the_most(run):
    run.add_tags([f"t{number}" for number in range(49)])
    with pytest.raises(TaggingError, match="51"):
        run.add_tag("one more")
    run.replace_tag("t1", "u1")
    assert len(run.user_tags) == 50
    run.add_tag("t2")
    run.replace_tag("t2", "x" * 500)
    assert len(run.user_tags) == 50


def test_tagging_changes_neither_order_nor_time(builder, run, session):
    builder.whole_run(user="bob")
    before = run.created_at
    Run("F/1").add_tag("b")
    assert [item.id for item in Flow("F")] == ["2", "1"]
    assert Run("F/1").created_at == before
    assert Run("F/1").status == "succeeded"
