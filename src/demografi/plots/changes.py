"""How many more or fewer there are of each group, as bars on both sides of nought with the numbers beside them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Unpack

import pandas as pd
from matplotlib.axes import Axes

from demografi.errors import TableError
from demografi.labels import label, number, percent
from demografi.plots import style
from demografi.plots.canvas import Canvas, Look, Panel, Words, on_row
from demografi.plots.inputs import FEWEST, counts, require
from demografi.plots.rows import NAME_SIZE, RowNames, row_names, rows_height

FIGURE = "figure of change"
PITCH, LEAST_PITCH, HEAD, TOTAL_ROW, NO_TOTAL = 0.557, 0.40, 0.70, 1.0, 0.30
BAR, HEAD_SIZE, LEAST_BARS_LEFT = 0.66, 8.5, 2.6
START_EDGE, END_EDGE, CHANGE_EDGE = 10.6, 12.1, 13.9
BARS_RIGHT, NARROW_CHANGE, NARROW_NUMBERS = 9.2, 1.45, 2.75


@dataclass(frozen=True)
class _Row:
    name: str
    start: float
    end: float

    @property
    def change(self) -> float:
        return self.end - self.start


def changes(
    table: pd.DataFrame,
    total: tuple[str, float, float] | None,
    start_label: str,
    end_label: str,
    words: Words,
    *,
    focus: Sequence[str] = (),
    **look: Unpack[Look],
) -> Axes:
    """Draw the change of each group from one year to another; no per cent of fewer than twenty.

    Parameters
    ----------
    table
        Columns ``name``, ``start`` and ``end`` [persons], one row each, drawn in the order given. A row that
        lacks a value says so.
    total
        Name, start and end [persons] of all groups together, under a rule; it is not on the scale.
    start_label, end_label
        The two years.
    words
        Title, subtitle, note, source and alternative text.
    focus
        Names of the groups that stand out.
    **look
        ``language``, ``size`` and ``variant``; half a page has no room for start and end.

    Raises
    ------
    TableError
        If the table is empty or lacks a column, a name stands twice or is not there, or no row has values.
    """
    rows = _checked(table, focus)
    with style.house_style():
        canvas = Canvas(words, **look)
        foot = TOTAL_ROW if total else NO_TOTAL
        names = row_names(canvas, [row.name for row in rows], focus, PITCH)
        canvas.open(HEAD + names.pitch * len(rows) + foot, HEAD + LEAST_PITCH * len(rows) + foot)
        panel = _panel(canvas, rows, names, foot)
        for position, row in enumerate(rows):
            y = panel.cm(0, position + 0.5)[1]
            names.draw(canvas, y, row.name, semibold=row.name in focus)
            _bar(canvas, panel, row, position, row.name in focus)
            _numbers(canvas, row, on_row(y, NAME_SIZE), semibold=row.name in focus)
        _headings(canvas, (start_label, end_label))
        if total:
            _total(canvas, panel, _Row(total[0], float(total[1]), float(total[2])))
        return panel


def _checked(table: pd.DataFrame, focus: Sequence[str]) -> list[_Row]:
    require(table, ["name", "start", "end"], ["name"], FIGURE)
    counts(table, "start", FIGURE)
    counts(table, "end", FIGURE)
    starts, ends = (pd.to_numeric(table[side]).to_numpy(dtype=float) for side in ("start", "end"))
    rows = [_Row(str(name), float(a), float(b)) for name, a, b in zip(table["name"], starts, ends, strict=True)]
    names = [row.name for row in rows]
    unknown = [name for name in focus if name not in names]
    if unknown:
        raise TableError(
            f"No row of the {FIGURE} is called {unknown[0]!r}.",
            where=f"The rows are {', '.join(names[:10])}.",
            hint="Give names that are in the table.",
        )
    if all(math.isnan(row.change) for row in rows):
        raise TableError(f"No row of the {FIGURE} has both start and end.", hint="Give values for a row.")
    return rows


def _panel(canvas: Canvas, rows: list[_Row], names: RowNames, foot: float) -> Panel:
    reached = [0.0, *(row.change for row in rows if not math.isnan(row.change))]
    low, high = min(reached), max(reached)
    left = names.width if canvas.narrow else max(LEAST_BARS_LEFT, names.width)
    right = canvas.right - NARROW_NUMBERS if canvas.narrow else max(BARS_RIGHT, left + 1.0)
    height = rows_height(canvas, len(rows), names.pitch, HEAD + foot)
    place = (left, canvas.top + HEAD, right - left, height)
    panel = canvas.panel(place, (low, high if high > low else low + 1), (len(rows), 0))
    zero, bottom = panel.cm(0, len(rows))
    canvas.rule((zero, zero), (panel.place[1] - 0.05, bottom + 0.02), 0.6, style.AXIS, zorder=1)
    return panel


def _bar(canvas: Canvas, panel: Panel, row: _Row, position: int, stands_out: bool) -> None:
    y = position + 0.5
    if math.isnan(row.change):
        x, middle = panel.cm(0, y)
        x = min(x + 0.1, panel.place[0] + panel.place[2] - 1.0)
        canvas.text(x, on_row(middle, HEAD_SIZE), label("missing", canvas.language), HEAD_SIZE, style.INK_2)
        return
    fill = style.LAKS if stands_out else style.FJORD_STEPS[2]
    panel.barh([y], [row.change], height=BAR, color=fill, linewidth=0, zorder=2, clip_on=False)


def _numbers(canvas: Canvas, row: _Row, baseline: float, *, semibold: bool) -> None:
    language = canvas.language
    growth = row.change / row.start if row.start >= FEWEST else math.nan
    sign = "" if math.isnan(row.change) else "."
    printed = [(number(row.change, signed=True, language=language), _change_edge(canvas), style.INK)]
    printed.append((percent(growth, signed=True, language=language, status=sign), canvas.right, style.INK))
    if not canvas.narrow:
        printed.append((number(row.start, language=language), START_EDGE, style.INK_2))
        printed.append((number(row.end, language=language), END_EDGE, style.INK_2))
    for words, edge, color in printed:
        canvas.text(edge, baseline, words, NAME_SIZE, color, semibold=semibold and color == style.INK, align="right")


def _change_edge(canvas: Canvas) -> float:
    return canvas.right - NARROW_CHANGE if canvas.narrow else CHANGE_EDGE


def _headings(canvas: Canvas, years: tuple[str, str]) -> None:
    baseline = canvas.top + HEAD - 0.20
    headings = [(label("change", canvas.language), _change_edge(canvas), style.INK_2)]
    headings.append((label("percent_heading", canvas.language), canvas.right, style.INK_2))
    if not canvas.narrow:
        headings += [(years[0], START_EDGE, style.FJORD), (years[1], END_EDGE, style.LAKS_TEXT)]
    for words, edge, color in headings:
        canvas.text(edge, baseline, words, HEAD_SIZE, color, semibold=color == style.LAKS_TEXT, align="right")


def _total(canvas: Canvas, panel: Panel, row: _Row) -> None:
    rule = panel.place[1] + panel.place[3] + 0.07
    canvas.rule((0, canvas.width), (rule, rule), 0.7, style.INK)
    baseline = on_row(rule + 0.40, NAME_SIZE)
    room = (_change_edge(canvas) if canvas.narrow else START_EDGE) - 1.6
    canvas.text(0, baseline, style.shorten(row.name, room, NAME_SIZE, True), NAME_SIZE, semibold=True)
    _numbers(canvas, row, baseline, semibold=True)
