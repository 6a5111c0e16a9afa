"""Each municipality in a small plot of its own, against the region and on one scale."""

from __future__ import annotations

import math
from typing import Unpack

import pandas as pd
from matplotlib.axes import Axes

from demografi.errors import TableError
from demografi.labels import label, number
from demografi.plots import style
from demografi.plots.canvas import Canvas, Look, Panel, Words, on_row
from demografi.plots.comparisons import Lines, checked_lines, dashed_from
from demografi.plots.inputs import counts, require
from demografi.plots.placing import Box, free_place, round_step_within, step_decimals, text_box
from demografi.plots.timeline import AXIS_SIZE, stroke

FIGURE = "small multiples"
MOST_PANELS = 15
LEFT, ACROSS, DOWN, PANEL_HEIGHT, LEAST_PANEL_HEIGHT = 0.72, 0.5, 1.15, 3.21, 1.3
ABOVE, BELOW, RIGHT_AIR, NAME_LINE = 0.85, 0.85, 0.33, 0.40
NAME_SIZE, FIRST_SIZE, LAST_SIZE = 9.5, 8.5, 9.0
AIR_ON_TOP, MOST_HEIGHT = 1.12, 22.0


def small_multiples(
    table: pd.DataFrame,
    region: pd.DataFrame,
    words: Words,
    *,
    projected_from: int | None,
    decimals: int = 1,
    page: int | None = None,
    **look: Unpack[Look],
) -> Axes:
    """Draw how each municipality moves against the region, lowest last value first.

    Parameters
    ----------
    table
        Columns ``name``, ``year`` and ``value`` [one unit for all]; one figure holds fifteen names.
    region
        Columns ``year`` and ``value`` [as in the table], drawn in every plot.
    words
        Title, subtitle, note, source and alternative text.
    projected_from
        First projected year, drawn dashed; ``None`` when all is registered.
    decimals
        Digits after the decimal sign in the values.
    page
        Which fifteen of more names to draw, from 1; all pages have one order and one scale.
    **look
        ``language``, ``size`` and ``variant``.

    Returns
    -------
    Axes
        The first plot; the others are in the figure's axes, in reading order.

    Raises
    ------
    TableError
        If a table lacks a column or a row, or there are more names than one figure holds.
    """
    lines, whole = _checked(table, region)
    names = _on_page(sorted(lines, key=lambda name: (lines[name][1][-1], name)), page)
    with style.house_style():
        canvas = Canvas(words, **look)
        columns = _columns(len(names), canvas)
        rows = math.ceil(len(names) / columns)
        width = (canvas.width - LEFT - RIGHT_AIR - ACROSS * (columns - 1)) / columns
        wrapped = {name: _name_lines(name, width + ACROSS - 0.3) for name in names}
        above = ABOVE + NAME_LINE * (max(len(wrapped[name]) for name in names[:columns]) - 1)
        fixed = above + BELOW + DOWN * (rows - 1)
        # Two columns of fifteen names must still go on a page of A4.
        natural = min(PANEL_HEIGHT, max(LEAST_PANEL_HEIGHT, (MOST_HEIGHT - fixed) / rows))
        canvas.open(fixed + natural * rows, fixed + LEAST_PANEL_HEIGHT * rows)
        height = (canvas.height - fixed) / rows
        panels = []
        for position, name in enumerate(names):
            row, column = divmod(position, columns)
            corner = (LEFT + column * (width + ACROSS), canvas.top + above + row * (height + DOWN))
            panel = _open(canvas, (*corner, width, height), lines, whole)
            _frame(canvas, panel, wrapped[name], first=column == 0, last=position + columns >= len(names))
            stroke(canvas, panel, whole, style.BACKDROP, points=1.4, zorder=3)
            dashed_from(canvas, panel, lines[name], projected_from, style.FJORD, 1.9)
            _values(canvas, panel, lines[name], whole, decimals, named=position == 0)
            panels.append(panel)
        return panels[0]


def _checked(table: pd.DataFrame, region: pd.DataFrame) -> tuple[Lines, tuple[list[float], list[float]]]:
    lines = checked_lines(table, FIGURE)
    require(region, ["year", "value"], ["year"], f"region of the {FIGURE}")
    counts(region, "value", f"region of the {FIGURE}")
    rows = region.sort_values("year")
    whole = ([float(year) for year in rows["year"]], [float(value) for value in pd.to_numeric(rows["value"])])
    holes = [name for name, (_, y) in [*lines.items(), ("The region", whole)] if any(map(math.isnan, y))]
    uneven = [name for name, (x, _) in lines.items() if x != whole[0]]
    if holes or uneven:
        raise TableError(
            "The small multiples need a value for every name and year, the region's years for all.",
            where=[
                *(f"{name} lacks a value." for name in holes),
                *(f"{name} has other years than the region." for name in uneven),
            ],
            hint="Leave out the names that lack a value, and say so in the note.",
        )
    return lines, whole


def _on_page(names: list[str], page: int | None) -> list[str]:
    n_pages = math.ceil(len(names) / MOST_PANELS)
    if page is None and n_pages > 1:
        raise TableError(
            f"There are {len(names)} names, and one figure of small multiples holds {MOST_PANELS}.",
            hint=f"Draw the first {MOST_PANELS} with page=1 and the rest with page=2, each a figure of its own.",
        )
    if page is not None and not 1 <= page <= n_pages:
        raise TableError(
            f"The small multiples have no page {page}.",
            where=f"{len(names)} names take {n_pages} {'page' if n_pages == 1 else 'pages'}.",
            hint="Write page=1.",
        )
    first = MOST_PANELS * ((page or 1) - 1)
    return names[first : first + MOST_PANELS]


def _columns(n: int, canvas: Canvas) -> int:
    if canvas.narrow:
        return min(n, 2)
    return min(n, 3 if n <= 6 else 5)


def _name_lines(name: str, width: float) -> list[str]:
    return style.wrap_name(name, width, NAME_SIZE, semibold=True)


def _open(
    canvas: Canvas,
    place: tuple[float, float, float, float],
    lines: Lines,
    whole: tuple[list[float], list[float]],
) -> Panel:
    highest = max(max(y) for _, y in [*lines.values(), whole]) or 1.0
    first, last = int(whole[0][0]), int(whole[0][-1])
    return canvas.panel(place, (first, max(last, first + 1)), (0, highest * AIR_ON_TOP))


def _frame(canvas: Canvas, panel: Panel, name: list[str], *, first: bool, last: bool) -> None:
    left, top, width, _ = panel.place
    (x0, x1), (_, y1) = panel.get_xlim(), panel.get_ylim()
    for step, line in enumerate(reversed(name)):
        canvas.text(left, top - 0.30 - NAME_LINE * step, line, NAME_SIZE, semibold=True)
    unit = round_step_within(y1 / AIR_ON_TOP)
    for k in range(int(y1 / unit + 1e-9) + 1):
        value = unit * k
        y = panel.cm(x0, value)[1]
        line_color = style.GRID if k else style.AXIS
        canvas.rule((left, left + width), (y, y), 0.6, line_color)
        if first:
            printed = number(value, step_decimals(unit), language=canvas.language)
            canvas.text(left - 0.13, on_row(y, AXIS_SIZE), printed, AXIS_SIZE, style.INK_2, align="right")
    bottom = top + panel.place[3]
    for year, x in ((x0, left), (x1, left + width)):
        canvas.rule((x, x), (bottom, bottom + 3 * style.CM_PER_POINT), 0.6, style.AXIS)
        if last:
            canvas.text(
                x,
                bottom + 0.48,
                f"{year:.0f}",
                AXIS_SIZE,
                style.INK_2,
                align="left" if x == left else "right",
            )


def _values(
    canvas: Canvas,
    panel: Panel,
    line: tuple[list[float], list[float]],
    whole: tuple[list[float], list[float]],
    decimals: int,
    *,
    named: bool,
) -> None:
    left, top, width, height = panel.place
    paths = [panel.path(*line), panel.path(*whole)]
    # A value close to nought may reach a little below its axis rather than stand above the region's line.
    within = Box(left - 0.02, top - 0.22, left + width + 0.04, top + height + 0.16)
    taken: list[Box] = []
    for end, points, semibold in ((0, FIRST_SIZE, False), (-1, LAST_SIZE, True)):
        x, y = line[0][end], line[1][end]
        panel.plot([x], [y], marker="o", markersize=4 * canvas.scale, color=style.FJORD, clip_on=False, zorder=6)
        printed = number(y, decimals, language=canvas.language)
        side = "above" if y > whole[1][end] else "below"
        order = (f"{side}-start", f"{side}-right") if end == 0 else (f"{side}-end", f"{side}-left")
        spot = _spot(panel.cm(x, y), printed, points, order, (paths, taken, within))
        written = canvas.text(*spot, printed, points, style.FJORD, semibold=semibold)
        canvas.outline(written)
        taken.append(text_box(*spot, printed, points, semibold=True))
    if named:
        _name_region(canvas, panel, paths, taken, whole)


def _spot(
    point: tuple[float, float],
    printed: str,
    points: float,
    order: tuple[str, ...],
    obstacles: tuple[list[style.Points], list[Box], Box],
) -> tuple[float, float]:
    paths, taken, within = obstacles
    return free_place(point, printed, points, lines=paths, taken=taken, within=within, order=order)


def _name_region(
    canvas: Canvas,
    panel: Panel,
    paths: list[style.Points],
    taken: list[Box],
    whole: tuple[list[float], list[float]],
) -> None:
    left, top, width, height = panel.place
    within = Box(left, top - 0.1, left + width, top + height - 0.04)
    words = label("the_region", canvas.language)
    middle = len(whole[0]) // 2
    point = panel.cm(whole[0][middle], whole[1][middle])
    spot = _spot(point, words, FIRST_SIZE, ("above", "below", "above-right"), (paths, taken, within))
    canvas.outline(canvas.text(*spot, words, FIRST_SIZE, style.INK_2))
