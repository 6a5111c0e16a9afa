"""Several lines on one scale: one stands out, the others are there to be compared with."""

from __future__ import annotations

import math
from typing import Unpack

import pandas as pd
from matplotlib.axes import Axes

from demografi.errors import TableError
from demografi.labels import number
from demografi.plots import style
from demografi.plots.canvas import Canvas, Look, Panel, Words
from demografi.plots.inputs import counts, present, require
from demografi.plots.placing import CLOSEST
from demografi.plots.timeline import ABOVE, BELOW, END_SIZE, EndLabel, divider, end_labels, stroke, time_panel

FIGURE = "comparison"
HEIGHT = 6.47
NAME_ROOM = {"bred": 5.6, "halv": 3.3, "lysbilde": 5.6}
CONTEXT = (style.STEIN, style.GREY_STEPS[2], style.BACKDROP)

Lines = dict[str, tuple[list[float], list[float]]]


def comparison(
    table: pd.DataFrame,
    words: Words,
    *,
    focus: str,
    projected_from: int | None,
    decimals: int = 1,
    **look: Unpack[Look],
) -> Axes:
    """Draw one line among others, each named at its end; what is projected is dashed.

    Parameters
    ----------
    table
        Columns ``name``, ``year`` and ``value`` [one unit for all], one row for each name and year.
        A missing value breaks its line.
    words
        Title, subtitle, note, source and alternative text.
    focus
        Name of the line that stands out.
    projected_from
        First projected year; ``None`` when all is registered.
    decimals
        Digits after the decimal sign in the values at the ends.
    **look
        ``language``, ``size`` and ``variant``.

    Raises
    ------
    TableError
        If the table lacks a column or a row, the focus is not in it, or a line has no last value.
    """
    lines = checked_lines(table, FIGURE)
    present(focus, lines, "name", FIGURE)
    years = (int(min(min(x) for x, _ in lines.values())), int(max(max(x) for x, _ in lines.values())))
    _all_end(lines, years[1])
    with style.house_style():
        canvas = Canvas(words, **look)
        least = ABOVE + BELOW + CLOSEST * len(lines)
        canvas.open(max(HEIGHT, least), least)
        labels = [
            EndLabel(
                y[-1],
                number(y[-1], decimals, language=canvas.language),
                style.shorten(name, NAME_ROOM[canvas.size], END_SIZE, name == focus),
                style.FJORD if name == focus else style.INK_2,
                semibold=name == focus,
            )
            for name, (_, y) in lines.items()
        ]
        highest = max(value for _, y in lines.values() for value in y if not math.isnan(value))
        panel = time_panel(canvas, years, highest, labels)
        if projected_from is not None and years[0] < projected_from <= years[1]:
            divider(canvas, panel, projected_from - 1, (style.INK_2, style.INK_2))
        _draw(canvas, panel, lines, focus, projected_from)
        end_labels(canvas, panel, labels)
        return panel


def checked_lines(table: pd.DataFrame, figure: str) -> Lines:
    """Check a table of name, year and value, and give each line's years and values in order of year.

    Raises
    ------
    TableError
        If the table is empty, lacks a column, has a name and year twice, or a negative value.
    """
    require(table, ["name", "year", "value"], ["name", "year"], figure)
    counts(table, "value", figure)
    lines: Lines = {}
    for name in dict.fromkeys(str(name) for name in table["name"]):
        rows = table[table["name"].astype(str) == name].sort_values("year")
        years = [float(year) for year in rows["year"]]
        lines[name] = (years, [float(value) for value in pd.to_numeric(rows["value"])])
    return lines


def dashed_from(
    canvas: Canvas,
    panel: Panel,
    line: tuple[list[float], list[float]],
    projected_from: int | None,
    color: str,
    points: float,
) -> None:
    """Draw a line solid up to the last registered year and dashed from there, without a break."""
    x, y = line
    known = [i for i, year in enumerate(x) if projected_from is None or year < projected_from]
    turn = known[-1] if known else 0
    if known:
        stroke(canvas, panel, (x[: turn + 1], y[: turn + 1]), color, points=points)
    if turn + 1 < len(x):
        stroke(canvas, panel, (x[turn:], y[turn:]), color, points=points, dashed=True)


def _all_end(lines: Lines, last: int) -> None:
    short = [name for name, (x, y) in lines.items() if x[-1] != last or math.isnan(y[-1])]
    if short:
        raise TableError(
            f"The {FIGURE} has a line without a value in its last year, {last}.",
            where=[f"{name} has none." for name in short],
            hint="Let all lines end in the same year, or leave the short ones out and say so.",
        )


def _draw(canvas: Canvas, panel: Panel, lines: Lines, focus: str, projected_from: int | None) -> None:
    others = [name for name in lines if name != focus]
    for position, name in enumerate(others):
        color = CONTEXT[position % len(CONTEXT)]
        dashed_from(canvas, panel, lines[name], projected_from, color, 1.6)
    dashed_from(canvas, panel, lines[focus], projected_from, style.FJORD, 2.2)
