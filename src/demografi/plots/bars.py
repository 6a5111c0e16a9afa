"""How each whole is divided, as bars of one length with the number behind each."""

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
from demografi.plots.inputs import FEWEST, counts, present, require
from demografi.plots.rows import row_names, rows_height

FIGURE = "figure of shares"
MOST_GROUPS, MOST_FOCUS = 5, 2
PITCH, LEAST_PITCH, HEAD, AIR, FOOT = 0.60, 0.42, 0.80, 0.35, 0.26
BARS_LEFT, BARS_RIGHT, SHARE_EDGE = 2.6, 13.1, 14.45
NAME_SIZE, CELL_SIZE, HEAD_SIZE = 9.5, 8.5, 8.5
BAR, WHITE_GAP, LEAST_LABELLED = 0.74, 0.04, 0.06
NARROW_SHARE, NUMBER_AIR, SWATCH, KEY_STEP = 1.15, 0.40, 0.30, 0.42


@dataclass(frozen=True)
class _Row:
    name: str
    persons: tuple[float, ...]
    n_focus: int

    @property
    def n(self) -> float:
        return sum(self.persons)

    @property
    def hidden(self) -> bool:
        return math.isnan(self.n)

    @property
    def shown(self) -> bool:
        return not self.hidden and self.n >= FEWEST

    @property
    def focus_share(self) -> float:
        return sum(self.persons[-self.n_focus :]) / self.n if self.shown else math.nan


def shares(
    table: pd.DataFrame,
    words: Words,
    *,
    total: str,
    focus: Sequence[str],
    focus_label: str,
    **look: Unpack[Look],
) -> Axes:
    """Draw how the staff of each municipality is divided by age, the groups in focus at the right edge.

    Shares are computed from the counts, never from rounded parts. A row with fewer than twenty
    persons is drawn without shares and says so; a row with a hidden count is drawn with the sign
    for what cannot be published.

    Parameters
    ----------
    table
        Columns ``name``, ``group`` and ``persons`` [persons], one row for each name and group; the
        groups are drawn in their order of appearance. A missing count is one that cannot be published.
    words
        Title, subtitle, note, source and alternative text.
    total
        Name of the whole, drawn first.
    focus
        The last one or two groups, whose sum is written in a column of its own.
    focus_label
        Heading of that column.
    **look
        ``language``, ``size`` and ``variant``; on half a page the groups are named below the bars.

    Raises
    ------
    TableError
        If the table lacks a column or a cell, has more than five groups, the focus is not its last
        groups, or the total is not in it or has fewer than twenty persons.
    """
    groups, rows = _checked(table, total, list(focus))
    with style.house_style():
        canvas = Canvas(words, **look)
        air = AIR if len(rows) > 1 else 0.0
        lines = len(rows) + air
        names = row_names(canvas, [row.name for row in rows], [total], PITCH)
        fills = [_fill(i, len(groups), len(focus)) for i in range(len(groups))]
        key = _key_lines(canvas, groups)
        foot = FOOT + KEY_STEP * len(key)
        canvas.open(HEAD + names.pitch * lines + foot, HEAD + LEAST_PITCH * lines + foot)
        left = names.width if canvas.narrow else max(BARS_LEFT, names.width)
        share_edge = _share_edge(canvas, rows)
        right = share_edge - NARROW_SHARE if canvas.narrow else BARS_RIGHT
        height = rows_height(canvas, lines, names.pitch, HEAD + foot)
        panel = canvas.panel((left, canvas.top + HEAD, right - left, height), (0, 1), (lines, 0))
        for position, row in enumerate(rows):
            y = position + 0.5 + (air if position else 0.0)
            _bar(canvas, panel, row, y, fills)
            _numbers(canvas, panel, row, y, share_edge)
            names.draw(canvas, panel.cm(0, y)[1], row.name, semibold=position == 0)
        _number_headings(canvas, focus_label, share_edge)
        if canvas.narrow:
            _key(canvas, key, dict(zip(groups, fills, strict=True)))
        else:
            _headings(canvas, panel, groups, rows[0])
        return panel


def _key_lines(canvas: Canvas, groups: list[str]) -> list[list[str]]:
    """Break the names of the groups into lines below the bars, where there is no room above them."""
    if not canvas.narrow:
        return []
    lines: list[list[str]] = [[]]
    used = 0.0
    for group in groups:
        width = SWATCH + 0.55 + style.text_width(group, HEAD_SIZE)
        if lines[-1] and used + width > canvas.width:
            lines.append([])
            used = 0.0
        lines[-1].append(group)
        used += width
    return lines


def _key(canvas: Canvas, lines: list[list[str]], fills: dict[str, str]) -> None:
    y = canvas.top + canvas.height - KEY_STEP * len(lines) + 0.12
    for line in lines:
        x = 0.0
        for group in line:
            canvas.box(x, y - 0.22, SWATCH, 0.25, fills[group])
            canvas.text(x + SWATCH + 0.15, y, group, HEAD_SIZE)
            x += SWATCH + 0.55 + style.text_width(group, HEAD_SIZE)
        y += KEY_STEP


def _checked(table: pd.DataFrame, total: str, focus: list[str]) -> tuple[list[str], list[_Row]]:
    require(table, ["name", "group", "persons"], ["name", "group"], FIGURE)
    counts(table, "persons", FIGURE)
    groups = list(dict.fromkeys(str(group) for group in table["group"]))
    names = list(dict.fromkeys(str(name) for name in table["name"]))
    present(total, names, "name", FIGURE)
    if len(groups) > MOST_GROUPS or not 1 <= len(focus) <= MOST_FOCUS or groups[-len(focus) :] != focus:
        raise TableError(
            f"The {FIGURE} has the groups {', '.join(groups)} and the focus {', '.join(focus) or 'none'}.",
            where="There are at most five groups, and the focus is the last one or two of them.",
            hint="Merge groups, or order the table so that the focus comes last.",
        )
    cells = {
        (str(name), str(group)): float(value)
        for name, group, value in zip(table["name"], table["group"], table["persons"], strict=True)
    }
    lacking = [f"{name}, {group}" for name in names for group in groups if (name, group) not in cells]
    if lacking:
        raise TableError(
            f"The table for the {FIGURE} lacks a row.",
            where=lacking,
            hint="Give a row for every name and group, with NaN for what cannot be published.",
        )
    rows = [_Row(name, tuple(cells[name, group] for group in groups), len(focus)) for name in names]
    whole = next(row for row in rows if row.name == total)
    if not whole.shown:
        raise TableError(
            f"{total!r} has too few persons to be divided, or a count that cannot be published.",
            where=f"Shares need at least {FEWEST} persons.",
            hint="Leave out the figure, or merge with a larger region.",
        )
    others = [row for row in rows if row.name != total]
    others.sort(key=lambda row: (not row.shown, -row.focus_share if row.shown else 0.0, row.name))
    return groups, [whole, *others]


def _fill(position: int, n_groups: int, n_focus: int) -> str:
    if position >= n_groups - n_focus:
        return (style.LAKS, style.LAKS_DARK)[position - (n_groups - n_focus)]
    return style.GREY_STEPS[min(position, len(style.GREY_STEPS) - 1)]


def _bar(canvas: Canvas, panel: Panel, row: _Row, y: float, fills: list[str]) -> None:
    if not row.shown:
        return
    gap = WHITE_GAP / panel.place[2]
    start = 0.0
    for position, (persons, fill) in enumerate(zip(row.persons, fills, strict=True)):
        share = persons / row.n
        trimmed = max(share - (gap if position + 1 < len(fills) else 0.0), 0.0)
        panel.barh([y], [trimmed], left=start, height=BAR, color=fill, linewidth=0, clip_on=False)
        printed = number(100 * share, language=canvas.language)
        if share >= LEAST_LABELLED and style.text_width(printed, CELL_SIZE, True) + 0.08 < trimmed * panel.place[2]:
            x, middle = panel.cm(start + trimmed / 2, y)
            canvas.text(
                x,
                on_row(middle, CELL_SIZE),
                printed,
                CELL_SIZE,
                style.ink_on(fill),
                semibold=position >= len(fills) - row.n_focus,
                align="center",
            )
        start += share


def _numbers(canvas: Canvas, panel: Panel, row: _Row, y: float, share_edge: float) -> None:
    middle = panel.cm(0, y)[1]
    baseline = on_row(middle, NAME_SIZE)
    status = ":" if row.hidden else "."
    share = percent(row.focus_share, language=canvas.language, status=status)
    canvas.text(share_edge, baseline, share, NAME_SIZE, style.LAKS_TEXT, semibold=True, align="right")
    n = number(row.n, language=canvas.language, status=":")
    canvas.text(canvas.right, baseline, n, NAME_SIZE, style.INK_2, align="right")
    if not row.shown and not row.hidden:
        few = text("fewer_than", canvas.language, limit=str(FEWEST))
        canvas.text(panel.place[0], on_row(middle, CELL_SIZE), few, CELL_SIZE, style.INK_2)


def _share_edge(canvas: Canvas, rows: list[_Row]) -> float:
    widest = max(style.text_width(number(row.n, language=canvas.language, status=":"), NAME_SIZE) for row in rows)
    return canvas.right - widest - NUMBER_AIR if canvas.narrow else SHARE_EDGE


def _number_headings(canvas: Canvas, focus_label: str, edge: float) -> None:
    baseline = canvas.top + HEAD - 0.10
    canvas.text(edge, baseline, focus_label, HEAD_SIZE, style.LAKS_TEXT, semibold=True, align="right")
    canvas.text(canvas.right, baseline, label("n", canvas.language), HEAD_SIZE, style.INK_2, align="right")


def _headings(canvas: Canvas, panel: Panel, groups: list[str], whole: _Row) -> None:
    baseline = panel.place[1] - 0.10
    first_focus = len(groups) - whole.n_focus
    widths = [style.text_width(group, HEAD_SIZE, i >= first_focus) for i, group in enumerate(groups)]
    ends = [sum(whole.persons[: i + 1]) / whole.n for i in range(len(groups))]
    middles = [(start + end) / 2 for start, end in zip([0.0, *ends], ends, strict=False)]
    lefts = [panel.cm(x, 0)[0] - width / 2 for x, width in zip(middles, widths, strict=True)]
    for i in range(1, len(lefts)):
        lefts[i] = max(lefts[i], lefts[i - 1] + widths[i - 1] + 0.15)
    for i, group in enumerate(groups):
        in_focus = i >= first_focus
        color = style.LAKS_TEXT if in_focus else style.INK_2
        canvas.text(lefts[i], baseline, group, HEAD_SIZE, color, semibold=in_focus)


def hide_second(table: pd.DataFrame, total: str) -> pd.DataFrame:
    """Hide the smallest of the other rows where a single hidden row would follow from the total by subtraction.

    Parameters
    ----------
    table
        ``name group persons``, as :func:`shares` draws; a missing count is one that cannot be published.
    total
        Name of the whole.

    Examples
    --------
    >>> rows = [("All", "a", 50.0), ("A", "a", float("nan")), ("B", "a", 30.0), ("C", "a", 15.0)]
    >>> hidden = hide_second(pd.DataFrame(rows, columns=["name", "group", "persons"]), "All")
    >>> hidden["persons"].isna().tolist()
    [False, True, False, True]
    """
    others = table[table["name"] != total]
    sums = others.groupby("name", sort=False)["persons"].agg(lambda persons: persons.sum(min_count=len(persons)))
    if sums.isna().sum() != 1 or len(sums) < 2:
        return table
    return table.assign(persons=table["persons"].mask(table["name"] == sums.idxmin()))
