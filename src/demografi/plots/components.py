"""What moves the population: births, deaths and migration year by year, and the change they add up to."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Unpack

import pandas as pd
from matplotlib.axes import Axes

from demografi.errors import TableError
from demografi.labels import label, number
from demografi.plots import style
from demografi.plots.canvas import Canvas, Look, Panel, Words, on_row
from demografi.plots.comparisons import dashed_from
from demografi.plots.inputs import counts, require
from demografi.plots.placing import round_step, spread, year_ticks
from demografi.plots.timeline import ABOVE, AXIS_SIZE, BELOW, END_SIZE, divider, stroke, year_axis

FIGURE = "figure of components"
HEIGHT, KEY_HEIGHT, KEY_STEP = 7.2, 1.0, 0.42
BAR, LEFT, SWATCH = 0.76, 1.05, 0.30
SIGNS = {"births": 1, "net_migration": 1, "deaths": -1}
# Full colour is registered, the lighter step of the same colour is projected.
FILLS = {
    "births": (style.FJORD, style.FJORD_STEPS[2]),
    "net_migration": (style.LAKS, style.LAKS_STEPS[1]),
    "deaths": (style.STEIN, style.BACKDROP),
}

Rows = list[dict[str, float]]
Segments = list[tuple[str, float, float]]


def components(table: pd.DataFrame, words: Words, *, projected_from: int | None, **look: Unpack[Look]) -> Axes:
    """Draw births and deaths on each side of nought, migration on its own side, and the change as a line.

    A year whose births, deaths and migration are not known has the line only.

    Parameters
    ----------
    table
        Columns ``year``, ``births``, ``deaths``, ``net_migration`` and ``change`` [persons in the calendar
        year], one row a year without gaps. Deaths are given as nought or more; the three parts of a year may be
        missing together, the change may not.
    words
        Title, subtitle, note, source and alternative text.
    projected_from
        First projected year, drawn lighter; ``None`` when all is registered.
    **look
        ``language``, ``size`` and ``variant``.

    Raises
    ------
    TableError
        If the table lacks a column or a year, or births − deaths + net migration is not the change.
    """
    rows = _checked(table)
    with style.house_style():
        canvas = Canvas(words, **look)
        key = KEY_HEIGHT if canvas.narrow else 0.0
        canvas.open(HEIGHT + key)
        canvas.height -= key
        panel = _panel(canvas, rows)
        _divide(canvas, panel, rows, projected_from)
        for row in rows:
            _bars(panel, row, projected=projected_from is not None and row["year"] >= projected_from)
        years, change = ([row[name] for row in rows] for name in ("year", "change"))
        stroke(canvas, panel, (years, change), style.WHITE, points=3.8, zorder=4.5)
        _line(canvas, panel, (years, change), projected_from)
        if canvas.narrow:
            _key(canvas, rows, projected_from)
        else:
            _end_labels(canvas, panel, rows, projected_from)
        return panel


def _checked(table: pd.DataFrame) -> Rows:
    require(table, ["year", *SIGNS, "change"], ["year"], FIGURE)
    for part in ("births", "deaths"):
        counts(table, part, FIGURE)
    rows = [{str(k): float(v) for k, v in row.items()} for row in table.sort_values("year").to_dict("records")]
    parts = [[row[part] for part in SIGNS] for row in rows]
    gaps = [f"{a['year']:.0f} is followed by {b['year']:.0f}." for a, b in pairwise(rows) if b["year"] != a["year"] + 1]
    wrong = [
        f"In {row['year']:.0f} the change is {row['change']:g}, the parts are {', '.join(f'{v:g}' for v in known)}."
        for row, known in zip(rows, parts, strict=True)
        if not _adds_up(row)
    ]
    if gaps or wrong:
        raise TableError(
            f"The table for the {FIGURE} has {'a gap between years' if gaps else 'a year that does not add up'}.",
            where=gaps or wrong,
            hint="Give every year, with change = births - deaths + net_migration, or all three parts as NaN.",
        )
    return rows


def _known(row: dict[str, float]) -> bool:
    return not any(math.isnan(row[part]) for part in SIGNS)


def _adds_up(row: dict[str, float]) -> bool:
    if math.isnan(row["change"]):
        return False
    if not _known(row):
        return all(math.isnan(row[part]) for part in SIGNS)
    # Statistics Norway corrects its counts by a few persons a year, which no component carries.
    left_over = abs(sum(sign * row[part] for part, sign in SIGNS.items()) - row["change"])
    return left_over <= max(1.0, 0.01 * (row["births"] + row["deaths"]))


def _segments(row: dict[str, float]) -> Segments:
    """Stack the parts of a year away from nought: name, bottom, height."""
    ends = {1: 0.0, -1: 0.0}
    segments = []
    for part, sign in SIGNS.items():
        value = sign * row[part]
        side = 1 if value >= 0 else -1
        segments.append((part, ends[side], value))
        ends[side] += value
    return segments


def _panel(canvas: Canvas, rows: Rows) -> Panel:
    reached = [0.0, *(row["change"] for row in rows)]
    reached += [bottom + height for row in rows if _known(row) for _, bottom, height in _segments(row)]
    step = round_step(max(reached) - min(reached))
    low, high = math.floor(min(reached) / step), max(math.ceil(max(reached) / step), 1)
    ticks = [
        (step * k, number(step * k, 0 if step >= 1 else 1, language=canvas.language)) for k in range(low, high + 1)
    ]
    left = 0.13 + max(style.text_width(words, AXIS_SIZE) for _, words in ticks)
    left = left if canvas.narrow else max(LEFT, left)
    right = canvas.right if canvas.narrow else canvas.right - _labels_width(canvas, rows)
    place = (left, canvas.top + ABOVE, right - left, canvas.height - ABOVE - BELOW)
    first, last = int(rows[0]["year"]), int(rows[-1]["year"])
    panel = canvas.panel(place, (first - 0.5, last + 0.5), (step * low, step * high))
    for value, words in ticks:
        y = panel.cm(first, value)[1]
        canvas.rule((left, right), (y, y), 0.6, style.GRID)
        canvas.text(left - 0.13, on_row(y, AXIS_SIZE), words, AXIS_SIZE, style.INK_2, align="right")
    panel.axhline(0, color=style.AXIS, linewidth=0.6 * canvas.scale, zorder=4)
    year_axis(canvas, panel, year_ticks(first, last, (right - left) * (1 - 1 / len(rows))))
    return panel


def _divide(canvas: Canvas, panel: Panel, rows: Rows, projected_from: int | None) -> None:
    if projected_from is None:
        return
    if rows[0]["year"] < projected_from <= rows[-1]["year"]:
        divider(canvas, panel, projected_from - 0.5, (style.FJORD, style.LAKS_TEXT))
    elif projected_from <= rows[0]["year"]:
        left, top, *_ = panel.place
        canvas.text(left, top - 0.12, label("projected", canvas.language), AXIS_SIZE, style.LAKS_TEXT)


def _bars(panel: Panel, row: dict[str, float], *, projected: bool) -> None:
    if not _known(row):
        return
    for part, bottom, height in _segments(row):
        fill = FILLS[part][projected]
        panel.bar([row["year"]], [height], bottom=bottom, width=BAR, color=fill, linewidth=0, zorder=2, clip_on=False)


def _line(canvas: Canvas, panel: Panel, line: tuple[list[float], list[float]], projected_from: int | None) -> None:
    if len(line[0]) > 1:
        dashed_from(canvas, panel, line, projected_from, style.INK, 1.9)
    else:
        panel.plot(*line, marker="o", markersize=5.5 * canvas.scale, color=style.INK, clip_on=False, zorder=7)


def _named(canvas: Canvas, rows: Rows) -> list[tuple[str, float, str, str]]:
    """Give what is named at the right: part, height of its middle, value and name."""
    last = rows[-1]
    named = []
    if _known(last):
        for part, bottom, height in _segments(last):
            value = number(height, signed=part == "net_migration", language=canvas.language)
            named.append((part, bottom + height / 2, value, label(f"component_{part}", canvas.language)))
    change = number(last["change"], signed=True, language=canvas.language)
    return [*named, ("change", last["change"], change, label("component_change", canvas.language))]


def _labels_width(canvas: Canvas, rows: Rows) -> float:
    named = _named(canvas, rows)
    values = max(style.text_width(value, END_SIZE, True) for _, _, value, _ in named)
    names = max(style.text_width(name, END_SIZE, part == "change") for part, _, _, name in named)
    return 0.30 + SWATCH + 0.18 + values + 0.22 + names


def _end_labels(canvas: Canvas, panel: Panel, rows: Rows, projected_from: int | None) -> None:
    named = _named(canvas, rows)
    left, top, width, height = panel.place
    places = spread([panel.cm(0, middle)[1] for _, middle, _, _ in named], top + 0.2, top + height - 0.1, KEY_STEP)
    projected = projected_from is not None and rows[-1]["year"] >= projected_from
    x = left + width + 0.30
    values = max(style.text_width(value, END_SIZE, True) for _, _, value, _ in named)
    for (part, _, value, name), y in zip(named, places, strict=True):
        baseline = on_row(y, END_SIZE)
        _swatch(canvas, part, x, baseline, projected)
        semibold = part == "change"
        edge = x + SWATCH + 0.18 + values
        canvas.text(edge, baseline, value, END_SIZE, semibold=semibold, align="right")
        canvas.text(edge + 0.22, baseline, name, END_SIZE, semibold=semibold)


def _key(canvas: Canvas, rows: Rows, projected_from: int | None) -> None:
    """List the parts below the plot, two on a line, where the page is too narrow for names beside it."""
    projected = projected_from is not None and rows[-1]["year"] >= projected_from
    y = canvas.top + canvas.height + 0.10
    for position, (part, _, _, name) in enumerate(_named(canvas, rows)):
        x, baseline = (position % 2) * canvas.width / 2, y + (position // 2) * KEY_STEP
        _swatch(canvas, part, x, baseline, projected)
        canvas.text(x + SWATCH + 0.15, baseline, name, AXIS_SIZE, semibold=part == "change")


def _swatch(canvas: Canvas, part: str, x: float, baseline: float, projected: bool) -> None:
    if part == "change":
        canvas.rule((x, x + SWATCH), (baseline - 0.1, baseline - 0.1), 1.9, style.INK)
    else:
        canvas.box(x, baseline - 0.22, SWATCH, 0.25, FILLS[part][projected])
