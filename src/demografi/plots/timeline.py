"""The plot along years that several figures share: axis, divider, lines and labels at their ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from demografi.labels import label, number
from demografi.plots import style
from demografi.plots.canvas import Align, Canvas, Panel, on_row
from demografi.plots.placing import Box, round_step, spread, step_decimals, text_box, year_ticks

AXIS_SIZE, END_SIZE = 8.5, 9.0
ABOVE, BELOW = 0.75, 0.85
LEFT, RIGHT, NARROWEST = 1.05, 12.15, 2.4
VALUE_OFFSET, TIED_OFFSET, NAME_GAP = 0.21, 0.60, 0.27
HEADING_STEP = 0.42


@dataclass(frozen=True)
class EndLabel:
    """A value and a name at the right end of a line; without a value it is a heading."""

    height: float
    value: str
    name: str
    color: str = style.INK_2
    semibold: bool = False


def time_panel(canvas: Canvas, years: tuple[int, int], highest: float, labels: Sequence[EndLabel]) -> Panel:
    """Open a plot along years with its horizontal grid from nought [unit of the values]."""
    step = round_step(highest)
    top = step * max(1, -(-highest // step)) if highest > 0 else 1.0
    decimals = step_decimals(step)
    n_steps = round(top / step)
    ticks = [(step * k, number(step * k, decimals, language=canvas.language)) for k in range(n_steps + 1)]
    left = max(0.13 + style.text_width(words, AXIS_SIZE) for _, words in ticks)
    left = left if canvas.narrow else max(LEFT, left)
    right = canvas.right - _labels_width(labels)
    named = any(item.name for item in labels)
    right = max(left + NARROWEST, min(RIGHT, right) if named and not canvas.narrow else right)
    place = (left, canvas.top + ABOVE, right - left, canvas.height - ABOVE - BELOW)
    last = years[1] if years[1] > years[0] else years[0] + 1
    panel = canvas.panel(place, (years[0], last), (0, top))
    for value, words in ticks:
        _, y = panel.cm(years[0], value)
        panel.plot(
            [years[0], last],
            [value, value],
            color=style.AXIS if value == 0 else style.GRID,
            linewidth=0.6 * canvas.scale,
            clip_on=False,
            zorder=0 if value else 3,
        )
        canvas.text(left - 0.13, on_row(y, AXIS_SIZE), words, AXIS_SIZE, style.INK_2, align="right")
    year_axis(canvas, panel, year_ticks(*years, right - left))
    return panel


def _labels_width(labels: Sequence[EndLabel]) -> float:
    values = max((style.text_width(item.value, END_SIZE, True) for item in labels), default=0.0)
    offset = _value_offset(labels)
    rows = [offset + values]
    for item in labels:
        if item.name and item.value:
            rows.append(offset + values + NAME_GAP + style.text_width(item.name, END_SIZE, item.semibold))
        elif item.name:
            rows.append(offset + style.text_width(item.name, END_SIZE))
    return max(rows)


def _value_offset(labels: Sequence[EndLabel]) -> float:
    # Many labels are spread far from their lines, and the ties between need room not to become a brush.
    return VALUE_OFFSET if len(labels) <= 4 else TIED_OFFSET


def year_axis(canvas: Canvas, panel: Panel, years: Sequence[int]) -> None:
    """Mark years under a plot with ticks of 3 points and their names."""
    bottom = panel.get_ylim()[0]
    for year in years:
        x, y = panel.cm(year, bottom)
        canvas.rule((x, x), (y, y + 3 * style.CM_PER_POINT), 0.6, style.AXIS)
        half = style.text_width(str(year), AXIS_SIZE) / 2
        middle = min(max(x, half), canvas.width - half)
        canvas.text(middle, y + 0.48, str(year), AXIS_SIZE, style.INK_2, align="center")


def divider(canvas: Canvas, panel: Panel, year: float, colors: tuple[str, str]) -> list[Box]:
    """Part registered from projected with a line at the last registered year, and name both sides."""
    x, bottom = panel.cm(year, panel.get_ylim()[0])
    top = panel.place[1]
    canvas.rule((x, x), (top - 0.40, bottom), 0.6, style.AXIS)
    boxes = [Box(x - 0.02, top - 0.40, x + 0.02, bottom)]
    baseline = top - 0.12
    past, coming = label("registered", canvas.language), label("projected", canvas.language)
    width = style.text_width(past, AXIS_SIZE)
    # Left stand the numbers of the axis, right the canvas ends: a side too short for its name goes without.
    if x - 0.15 - width >= panel.place[0] - 0.05:
        canvas.outline(canvas.text(x - 0.15, baseline, past, AXIS_SIZE, colors[0], align="right"))
        boxes.append(text_box(x - 0.15 - width, baseline, past, AXIS_SIZE))
    if x + 0.15 + style.text_width(coming, AXIS_SIZE) <= canvas.right:
        canvas.outline(canvas.text(x + 0.15, baseline, coming, AXIS_SIZE, colors[1]))
        boxes.append(text_box(x + 0.15, baseline, coming, AXIS_SIZE))
    return boxes


def end_labels(canvas: Canvas, panel: Panel, labels: Sequence[EndLabel]) -> None:
    """Write value and name at the right end of each line; labels that would touch are spread."""
    left, top, width, height = panel.place
    right = left + width
    ends = [item for item in labels if item.value]
    wanted = [panel.cm(panel.get_xlim()[1], item.height)[1] for item in ends]
    headings = [item for item in labels if not item.value]
    # A heading stands above the highest label and must stay clear of the words above the plot.
    highest = top + 0.55 if headings else top - 0.05
    places = spread(wanted, highest, top + height - 0.10)
    offset = _value_offset(labels)
    value_edge = right + offset + max(style.text_width(item.value, END_SIZE, True) for item in ends)
    name_left = value_edge + NAME_GAP
    for item, y, own in zip(ends, places, wanted, strict=True):
        looks = (on_row(y, END_SIZE), item.color, item.semibold)
        if abs(y - own) > 0.08:
            canvas.rule((right + 0.05, right + offset - 0.03), (own, y), 0.6, style.AXIS)
        _end_text(canvas, value_edge, item.value, looks, "right")
        _end_text(canvas, name_left, item.name, looks, "left")
    for heading in headings:
        above = on_row(min(places) - HEADING_STEP, END_SIZE)
        _end_text(canvas, right + offset, heading.name, (above, heading.color, False), "left")


def _end_text(canvas: Canvas, x: float, words: str, looks: tuple[float, str, bool], align: Align) -> None:
    baseline, color, semibold = looks
    if words:
        canvas.text(x, baseline, words, END_SIZE, color, semibold=semibold, align=align)


def dot(canvas: Canvas, panel: Panel, x: float, y: float, color: str) -> None:
    """Mark a labelled point on a line."""
    panel.plot(
        [x],
        [y],
        marker="o",
        markersize=5.5 * canvas.scale + canvas.scale,
        markerfacecolor=color,
        markeredgecolor=style.WHITE,
        markeredgewidth=canvas.scale,
        linestyle="none",
        clip_on=False,
        zorder=6,
    )


def stroke(
    canvas: Canvas,
    panel: Panel,
    line: tuple[Sequence[float], Sequence[float]],
    color: str,
    *,
    points: float = 2.2,
    dashed: bool = False,
    zorder: float = 5,
) -> None:
    """Draw a line of so many points, solid with round caps or dashed for what is projected."""
    (drawn,) = panel.plot(
        *line,
        color=color,
        linewidth=points * canvas.scale,
        solid_capstyle="round",
        solid_joinstyle="round",
        dash_capstyle="butt",
        clip_on=False,
        zorder=zorder,
    )
    if dashed:
        drawn.set_dashes(style.DASH)
