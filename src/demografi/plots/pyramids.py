"""The age structure of two years on one pair of axes."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from demografi.errors import TableError
from demografi.labels import label, number, percent, text
from demografi.plots import style
from demografi.plots.canvas import Canvas, Look, Panel, Words, on_row
from demografi.plots.inputs import counts, present, require
from demografi.plots.placing import round_step_within, step_decimals

FIGURE = "pyramid"
SEXES = ("male", "female")
OPEN_AGE, OLD_AGE, WIDTH_OF_GROUP = 95, 80, 5
GROUPS = [*range(0, OPEN_AGE, WIDTH_OF_GROUP), OPEN_AGE]
BLOCKS = (("age_80_plus", OLD_AGE, 200), ("age_20_66", 20, 67))

GUTTER, PANEL_WIDTH = 1.25, 5.80
ABOVE, BELOW, PANEL_HEIGHT = 0.62, 0.75, 8.70
SIDE_LEFT, KEY_HEIGHT = 13.0, 0.60
BAR = 0.82

Counts = dict[tuple[int, str], np.ndarray[Any, np.dtype[np.float64]]]


def pyramid(table: pd.DataFrame, start: int, end: int, words: Words, **look: Unpack[Look]) -> Axes:
    """Draw who lives here in one year, and the outline of who will in another.

    Bars are the first year, the ink line is the second; those aged 80 and over stand out.

    Parameters
    ----------
    table
        Columns ``year``, ``sex`` (``"male"`` or ``"female"``), ``age`` [completed years, single,
        from nought] and ``persons`` [persons on 1 January], one row for each.
    start, end
        The two years.
    words
        Title, subtitle, note, source and alternative text.
    **look
        ``language``, ``size`` and ``variant``.

    Returns
    -------
    Axes
        The half for women; the one for men is the first of the figure's axes.

    Raises
    ------
    TableError
        If the table lacks a column, a year, a sex or an age, or has two rows for the same person-group.
    """
    persons = _checked(table, (start, end))
    groups = {key: np.add.reduceat(values, GROUPS) for key, values in persons.items()}
    with style.house_style():
        canvas = Canvas(words, **look)
        key = KEY_HEIGHT if canvas.narrow else 0.0
        canvas.open(ABOVE + PANEL_HEIGHT + BELOW + key)
        height = canvas.height - ABOVE - BELOW - key
        width = (canvas.width - GUTTER) / 2 if canvas.narrow else PANEL_WIDTH
        highest = max(float(values.max()) for values in groups.values()) or 1.0
        panels = {}
        for sex, left in zip(SEXES, (0.0, width + GUTTER), strict=True):
            limits = (highest, 0.0) if sex == "male" else (0.0, highest)
            panel = canvas.panel((left, canvas.top + ABOVE, width, height), limits, (0, len(GROUPS)))
            _half(canvas, panel, groups[start, sex], groups[end, sex])
            _scale(canvas, panel, highest, left + width + (0.0 if canvas.narrow else 0.1))
            panels[sex] = panel
        _middle(canvas, panels["male"], width)
        if canvas.narrow:
            _key(canvas, 0.0, canvas.top + canvas.height - 0.30, (start, end), below=False)
        else:
            _side(canvas, persons, (start, end))
        return panels["female"]


def _checked(table: pd.DataFrame, years: tuple[int, int]) -> Counts:
    require(table, ["year", "sex", "age", "persons"], ["year", "sex", "age"], FIGURE)
    counts(table, "persons", FIGURE)
    odd = [sex for sex in table["sex"] if sex not in SEXES]
    if odd:
        raise TableError(
            f"The pyramid has a row of the sex {odd[0]!r}.",
            hint="Write 'male' or 'female' in the column sex.",
        )
    if years[0] == years[1]:
        raise TableError(f"The pyramid shows two years, and both are {years[0]}.", hint="Choose another year.")
    persons: Counts = {}
    for year in years:
        present(int(year), (int(known) for known in sorted(table["year"].unique())), "year", FIGURE)
        for sex in SEXES:
            persons[year, sex] = _single_ages(table, year, sex)
    return persons


def _single_ages(table: pd.DataFrame, year: int, sex: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    rows = table[(table["year"] == year) & (table["sex"] == sex)].sort_values("age")
    ages = [int(age) for age in rows["age"]]
    values = rows["persons"].to_numpy(dtype=float)
    wanted = range(max([*ages, OPEN_AGE]) + 1)
    lacking = sorted(set(wanted) - set(ages)) + [
        age for age, value in zip(ages, values, strict=True) if np.isnan(value)
    ]
    if lacking or len(ages) != len(wanted):
        raise TableError(
            f"The pyramid lacks persons for {year} {sex}.",
            where=[f"Age {age} is missing." for age in lacking] or [f"The ages begin at {ages[0]}."],
            hint=f"Give every single age from 0 to {OPEN_AGE} or more.",
        )
    return values


def _half(
    canvas: Canvas,
    panel: Panel,
    today: np.ndarray[Any, np.dtype[np.float64]],
    later: np.ndarray[Any, np.dtype[np.float64]],
) -> None:
    rows = np.arange(len(GROUPS)) + 0.5
    old = np.array(GROUPS) >= OLD_AGE
    colors = [style.LAKS if is_old else style.BACKDROP for is_old in old]
    grows = old & (later > today)
    panel.barh(rows[grows], later[grows], height=BAR, color=style.LAKS_STEPS[0], linewidth=0, zorder=1, clip_on=False)
    panel.barh(rows, today, height=BAR, color=colors, linewidth=0, zorder=2, clip_on=False)
    outline = np.append(np.repeat(later, 2), 0.0)
    edges = np.append(np.repeat(np.arange(len(GROUPS) + 1), 2)[1:-1], len(GROUPS))
    panel.plot(
        outline,
        edges,
        color=style.INK,
        linewidth=1.1 * canvas.scale,
        solid_joinstyle="miter",
        solid_capstyle="butt",
        clip_on=False,
        zorder=4,
    )


def _scale(canvas: Canvas, panel: Panel, highest: float, right: float) -> None:
    step = round_step_within(highest)
    decimals = step_decimals(step)
    bottom, top = panel.cm(0, 0)[1], panel.place[1]
    for k in range(int(highest / step + 1e-9) + 1):
        x, _ = panel.cm(step * k, 0)
        canvas.rule((x, x), (top, bottom), 0.6, style.GRID if k else style.AXIS, zorder=-1 if k else 1)
        printed = number(step * k, decimals, language=canvas.language)
        half = style.text_width(printed, 8.5) / 2
        middle = min(max(x, half), max(x, right) - half) if k else x
        canvas.text(middle, bottom + 0.40, printed, 8.5, style.INK_2, align="center")


def _middle(canvas: Canvas, men: Panel, width: float) -> None:
    for row, age in enumerate(GROUPS):
        _, y = men.cm(0, row + 0.5)
        is_old = age >= OLD_AGE
        words = f"{age}+" if age == OPEN_AGE else f"{age}–{age + WIDTH_OF_GROUP - 1}"
        canvas.text(
            width + GUTTER / 2,
            on_row(y, 8),
            words,
            8,
            style.INK if is_old else style.INK_2,
            semibold=is_old,
            align="center",
        )
    baseline = men.place[1] - 0.18
    canvas.text(width, baseline, label("men", canvas.language), 9.5, semibold=True, align="right")
    canvas.text(width + GUTTER, baseline, label("women", canvas.language), 9.5, semibold=True)


def _side(canvas: Canvas, persons: Counts, years: tuple[int, int]) -> None:
    y = canvas.top + ABOVE + 0.30
    for (key, low, high), color in zip(BLOCKS, (style.LAKS_TEXT, style.INK), strict=True):
        sums = [sum(float(persons[year, sex][low:high].sum()) for sex in SEXES) for year in years]
        canvas.text(SIDE_LEFT, y, label(key, canvas.language), 9.5, color, semibold=True)
        change = percent(sums[1] / sums[0] - 1, signed=True, language=canvas.language) if sums[0] else "."
        rows = [(str(year), number(total, language=canvas.language)) for year, total in zip(years, sums, strict=True)]
        for name, value in [*rows, (label("change", canvas.language), change)]:
            y += 0.43
            canvas.text(SIDE_LEFT, y, name, 9.5, style.INK_2)
            canvas.text(canvas.right, y, value, 9.5, semibold=value == change, align="right")
        y += 1.08
    bottom = canvas.top + canvas.height - BELOW
    _key(canvas, SIDE_LEFT, bottom - 0.80, years, below=True)


def _key(canvas: Canvas, left: float, y: float, years: tuple[int, int], *, below: bool) -> None:
    """List what bar and line mean: beside each other, or the line below the bar."""
    later = text("projected_year", canvas.language, year=str(years[1]))
    canvas.box(left, y - 0.25, 0.5, 0.28, style.BACKDROP)
    canvas.text(left + 0.65, y, str(years[0]), 8.5)
    x, baseline = (left, y + 0.50) if below else (left + 2.0, y)
    canvas.rule((x, x + 0.5), (baseline - 0.1, baseline - 0.1), 1.1, style.INK)
    canvas.text(x + 0.65, baseline, later, 8.5)
