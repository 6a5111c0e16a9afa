"""One series from the past into the future, with low and high round it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product
from typing import Literal, Unpack

import pandas as pd
from matplotlib.axes import Axes

from demografi.errors import TableError
from demografi.labels import ends, label, number, text
from demografi.plots import style
from demografi.plots.canvas import Canvas, Look, Panel, Words
from demografi.plots.inputs import counts, present, require
from demografi.plots.placing import Box, Path, free_place, text_box
from demografi.plots.timeline import (
    END_SIZE,
    EndLabel,
    divider,
    dot,
    end_labels,
    stroke,
    time_panel,
)

FIGURE = "history"
HEIGHT, KEY_HEIGHT = 6.47, 0.42
KINDS = ("registered", "projected")


class _Series:
    """A checked series: years in order, registered before projected, and a band that ends with it."""

    def __init__(self, table: pd.DataFrame, low_high: pd.DataFrame | None) -> None:
        _check(table)
        rows = table.sort_values("year")
        self.value = {int(y): float(v) for y, v in zip(rows["year"], rows["value"], strict=True)}
        kinds = dict(zip((int(y) for y in rows["year"]), rows["kind"], strict=True))
        self.past = [year for year in self.value if kinds[year] == "registered"]
        self.coming = [year for year in self.value if kinds[year] == "projected"]
        if self.past and self.coming and self.past[-1] > self.coming[0]:
            raise TableError(
                f"The history has a registered year {self.past[-1]} after the projected {self.coming[0]}.",
                hint="Keep one kind for each year, the registered years first.",
            )
        self.years = [*self.past, *self.coming]
        self.decimals = int(max(self.value.values()) < 20 and any(v % 1 for v in self.value.values()))
        self.band = _band(low_high, self)

    @property
    def projected_line(self) -> list[int]:
        """Years of the projected line, which begins at the last registered point."""
        return [*self.past[-1:], *self.coming]

    @property
    def highest(self) -> float:
        return max([*self.value.values(), *(high for _, high in self.band.values())])


def history(
    table: pd.DataFrame,
    words: Words,
    *,
    marks: Sequence[int] = (),
    low_high: pd.DataFrame | None = None,
    band_kind: Literal["alternatives", "interval"] = "interval",
    band_label: str = "",
    end_label: str = "",
    **look: Unpack[Look],
) -> Axes:
    """Draw what was counted and what is projected as one unbroken line from nought.

    Parameters
    ----------
    table
        Columns ``year``, ``value`` [persons, users or person-years] and ``kind``
        (``"registered"`` or ``"projected"``), one row a year.
    words
        Title, subtitle, note, source and alternative text.
    marks
        Years whose value is written at the line.
    low_high
        Columns ``year``, ``low`` and ``high`` [as value], for the projected years.
    band_kind
        ``"alternatives"``: two other projections, drawn with a solid edge. ``"interval"``: a
        statistical interval, drawn with a dashed edge.
    band_label
        Name of the band; an interval must say its level here.
    end_label
        Name of the projected line.
    **look
        ``language``, ``size`` and ``variant``.

    Raises
    ------
    TableError
        If the table or the band lacks a column, a row or a year that is asked for, or if an
        interval does not say its level.
    """
    series = _Series(table, low_high)
    for year in marks:
        present(int(year), series.value, "year", FIGURE)
    _check_band(band_kind, band_label, low_high)
    with style.house_style():
        canvas = Canvas(words, **look)
        keyed = canvas.narrow and bool(series.band)
        canvas.open(HEIGHT + (KEY_HEIGHT if keyed else 0.0))
        if keyed:
            canvas.height -= KEY_HEIGHT
        labels = _end_labels(canvas, series, band_kind, band_label, end_label)
        panel = time_panel(canvas, (series.years[0], series.years[-1]), series.highest, labels)
        taken = _lines(canvas, panel, series, band_kind)
        end_labels(canvas, panel, labels)
        _marks(canvas, panel, series, sorted({int(year) for year in marks}), taken)
        if keyed:
            _key(canvas, band_kind, band_label)
        return panel


def _check(table: pd.DataFrame) -> None:
    require(table, ["year", "value", "kind"], ["year"], FIGURE)
    counts(table, "value", FIGURE)
    odd = [kind for kind in table["kind"] if kind not in KINDS]
    if odd:
        raise TableError(
            f"The history has a row of the kind {odd[0]!r}.",
            hint="Write 'registered' or 'projected' in the column kind.",
        )
    if bool(table["value"].isna().any()):
        years = table.loc[table["value"].isna(), "year"].astype(str)
        raise TableError(
            "The history has a year without a value.",
            where=list(years),
            hint="Leave the year out and say so in the note, or find the value.",
        )


def _band(low_high: pd.DataFrame | None, series: _Series) -> dict[int, tuple[float, float]]:
    if low_high is None:
        return {}
    figure = "band of the history"
    require(low_high, ["year", "low", "high"], ["year"], figure)
    counts(low_high, "low", figure)
    counts(low_high, "high", figure)
    rows = low_high.sort_values("year")
    band = {
        int(year): (float(low), float(high))
        for year, low, high in zip(rows["year"], rows["low"], rows["high"], strict=True)
        if not series.past or int(year) > series.past[-1]
    }
    wrong = [year for year, (low, high) in band.items() if not low <= high]
    if wrong or list(band) != series.coming:
        raise TableError(
            "The band does not fit the projected line.",
            where=[
                *(f"In {year} low is not at or under high." for year in wrong),
                *(f"The band lacks {year}." for year in series.coming if year not in band),
                *(f"The line lacks {year}." for year in band if year not in series.coming),
            ],
            hint="Give low and high for each projected year and no other.",
        )
    return band


def _check_band(band_kind: str, band_label: str, low_high: pd.DataFrame | None) -> None:
    if band_kind not in ("alternatives", "interval"):
        raise TableError(f"No band is of the kind {band_kind!r}.", hint='Write band_kind="alternatives" or "interval".')
    if low_high is not None and band_kind == "interval" and not any(c.isdigit() for c in band_label):
        raise TableError(
            "The interval does not say its level.",
            where=f"Its label is {band_label!r}.",
            hint='Write band_label="80 % prediksjonsintervall".',
        )


def _end_labels(canvas: Canvas, series: _Series, band_kind: str, band_label: str, end_label: str) -> list[EndLabel]:
    last = series.years[-1]
    value = series.value[last]
    color = style.LAKS_TEXT if series.coming else style.FJORD
    printed = number(value, series.decimals, language=canvas.language)
    labels = [EndLabel(value, printed, end_label, color, semibold=True)]
    if series.band:
        low, high = series.band[last]
        names = ("high_alternative", "low_alternative") if band_kind == "alternatives" else ("upper", "lower")
        printed_bounds = _bounds(low, high, series, canvas, band_kind)
        upper, lower = (
            EndLabel(side, said, label(name, canvas.language))
            for side, said, name in zip((high, low), printed_bounds, names, strict=True)
        )
        heading = [EndLabel(high, "", band_label)] if band_label else []
        labels = [*heading, upper, *labels, lower]
    if canvas.narrow:
        labels = [EndLabel(item.height, item.value, "", item.color, item.semibold) for item in labels if item.value]
    return labels


def _bounds(low: float, high: float, series: _Series, canvas: Canvas, band_kind: str) -> tuple[str, str]:
    """Print the upper and the lower: an interval as the text does, an alternative to tens where that is no loss."""
    if band_kind == "interval":
        lowest, highest = ends(low, high, series.decimals, language=canvas.language)
        return highest, lowest
    tens = series.value[series.years[-1]] >= 1000
    rounded = (float(10 * int(value / 10 + 0.5)) if tens else value for value in (high, low))
    first, second = (number(value, series.decimals, language=canvas.language) for value in rounded)
    return first, second


def _lines(canvas: Canvas, panel: Panel, series: _Series, band_kind: str) -> tuple[list[Path], list[Box]]:
    boxes: list[Box] = []
    paths: list[Path] = []
    if series.past and series.coming:
        boxes = divider(canvas, panel, series.past[-1], (style.FJORD, style.LAKS_TEXT))
    joined = series.projected_line
    if series.band:
        start = {year: (series.value[year],) * 2 for year in series.past[-1:]}
        band = {**start, **series.band}
        years = list(band)
        low, high = ([pair[side] for pair in band.values()] for side in (0, 1))
        panel.fill_between(years, low, high, color=style.LAKS_STEPS[0], linewidth=0, zorder=1, clip_on=False)
        for edge in (low, high):
            _edge(canvas, panel, (years, edge), dashed=band_kind == "interval")
            paths.append(panel.path(years, edge))
    past = [series.value[year] for year in series.past]
    coming = [series.value[year] for year in joined]
    if series.coming:
        stroke(canvas, panel, (joined, coming), style.LAKS)
    if series.past:
        stroke(canvas, panel, (series.past, past), style.FJORD)
    paths.append(panel.path(series.years, [series.value[year] for year in series.years]))
    return paths, boxes


def _edge(canvas: Canvas, panel: Panel, line: tuple[list[int], list[float]], *, dashed: bool) -> None:
    color = style.LAKS_STEPS[2] if dashed else style.LAKS_STEPS[1]
    (drawn,) = panel.plot(*line, color=color, linewidth=0.8 * canvas.scale, zorder=2, clip_on=False)
    if dashed:
        drawn.set_dashes((3.2, 2.2))


def _marks(
    canvas: Canvas, panel: Panel, series: _Series, marks: list[int], taken: tuple[list[Path], list[Box]]
) -> None:
    paths, boxes = taken
    left, top, width, height = panel.place
    within = Box(left + 0.02, top - 0.30, left + width + 0.02, top + height - 0.06)
    for year in marks:
        value = series.value[year]
        projected = year in series.coming
        dot(canvas, panel, year, value, style.LAKS if projected else style.FJORD)
        if year == series.years[-1]:
            continue
        printed = number(value, series.decimals, language=canvas.language)
        if projected:
            printed = text("value_in_year", canvas.language, value=printed, year=str(year))
        point = panel.cm(year, value)
        if projected and series.band:
            x, baseline = _hang(canvas, panel, series, (year, printed), boxes)
        else:
            x, baseline = free_place(point, printed, END_SIZE, lines=paths, taken=boxes, within=within)
        canvas.outline(canvas.text(x, baseline, printed, END_SIZE, semibold=True))
        boxes.append(text_box(x, baseline, printed, END_SIZE, semibold=True))


def _hang(
    canvas: Canvas, panel: Panel, series: _Series, mark: tuple[int, str], taken: list[Box]
) -> tuple[float, float]:
    """Put a label outside the band, tied to its point: below where there is room, else above or farther."""
    year, printed = mark
    width = style.text_width(printed, END_SIZE, True)
    left, top, across, height = panel.place
    within = Box(left - 0.05, top - 0.05, left + across + 0.05, top + height - 0.06)
    x, y = panel.cm(year, series.value[year])
    best, fewest = (x, y, y), math.inf
    for drop, side, shift in product((0.30, 0.68, 1.06, 1.44), (1, -1), (0.5, 0.12, 0.88)):
        start = min(max(x - width * shift, left), left + across - width)
        tie = _clear_of_band(panel, series, (start, start + width, y), side) + side * drop
        baseline = tie + (0.13 + style.CAP_HEIGHT * END_SIZE * style.CM_PER_POINT if side > 0 else -0.10)
        box = text_box(start, baseline, printed, END_SIZE, semibold=True)
        meetings = 2 * sum(box.meets(other) for other in taken) + (not box.inside(within))
        if meetings < fewest:
            best, fewest = (start, baseline, tie), meetings
    start, baseline, tie = best
    canvas.rule((x, x), (y + math.copysign(0.13, tie - y), tie), 0.6, style.INK, zorder=0.5)
    return start, baseline


def _clear_of_band(panel: Panel, series: _Series, span: tuple[float, float, float], side: int) -> float:
    """Find the outermost edge of the band [cm] over the width of a label, below it (1) or above it (-1)."""
    start, end, y = span
    edges = [
        panel.cm(year, low if side > 0 else high)[1]
        for year, (low, high) in series.band.items()
        if start - 0.3 <= panel.cm(year, 0)[0] <= end + 0.3
    ]
    lines = [
        panel.cm(year, value)[1]
        for year, value in series.value.items()
        if start - 0.3 <= panel.cm(year, 0)[0] <= end + 0.3
    ]
    return side * max(side * place for place in [y, *edges, *lines])


def _key(canvas: Canvas, band_kind: str, band_label: str) -> None:
    y = canvas.top + canvas.height + KEY_HEIGHT - 0.30
    low, high = (label(f"{side}_alternative", canvas.language) for side in ("low", "high"))
    named = band_label or f"{low} / {high}"
    canvas.box(0, y - 0.24, 0.5, 0.28, style.LAKS_STEPS[0])
    canvas.text(0.62, y, named, 8.5, style.INK_2)
