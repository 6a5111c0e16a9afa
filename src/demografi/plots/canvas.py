"""The sheet of paper: places in centimetres from the top-left corner, title and source round the data."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypedDict

import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from demografi.errors import TableError
from demografi.labels import LANGUAGES
from demografi.plots import style

Size = Literal["bred", "halv", "lysbilde"]
Variant = Literal["standalone", "document"]
Align = Literal["left", "center", "right"]

SCREEN_DPI = 150
RIGHT_EDGE_INSET = 0.1

# A slide is a sheet of 16 × 9 cm where everything is drawn half as large again.
WIDTH = {"bred": 16.0, "halv": 7.8, "lysbilde": 16.0}
SCALE = {"bred": 1.0, "halv": 1.0, "lysbilde": 1.5}
SLIDE_HEIGHT = 9.0

TITLE_SIZE, SUBTITLE_SIZE, FOOTER_SIZE = 12.0, 9.0, 7.5
TITLE_STEP, SUBTITLE_STEP, FOOTER_STEP = 0.52, 0.42, 0.34
# Fifteen words of 12 points do not go into two lines of half a page.
MOST_TITLE_LINES = MOST_SUBTITLE_LINES = {"bred": 2, "halv": 3, "lysbilde": 2}
MOST_FOOTER_LINES = {"bred": 4, "halv": 8, "lysbilde": 4}


@dataclass(frozen=True)
class Words:
    """The words round a figure, written by the caller; the figure adds none of its own.

    Parameters
    ----------
    title
        The finding, true of the numbers drawn.
    subtitle
        Measure, group, place, time. Unit.
    note, source
        What the reader must know, and where the numbers come from.
    alt
        Alternative text of two to four sentences.
    """

    title: str
    subtitle: str
    note: str = ""
    source: str = ""
    alt: str = ""


class Look(TypedDict, total=False):
    """How a figure is set: language nb/nn/en, size bred/halv/lysbilde, variant standalone/document."""

    language: str
    size: str
    variant: str


class Sheet(Figure):
    """A figure that carries its words, knows its scale and shows itself in a notebook."""

    words: Words
    scale: float
    complaints: list[str]

    def savefig(self, *where: Any, **how: Any) -> None:
        """Write the figure as matplotlib does, with the library's own settings, so that no type grows or moves."""
        with style.house_style():
            super().savefig(*where, **how)

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", facecolor=style.WHITE)
        width, height = (round(float(side) * 96) for side in self.get_size_inches())
        return buffer.getvalue(), {"width": width, "height": height}


class Panel(Axes):
    """The data area: axes in data units that also know their place on the sheet [cm]."""

    place: tuple[float, float, float, float]

    def cm(self, x: float, y: float) -> tuple[float, float]:
        """Turn data units into a place on the sheet [cm from the top-left corner]."""
        left, top, width, height = self.place
        (x0, x1), (y0, y1) = self.get_xlim(), self.get_ylim()
        return left + (x - x0) / (x1 - x0) * width, top + (y1 - y) / (y1 - y0) * height

    def path(self, x: Sequence[float], y: Sequence[float]) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Turn a line in data units into places on the sheet [cm]."""
        return np.array([self.cm(a, b) for a, b in zip(x, y, strict=True)], dtype=float)

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        sheet = self.get_figure(root=True)
        assert isinstance(sheet, Sheet)
        return sheet._repr_png_()


class Canvas:
    """Lay out one figure: the words first, then the data area in the room they leave.

    Raises
    ------
    TableError
        If the size, the variant or the language is not known.
    """

    def __init__(self, words: Words, *, language: str = "nb", size: str = "bred", variant: str = "standalone") -> None:
        _one_of("language", language, LANGUAGES)
        _one_of("size", size, tuple(WIDTH))
        _one_of("variant", variant, ("standalone", "document"))
        self.words, self.language, self.size = words, language, size
        self.framed = variant == "standalone"
        self.narrow = size == "halv"
        self.scale = SCALE[size]
        self.width = WIDTH[size]
        self.right = self.width - RIGHT_EDGE_INSET
        self.titles = style.wrap(words.title, self.width, TITLE_SIZE, semibold=True)
        self.subtitles = style.wrap(words.subtitle, self.width, SUBTITLE_SIZE)
        self.footers = [
            line for part in (words.note, words.source) for line in style.wrap(part, self.width, FOOTER_SIZE)
        ]

    def open(self, natural_height: float, least_height: float = 0.0) -> None:
        """Make the sheet for a data area of this height [cm]; a slide gives it what is left instead.

        Raises
        ------
        TableError
            If a slide leaves less than the least height that the data area needs.
        """
        top, foot = self._heading_height(), self._footer_height()
        self.height = SLIDE_HEIGHT - top - foot if self.size == "lysbilde" else natural_height
        if self.height < least_height:
            raise TableError(
                "The figure has more rows than a slide has room for.",
                where=f"They need {least_height:.1f} cm of {self.height:.1f} cm.",
                hint='Draw it with size="bred", or fewer rows a slide.',
            )
        self.top = top if self.framed else 0.0
        self.sheet_height = self.height + (top + foot if self.framed else 0.0)
        inches = [side * self.scale / style.CM_PER_INCH for side in (self.width, self.sheet_height)]
        self.sheet = Sheet(figsize=(inches[0], inches[1]), dpi=SCREEN_DPI, facecolor=style.WHITE)
        FigureCanvasAgg(self.sheet)
        self.sheet.words, self.sheet.scale = self.words, self.scale
        self.sheet.complaints = self._complaints() if self.framed else []
        if self.framed:
            self._frame()

    def _heading_height(self) -> float:
        height = 0.45 + TITLE_STEP * (len(self.titles) - 1)
        if self.subtitles:
            height += 0.50 + SUBTITLE_STEP * (len(self.subtitles) - 1)
        return height + 0.30

    def _footer_height(self) -> float:
        return 0.42 + FOOTER_STEP * (len(self.footers) - 1) + 0.12 if self.footers else 0.0

    def _complaints(self) -> list[str]:
        parts = (
            ("title", len(self.titles), MOST_TITLE_LINES[self.size]),
            ("subtitle", len(self.subtitles), MOST_SUBTITLE_LINES[self.size]),
            ("note and the source", len(self.footers), MOST_FOOTER_LINES[self.size]),
        )
        return [
            f"The {part} takes {lines} lines; there is room for {most}." for part, lines, most in parts if lines > most
        ]

    def _frame(self) -> None:
        y = 0.45
        for line in self.titles:
            self.text(0, y, line, TITLE_SIZE, semibold=True)
            y += TITLE_STEP
        y += 0.50 - TITLE_STEP
        for line in self.subtitles:
            self.text(0, y, line, SUBTITLE_SIZE, style.INK_2)
            y += SUBTITLE_STEP
        if not self.footers:
            return
        y = self.sheet_height - 0.12 - FOOTER_STEP * (len(self.footers) - 1)
        self.rule((0, self.width), (y - 0.42, y - 0.42), 0.5, style.BACKDROP)
        for line in self.footers:
            self.text(0, y, line, FOOTER_SIZE, style.INK_2)
            y += FOOTER_STEP

    def text(
        self,
        x: float,
        y: float,
        words: str,
        points: float,
        color: str = style.INK,
        *,
        semibold: bool = False,
        align: Align = "left",
    ) -> Text:
        """Set a line of text with its baseline at a place on the sheet [cm]; `$` is never maths."""
        return self.sheet.text(
            x / self.width,
            1 - y / self.sheet_height,
            style.plain(words),
            fontproperties=style.face(points * self.scale, semibold),
            color=color,
            horizontalalignment=align,
            verticalalignment="baseline",
            parse_math=False,
            zorder=10,
        )

    def outline(self, written: Text) -> None:
        """Give a text that crosses a line a white outline."""
        stroke = patheffects.withStroke(linewidth=style.OUTLINE_POINTS * self.scale, foreground=style.WHITE)
        written.set_path_effects([stroke])

    def rule(
        self, x: tuple[float, float], y: tuple[float, float], points: float, color: str, zorder: float = -1
    ) -> None:
        """Draw a straight line between two places on the sheet [cm], its width in points."""
        self.sheet.add_artist(
            Line2D(
                [side / self.width for side in x],
                [1 - side / self.sheet_height for side in y],
                linewidth=points * self.scale,
                color=color,
                solid_capstyle="butt",
                transform=self.sheet.transFigure,
                zorder=zorder,
            )
        )

    def box(self, x: float, y: float, width: float, height: float, color: str) -> None:
        """Fill a rectangle whose top-left corner is at a place on the sheet [cm]."""
        corner = (x / self.width, 1 - (y + height) / self.sheet_height)
        sides = (width / self.width, height / self.sheet_height)
        self.sheet.add_artist(
            Rectangle(corner, *sides, color=color, linewidth=0, transform=self.sheet.transFigure, zorder=-1)
        )

    def panel(
        self,
        place: tuple[float, float, float, float],
        x: tuple[float, float],
        y: tuple[float, float],
    ) -> Panel:
        """Open a data area: left, top, width, height [cm] and the limits of both axes [data units]."""
        left, top, width, height = place
        rectangle = (
            left / self.width,
            1 - (top + height) / self.sheet_height,
            width / self.width,
            height / self.sheet_height,
        )
        panel = Panel(self.sheet, rectangle)
        panel.place = place
        self.sheet.add_axes(panel)
        panel.set_axis_off()
        panel.set_xlim(*x)
        panel.set_ylim(*y)
        return panel


def on_row(y: float, points: float) -> float:
    """Give the baseline that centres digits and capitals on a row [cm]."""
    return y + style.CAP_HEIGHT / 2 * points * style.CM_PER_POINT


def _one_of(what: str, typed: str, known: Sequence[str]) -> None:
    if typed not in known:
        raise TableError(
            f"No {what} of a figure is called {typed!r}.",
            where=f"There is {', '.join(repr(name) for name in known)}.",
            hint=f"Write {what}={known[0]!r}.",
        )
