"""Names of rows at the left edge: one line, two where the page is narrow, cut with dots when longer still."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from demografi.plots import style
from demografi.plots.canvas import Canvas, on_row

NAME_SIZE, SMALL_SIZE, SMALL_STEP = 9.5, 8.0, 0.32
ROOM = {"bred": 5.2, "halv": 2.6, "lysbilde": 5.2}
AIR, TWO_LINE_PITCH, MOST_STRETCH = 0.25, 0.74, 1.6


@dataclass(frozen=True)
class RowNames:
    """The names as they will stand, how wide their column is and how high their rows must be [cm]."""

    lines: dict[str, tuple[list[str], float]]
    width: float
    pitch: float

    def draw(self, canvas: Canvas, y: float, name: str, *, semibold: bool = False) -> None:
        """Set a name centred on its row [cm]."""
        lines, points = self.lines[name]
        first = on_row(y, points) - SMALL_STEP * (len(lines) - 1) / 2
        for step, line in enumerate(lines):
            canvas.text(0, first + SMALL_STEP * step, line, points, semibold=semibold)


def row_names(canvas: Canvas, names: Iterable[str], standing_out: Iterable[str], pitch: float) -> RowNames:
    """Break the names of the rows so that they leave room for the data; a slide has no room for two lines."""
    semibold = set(standing_out)
    most = 1 if canvas.size == "lysbilde" else 2
    room = ROOM[canvas.size]
    lines = {name: _lines(name, room, most, name in semibold) for name in names}
    width = max(
        style.text_width(line, points, name in semibold) for name, (broken, points) in lines.items() for line in broken
    )
    tall = any(len(broken) > 1 for broken, _ in lines.values())
    return RowNames(lines, width + AIR, max(pitch, TWO_LINE_PITCH) if tall else pitch)


def rows_height(canvas: Canvas, n_rows: float, pitch: float, around: float) -> float:
    """Give the height of the rows [cm]: what the sheet leaves, but on a slide few rows are not blown up."""
    return min(canvas.height - around, n_rows * pitch * MOST_STRETCH)


def _lines(name: str, room: float, most: int, semibold: bool) -> tuple[list[str], float]:
    """Give the lines of a name and their size [points]."""
    if most == 1:
        return [style.shorten(name, room, NAME_SIZE, semibold)], NAME_SIZE
    if style.text_width(name, NAME_SIZE, semibold) <= room:
        return [style.plain(name)], NAME_SIZE
    return style.wrap_name(name, room, SMALL_SIZE, semibold, most=most), SMALL_SIZE
