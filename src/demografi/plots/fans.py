"""One number and how far off it may be: what was counted, what is projected, and its intervals as shades."""

from __future__ import annotations

from typing import Unpack

import pandas as pd
from matplotlib.axes import Axes

from demografi.errors import TableError
from demografi.labels import ends as printed_ends
from demografi.labels import label, number, percent, text
from demografi.plots import style
from demografi.plots.canvas import Canvas, Look, Panel, Words
from demografi.plots.inputs import counts, present, require
from demografi.plots.timeline import EndLabel, divider, dot, end_labels, stroke, time_panel

FIGURE = "fan"
HEIGHT, KEY_HEIGHT, KEY_SIZE = 6.47, 0.55, 8.5
SHADES = (style.LAKS_STEPS[0], style.LAKS_STEPS[1], style.LAKS_STEPS[2])
MOST_LEVELS = len(SHADES)


def fan(table: pd.DataFrame, bands: pd.DataFrame, words: Words, **look: Unpack[Look]) -> Axes:
    """Draw a series from nought with nested intervals, each level named under the plot.

    The widest has a dashed edge: unlike Statistics Norway's alternatives, which `history` draws with a solid one and
    which are no intervals.

    Parameters
    ----------
    table
        Columns ``year``, ``value`` [persons] and ``kind`` (``"registered"`` or ``"projected"``), one row a year.
    bands
        Columns ``year``, ``level`` [share between 0 and 1], ``low`` and ``high`` [as value]: for each of at most
        three levels, the last registered year and every projected year.
    words
        Title, subtitle, note, source and alternative text.
    **look
        ``language``, ``size`` and ``variant``.

    Raises
    ------
    TableError
        A table lacks a column, a row or a value, a level is no share, or an inner band leaves an outer one.
    """
    past, coming = _checked(table)
    levels = _checked_bands(bands, [past["year"].iloc[-1], *coming["year"]])
    widest = bands[bands["level"] == levels[-1]].sort_values("year")
    with style.house_style():
        canvas = Canvas(words, **look)
        canvas.open(HEIGHT + KEY_HEIGHT)
        canvas.height -= KEY_HEIGHT
        ends = _ends(canvas, float(coming["value"].iloc[-1]), widest)
        years = (int(past["year"].iloc[0]), int(coming["year"].iloc[-1]))
        highest = max(float(table["value"].max()), float(widest["high"].max()))
        panel = time_panel(canvas, years, highest, ends)
        divider(canvas, panel, int(past["year"].iloc[-1]), (style.FJORD, style.LAKS_TEXT))
        _shades(canvas, panel, bands, levels)
        joined = pd.concat([past.tail(1), coming])
        stroke(canvas, panel, (list(joined["year"]), list(joined["value"])), style.LAKS)
        stroke(canvas, panel, (list(past["year"]), list(past["value"])), style.FJORD)
        for row, color in ((past.iloc[-1], style.FJORD), (coming.iloc[-1], style.LAKS)):
            dot(canvas, panel, float(row["year"]), float(row["value"]), color)
        end_labels(canvas, panel, ends)
        _key(canvas, levels)
        return panel


def _checked(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    require(table, ["year", "value", "kind"], ["year"], FIGURE)
    counts(table, "value", FIGURE)
    for kind in ("registered", "projected"):
        present(kind, table["kind"], "kind", FIGURE)
    rows = table.sort_values("year")
    past, coming = (rows[rows["kind"] == kind] for kind in ("registered", "projected"))
    if past["year"].iloc[-1] > coming["year"].iloc[0] or bool(rows["value"].isna().any()):
        raise TableError(
            "The fan needs a value for every year, the registered years first.",
            hint="Leave out years without a value, and keep one kind for each year.",
        )
    return past, coming


def _checked_bands(bands: pd.DataFrame, years: list[int]) -> list[float]:
    figure = "bands of the fan"
    require(bands, ["year", "level", "low", "high"], ["year", "level"], figure)
    levels = sorted(float(level) for level in bands["level"].unique())
    if len(levels) > MOST_LEVELS or not all(0 < level < 1 for level in levels):
        raise TableError(
            "The fan cannot show these levels.",
            where=f"Seen: {', '.join(f'{level:g}' for level in levels)}.",
            hint=f"Give one to {MOST_LEVELS} levels between 0 and 1, such as 0.5 and 0.8.",
        )
    inner: pd.DataFrame | None = None
    for level in levels:
        band = bands[bands["level"] == level].set_index("year")[["low", "high"]].sort_index()
        fits = list(band.index) == years and bool((band["low"] <= band["high"]).all())
        nested = inner is None or bool(((band["low"] <= inner["low"]) & (band["high"] >= inner["high"])).all())
        if not (fits and nested):
            raise TableError(
                f"The band of {100 * level:g} % does not fit the fan.",
                where=f"Wanted: low and high for {years[0]}–{years[-1]}, inside every wider band.",
                hint="Take all bands from the same draws.",
            )
        inner = band
    return levels


def _ends(canvas: Canvas, value: float, widest: pd.DataFrame) -> list[EndLabel]:
    low, high = (float(widest[side].iloc[-1]) for side in ("low", "high"))
    # The ends are rougher knowledge than the middle, and are printed as the text prints them.
    lowest, highest = printed_ends(low, high, language=canvas.language)
    names = ["", ""] if canvas.narrow else [label(name, canvas.language) for name in ("upper", "lower")]
    main = EndLabel(value, number(value, language=canvas.language), "", style.LAKS_TEXT, semibold=True)
    return [EndLabel(high, highest, names[0]), main, EndLabel(low, lowest, names[1])]


def _shades(canvas: Canvas, panel: Panel, bands: pd.DataFrame, levels: list[float]) -> None:
    for position, level in enumerate(reversed(levels)):
        band = bands[bands["level"] == level].sort_values("year")
        years, low, high = (list(band[name]) for name in ("year", "low", "high"))
        panel.fill_between(years, low, high, color=SHADES[position], linewidth=0, zorder=1 + 0.1 * position)
        for edge in (low, high) if position == 0 else ():
            (drawn,) = panel.plot(years, edge, color=style.LAKS_STEPS[2], linewidth=0.8 * canvas.scale, zorder=2)
            drawn.set_dashes((3.2, 2.2))
            drawn.set_clip_on(False)


def _key(canvas: Canvas, levels: list[float]) -> None:
    y = canvas.top + canvas.height + KEY_HEIGHT - 0.22
    x = 0.0
    for position, level in reversed(list(enumerate(reversed(levels)))):
        said = percent(level, language=canvas.language)
        last = position == 0
        name = text("prediction_interval", canvas.language, level=said) if last else said
        canvas.box(x, y - 0.24, 0.5, 0.28, SHADES[position])
        canvas.text(x + 0.62, y, name, KEY_SIZE, style.INK_2)
        x += 0.62 + style.text_width(name, KEY_SIZE) + 0.45
