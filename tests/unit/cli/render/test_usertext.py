"""What tasks print, made fit for a terminal."""

from __future__ import annotations

import pytest

from stepwell.cli.render.usertext import BURST_LINES, OutputBudget, clean_line, clean_text


@pytest.mark.parametrize(
    ("line", "cleaned"),
    [
        ("plain [bold]text[/bold] \\x1b %s {}", "plain [bold]text[/bold] \\x1b %s {}"),
        ("tab\tstays", "tab\tstays"),
        ("ünïcödé ✓ 漢字", "ünïcödé ✓ 漢字"),
        ("\x1b[31mred", "\x1b[31mred\x1b[0m"),
        ("\x1b[1;38;5;9mx\x1b[0m", "\x1b[1;38;5;9mx\x1b[0m"),
        ("clear\x1b[2J\x1b[H", "clear␛[2J␛[H"),
        ("title\x1b]0;owned\x07", "title␛]0;owned␇"),
        ("10%\r50%\r100%", "100%"),
        ("windows\r", "windows"),
        ("\x7f\x85\x00", "␡\ufffd␀"),
    ],
)
def test_only_what_could_harm_the_terminal_changes(line, cleaned):
    assert clean_line(line) == cleaned


def test_endless_lines_are_cut():
    assert clean_line("x" * 10_000) == "x" * 4000 + "… (10,000 characters in this line)"


def test_text_is_cleaned_line_by_line():
    assert clean_text("a\x07\nb") == "a␇\nb"


def admit(budget, at, lines):
    return budget.admit(1, 0, at, "line\n" * lines)


def test_a_burst_is_shown_and_what_exceeds_it_is_counted():
    budget = OutputBudget()
    first = admit(budget, 0.0, BURST_LINES + 500)
    assert (len(first.lines), first.stopped, first.resumed_after) == (BURST_LINES, True, 0)
    second = admit(budget, 0.1, 300)
    assert (second.lines, second.stopped) == ([], False)
    third = admit(budget, 2.0, 100)
    assert (len(third.lines), third.stopped, third.resumed_after) == (100, False, 800)


def test_each_task_has_its_own_budget():
    budget = OutputBudget()
    admit(budget, 0.0, BURST_LINES + 1)
    assert len(budget.admit(2, 0, 0.0, "line\n" * 50).lines) == 50


def test_few_large_lines_count_by_their_size():
    shown = OutputBudget().admit(1, 0, 0.0, ("x" * 3999 + "\n") * 1000)
    assert len(shown.lines) == 66
    assert shown.stopped


def test_a_closed_account_begins_anew():
    budget = OutputBudget()
    admit(budget, 0.0, BURST_LINES + 1)
    budget.close(1, 0)
    assert len(admit(budget, 0.0, 10).lines) == 10


def test_a_last_line_without_an_end_is_shown():
    assert OutputBudget().admit(1, 0, 0.0, "a\nb").lines == ["a", "b"]


def test_the_clock_may_run_backwards():
    budget = OutputBudget()
    admit(budget, 100.0, 10)
    assert len(admit(budget, 50.0, 10).lines) == 10
