"""How often intervals held, beside how often they said they would."""

from __future__ import annotations

from typing import Unpack

import pandas as pd
from matplotlib.axes import Axes

from demografi.errors import TableError
from demografi.labels import label, number, percent
from demografi.plots import style
from demografi.plots.canvas import Canvas, Look, Panel, Words, on_row
from demografi.plots.inputs import counts, require
from demografi.plots.timeline import dot

FIGURE = "reliability"
PITCH, ABOVE, BELOW = 0.62, 0.95, 0.25
NAME_SIZE, VALUE_SIZE, HEAD_SIZE = 9.5, 9.0, 8.5
COLUMN, GAP = 1.15, 0.45
MAIN_LEVEL = 0.8
"""The level whose hit rates are printed where there is room for one column only."""


def reliability(table: pd.DataFrame, words: Words, **look: Unpack[Look]) -> Axes:
    """Draw one row for each name: a dot where intervals held, tied to the rule of how often they said.

    Parameters
    ----------
    table
        Columns ``name``, ``level`` [share between 0 and 1] and ``hit`` [per cent], one row for each name and level,
        every name with the same levels. Rows keep their order.
    words
        Title, subtitle, note, source and alternative text.
    **look
        ``language``, ``size`` and ``variant``.

    Raises
    ------
    TableError
        The table lacks a column or a row, a level is no share, or a hit rate is above 100.
    """
    names, levels, hits = _checked(table)
    with style.house_style():
        canvas = Canvas(words, **look)
        height = ABOVE + PITCH * len(names) + BELOW
        canvas.open(height, height)
        printed = [MAIN_LEVEL] if canvas.narrow and MAIN_LEVEL in levels else levels
        left = max(style.text_width(name, NAME_SIZE) for name in names) + GAP
        right = canvas.right - COLUMN * len(printed) - GAP
        place = (left, canvas.top + ABOVE, right - left, PITCH * len(names))
        panel = canvas.panel(place, (0, 100), (len(names), 0))
        _rules(canvas, panel, levels)
        _heads(canvas, printed)
        for row, name in enumerate(names):
            y = panel.cm(0, row + 0.5)[1]
            canvas.text(0, on_row(y, NAME_SIZE), name, NAME_SIZE)
            for level in levels:
                _mark(canvas, panel, row + 0.5, 100 * level, hits[name, level])
            for position, level in enumerate(reversed(printed)):
                value = number(hits[name, level], language=canvas.language)
                x = canvas.right - COLUMN * position
                canvas.text(x, on_row(y, VALUE_SIZE), value, VALUE_SIZE, align="right", semibold=level == MAIN_LEVEL)
        return panel


def _checked(table: pd.DataFrame) -> tuple[list[str], list[float], dict[tuple[str, float], float]]:
    require(table, ["name", "level", "hit"], ["name", "level"], FIGURE)
    counts(table, "hit", FIGURE)
    names = list(dict.fromkeys(str(name) for name in table["name"]))
    levels = sorted({float(level) for level in table["level"]})
    keys = zip(table["name"].astype(str), table["level"].astype(float), strict=True)
    hits = dict(zip(keys, table["hit"].astype(float), strict=True))
    if not all(0 < level < 1 for level in levels) or max(hits.values()) > 100:
        raise TableError(
            "The reliability figure needs levels between 0 and 1 and hit rates of at most 100 per cent.",
            where=f"Levels: {', '.join(f'{level:g}' for level in levels)}. Highest hit rate: {max(hits.values()):g}.",
            hint="Write level=0.8 and hit=78.0.",
        )
    lacking = [f"{name} {level:g}" for name in names for level in levels if (name, level) not in hits]
    if lacking:
        raise TableError(
            "A name in the reliability figure lacks a level.", where=lacking, hint="Give every name the same levels."
        )
    return names, levels, hits


def _rules(canvas: Canvas, panel: Panel, levels: list[float]) -> None:
    left, top, width, height = panel.place
    canvas.rule((left, left + width), (top + height, top + height), 0.6, style.AXIS)
    for level in levels:
        x = panel.cm(100 * level, 0)[0]
        canvas.rule((x, x), (top - 0.08, top + height), 0.8, style.AXIS)
    said = label("reliability_said", canvas.language)
    if not canvas.narrow:
        canvas.text(left, top - 0.60, said, HEAD_SIZE, style.INK_2)
    spread: list[float] = []
    for level in levels:
        words = percent(level, language=canvas.language)
        half = style.text_width(words, HEAD_SIZE) / 2
        x = max(panel.cm(100 * level, 0)[0], spread[-1] + half + 0.12 if spread else 0.0)
        canvas.text(x, top - 0.18, words, HEAD_SIZE, style.INK_2, align="center")
        spread.append(x + half)


def _heads(canvas: Canvas, printed: list[float]) -> None:
    top = canvas.top + ABOVE
    canvas.text(
        canvas.right, top - 0.60, label("reliability_held", canvas.language), HEAD_SIZE, style.LAKS_TEXT, align="right"
    )
    for position, level in enumerate(reversed(printed)):
        words = percent(level, language=canvas.language)
        canvas.text(canvas.right - COLUMN * position, top - 0.18, words, HEAD_SIZE, style.INK_2, align="right")


def _mark(canvas: Canvas, panel: Panel, y: float, said: float, held: float) -> None:
    panel.plot([said, held], [y, y], color=style.LAKS_STEPS[1], linewidth=2.4 * canvas.scale, clip_on=False, zorder=2)
    dot(canvas, panel, held, y, style.LAKS)
