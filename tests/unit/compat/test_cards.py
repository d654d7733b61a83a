"""Components of cards hold what they are given, and draw nothing yet."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from stepwell.compat.absent import MissingFeature

pytestmark = pytest.mark.usefixtures("compat")


@pytest.fixture
def cards() -> Any:
    return importlib.import_module("metaflow.cards")


def test_components_hold_their_arguments(cards: Any) -> None:
    assert cards.Markdown("  # Title\n  text").text == "# Title\ntext"
    assert cards.Table([[1, cards.Markdown("x")]], headers=["a", "b"]).headers == ["a", "b"]
    assert cards.VegaChart({"mark": "bar"}).spec == {"mark": "bar"}
    assert cards.Artifact({"a": 1}, name="x").render()["artifact"] == {"a": 1}
    assert cards.Image(b"\x89PNG", "a picture").label == "a picture"
    assert cards.Error(ValueError("no"), title="t").title == "t"
    assert "max=10" in repr(cards.ProgressBar(max=10))


def test_components_can_be_updated(cards: Any) -> None:
    bar = cards.ProgressBar(max=3)
    bar.update(2, metadata="two")
    assert (bar.value, bar.metadata) == (2, "two")
    box = cards.ValueBox("Loss", 0.5)
    box.update(value=0.4)
    assert (box.title, box.value) == ("Loss", 0.4)
    line = cards.EventsTimeline(max_events=2)
    for number in range(3):
        line.update({"n": number})
    assert line.get_stats()["total_events"] == 2


def test_a_table_is_made_of_a_data_frame(cards: Any) -> None:
    pandas = pytest.importorskip("pandas")
    table = cards.Table.from_dataframe(pandas.DataFrame({"a": range(200)}))
    assert (table.headers, len(table.data)) == (["a"], 100)


def test_users_extend_cards_and_components(cards: Any) -> None:
    class Mine(cards.MetaflowCard):  # type: ignore[misc, name-defined]
        type = "mine"

        def render(self, task: Any) -> str:
            return f"<p>{task}</p>"

    assert Mine(options={"a": 1}, components=[], graph=None).render("t") == "<p>t</p>"


def test_asking_for_a_card_says_that_there_are_none(cards: Any) -> None:
    with pytest.raises(MissingFeature, match="cards are not drawn yet"):
        cards.get_cards("Flow/1/start/1")
