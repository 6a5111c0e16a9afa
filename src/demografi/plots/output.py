"""From a drawn figure to files: PNG, SVG and PDF, the same bytes every time."""

from __future__ import annotations

import io
from collections.abc import Sequence
from html import escape
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from demografi.errors import TableError
from demografi.plots import style
from demografi.plots.canvas import Sheet
from demografi.plots.checks import figure_of, problems

PNG_DPI = 300
LARGEST_PNG_BYTES = 200_000
PALETTES = (256, 128, 64, 32)


def save(drawn: Axes | Figure, stem: Path, formats: Sequence[str] = ("png", "svg"), *, alt: str = "") -> list[Path]:
    """Write a figure that passes every check, one file per format beside each other.

    Parameters
    ----------
    drawn
        What a figure function gave.
    stem
        Folder and file name without ending; the folder is made if it is not there.
    formats
        Any of ``"png"`` (300 dpi, under 200 kB), ``"svg"`` (text as paths) and ``"pdf"``.
    alt
        Alternative text; without it, the one in the figure's own words.

    Returns
    -------
    list[Path]
        The files, in the order of the formats.

    Raises
    ------
    TableError
        If the figure has a problem, the alternative text is missing, or a format is not known.
    """
    figure = figure_of(drawn)
    writers = {"png": _png, "svg": _svg, "pdf": _pdf}
    unknown = [name for name in formats if name not in writers]
    if unknown:
        raise TableError(
            f"A figure cannot be written as {unknown[0]!r}.",
            where="It is written as 'png', 'svg' or 'pdf'.",
            hint='Write formats=("png", "svg").',
        )
    title, described = _described(figure, alt)
    faults = problems(figure)
    if faults:
        raise TableError(
            f"The figure {title!r} is not fit to be shown.",
            where=faults,
            hint="Shorten the words or draw it in a larger size; see problems(figure).",
        )
    with style.house_style():
        contents = [writers[name](figure, title, described) for name in formats]
    return _write(Path(stem), formats, contents)


def _described(figure: Figure, alt: str) -> tuple[str, str]:
    words = figure.words if isinstance(figure, Sheet) else None
    title = style.plain(words.title if words else "")
    described = style.plain(alt or (words.alt if words else ""))
    if not described.strip():
        raise TableError(
            f"The figure {title!r} has no alternative text.",
            hint='Give it in the words of the figure, or write save(…, alt="…").',
        )
    return title, described


def _write(stem: Path, formats: Sequence[str], contents: Sequence[bytes]) -> list[Path]:
    stem.parent.mkdir(parents=True, exist_ok=True)
    paths = [stem.with_name(f"{stem.name}.{name}") for name in formats]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    return paths


def _png(figure: Figure, title: str, alt: str) -> bytes:
    raw = io.BytesIO()
    _print(figure, raw, "png", {"Software": None}, PNG_DPI)
    raw.seek(0)
    with Image.open(raw) as opened:
        picture = opened.convert("RGB")
    inches = float(figure.get_size_inches()[0])
    content = b""
    for colors in PALETTES:
        reduced = picture.quantize(colors, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        buffer = io.BytesIO()
        # The resolution is taken from the whole pixels, so that the width in centimetres stays exact.
        dpi = picture.width / inches
        reduced.save(buffer, "PNG", optimize=True, dpi=(dpi, dpi))
        content = buffer.getvalue()
        if len(content) < LARGEST_PNG_BYTES:
            return content
    raise TableError(
        f"The picture of {title!r} takes {len(content)} bytes; the most is {LARGEST_PNG_BYTES}.",
        hint="Show fewer rows in one figure.",
    )


def _svg(figure: Figure, title: str, alt: str) -> bytes:
    raw = io.BytesIO()
    _print(figure, raw, "svg", {"Date": None, "Creator": None}, 72)
    drawing = raw.getvalue().decode("utf-8")
    start = drawing.index("<svg")
    end = drawing.index(">", start)
    words = f"\n <title>{escape(title, quote=False)}</title>\n <desc>{escape(alt, quote=False)}</desc>"
    return (drawing[:end] + ' role="img">' + words + drawing[end + 1 :]).encode("utf-8")


def _pdf(figure: Figure, title: str, alt: str) -> bytes:
    raw = io.BytesIO()
    nobody = {"CreationDate": None, "Producer": None, "Creator": None}
    _print(figure, raw, "pdf", {"Title": title, "Subject": alt, **nobody}, 72)
    return raw.getvalue()


def _print(figure: Figure, raw: io.BytesIO, kind: str, metadata: dict[str, str | None], dpi: int) -> None:
    canvas = figure.canvas
    # A canvas of its own keeps the one the caller may be showing the figure in.
    try:
        FigureCanvasAgg(figure).print_figure(raw, format=kind, metadata=metadata, dpi=dpi, facecolor="white")
    finally:
        figure.set_canvas(canvas)
