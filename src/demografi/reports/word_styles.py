"""The styles of the chapter by name, so that a municipality's own template takes over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from demografi.reports.word_xml import element, place

if TYPE_CHECKING:
    from docx.document import Document
    from docx.styles.style import BaseStyle

__all__ = ["BOX", "LANGUAGE_TAGS", "OWN", "STYLES", "TABLE", "Styles", "set_language"]

FJORD, LAKS, INK, GREY, RULE, BACKGROUND = "12434F", "B9421F", "16262C", "54656B", "E1E7E9", "EEF2F3"
TYPEFACE = "Calibri"
LANGUAGE_TAGS = {"nb": "nb-NO", "nn": "nn-NO", "en": "en-GB"}
TABLE = "Demografi tabell"
BOX = "Faktaboks"


@dataclass(frozen=True)
class Look:
    """How a style looks in our own document [points]."""

    size: float
    color: str = INK
    bold: bool = False
    before: float = 0
    after: float = 0
    keep: bool = False
    line: float = 1.0
    base: str = "Normal"
    shaded: bool = False


STYLES: Mapping[str, Look] = {
    "Normal": Look(10.5, after=6, line=1.12, base=""),
    "Heading 1": Look(18, FJORD, bold=True, after=4, keep=True),
    "Heading 2": Look(13, INK, bold=True, before=14, after=4, keep=True),
    "Heading 3": Look(10.5, INK, bold=True, before=8, after=2, keep=True),
    "Subtitle": Look(10.5, GREY, after=8),
    "Caption": Look(10.5, INK, bold=True, before=10, after=2, keep=True),
    "List Bullet": Look(10.5, after=3, line=1.12),
    "Footer": Look(8, GREY),
    "Figurundertittel": Look(9.5, GREY, after=4, keep=True),
    "Kilde": Look(8.5, GREY, before=3, after=8),
    "Nøkkeltall": Look(17, FJORD, bold=True, before=4),
    "Tabelltekst": Look(9.5, before=2, after=2),
    BOX: Look(10.5, after=0, before=3, base="List Bullet", shaded=True),
}
OWN = ("Figurundertittel", "Kilde", "Nøkkeltall", "Tabelltekst", BOX, TABLE)
"""Styles no template has from before; a template that has them decides."""

NORWEGIAN_IDS = {
    "Heading 1": "Overskrift1",
    "Heading 2": "Overskrift2",
    "Heading 3": "Overskrift3",
    "Subtitle": "Undertittel",
    "Caption": "Bildetekst",
    "List Bullet": "Punktliste",
    "Footer": "Bunntekst",
}
"""What Norwegian Word calls them inside the file, where their names were lost."""


class Styles:
    """Finds each style in a document, and makes what is lacking.

    Parameters
    ----------
    document
        Ours, or a template.
    ours
        Whether the look is ours to decide.
    """

    def __init__(self, document: Document, *, ours: bool) -> None:
        self.document = document
        self.missing: list[str] = []
        self._found: dict[str, Any] = {}
        for name, look in STYLES.items():
            style = self._find(name)
            if style is None:
                style = self._made(name)
                if not ours and name not in OWN:
                    self.missing.append(name)
                _set_look(style, look, self._found.get(look.base))
            elif ours:
                _set_look(style, look, self._found.get(look.base))
            self._found[name] = style
        self._found[TABLE] = self._find(TABLE) or _table_style(document)

    def __getitem__(self, name: str) -> Any:
        return self._found[name]

    def _find(self, name: str) -> BaseStyle | None:
        known: list[BaseStyle] = list(self.document.styles)
        by_name = [style for style in known if (style.name or "").casefold() == name.casefold()]
        by_id = [style for style in known if style.style_id == NORWEGIAN_IDS.get(name)]
        return next(iter((*by_name, *by_id)), None)

    def _made(self, name: str) -> Any:
        from docx.enum.style import WD_STYLE_TYPE

        return self.document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH, builtin=name not in OWN)


def _set_look(style: Any, look: Look, base: Any) -> None:
    from docx.shared import Pt, RGBColor

    if base is not None:
        style.base_style = base
    font, paragraph = style.font, style.paragraph_format
    _set_typeface(style)
    font.size, font.bold, font.italic, font.all_caps = Pt(look.size), look.bold, False, False
    font.color.rgb = RGBColor.from_string(look.color)
    paragraph.space_before, paragraph.space_after = Pt(look.before), Pt(look.after)
    paragraph.line_spacing, paragraph.keep_with_next = look.line, look.keep
    paragraph.widow_control = True
    properties = style.element.get_or_add_pPr()
    for border in properties.findall(element("w:pBdr").tag):
        properties.remove(border)
    spacing = style.element.rPr.find(element("w:spacing").tag)
    if spacing is not None:
        style.element.rPr.remove(spacing)
    if look.shaded:
        place(properties, element("w:shd", val="clear", color="auto", fill=BACKGROUND))
    style.hidden, style.quick_style, style.unhide_when_used = False, True, False


def _set_typeface(style: Any) -> None:
    properties = style.element.get_or_add_rPr()
    fonts = properties.find(element("w:rFonts").tag)
    if fonts is not None:
        properties.remove(fonts)
    properties.insert(0, element("w:rFonts", ascii=TYPEFACE, hAnsi=TYPEFACE, cs=TYPEFACE, eastAsia=TYPEFACE))


def _table_style(document: Document) -> Any:
    """Make the table style: rules under the header, between rows and over a total; no vertical lines."""
    from docx.enum.style import WD_STYLE_TYPE

    style = document.styles.add_style(TABLE, WD_STYLE_TYPE.TABLE)
    whole = element("w:tblPr")
    borders = element("w:tblBorders")
    borders.append(element("w:insideH", val="single", sz="4", space="0", color=RULE))
    whole.append(borders)
    margins = element("w:tblCellMar")
    for side in ("left", "right"):
        margins.append(element(f"w:{side}", w="0", type="dxa"))
    whole.append(margins)
    style.element.append(whole)
    for kind, side in (("firstRow", "bottom"), ("lastRow", "top")):
        style.element.append(_conditional(kind, side))
    return style


def _conditional(kind: str, side: str) -> Any:
    part = element("w:tblStylePr", type=kind)
    run = element("w:rPr")
    if kind == "lastRow":
        run.append(element("w:b"))
    else:
        run.append(element("w:color", val=GREY))
    part.append(run)
    cell, borders = element("w:tcPr"), element("w:tcBorders")
    borders.append(element(f"w:{side}", val="single", sz="6", space="0", color=INK))
    cell.append(borders)
    part.append(cell)
    return part


def set_language(document: Document, language: str) -> None:
    """Say in which language the text is, for spelling and for those who listen."""
    tag = LANGUAGE_TAGS[language]
    styles = document.styles.element
    defaults = styles.find(element("w:docDefaults").tag)
    if defaults is None:
        defaults = element("w:docDefaults")
        styles.insert(0, defaults)
    for name in ("w:rPrDefault", "w:rPr"):
        inner = defaults.find(element(name).tag)
        if inner is None:
            inner = element(name)
            defaults.insert(0, inner)
        defaults = inner
    for known in styles.iter(element("w:lang").tag):
        known.getparent().remove(known)
    defaults.append(element("w:lang", val=tag, eastAsia=tag, bidi="ar-SA"))
    document.core_properties.language = tag
