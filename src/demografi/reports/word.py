"""The chapter as a Word document: native styles, captions, live references, alternative text, real tables."""

from __future__ import annotations

import io
from collections.abc import Iterable
from itertools import zip_longest
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Any

from demografi import labels
from demografi.errors import ReportError
from demografi.labels import HARD_SPACE
from demografi.reports.content import Chapter, Figure, KeyNumber, Points, Table
from demografi.reports.markdown import said_under
from demografi.reports.numbers import Number, Reference, Sentence
from demografi.reports.packages import packed, repacked, unpacked
from demografi.reports.sourcing import source_lines
from demografi.reports.word_styles import BOX, FJORD, TABLE, Styles, set_language
from demografi.reports.word_xml import Bookmarks, add_field, add_picture, element, set_table_properties
from demografi.reports.workbook import BOOKMARK, stamp

if TYPE_CHECKING:
    from docx.text.paragraph import Paragraph

__all__ = ["as_docx", "read_template"]

DOCUMENT = "word/document.xml"
AFTER_COMPAT = frozenset(
    {
        *("docVars", "rsids", "mathPr", "attachedSchema", "themeFontLang", "clrSchemeMapping", "shapeDefaults"),
        *("doNotIncludeSubdocsInStats", "captions", "doNotEmbedSmartTags", "decimalSymbol", "listSeparator"),
    }
)
"""What comes after ``w:compat`` among a document's settings."""
FIGURE_CM = 16.0
KEYS_A_ROW = 3
MOST_IN_PROPERTY = 255
"""Characters that the format allows in a property of the document."""
SIDE_CM, FOOTER_CM = 2.5, 1.25
MARGINS_CM, PAGE_MARGINS_CM = (2.2, 2.5), (1.2, 1.5)
"""Top and bottom."""


def as_docx(chapter: Chapter, figures: Path, foot: str, template: bytes | None = None) -> tuple[bytes, list[str]]:
    """Write a chapter as a Word document.

    Parameters
    ----------
    figures
        Folder with ``<name>_document.png`` and ``.svg`` of every figure.
    foot
        Text of the footer; a template that has a footer keeps its own.
    template
        What :func:`read_template` gave.

    Returns
    -------
    tuple
        The file, and the styles the template lacks, for which ours were used.
    """
    writer = _Writer(chapter, figures, template)
    writer.write(foot)
    return writer.saved(), writer.styles.missing


class _Writer:
    """Puts one chapter into one document."""

    def __init__(self, chapter: Chapter, figures: Path, template: bytes | None) -> None:
        self.chapter, self.figures = chapter, figures
        self.document = _opened(template)
        self.styles = Styles(self.document, ours=template is None)
        self.ours = template is None
        self.bookmarks = Bookmarks()
        section = self.document.sections[-1]
        if self.ours:
            _set_page(section, PAGE_MARGINS_CM if chapter.is_page else MARGINS_CM)
        self.width = int(section.page_width - section.left_margin - section.right_margin)
        parts: list[Figure | Table] = [*chapter.figures, *chapter.tables]
        self.anchors = {part.name: f"_Ref{100000001 + i}" for i, part in enumerate(parts)}

    def write(self, foot: str) -> None:
        chapter = self.chapter
        set_language(self.document, chapter.language)
        self._set_properties()
        self._paragraph("Heading 1", chapter.title)
        self._paragraph("Subtitle", chapter.scope)
        self._key_numbers()
        for section in chapter.sections:
            if section.heading:
                self._paragraph("Heading 2", section.heading)
            for part in section.parts:
                self._part(part)
        self._how()
        if not chapter.is_page:
            self._paragraph("Heading 2", chapter.sources_heading)
            self._paragraphs("List Bullet", source_lines(chapter))
        self._footer(foot)

    def _how(self) -> None:
        """Write the few points in the box, and what is read by those who ask for more under headings after it."""
        chapter = self.chapter
        if chapter.how:
            self._paragraph("Heading 2", chapter.how_heading)
        for part in (*chapter.how_parts, Points(chapter.weaknesses_heading, chapter.weaknesses)):
            if part.heading and part.points:
                self._paragraph("Heading 3", part.heading)
            self._paragraphs("List Bullet" if part.heading else BOX, part.points)

    def saved(self) -> bytes:
        written = io.BytesIO()
        self.document.save(written)
        return repacked(written.getvalue())

    def _set_properties(self) -> None:
        about, when = self.document.core_properties, stamp(self.chapter)
        about.title, about.author, about.last_modified_by = str(self.chapter.title), "demografi", "demografi"
        about.subject = shorten(str(self.chapter.scope), MOST_IN_PROPERTY, placeholder=" …")
        about.comments, about.keywords, about.category = "", "", ""
        about.created = about.modified = when
        about.revision = 1

    def _paragraphs(self, style: str, texts: Iterable[str]) -> None:
        for text in texts:
            self._paragraph(style, text)

    def _paragraph(self, style: str, text: str = "") -> Paragraph:
        paragraph: Paragraph = self.document.add_paragraph(style=self.styles[style])
        self._say(paragraph, text)
        return paragraph

    def _say(self, paragraph: Paragraph, text: str) -> None:
        """Write text: numbers in bookmarks, mentions of figures as live references."""
        for piece in text.pieces if isinstance(text, Sentence) else (str(text),):
            if isinstance(piece, Number):
                opened = self.bookmarks.start(paragraph, BOOKMARK + piece.name)
                paragraph.add_run(piece.printed)
                self.bookmarks.end(paragraph, opened)
            elif isinstance(piece, Reference):
                add_field(paragraph, f"REF {self.anchors[piece.name]} \\h", piece.caption)
            else:
                paragraph.add_run(str(piece))

    def _key_numbers(self) -> None:
        keys = self.chapter.key_numbers
        rows = [keys[i : i + KEYS_A_ROW] for i in range(0, len(keys), KEYS_A_ROW)]
        table = self.document.add_table(len(rows), KEYS_A_ROW)
        borders = element("w:tblBorders")
        borders.append(element("w:top", val="single", sz="12", space="0", color=FJORD))
        margins = element("w:tblCellMar")
        for side in ("left", "right"):
            margins.append(element(f"w:{side}", w="0", type="dxa"))
        said = labels.label("report_key_numbers", self.chapter.language)
        look = element("w:tblLook", val="0000", firstRow="0", lastRow="0", firstColumn="0", noHBand="1", noVBand="1")
        caption = element("w:tblCaption", val=said)
        set_table_properties(table, borders, margins, look, caption)
        _set_widths(table, [self.width // KEYS_A_ROW] * KEYS_A_ROW)
        for row, several in zip(table.rows, rows, strict=True):
            row._tr.get_or_add_trPr().append(element("w:cantSplit"))
            for cell, key in zip_longest(row.cells, several):
                self._key_number(cell, key)

    def _key_number(self, cell: Any, key: KeyNumber | None) -> None:
        first = cell.paragraphs[0]
        first.style = self.styles["Nøkkeltall" if key else "Tabelltekst"]
        if key is None:
            return
        self._say(first, key.number)
        for style, text in (("Tabelltekst", key.what), ("Kilde", key.detail)):
            self._say(cell.add_paragraph(style=self.styles[style]), text)

    def _part(self, part: Sentence | Figure | Table) -> None:
        if isinstance(part, Sentence):
            self._paragraph("Normal", part)
            return
        self._caption(part)
        if isinstance(part, Figure):
            paragraph = self._paragraph("Normal")
            paragraph.paragraph_format.keep_with_next = True
            paragraph.paragraph_format.line_spacing = 1.0
            paragraph.paragraph_format.space_after = 0
            stem = self.figures / f"{part.name}_document"
            add_picture(self.document, paragraph, stem, part.words.alt, min(self.width, round(FIGURE_CM * 360_000)))
        else:
            self._table(part)
        self._paragraph("Kilde", said_under(part, self.chapter))

    def _caption(self, part: Figure | Table) -> None:
        """Write caption and subtitle: the number counted by Word, the words round it ours."""
        title = part.words.title if isinstance(part, Figure) else part.title
        subtitle = part.words.subtitle if isinstance(part, Figure) else part.subtitle
        caption = self._paragraph("Caption")
        word, _, number = part.caption.rpartition(HARD_SPACE)
        opened = self.bookmarks.start(caption, self.anchors[part.name])
        caption.add_run(word + HARD_SPACE)
        add_field(caption, f"SEQ {word} \\* ARABIC", number)
        self.bookmarks.end(caption, opened)
        caption.add_run("  ")
        self._say(caption, title)
        self._paragraph("Figurundertittel", subtitle)

    def _table(self, part: Table) -> None:
        from docx.enum.text import WD_ALIGN_PARAGRAPH

        table = self.document.add_table(1 + len(part.rows), len(part.header), style=self.styles[TABLE])
        total = str(int(part.has_total))
        look = {"val": f"04{2 + 4 * part.has_total}0", "firstRow": "1", "lastRow": total, "firstColumn": "0"}
        more = {"lastColumn": "0", "noHBand": "1", "noVBand": "1"}
        described = element("w:tblDescription", val=str(part.subtitle))
        set_table_properties(
            table, element("w:tblLook", **look, **more), element("w:tblCaption", val=str(part.title)), described
        )
        others = len(part.header) - 1
        narrow = int(self.width * min(0.64, 0.18 * others) / others)
        _set_widths(table, [self.width - narrow * others, *[narrow] * others])
        table.rows[0]._tr.get_or_add_trPr().append(element("w:tblHeader"))
        lines = (part.header, *part.rows)
        for number, (row, texts) in enumerate(zip(table.rows, lines, strict=True)):
            row._tr.get_or_add_trPr().insert(0, element("w:cantSplit"))
            for position, (cell, text) in enumerate(zip(row.cells, texts, strict=True)):
                paragraph = cell.paragraphs[0]
                paragraph.style = self.styles["Tabelltekst"]
                paragraph.paragraph_format.keep_with_next = True
                if position:
                    paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
                self._say(paragraph, text)
                if part.has_total and number == len(part.rows):
                    for run in paragraph.runs:
                        run.bold = True

    def _footer(self, foot: str) -> None:
        footer = self.document.sections[-1].footer
        if not self.ours and any(p.text.strip() or len(p._p) > 1 for p in footer.paragraphs):
            return
        paragraph = footer.paragraphs[0]
        paragraph.style = self.styles["Footer"]
        paragraph.add_run(f"{foot} · {labels.label('report_page', self.chapter.language)} ")
        add_field(paragraph, "PAGE", "1")


def _set_widths(table: Any, widths: list[int]) -> None:
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    for row in table.rows:
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = width


def _set_page(section: Any, margins: tuple[float, float]) -> None:
    from docx.shared import Cm

    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin = section.right_margin = Cm(SIDE_CM)
    section.top_margin, section.bottom_margin = Cm(margins[0]), Cm(margins[1])
    section.footer_distance = Cm(min(FOOTER_CM, margins[1] / 2))


def read_template(path: Path) -> bytes:
    """Read a template and see that it can be used.

    Raises
    ------
    ReportError
        It is absent, or no Word document without macros.
    """
    import docx
    from docx.opc.exceptions import OpcError

    content = packed(unpacked(path, DOCUMENT))
    try:
        docx.Document(io.BytesIO(content))
    except (OpcError, ValueError, KeyError) as error:
        raise ReportError(
            f"'{path}' cannot be used as a template.",
            where=str(error)[:200],
            hint="Save it in Word as an ordinary document (.docx), without macros.",
        ) from None
    return content


def _opened(template: bytes | None) -> Any:
    """Open our own empty document, or a template emptied of its text."""
    import docx

    document = docx.Document(None if template is None else io.BytesIO(template))
    if template is None:
        _drop_thumbnail(document)
    body = document.element.body
    for child in [node for node in body if not str(node.tag).endswith("}sectPr")]:
        body.remove(child)
    _set_compatibility(document)
    return document


def _drop_thumbnail(document: Any) -> None:
    """Leave out the picture of an empty page that python-docx' own document carries."""
    package = document.part.package
    for key, related in list(package.rels.items()):
        if related.reltype.endswith("/thumbnail"):
            del package.rels[key]


def _set_compatibility(document: Any) -> None:
    """Say that the document is of today's Word, so that it does not open in compatibility mode."""
    from docx.oxml.ns import qn

    settings = document.settings.element
    compat = settings.find(element("w:compat").tag)
    if compat is None:
        compat = element("w:compat")
        position = next(
            (i for i, node in enumerate(settings) if str(node.tag).rpartition("}")[2] in AFTER_COMPAT), len(settings)
        )
        settings.insert(position, compat)
    name, uri = "compatibilityMode", "http://schemas.microsoft.com/office/word"
    if not any(node.get(qn("w:name")) == name for node in compat):
        compat.append(element("w:compatSetting", name=name, uri=uri, val="15"))
