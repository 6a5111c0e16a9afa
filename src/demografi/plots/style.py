"""Colours, type and the closed drawing style; nothing here touches the settings of the caller."""

from __future__ import annotations

import threading
import unicodedata
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.style
import numpy as np
from matplotlib import font_manager
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.font_manager import FontProperties

FJORD = "#12434F"
LAKS = "#E2674A"
STEIN = "#82888B"
INK = "#16262C"
INK_2 = "#54656B"
AXIS = "#8A979C"
BACKDROP = "#C4CDD1"
GRID = "#E1E7E9"
SURFACE = "#EEF2F3"
LAKS_TEXT = "#B9421F"
WHITE = "#FFFFFF"

FJORD_STEPS = ("#E4EEF0", "#B5D0D6", "#7AA9B4", "#3B7684", "#12434F")
LAKS_STEPS = ("#FBE6DF", "#F4BFAF", "#EB957C", "#E2674A", "#B23F22")
DIVERGING = ("#B23F22", "#EB957C", "#EEF2F3", "#7AA9B4", "#12434F")
GREY_STEPS = ("#DDE3E5", "#C4CDD1", "#A4B0B5")
LAKS_DARK = "#A83A1E"
DARK_FILLS = frozenset({"#3B7684", "#12434F", "#A83A1E", "#B23F22"})

CM_PER_INCH = 2.54
CM_PER_POINT = CM_PER_INCH / 72
SMALLEST_POINT_SIZE = 7.5
OUTLINE_POINTS = 2.6
DASH = (1.6, 1.1)

# Digits and capitals of the typeface stand this high above the baseline, in parts of the type size.
CAP_HEIGHT = 0.66
ASCENT = 0.73
DESCENT = 0.21

FALLBACKS = ("Calibri", "Carlito", "Arial", "Liberation Sans", "DejaVu Sans")

Points = np.ndarray[Any, np.dtype[np.float64]]

# Unicode's control, format and surrogate signs, and its line and paragraph breaks.
_NOT_DRAWN = frozenset({"Cc", "Cf", "Cs"})
_BREAKS = frozenset({"Zl", "Zp"})

_lock = threading.RLock()


@contextmanager
def house_style() -> Iterator[None]:
    """Draw with the library's own settings and give the caller's back unchanged.

    matplotlib keeps its settings in one place for the whole process, so only one thread draws at a time.
    """
    with _lock, matplotlib.style.context("default"), warnings.catch_warnings():
        # A letter that the typeface lacks is one of the figure's problems, and is told there.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        mpl.rcParams.update(
            {
                "svg.fonttype": "path",
                "svg.hashsalt": "demografi",
                "pdf.fonttype": 42,
                "text.hinting": "none",
                "text.usetex": False,
                "axes.unicode_minus": True,
            }
        )
        yield


@cache
def font_file(semibold: bool) -> str:
    """Find the file of the typeface: Source Sans, or the first of the fallbacks that is there."""
    try:
        import font_source_sans_pro
    except ImportError:
        return _fallback(semibold)
    return str(font_source_sans_pro.font_files_ttf["SourceSansProSemibold" if semibold else "SourceSansPro"])


def _fallback(semibold: bool) -> str:
    weight = "bold" if semibold else "normal"
    names = {entry.name for entry in font_manager.fontManager.ttflist}
    for family in FALLBACKS:
        if family in names:
            return str(font_manager.findfont(FontProperties(family=[family], weight=weight)))
    return str(Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf")


def face(points: float, semibold: bool = False) -> FontProperties:
    """Give the typeface in a size [points]."""
    return FontProperties(fname=font_file(semibold), size=points)


def plain(words: str) -> str:
    """Give a text as one line of letters: line breaks become spaces, marks that steer a reader's screen go.

    A name is drawn as it was typed. What it may not do is break the line, turn the direction of the text
    (U+202E) or put into an SVG or PDF a sign that is not allowed there.
    """
    kinds = {letter: unicodedata.category(letter) for letter in set(words)}
    if all(kind not in _NOT_DRAWN and kind not in _BREAKS for kind in kinds.values()):
        return words
    spaced = (" " if kinds[c] in _BREAKS or c in "\t\n\v\f\r\x85" else c for c in words)
    kept = "".join(c for c in spaced if c == " " or kinds[c] not in _NOT_DRAWN)
    return " ".join(part for part in kept.split(" ") if part)


@lru_cache(maxsize=4096)
def text_width(words: str, points: float, semibold: bool = False) -> float:
    """Measure a line of text [cm] set in a type size [points]."""
    dpi = 300
    renderer: Any = RendererAgg(8, 8, dpi)  # type: ignore[no-untyped-call]
    width, _, _ = renderer.get_text_width_height_descent(plain(words), face(points, semibold), ismath=False)
    return float(width) / dpi * CM_PER_INCH


def wrap(words: str, width: float, points: float, semibold: bool = False) -> list[str]:
    """Break a text into lines that fit a width [cm]; hard spaces are broken only in a word wider than that."""
    lines: list[str] = []
    for word in plain(words).split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, points, semibold) <= width:
            lines[-1] = longer
        else:
            lines.extend(_pieces(word, width, points, semibold))
    return [line for line in lines if line]


def _pieces(word: str, width: float, points: float, semibold: bool) -> list[str]:
    pieces = []
    hyphen = text_width("-", points, semibold)
    while text_width(word, points, semibold) > width and len(word) > 1:
        fits = _longest_start(word, width - hyphen, points, semibold)
        pieces.append(f"{word[:fits]}-")
        word = word[fits:]
    return [*pieces, word]


def _longest_start(words: str, width: float, points: float, semibold: bool) -> int:
    """Count the letters from the start of a text that fit a width [cm], at least one."""
    low, high = 1, len(words)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if text_width(words[:middle], points, semibold) <= width else (low, middle - 1)
    return low


def shorten(words: str, width: float, points: float, semibold: bool = False) -> str:
    """Cut a text that is wider than its room [cm], and say so with three dots."""
    words = plain(words)
    if text_width(words, points, semibold) <= width:
        return words
    room = width - text_width("…", points, semibold)
    return words[: _longest_start(words, room, points, semibold)].rstrip() + "…"


def wrap_name(name: str, width: float, points: float, semibold: bool = False, most: int = 3) -> list[str]:
    """Break a name into so many lines that fit a width [cm], after a hyphen where there is no space."""
    name = plain(name)
    if text_width(name, points, semibold) <= width:
        return [name]
    lines = [line.replace("- ", "-") for line in wrap(name.replace("-", "- "), width, points, semibold)]
    if len(lines) <= most:
        return lines
    return [*lines[: most - 1], shorten(" ".join(lines[most - 1 :]), width, points, semibold)]


def ink_on(fill: str) -> str:
    """Choose the text colour that can be read on a filled area."""
    return WHITE if fill in DARK_FILLS else INK
