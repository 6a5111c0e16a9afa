"""The Word chapter: native styles, live references, nothing that has to be updated, the same bytes every time."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.oxml.ns import qn

import demografi as dg
from demografi.reports import chapter
from demografi.reports.word import as_docx, read_template

SOFFICE = shutil.which("soffice")
MODE = "[Content_Types].xml"


@pytest.fixture(scope="module")
def document(written: Path) -> Any:
    return docx.Document(str(written / "chapter.docx"))


@pytest.fixture(scope="module")
def told(drawn_gap: dg.Gap) -> Any:
    return chapter(drawn_gap)


def _body(document: Any) -> Any:
    return document.element.body


def _instructions(document: Any) -> list[str]:
    return [node.text.strip() for node in _body(document).iter(qn("w:instrText"))]


def _bookmarks(document: Any) -> list[str]:
    return [node.get(qn("w:name")) for node in _body(document).iter(qn("w:bookmarkStart"))]


def test_the_styles_are_words_own_by_name(document: Any) -> None:
    used = {paragraph.style.name for paragraph in document.paragraphs}
    assert used == {
        *("Heading 1", "Heading 2", "Heading 3", "Subtitle", "Normal", "Caption", "List Bullet"),
        *("Figurundertittel", "Kilde", "Faktaboks"),
    }
    assert [p.style.name for p in document.paragraphs].count("Heading 1") == 1


def test_captions_are_counted_by_word_and_have_their_number_written(document: Any) -> None:
    captions = [p.text for p in document.paragraphs if p.style.name == "Caption"]
    assert captions[0] == "Figur\xa01  2\xa0120 flere over 80 år i 2040"
    assert [text.split("  ")[0] for text in captions] == [
        *(f"Figur\xa0{number}" for number in range(1, 8)),
        *("Tabell\xa01", "Figur\xa08", "Tabell\xa02", "Figur\xa09"),
    ]
    assert _instructions(document).count("SEQ Figur \\* ARABIC") == 9
    assert _instructions(document).count("SEQ Tabell \\* ARABIC") == 2


def test_every_reference_has_its_bookmark_and_its_result(document: Any) -> None:
    bookmarks = _bookmarks(document)
    assert len(bookmarks) == len(set(bookmarks))
    assert all(len(name) <= 40 for name in bookmarks)
    references = [text.split()[1] for text in _instructions(document) if text.startswith("REF")]
    assert len(references) == 11
    assert set(references) <= set(bookmarks)
    (said,) = [p.text for p in document.paragraphs if p.text.startswith("31. desember 2025")]
    assert said.endswith("Se Figur\xa06 og Figur\xa07.")


def test_every_bookmark_that_opens_closes_and_has_an_id_of_its_own(document: Any) -> None:
    opened = [node.get(qn("w:id")) for node in _body(document).iter(qn("w:bookmarkStart"))]
    closed = [node.get(qn("w:id")) for node in _body(document).iter(qn("w:bookmarkEnd"))]
    assert opened == closed
    assert len(set(opened)) == len(opened)


def test_numbers_of_the_text_stand_in_bookmarks_of_their_names(document: Any, told: Any) -> None:
    assert {f"demografi_{n.name}" for s in told.sentences for n in s.numbers} <= set(_bookmarks(document))


def test_pictures_have_alternative_text_svg_and_no_distance(document: Any, told: Any) -> None:
    inline = [shape._inline for shape in document.inline_shapes]
    assert [one.docPr.get("descr") for one in inline] == [figure.words.alt for figure in told.figures]
    assert {one.get(side) for one in inline for side in ("distT", "distB", "distL", "distR")} == {"0"}
    assert all(b"svgBlip" in _xml(one) for one in inline)
    assert {shape.width for shape in document.inline_shapes} == {5_760_000}


def _xml(node: Any) -> bytes:
    from docx.opc.oxml import serialize_part_xml

    return bytes(serialize_part_xml(node))


def test_caption_subtitle_and_object_stay_on_one_page(document: Any) -> None:
    for paragraph in document.paragraphs:
        if paragraph.style.name in ("Caption", "Figurundertittel"):
            assert paragraph.style.paragraph_format.keep_with_next
        if paragraph._p.xpath(".//w:drawing"):
            assert paragraph.paragraph_format.keep_with_next


def test_tables_repeat_their_header_and_do_not_break_rows(document: Any) -> None:
    bridge = document.tables[2]
    assert bridge.style.name == "Demografi tabell"
    assert [row._tr.trPr.find(qn("w:tblHeader")) is not None for row in bridge.rows] == [True, *[False] * 6]
    assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in bridge.rows)
    assert [cell.text for cell in bridge.rows[0].cells] == ["Ledd", "Endring", "Brukere"]


def test_there_are_no_text_boxes_and_nothing_asks_to_be_updated(written: Path) -> None:
    with zipfile.ZipFile(written / "chapter.docx") as package:
        body, settings = package.read("word/document.xml"), package.read("word/settings.xml")
        assert "docProps/thumbnail.jpeg" not in package.namelist()
    assert b"txbxContent" not in body
    assert b"Error!" not in body
    assert b"updateFields" not in settings
    assert b'w:name="compatibilityMode"' in settings


@pytest.mark.parametrize(("language", "tag"), [("nb", "nb-NO"), ("nn", "nn-NO"), ("en", "en-GB")])
def test_the_document_says_its_language_title_and_a_date_from_the_figures(
    drawn_gap: dg.Gap, written: Path, language: str, tag: str
) -> None:
    content, missing = as_docx(chapter(drawn_gap, language), written / "figures", "foot")
    opened = docx.Document(io.BytesIO(content))
    assert missing == []
    languages = [node.get(qn("w:val")) for node in opened.styles.element.iter(qn("w:lang"))]
    assert languages == [tag]
    about = opened.core_properties
    assert about.language == tag
    assert about.title == chapter(drawn_gap, language).title
    assert (about.created, about.modified) == (about.created, about.created)
    assert about.created.isoformat().startswith("2026-11-21")


def test_properties_stand_in_the_order_of_the_schema(document: Any) -> None:
    from demografi.reports.word_xml import PARAGRAPH_ORDER, TABLE_ORDER

    for name, order in (("w:pPr", PARAGRAPH_ORDER), ("w:tblPr", TABLE_ORDER)):
        known = order.split()
        for root in (_body(document), document.styles.element):
            for node in root.iter(qn(name)):
                places = [known.index(child.tag.rpartition("}")[2]) for child in node]
                assert places == sorted(places)


def _template(path: Path, *, without: str = "") -> Path:
    from docx.shared import Pt, RGBColor

    own = docx.Document()
    own.styles["Heading 1"].font.name = "Kommuneskrift"
    own.styles["Caption"].font.size = Pt(21)
    own.styles["Caption"].font.color.rgb = RGBColor(1, 2, 3)
    own.sections[0].footer.paragraphs[0].text = "Skaun kommune"
    own.add_paragraph("Old text that must go.")
    if without:
        element = own.styles[without].element
        element.getparent().remove(element)
    own.save(str(path))
    return path


def test_a_template_decides_by_the_names_of_its_styles(told: Any, written: Path, tmp_path: Path) -> None:
    template = read_template(_template(tmp_path / "mal.docx"))
    content, missing = as_docx(told, written / "figures", "our foot", template)
    opened = docx.Document(io.BytesIO(content))
    assert missing == []
    assert opened.styles["Heading 1"].font.name == "Kommuneskrift"
    assert opened.styles["Caption"].font.size.pt == 21
    assert "Old text" not in " ".join(p.text for p in opened.paragraphs)
    assert opened.sections[0].footer.paragraphs[0].text == "Skaun kommune"
    assert as_docx(told, written / "figures", "our foot", template)[0] == content


def test_a_style_the_template_lacks_is_ours_and_is_said(told: Any, written: Path, tmp_path: Path) -> None:
    template = read_template(_template(tmp_path / "mal.docx", without="Caption"))
    content, missing = as_docx(told, written / "figures", "foot", template)
    assert missing == ["Caption"]
    assert docx.Document(io.BytesIO(content)).styles["Caption"].font.size.pt == 10.5


def test_styles_are_known_by_what_norwegian_word_calls_them(told: Any, written: Path, tmp_path: Path) -> None:
    path = _template(tmp_path / "mal.docx")
    with zipfile.ZipFile(path) as package:
        files = {name: package.read(name) for name in package.namelist()}
    styles = files["word/styles.xml"]
    styles = styles.replace(b'w:styleId="Caption"', b'w:styleId="Bildetekst"').replace(
        b'<w:name w:val="caption"/>', b'<w:name w:val="Bildetekst"/>'
    )
    assert b'w:styleId="Bildetekst"' in styles
    with zipfile.ZipFile(path, "w") as package:
        for name, content in (files | {"word/styles.xml": styles}).items():
            package.writestr(name, content)
    content, missing = as_docx(told, written / "figures", "foot", read_template(path))
    captions = [p for p in docx.Document(io.BytesIO(content)).paragraphs if p.style.style_id == "Bildetekst"]
    assert missing == []
    assert len(captions) == 11


@pytest.mark.parametrize("content", [b"no zip", b""])
def test_a_template_that_is_no_document_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "mal.docx").write_bytes(content)
    with pytest.raises(dg.ReportError) as error:
        read_template(tmp_path / "mal.docx")
    assert str(error.value).splitlines()[0] == f"'{tmp_path / 'mal.docx'}' is no Word document."
    assert str(error.value).splitlines()[-1] == "  Save it in Word as .docx, and give that file."


def test_a_template_that_is_absent_macro_or_a_bomb_is_refused(tmp_path: Path) -> None:
    with pytest.raises(dg.ReportError, match=r"There is no file '.*mal\.docx'"):
        read_template(tmp_path / "mal.docx")
    path = _template(tmp_path / "mal.docx")
    with zipfile.ZipFile(path) as package:
        files = {name: package.read(name) for name in package.namelist()}
    macros = files[MODE].replace(b"wordprocessingml.document.main+xml", b"x.document.macroEnabled.main+xml")
    with zipfile.ZipFile(path, "w") as package:
        for name, content in (files | {MODE: macros}).items():
            package.writestr(name, content)
    with pytest.raises(dg.ReportError, match="cannot be used as a template"):
        read_template(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("word/document.xml", b" " * 400_000_000)
    with pytest.raises(dg.ReportError, match="is not opened"):
        read_template(path)


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed")
def test_the_document_survives_libreoffice_with_its_fields_and_bookmarks(
    document: Any, written: Path, tmp_path: Path
) -> None:
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = [str(SOFFICE), profile, "--headless", "--convert-to", "docx", "--outdir", str(tmp_path / "out")]
    subprocess.run([*command, str(written / "chapter.docx")], check=True, capture_output=True, timeout=240)
    again = docx.Document(str(tmp_path / "out" / "chapter.docx"))
    fields = re.compile(r"^(SEQ|REF) ")
    ours = sorted(text.split()[0] for text in _instructions(document) if fields.match(text))
    theirs = sorted(text.split()[0] for text in _instructions(again) if fields.match(text))
    assert theirs == ours
    assert "Error" not in " ".join(p.text for p in again.paragraphs)
    numbers = {name for name in _bookmarks(document) if name.startswith("demografi_")}
    assert numbers <= set(_bookmarks(again))
    assert len(again.inline_shapes) == 9
