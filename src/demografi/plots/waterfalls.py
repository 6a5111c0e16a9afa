"""From the staff of today to the need of tomorrow, step by step, ending in what is not covered."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Unpack

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from demografi.errors import TableError
from demografi.labels import label, number
from demografi.plots import style
from demografi.plots.canvas import Canvas, Look, Panel, Words, on_row
from demografi.plots.rows import rows_height

KINDS = ("level", "departure", "recruitment", "gap", "need")
STEPS = ("departure", "recruitment")
FILL = {
    "level": style.FJORD,
    "departure": style.BACKDROP,
    "recruitment": style.FJORD_STEPS[2],
    "gap": style.LAKS,
    "need": style.SURFACE,
}
MOST_STEPS = 4
PITCH, LEAST_PITCH, ABOVE, BELOW = 0.953, 0.55, 0.30, 0.25
BAR, LABEL_SIZE, GAP_SIZE, GAP_NUMBER_SIZE = 0.62, 10.0, 11.0, 11.5
BARS_LEFT = 4.7
VALUE_OFFSET = 5 * style.CM_PER_POINT


@dataclass(frozen=True)
class _Bar:
    label: str
    value: float
    kind: str
    low: float
    high: float
    after: float

    @property
    def surplus(self) -> bool:
        return self.kind == "gap" and self.value < 0


def waterfall(steps: Sequence[tuple[str, float, str]], words: Words, **look: Unpack[Look]) -> Axes:
    """Draw how staff, departures and recruitment add up, and how far that is from the need.

    Parameters
    ----------
    steps
        Label, value [person-years] and kind of each row, from the top: ``"level"`` (a stock that
        starts at nought), ``"departure"`` (negative), ``"recruitment"`` (signed), ``"gap"`` (need
        less supply; negative is a surplus, drawn and named as one) and ``"need"``.
    words
        Title, subtitle, note, source and alternative text.
    **look
        ``language``, ``size`` and ``variant``.

    Raises
    ------
    TableError
        If there is no row, a kind is not known, a value is missing or has the wrong sign, there are
        more than four steps, or the steps do not add up to the next level.
    """
    bars = _bars(steps)
    decimals = _decimals(bars)
    with style.house_style():
        canvas = Canvas(words, **look)
        canvas.open(ABOVE + PITCH * len(bars) + BELOW, ABOVE + LEAST_PITCH * len(bars) + BELOW)
        names = [label("surplus", canvas.language) if bar.surplus else bar.label for bar in bars]
        values = [_printed(bar, decimals, canvas.language) for bar in bars]
        panel = _panel(canvas, bars, names, values)
        for row, bar in enumerate(bars):
            _bar(canvas, panel, row, bar)
            _connector(canvas, panel, row, bars)
            _words(canvas, panel, row, bar, (names[row], values[row]))
        zero = panel.cm(0, 0)[0]
        ends = (panel.place[1] - 0.15, panel.place[1] + panel.place[3] + 0.02)
        canvas.rule((zero, zero), ends, 0.6, style.AXIS)
        return panel


def _bars(steps: Sequence[tuple[str, float, str]]) -> list[_Bar]:
    _check(steps)
    bars: list[_Bar] = []
    running = 0.0
    for position, (name, given, kind) in enumerate(steps):
        value = float(given)
        if kind in ("level", "need"):
            if position:
                _adds_up(name, value, running)
            low, high, running = 0.0, value, value
        else:
            low, high = sorted((running, running + value))
            running += value
        bars.append(_Bar(name, value, kind, low, high, running))
    return bars


def _check(steps: Sequence[tuple[str, float, str]]) -> None:
    if not steps:
        raise TableError("The waterfall has no rows.", hint="Give at least one (label, value, kind).")
    for name, value, kind in steps:
        if kind not in KINDS:
            raise TableError(
                f"The row {name!r} of the waterfall has the kind {kind!r}.",
                where=f"There is {', '.join(repr(known) for known in KINDS)}.",
                hint="Write one of these kinds.",
            )
        if not math.isfinite(value):
            raise TableError(
                f"The row {name!r} of the waterfall has no value.",
                hint="Leave out the whole figure, or find the value.",
            )
        if (kind in ("level", "need") and value < 0) or (kind == "departure" and value > 0):
            raise TableError(
                f"The row {name!r} of the waterfall has the wrong sign: {value:g}.",
                where="Levels and needs are nought or more; departures are nought or less.",
                hint=f"Write {-value:g}.",
            )
    if steps[0][2] not in ("level", "need"):
        raise TableError(
            f"The waterfall begins with the {steps[0][2]} {steps[0][0]!r}.",
            hint="Begin with a level, such as the staff of today.",
        )
    if sum(kind in STEPS for _, _, kind in steps) > MOST_STEPS:
        raise TableError(f"The waterfall has more than {MOST_STEPS} steps.", hint="Merge the smallest into one.")


def _adds_up(name: str, value: float, running: float) -> None:
    # Rows may have been rounded before they came; more than that is a mistake somewhere above.
    if abs(value - running) > max(1.0, 0.001 * abs(value)):
        raise TableError(
            f"The waterfall does not add up at {name!r}.",
            where=[f"The rows above give {running:g}.", f"The row says {value:g}."],
            hint="Check the sign and the size of the steps above it.",
        )


def _decimals(bars: list[_Bar]) -> int:
    small = any(0 < abs(bar.value) < 20 for bar in bars)
    return int(small and max(bar.high for bar in bars) < 200)


def _printed(bar: _Bar, decimals: int, language: str) -> str:
    if bar.kind in STEPS:
        return number(bar.value, decimals, signed=True, language=language)
    return number(abs(bar.value), decimals, language=language)


def _panel(canvas: Canvas, bars: list[_Bar], names: list[str], values: list[str]) -> Panel:
    widest = max(style.text_width(name, *_name_type(bar)) for name, bar in zip(names, bars, strict=True))
    left = widest + 0.25 if canvas.narrow else max(BARS_LEFT, widest + 0.3)
    highest = max(bar.high for bar in bars) or 1.0
    # The scale is as large as the tightest row allows once its value is written behind the bar.
    room = [
        (canvas.right - left - VALUE_OFFSET - style.text_width(value, *_value_type(bar))) / bar.high
        for bar, value in zip(bars, values, strict=True)
        if bar.high > 0
    ]
    width = max(0.5, min(room, default=1.0) * highest)
    place = (left, canvas.top + ABOVE, width, rows_height(canvas, len(bars), PITCH, ABOVE + BELOW))
    return canvas.panel(place, (0, highest), (len(bars), 0))


def _bar(canvas: Canvas, panel: Panel, row: int, bar: _Bar) -> None:
    hollow = bar.kind == "need"
    panel.add_patch(
        Rectangle(
            (bar.low, row + (1 - BAR) / 2),
            bar.high - bar.low,
            BAR,
            facecolor=style.FJORD if bar.surplus else FILL[bar.kind],
            edgecolor=style.FJORD,
            linewidth=1.1 * canvas.scale if hollow else 0,
            clip_on=False,
            zorder=3,
        )
    )


def _connector(canvas: Canvas, panel: Panel, row: int, bars: list[_Bar]) -> None:
    if row + 1 == len(bars):
        return
    after = bars[row].after
    panel.plot(
        [after, after],
        [row + (1 + BAR) / 2, row + 1 + (1 - BAR) / 2],
        color=style.AXIS,
        linewidth=0.7 * canvas.scale,
        solid_capstyle="butt",
        clip_on=False,
        zorder=2,
    )


def _name_type(bar: _Bar) -> tuple[float, bool]:
    return (GAP_SIZE if bar.kind == "gap" else LABEL_SIZE, bar.kind not in STEPS)


def _value_type(bar: _Bar) -> tuple[float, bool]:
    return (GAP_NUMBER_SIZE if bar.kind == "gap" else LABEL_SIZE, bar.kind not in STEPS)


def _words(canvas: Canvas, panel: Panel, row: int, bar: _Bar, words: tuple[str, str]) -> None:
    x, y = panel.cm(bar.high, row + 0.5)
    color = style.INK
    if bar.kind == "gap":
        color = style.FJORD if bar.surplus else style.LAKS_TEXT
    points, semibold = _name_type(bar)
    canvas.text(0, on_row(y, points), words[0], points, color, semibold=semibold)
    points, semibold = _value_type(bar)
    written = canvas.text(x + VALUE_OFFSET, on_row(y, points), words[1], points, color, semibold=semibold)
    canvas.outline(written)
