"""What a drawn figure must pass before it is let out: no overlaps, no cuts, no missing letters."""

from __future__ import annotations

from itertools import combinations

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, get_font
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from demografi.plots import style
from demografi.plots.canvas import Sheet

# Type is measured with its side bearings; this much of a touch [cm] cannot be seen.
TOLERANCE = 0.03


def problems(figure: Figure | Axes) -> list[str]:
    """List what is wrong with a drawn figure, one sentence each; an empty list is a figure that may go out.

    Checked are: texts that overlap, texts that leave the canvas, letters that the typeface lacks,
    type smaller than 7.5 points, and headings or notes with more lines than there is room for.
    Numbers are not checked here: the figure does not know what they mean.
    """
    drawn = figure_of(figure)
    with style.house_style():
        boxes = _text_boxes(drawn)
        complaints = list(drawn.complaints) if isinstance(drawn, Sheet) else []
        texts = [text for text, _ in boxes]
        return [
            *complaints,
            *_overlaps(boxes, drawn.dpi),
            *_outside(boxes, drawn),
            *_missing_glyphs(texts),
            *_too_small(texts, drawn),
        ]


def figure_of(drawn: Figure | Axes) -> Figure:
    """Give the whole figure that some axes belong to."""
    if isinstance(drawn, Axes):
        whole = drawn.get_figure(root=True)
        assert whole is not None
        return whole
    return drawn


def _text_boxes(figure: Figure) -> list[tuple[Text, Bbox]]:
    width, height = figure.bbox.size
    renderer = RendererAgg(width, height, figure.dpi)  # type: ignore[no-untyped-call]
    return [(text, text.get_window_extent(renderer)) for text in _texts(figure)]


def _texts(parent: Artist) -> list[Text]:
    found: list[Text] = []
    hidden = (parent.xaxis, parent.yaxis) if isinstance(parent, Axes) and not parent.axison else ()
    for child in parent.get_children():
        if not child.get_visible() or any(child is axis for axis in hidden):
            continue
        if isinstance(child, Text):
            if child.get_text().strip():
                found.append(child)
        else:
            found.extend(_texts(child))
    return found


def _overlaps(boxes: list[tuple[Text, Bbox]], dpi: float) -> list[str]:
    allowed = TOLERANCE / style.CM_PER_INCH * dpi
    return [
        f"The texts {one.get_text()!r} and {other.get_text()!r} overlap."
        for (one, a), (other, b) in combinations(boxes, 2)
        if min(a.x1, b.x1) - max(a.x0, b.x0) > allowed and min(a.y1, b.y1) - max(a.y0, b.y0) > allowed
    ]


def _outside(boxes: list[tuple[Text, Bbox]], figure: Figure) -> list[str]:
    allowed = TOLERANCE / style.CM_PER_INCH * figure.dpi
    width, height = figure.bbox.size
    return [
        f"The text {text.get_text()!r} leaves the canvas."
        for text, box in boxes
        if box.x0 < -allowed or box.y0 < -allowed or box.x1 > width + allowed or box.y1 > height + allowed
    ]


def _missing_glyphs(texts: list[Text]) -> list[str]:
    missing: dict[str, str] = {}
    for text in texts:
        known = get_font(findfont(text.get_fontproperties())).get_charmap()
        for letter in text.get_text():
            if ord(letter) not in known and letter != "\n":
                missing.setdefault(letter, text.get_text())
    return [f"The typeface has no {letter!r}, which stands in {words!r}." for letter, words in missing.items()]


def _too_small(texts: list[Text], figure: Figure) -> list[str]:
    scale = figure.scale if isinstance(figure, Sheet) else 1.0
    least = style.SMALLEST_POINT_SIZE * scale
    return [
        f"The text {text.get_text()!r} is set in {points:.1f} points; the smallest is {least:.1f}."
        for text, points in ((text, float(text.get_fontsize())) for text in texts)
        if points < least - 1e-6
    ]
