"""The few parts of Word's own XML that python-docx has no words for: fields, bookmarks, pictures in SVG."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docx.document import Document
    from docx.text.paragraph import Paragraph

__all__ = ["Bookmarks", "add_field", "add_picture", "element", "place", "set_table_properties"]

_SVG_INSIDE = (
    '<a:extLst xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
    ' xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    '<a:ext uri="{{96DAC541-7B7A-43D3-8B79-37D633B846F1}}">'
    '<asvg:svgBlip xmlns:asvg="http://schemas.microsoft.com/office/drawing/2016/SVG/main" r:embed="{related}"/>'
    "</a:ext></a:extLst>"
)

PARAGRAPH_ORDER = (
    "pStyle keepNext keepLines pageBreakBefore framePr widowControl numPr suppressLineNumbers pBdr shd tabs "
    "suppressAutoHyphens kinsoku wordWrap overflowPunct topLinePunct autoSpaceDE autoSpaceDN bidi adjustRightInd "
    "snapToGrid spacing ind contextualSpacing mirrorIndents suppressOverlap jc textDirection textAlignment "
    "textboxTightWrap outlineLvl divId cnfStyle rPr sectPr pPrChange"
)
TABLE_ORDER = (
    "tblStyle tblpPr tblOverlap bidiVisual tblStyleRowBandSize tblStyleColBandSize tblW jc tblCellSpacing tblInd "
    "tblBorders shd tblLayout tblCellMar tblLook tblCaption tblDescription"
)
"""The order the schema wants properties in, by name."""


def element(name: str, /, **attributes: str) -> Any:
    """Make an element of Word's namespace."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    made = OxmlElement(name)
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), value)
    return made


def _local(node: Any) -> str:
    return str(node.tag).rpartition("}")[2]


def place(parent: Any, child: Any, order: str = PARAGRAPH_ORDER) -> None:
    """Put a property where the schema wants it, instead of one of its kind that is there."""
    for known in [node for node in parent if _local(node) == _local(child)]:
        parent.remove(known)
    later = set(order.partition(f" {_local(child)} ")[2].split())
    for position, node in enumerate(parent):
        if _local(node) in later:
            parent.insert(position, child)
            return
    parent.append(child)


def set_table_properties(table: Any, *children: Any) -> None:
    """Put properties of a table where the schema wants them."""
    for child in children:
        place(table._tbl.tblPr, child, TABLE_ORDER)


def add_field(paragraph: Paragraph, instruction: str, result: str) -> None:
    """Add a field with its result written, so that nothing has to be updated before it is read."""
    for kind in ("begin", None, "separate", result, "end"):
        run = paragraph.add_run()
        if kind is None:
            text = element("w:instrText")
            text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
            text.text = f" {instruction} "
            run._r.append(text)
        elif kind is result:
            run.text = result
        else:
            run._r.append(element("w:fldChar", fldCharType=kind))


class Bookmarks:
    """Gives each bookmark an id, and each name once."""

    def __init__(self) -> None:
        self._used: dict[str, int] = {}

    def start(self, paragraph: Paragraph, name: str) -> str:
        """Open a bookmark and return its id; one that is used gets ``__2`` and so on."""
        times = self._used[name] = self._used.get(name, 0) + 1
        number = str(sum(self._used.values()))
        named = name if times == 1 else f"{name}__{times}"
        paragraph._p.append(element("w:bookmarkStart", id=number, name=named))
        return number

    def end(self, paragraph: Paragraph, number: str) -> None:
        """Close a bookmark."""
        paragraph._p.append(element("w:bookmarkEnd", id=number))


def add_picture(document: Document, paragraph: Paragraph, stem: Path, alt: str, width: int) -> None:
    """Add a PNG with the SVG inside it, alternative text, and no distance to the text.

    Parameters
    ----------
    stem
        Both pictures, without ending.
    width
        In Word's own unit (EMU).
    """
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part
    from docx.oxml import parse_xml
    from docx.oxml.ns import qn

    picture = paragraph.add_run().add_picture(str(stem.with_name(f"{stem.name}.png")), width=width)
    inline = picture._inline
    for side in ("distT", "distB", "distL", "distR"):
        inline.set(side, "0")
    inline.docPr.set("name", stem.name)
    inline.docPr.set("descr", alt)
    svg = stem.with_name(f"{stem.name}.svg").read_bytes()
    part = Part(PackURI(f"/word/media/{stem.name}.svg"), "image/svg+xml", svg, document.part.package)
    related = document.part.relate_to(part, RELATIONSHIP_TYPE.IMAGE)
    (blip,) = inline.iter(qn("a:blip"))
    blip.append(parse_xml(_SVG_INSIDE.format(related=related)))
