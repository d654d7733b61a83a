"""Aligned columns of text that fit a width."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepwell.base.formats import shorten
from stepwell.cli.render.style import Style

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

GAP = "  "


def table_lines(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    width: int | None = None,
    right: Sequence[str] = (),
    paint: Callable[[str, str], str] | None = None,
    style: Style | None = None,
) -> list[str]:
    """A table.

    Args:
        head: Titles of the columns.
        rows: Cells, one row each.
        width: Columns of the terminal: the last column is cut to fit. None cuts nothing.
        right: Titles of the columns that are aligned to the right, for numbers.
        paint: Colours a cell, given its column's title and its padded text.
        style: Colours of the head.
    """
    style = style or Style()
    widths = [max(len(row[index]) for row in (head, *rows)) for index in range(len(head))]
    if width is not None:
        taken = sum(widths[:-1]) + len(GAP) * (len(widths) - 1)
        widths[-1] = max(8, min(widths[-1], width - taken))
    lines = [style.dim(_row(head, head, widths, right))]
    lines += [_row(row, head, widths, right, paint) for row in rows]
    return lines


def _row(
    cells: Sequence[str],
    head: Sequence[str],
    widths: Sequence[int],
    right: Sequence[str],
    paint: Callable[[str, str], str] | None = None,
) -> str:
    padded = []
    for index, (cell, title, width) in enumerate(zip(cells, head, widths, strict=True)):
        text = shorten(cell, width)
        last = index == len(widths) - 1
        text = text.rjust(width) if title in right else text if last else text.ljust(width)
        padded.append(paint(title, text) if paint is not None else text)
    return GAP.join(padded).rstrip()
