"""Aligned columns."""

from __future__ import annotations

from stepwell.cli.render.tables import table_lines

ROWS = [("fit", "10,000", "a long text that says much"), ("start", "1", "short")]


def test_columns_are_aligned_and_numbers_stand_right():
    assert table_lines(("step", "tasks", "text"), ROWS, right=("tasks",)) == [
        "step    tasks  text",
        "fit    10,000  a long text that says much",
        "start       1  short",
    ]


def test_the_last_column_is_cut_to_the_width():
    assert (
        table_lines(("step", "tasks", "text"), ROWS, right=("tasks",), width=30)[1] == "fit    10,000  a long text th…"
    )


def test_cells_are_painted_after_they_are_padded():
    lines = table_lines(("a", "b"), [("x", "y")], paint=lambda title, text: f"<{title}:{text}>")
    assert lines[1] == "<a:x>  <b:y>"
