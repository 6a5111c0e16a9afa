"""A map without map data: one equal tile for each municipality, placed roughly as in reality."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from demografi.errors import TableError
from demografi.labels import label, number, text
from demografi.plots import style
from demografi.plots.canvas import Canvas, Look, Panel, Words
from demografi.plots.inputs import require

FIGURE = "tile map"
PITCH, SMALL_PITCH, GAP, MOST_LARGE = 1.73, 1.10, 0.06, 25
ABOVE, BELOW = 0.27, 0.25
KEY_LEFT, KEY_EDGE, KEY_STEP, CONTEXT_STEP = 9.0, 13.6, 0.46, 0.50
NAME_SIZE, VALUE_SIZE, SMALL_VALUE_SIZE, KEY_SIZE = 8.5, 13.0, 9.5, 8.5
N_LIMITS, KEY_BELOW, INSET, LEAST_LARGE, SMALLEST = 4, 0.35, 0.16, 1.3, style.SMALLEST_POINT_SIZE
GROWTH_LIMITS, SIGNED_GROWTH_LIMITS = (20, 40, 60, 80), (-20, 0, 20, 40)


def tiles(
    table: pd.DataFrame,
    words: Words,
    *,
    limits: Sequence[float],
    heading: str,
    context: Sequence[tuple[str, float]] = (),
    unit: str = "",
    signed: bool = False,
    **look: Unpack[Look],
) -> Axes:
    """Draw one tile for each municipality, coloured by class and with its number written in it.

    Parameters
    ----------
    table
        Columns ``name``, ``row``, ``column`` [tiles from the top-left, from 0] and ``value``
        [whole numbers of the unit]; a missing value leaves the tile empty with its sign.
    words
        Title, subtitle, note, source and alternative text.
    limits
        The four limits [as value] between the five classes, from the lowest; a value on a limit
        belongs to the class above. Where the second or third is nought the colours part there.
    heading
        Heading of the key.
    context
        Names and values [as value] to compare with.
    unit
        Sign written behind the values to compare with, such as ``"%"``.
    signed
        Whether values carry a plus sign.
    **look
        ``language``, ``size`` and ``variant``; on half a page the key lies below the tiles.

    Raises
    ------
    TableError
        If the table lacks a column, two names share a tile, or the limits are not four rising whole numbers.
    """
    _check(table, limits)
    with style.house_style():
        canvas = Canvas(words, **look)
        panel, key = _open(canvas, table, len(context))
        colors = _colors(limits)
        values = [float(value) for value in pd.to_numeric(table["value"])]
        for position, value in enumerate(values):
            name, row, column = (table[key].iloc[position] for key in ("name", "row", "column"))
            _tile(canvas, panel, str(name), (int(column), int(row)), (value, limits, colors, signed))
        y = _key(canvas, key, (values, limits, colors), heading)
        _context(canvas, (*key[:2], y + 0.9), context, unit, signed)
        return panel


def _open(canvas: Canvas, table: pd.DataFrame, n_context: int) -> tuple[Panel, Place]:
    """Open the tiles, and give left edge, right edge and top of the key: beside them, or below on half a page."""
    across, down = int(table["column"].max()) + 1, int(table["row"].max()) + 1
    key = 0.4 + KEY_STEP * 5 + (0.9 + CONTEXT_STEP * n_context if n_context else 0.0)
    most_wide = canvas.width if canvas.narrow else KEY_LEFT - 0.4
    pitch = min(SMALL_PITCH if len(table) > MOST_LARGE else PITCH, most_wide / across)
    if canvas.narrow:
        canvas.open(ABOVE + pitch * down + KEY_BELOW + key + BELOW)
    else:
        canvas.open(ABOVE + max(pitch * down, key) + BELOW, ABOVE + max(1.1 * down, key) + BELOW)
        pitch = min(pitch, (canvas.height - ABOVE - BELOW) / down)
    top = canvas.top + ABOVE
    panel = canvas.panel((0, top, pitch * across, pitch * down), (0, across), (down, 0))
    if canvas.narrow:
        return panel, (0.0, canvas.right, top + pitch * down + KEY_BELOW + 0.23)
    return panel, (KEY_LEFT, KEY_EDGE, top + 0.23)


def growth_limits(values: Sequence[float]) -> tuple[int, ...]:
    """Give the limits [per cent] between classes of growth; they are fixed, so that maps can be compared.

    Only whether anything falls is looked at: then the colours part at nought.

    Examples
    --------
    >>> growth_limits([12.0, 51.0]), growth_limits([-3.0, 51.0])
    ((20, 40, 60, 80), (-20, 0, 20, 40))
    """
    return SIGNED_GROWTH_LIMITS if any(value < 0 for value in values) else GROWTH_LIMITS


def _check(table: pd.DataFrame, limits: Sequence[float]) -> None:
    require(table, ["name", "row", "column", "value"], ["row", "column"], FIGURE)
    require(table, ["name"], ["name"], FIGURE)
    rising = list(limits) == sorted(set(limits)) and all(float(limit).is_integer() for limit in limits)
    if len(limits) != N_LIMITS or not rising:
        raise TableError(
            f"The {FIGURE} has the limits {', '.join(f'{limit:g}' for limit in limits)}.",
            where="Five classes take four limits: whole numbers that rise.",
            hint="Write limits=(80, 90, 100, 150).",
        )


def _colors(limits: Sequence[float]) -> tuple[str, ...]:
    return style.DIVERGING if 0 in list(limits)[1:3] else style.FJORD_STEPS


def _class_of(value: float, limits: Sequence[float]) -> int:
    # The number is rounded as it is printed, so that colour and number never disagree.
    printed = float(number(value, language="en").replace(",", "").replace("−", "-"))
    return sum(printed >= limit for limit in limits)


Place = tuple[float, float, float]
Shown = tuple[float, Sequence[float], tuple[str, ...], bool]


def _tile(canvas: Canvas, panel: Panel, name: str, place: tuple[int, int], shown: Shown) -> None:
    value, limits, colors, signed = shown
    missing = value != value
    fill = style.SURFACE if missing else colors[_class_of(value, limits)]
    column, row = place
    pitch = panel.place[2] / panel.get_xlim()[1]
    side = 1 - GAP / pitch
    panel.add_patch(Rectangle((column, row), side, side, facecolor=fill, linewidth=0, clip_on=False))
    x, y = panel.cm(column, row)
    ink = style.ink_on(fill)
    small = pitch < LEAST_LARGE
    printed = number(value, signed=signed, language=canvas.language)
    size = SMALL_VALUE_SIZE if small else VALUE_SIZE
    canvas.text(x + INSET, y + pitch - GAP - (0.16 if small else 0.28), printed, size, ink, semibold=True)
    room = pitch - GAP - INSET - 0.04
    if pitch > SMALL_PITCH:
        points, lines = _name_lines(name, room, 1 if small else 2)
        for step, line in enumerate(lines):
            canvas.text(x + INSET, y + (0.36 if small else 0.46) + 0.34 * step, line, points, ink)


def _name_lines(name: str, room: float, most: int) -> tuple[float, list[str]]:
    """Break a name in a tile; a word that is too long is set smaller before it is divided."""
    if most == 1:
        return SMALLEST, [style.shorten(name, room, SMALLEST)]
    whole = all(style.text_width(word, NAME_SIZE) <= room for word in name.replace("-", "- ").split())
    points = NAME_SIZE if whole else SMALLEST
    return points, style.wrap_name(name, room, points, most=most)


def _key(
    canvas: Canvas, key: Place, shown: tuple[list[float], Sequence[float], tuple[str, ...]], heading: str
) -> float:
    left, edge, y = key
    values, limits, colors = shown
    canvas.text(left, y, heading, 9.5, semibold=True)
    members = [_class_of(value, limits) for value in values if value == value]
    y += 0.08
    for position in reversed(range(N_LIMITS + 1)):
        y += KEY_STEP
        canvas.box(left, y - 0.26, 0.55, 0.36, colors[position])
        canvas.text(left + 0.75, y, _interval(position, limits, canvas.language), KEY_SIZE)
        n = members.count(position)
        noun = label("municipality" if n == 1 else "municipalities", canvas.language)
        canvas.text(edge, y, f"{n} {noun}", KEY_SIZE, style.INK_2, align="right")
    return y


def _interval(position: int, limits: Sequence[float], language: str) -> str:
    printed = [number(limit, language=language) for limit in limits]
    if position == 0:
        return text("class_under", language, limit=printed[0])
    if position == N_LIMITS:
        return text("class_over", language, limit=printed[-1])
    highest = number(limits[position] - 1, language=language)
    if highest == printed[position - 1]:
        return highest
    negative = limits[position - 1] < 0 or limits[position] - 1 < 0
    return f"{printed[position - 1]}{' – ' if negative else '–'}{highest}"


def _context(canvas: Canvas, key: Place, context: Sequence[tuple[str, float]], unit: str, signed: bool) -> None:
    if not context:
        return
    left, edge, y = key
    canvas.text(left, y, label("for_comparison", canvas.language), 9.5, semibold=True)
    behind = "" if not unit else unit if canvas.language == "en" else f"\u00a0{unit}"
    for position, (name, value) in enumerate(context):
        y += CONTEXT_STEP
        printed = number(value, signed=signed, language=canvas.language) + behind
        room = edge - left - style.text_width(printed, 9, True) - 0.3
        canvas.text(left, y, style.shorten(name, room, 9), 9)
        canvas.text(edge, y, printed, 9, semibold=position == 0, align="right")
