"""Start and end of each municipality on one scale, with growth in heads and in per cent."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Unpack

import pandas as pd
from matplotlib.axes import Axes

from demografi.errors import TableError
from demografi.labels import label, number, percent, text
from demografi.plots import style
from demografi.plots.canvas import Canvas, Look, Panel, Words, on_row
from demografi.plots.inputs import FEWEST, counts, require
from demografi.plots.placing import text_box
from demografi.plots.rows import RowNames, row_names, rows_height

FIGURE = "dumbbell figure"
NAME_SIZE, VALUE_SIZE, TOTAL_SIZE, HEAD_SIZE = 9.5, 8.5, 9.5, 8.5
PITCH, LEAST_PITCH = 0.557, 0.40
HEAD, TOTAL_ROW, NO_TOTAL = 0.70, 1.0, 0.30
TRACK_LEFT, TRACK_RIGHT, CHANGE_EDGE = 2.0, 11.6, 13.6
VALUE_OFFSET = 7 * style.CM_PER_POINT
NARROW_PERCENT_COLUMN = 1.55


@dataclass(frozen=True)
class _Row:
    name: str
    start: float
    end: float
    stands_out: bool = False

    @property
    def missing(self) -> bool:
        return math.isnan(self.start) or math.isnan(self.end)

    @property
    def change(self) -> float:
        return self.end - self.start

    @property
    def growth(self) -> float:
        return self.change / self.start if self.start >= FEWEST else math.nan


def dumbbell(
    table: pd.DataFrame,
    total: tuple[str, float, float] | None,
    start_label: str,
    end_label: str,
    words: Words,
    *,
    emphasise: Sequence[str] = (),
    **look: Unpack[Look],
) -> Axes:
    """Draw where each municipality starts and ends, and how much that is; no per cent of fewer than twenty.

    Parameters
    ----------
    table
        Columns ``name``, ``start`` and ``end`` [persons], one row each, drawn in the order given.
        A row that lacks a value is drawn empty and says so.
    total
        Name, start and end [persons] of the whole, under a rule; it is not on the scale.
    start_label, end_label
        What the two points are, usually the years.
    words
        Title, subtitle, note, source and alternative text.
    emphasise
        Names that the title talks about.
    **look
        ``language``, ``size`` and ``variant``.

    Raises
    ------
    TableError
        If the table is empty or lacks a column, a name stands twice or is not there, or no row has values.
    """
    rows = _checked(table, emphasise)
    with style.house_style():
        canvas = Canvas(words, **look)
        foot = TOTAL_ROW if total else NO_TOTAL
        names = row_names(canvas, [row.name for row in rows], emphasise, PITCH)
        canvas.open(HEAD + names.pitch * len(rows) + foot, HEAD + LEAST_PITCH * len(rows) + foot)
        panel = _track(canvas, rows, foot, names)
        for position, row in enumerate(rows):
            _row(canvas, panel, position, row)
            names.draw(canvas, panel.cm(0, position + 0.5)[1], row.name, semibold=row.stands_out)
        _numbers(canvas, panel, rows)
        _headings(canvas, panel, rows, (start_label, end_label))
        if total:
            _total(canvas, panel, _Row(total[0], float(total[1]), float(total[2])), rows)
        return panel


def _checked(table: pd.DataFrame, emphasise: Sequence[str]) -> list[_Row]:
    require(table, ["name", "start", "end"], ["name"], FIGURE)
    counts(table, "start", FIGURE)
    counts(table, "end", FIGURE)
    names = [str(name) for name in table["name"]]
    unknown = [name for name in emphasise if name not in names]
    if unknown:
        raise TableError(
            f"No row of the {FIGURE} is called {unknown[0]!r}.",
            where=f"The rows are {', '.join(names[:10])}.",
            hint="Emphasise names that are in the table.",
        )
    starts, ends = (pd.to_numeric(table[side]).to_numpy(dtype=float) for side in ("start", "end"))
    rows = [
        _Row(name, float(start), float(end), name in emphasise)
        for name, start, end in zip(names, starts, ends, strict=True)
    ]
    if all(row.missing for row in rows):
        raise TableError(f"No row of the {FIGURE} has both start and end.", hint="Give values for a row.")
    return rows


def _print(value: float, canvas: Canvas, *, signed: bool = False) -> str:
    return number(value, signed=signed, language=canvas.language)


def _value_width(value: float, canvas: Canvas, semibold: bool) -> float:
    return style.text_width(_print(value, canvas), VALUE_SIZE, semibold) + VALUE_OFFSET


def _track(canvas: Canvas, rows: list[_Row], foot: float, names: RowNames) -> Panel:
    """Open the scale so wide that no value runs into a name on the left or a number on the right."""
    left = names.width if canvas.narrow else max(TRACK_LEFT, names.width)
    right = canvas.right - NARROW_PERCENT_COLUMN if canvas.narrow else TRACK_RIGHT
    whole = [row for row in rows if not row.missing]
    highest = max(max(row.start, row.end) for row in whole) or 1.0
    zero, edge = left, right
    # Each pass moves the ends of the scale inwards by what still sticks out; a few settle it.
    for _ in range(6):
        per_unit = (edge - zero) / highest
        low = min(zero + min(row.start, row.end) * per_unit - _left_label(row, canvas) for row in whole)
        high = max(zero + max(row.start, row.end) * per_unit + _right_label(row, canvas) for row in whole)
        zero, edge = zero + max(0.0, left - low), edge - max(0.0, high - right)
    per_unit = max(edge - zero, 0.5) / highest
    top = canvas.top + HEAD
    limits = ((left - zero) / per_unit, (right - zero) / per_unit)
    height = rows_height(canvas, len(rows), names.pitch, HEAD + foot)
    return canvas.panel((left, top, right - left, height), limits, (len(rows), 0))


def _left_label(row: _Row, canvas: Canvas) -> float:
    falls = row.end < row.start
    return _value_width(row.end if falls else row.start, canvas, falls)


def _right_label(row: _Row, canvas: Canvas) -> float:
    falls = row.end < row.start
    return _value_width(row.start if falls else row.end, canvas, not falls)


def _row(canvas: Canvas, panel: Panel, position: int, row: _Row) -> None:
    y = position + 0.5
    left, right = panel.get_xlim()
    panel.plot([left, right], [y, y], color=style.GRID, linewidth=0.6 * canvas.scale, clip_on=False, zorder=0)
    baseline = on_row(panel.cm(0, y)[1], NAME_SIZE)
    if row.missing:
        said = canvas.text(panel.place[0] + 0.1, baseline, label("missing", canvas.language), VALUE_SIZE, style.INK_2)
        canvas.outline(said)
        return
    color = style.LAKS if row.stands_out else style.LAKS_STEPS[1]
    panel.plot(
        [row.start, row.end],
        [y, y],
        color=color,
        linewidth=2.4 * canvas.scale,
        solid_capstyle="butt",
        clip_on=False,
        zorder=2,
    )
    _circles(canvas, panel, row, y)
    falls = row.end < row.start
    _value(canvas, panel, (row.start, y), on_right=falls, is_end=False)
    _value(canvas, panel, (row.end, y), on_right=not falls, is_end=True)


def _circles(canvas: Canvas, panel: Panel, row: _Row, y: float) -> None:
    # Where the two nearly coincide, the ring lies on top and is left open, so that both are seen.
    close = abs(panel.cm(row.start, y)[0] - panel.cm(row.end, y)[0]) < 0.12
    panel.plot(
        [row.start],
        [y],
        marker="o",
        markersize=7 * canvas.scale,
        markerfacecolor="none" if close else style.WHITE,
        markeredgecolor=style.FJORD,
        markeredgewidth=1.5 * canvas.scale,
        clip_on=False,
        zorder=5 if close else 3,
    )
    panel.plot(
        [row.end],
        [y],
        marker="o",
        markersize=7.5 * canvas.scale,
        markerfacecolor=style.LAKS,
        markeredgecolor=style.WHITE,
        markeredgewidth=0.8 * canvas.scale,
        clip_on=False,
        zorder=4,
    )


def _value(canvas: Canvas, panel: Panel, point: tuple[float, float], *, on_right: bool, is_end: bool) -> None:
    x, y = panel.cm(*point)
    written = canvas.text(
        x + (VALUE_OFFSET if on_right else -VALUE_OFFSET),
        on_row(y, VALUE_SIZE),
        _print(point[0], canvas),
        VALUE_SIZE,
        style.LAKS_TEXT if is_end else style.FJORD,
        semibold=is_end,
        align="left" if on_right else "right",
    )
    canvas.outline(written)


def _numbers(canvas: Canvas, panel: Panel, rows: list[_Row]) -> None:
    most = max((row.change for row in rows if not row.missing), default=math.nan)
    fastest = max((row.growth for row in rows if not math.isnan(row.growth)), default=math.nan)
    for position, row in enumerate(rows):
        baseline = on_row(panel.cm(0, position + 0.5)[1], NAME_SIZE)
        by_growth = row.stands_out and row.growth == fastest
        by_change = row.stands_out and (row.change == most or not by_growth)
        _changes(canvas, row, baseline, (by_change, by_growth))


def _changes(canvas: Canvas, row: _Row, baseline: float, semibold: tuple[bool, bool]) -> None:
    change = _print(row.change, canvas, signed=True)
    sign = "" if row.missing else "."
    growth = percent(row.growth, signed=True, language=canvas.language, status=sign)
    if not canvas.narrow:
        canvas.text(CHANGE_EDGE, baseline, change, NAME_SIZE, semibold=semibold[0], align="right")
    canvas.text(canvas.right, baseline, growth, NAME_SIZE, semibold=semibold[1], align="right")


def _headings(canvas: Canvas, panel: Panel, rows: list[_Row], labels: tuple[str, str]) -> None:
    baseline = canvas.top + HEAD - 0.20
    falls = any(row.change < 0 for row in rows if not row.missing)
    change = label("change" if falls else "increase", canvas.language)
    if not canvas.narrow:
        canvas.text(CHANGE_EDGE, baseline, change, HEAD_SIZE, style.INK_2, align="right")
    canvas.text(
        canvas.right,
        baseline,
        label("percent_heading", canvas.language),
        HEAD_SIZE,
        style.INK_2,
        align="right",
    )
    first = next(row for row in rows if not row.missing)
    widths = [style.text_width(words, HEAD_SIZE, bold) for words, bold in zip(labels, (False, True), strict=True)]
    places = [panel.cm(value, 0)[0] - width / 2 for value, width in zip((first.start, first.end), widths, strict=True)]
    lefts = _apart(places, widths, panel.place[0], panel.place[0] + panel.place[2])
    canvas.text(lefts[0], baseline, labels[0], HEAD_SIZE, style.FJORD)
    canvas.text(lefts[1], baseline, labels[1], HEAD_SIZE, style.LAKS_TEXT, semibold=True)


def _apart(lefts: list[float], widths: list[float], low: float, high: float) -> list[float]:
    """Move two words on one line so far apart that they can be read, within the track."""
    first, second = (0, 1) if lefts[0] <= lefts[1] else (1, 0)
    overlap = lefts[first] + widths[first] + 0.2 - lefts[second]
    moved = list(lefts)
    if overlap > 0:
        moved[first] -= overlap / 2
        moved[second] += overlap / 2
    shift = max(0.0, low - moved[first]) - max(0.0, moved[second] + widths[second] - high)
    return [left + shift for left in moved]


def _total(canvas: Canvas, panel: Panel, row: _Row, rows: list[_Row]) -> None:
    rule = panel.place[1] + panel.place[3] + 0.07
    canvas.rule((0, canvas.width), (rule, rule), 0.7, style.INK)
    baseline = on_row(rule + 0.40, TOTAL_SIZE)
    start, end = _print(row.start, canvas), _print(row.end, canvas)
    counted = _counted(canvas, rows)
    gap = 0.22 if canvas.narrow else 0.32
    widths = [style.text_width(start, TOTAL_SIZE), style.text_width(end, TOTAL_SIZE, True)]
    edge_of_changes = canvas.right - (NARROW_PERCENT_COLUMN if canvas.narrow else canvas.right - CHANGE_EDGE + 1.5)
    room = edge_of_changes - 0.5 - 2 * gap - sum(widths) - (style.text_width(counted, VALUE_SIZE) + 0.2) * bool(counted)
    name = style.shorten(row.name, max(room, 1.0), TOTAL_SIZE, semibold=True)
    canvas.text(0, baseline, name, TOTAL_SIZE, semibold=True)
    named = text_box(0, baseline, name, TOTAL_SIZE, semibold=True).right
    if counted:
        canvas.text(named + 0.15, baseline, counted, VALUE_SIZE, style.INK_2)
        named = text_box(named + 0.15, baseline, counted, VALUE_SIZE).right
    _changes(canvas, row, baseline, (True, True))
    after_name = named + 0.25 + widths[0]
    edge = after_name if canvas.narrow else max(3.93, after_name)
    canvas.text(edge, baseline, start, TOTAL_SIZE, style.FJORD, align="right")
    canvas.text(edge + gap, baseline, "→", TOTAL_SIZE, style.INK_2, align="center")
    canvas.text(edge + 2 * gap + 0.05, baseline, end, TOTAL_SIZE, style.LAKS_TEXT, semibold=True)


def _counted(canvas: Canvas, rows: list[_Row]) -> str:
    """Say how many municipalities the sum is of, where one is missing and there is room to say it."""
    known = sum(not row.missing for row in rows)
    if known == len(rows) or canvas.narrow:
        return ""
    return text("of_total", canvas.language, some=str(known), all=str(len(rows)))
