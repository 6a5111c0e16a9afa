"""One figure a slide: the finding as title, the source under it, alternative text, the numbers in the notes."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from demografi.errors import ReportError
from demografi.reports.content import Chapter, Figure, footer_of
from demografi.reports.markdown import said_under
from demografi.reports.packages import repacked
from demografi.reports.word_styles import FJORD, GREY, INK, LANGUAGE_TAGS, TYPEFACE
from demografi.reports.workbook import stamp

__all__ = ["as_pptx", "refuse_without_slides"]

WIDTH_CM, HEIGHT_CM, MARGIN_CM = 24.0, 13.5, 1.0
TOP_CM, TITLE_CM, SUBTITLE_CM, SOURCE_CM = 0.3, 1.75, 0.8, 1.2
"""The title has room for two lines of its size, and stands on the subtitle where it has one."""
TITLE_SIZE = 20
TITLE_ONLY = 5
"""The layout of that name in python-pptx' own presentation."""


def refuse_without_slides() -> None:
    """Refuse where python-pptx is not installed.

    Raises
    ------
    ReportError
        It is absent.
    """
    try:
        import pptx  # noqa: F401
    except ImportError:
        raise ReportError(
            "Slides need python-pptx, which is not installed.", hint='python -m pip install "demografi[slides]"'
        ) from None


def as_pptx(chapter: Chapter, figures: Path, foot: str) -> bytes:
    """Write the figures of a chapter as a presentation, 16:9.

    Parameters
    ----------
    figures
        Folder with ``<name>_document.png`` of every figure.
    foot
        Said in the notes of every slide.

    Raises
    ------
    ReportError
        python-pptx is not installed.
    """
    refuse_without_slides()
    from pptx import Presentation
    from pptx.util import Cm

    shown = Presentation()
    shown.slide_width, shown.slide_height = Cm(WIDTH_CM), Cm(HEIGHT_CM)
    about, when = shown.core_properties, stamp(chapter)
    about.title, about.author, about.last_modified_by = str(chapter.title), "demografi", "demografi"
    about.created = about.modified = when
    about.language, about.revision = LANGUAGE_TAGS[chapter.language], 1
    for figure in chapter.figures:
        _slide(shown, chapter, figure, figures / f"{figure.name}_document.png", foot)
    written = io.BytesIO()
    shown.save(written)
    return repacked(written.getvalue())


def _slide(shown: Any, chapter: Chapter, figure: Figure, picture: Path, foot: str) -> None:
    from pptx.util import Cm

    slide = shown.slides.add_slide(shown.slide_layouts[TITLE_ONLY])
    wide = WIDTH_CM - 2 * MARGIN_CM
    title = slide.shapes.title
    title.left, title.top, title.width, title.height = Cm(MARGIN_CM), Cm(TOP_CM), Cm(wide), Cm(TITLE_CM)
    _write(title.text_frame, figure.words.title, TITLE_SIZE, FJORD, chapter.language, bold=True)
    top = TOP_CM + TITLE_CM
    _text(slide, figure.words.subtitle, top, SUBTITLE_CM, (13, INK), chapter.language)
    room = HEIGHT_CM - top - SUBTITLE_CM - SOURCE_CM - 0.4
    drawn = slide.shapes.add_picture(str(picture), 0, Cm(top + SUBTITLE_CM), height=Cm(room))
    if drawn.width > Cm(wide):
        drawn.height = round(drawn.height * Cm(wide) / drawn.width)
        drawn.width = Cm(wide)
    drawn.left = round((shown.slide_width - drawn.width) / 2)
    drawn._element._nvXxPr.cNvPr.set("descr", figure.words.alt)
    drawn._element._nvXxPr.cNvPr.set("name", figure.name)
    _text(slide, footer_of(figure), HEIGHT_CM - SOURCE_CM - 0.2, SOURCE_CM, (9, GREY), chapter.language)
    notes = (figure.words.alt, said_under(figure, chapter), foot)
    slide.notes_slide.notes_text_frame.text = "\n".join(notes)


def _text(slide: Any, text: str, top: float, height: float, look: tuple[int, str], language: str) -> None:
    from pptx.util import Cm

    box = slide.shapes.add_textbox(Cm(MARGIN_CM), Cm(top), Cm(WIDTH_CM - 2 * MARGIN_CM), Cm(height))
    _write(box.text_frame, text, look[0], look[1], language)


def _write(frame: Any, text: str, size: int, color: str, language: str, *, bold: bool = False) -> None:
    from pptx.dml.color import RGBColor
    from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
    from pptx.util import Pt

    frame.word_wrap, frame.vertical_anchor = True, MSO_ANCHOR.BOTTOM if bold else MSO_ANCHOR.TOP
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    paragraph = frame.paragraphs[0]
    paragraph.alignment = PP_ALIGN.LEFT
    run = paragraph.add_run()
    run.text = text
    run.font.size, run.font.bold, run.font.name = Pt(size), bold, TYPEFACE
    run.font.color.rgb = RGBColor(*bytes.fromhex(color))  # type: ignore[no-untyped-call]
    run._r.get_or_add_rPr().set("lang", LANGUAGE_TAGS[language])
