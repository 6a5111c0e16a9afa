"""Names that would be markup, a formula or a mark of direction come out as text in every file."""

from __future__ import annotations

import re
import xml.dom.minidom
import zipfile
from dataclasses import replace
from pathlib import Path

import docx
import openpyxl
import pytest
from pptx import Presentation

import demografi as dg
from demografi.reports.parts import printable

SCRIPT, FORMULA, MATHS, ESCAPED = "<script>", "=cmd()", "$x_1$", "_x000D_"
NAMES = {"5029": f"{SCRIPT}{MATHS}{ESCAPED}", "5056": f"{FORMULA}{ESCAPED}"}
# Long names are refused by the figures; each hostile thing is short enough to be drawn.
WHOLE, SHOWN = f"\u202e\x07{SCRIPT}", f"<U+202E><U+0007>{SCRIPT}"


@pytest.fixture(scope="module")
def hostile(observed: dg.Observed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    tables = {n: t[t["region"].isin(list(NAMES))].reset_index(drop=True) for n, t in observed.tables.items()}
    region = {**observed.facts["region"], "code": "own", "name": WHOLE}
    region |= {"members": list(NAMES), "names": list(NAMES.values())}
    own = replace(observed, tables=tables, facts={**observed.facts, "region": region}, own_cautions=())
    gap = dg.gap(dg.need(dg.project(own, to=2030)), dg.supply(own, to=2030))
    return dg.report(gap, tmp_path_factory.mktemp("hostile") / "own", slides=True)


def test_the_page_holds_them_as_text(hostile: Path) -> None:
    page = (hostile / "chapter.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f\x07]", page)


def test_the_markdown_holds_them_as_text(hostile: Path) -> None:
    text = (hostile / "chapter.md").read_text(encoding="utf-8")
    assert "<script" not in text.replace(r"\<script", "")
    assert "$x" not in text.replace(r"\$x", "")
    assert "\u202e" not in text
    assert r"\_x000D\_" in text


def test_word_holds_them_as_text(hostile: Path) -> None:
    document = docx.Document(str(hostile / "chapter.docx"))
    assert any(SHOWN in paragraph.text for paragraph in document.paragraphs)
    described = [shape._inline.docPr.get("descr") for shape in document.inline_shapes]
    assert any(SHOWN in text for text in described)


def test_the_workbook_holds_them_as_text(hostile: Path) -> None:
    book = openpyxl.load_workbook(hostile / "numbers.xlsx")
    names = {cell.value: cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert names[NAMES["5056"]] == "s"
    assert names[NAMES["5029"]] == "s"
    assert any(SHOWN in str(value) for value in names)
    with zipfile.ZipFile(hostile / "numbers.xlsx") as package:
        formulas = re.findall(rb"<f>(.*?)</f>", b"".join(package.read(n) for n in package.namelist()))
    assert formulas
    assert not [formula for formula in formulas if b"cmd" in formula]


def test_slides_hold_them_as_text(hostile: Path) -> None:
    told = [
        shape.text_frame.text
        for slide in Presentation(str(hostile / "slides.pptx")).slides
        for shape in slide.shapes
        if shape.has_text_frame
    ]
    assert any(SHOWN in text for text in told)
    with zipfile.ZipFile(hostile / "slides.pptx") as package:
        for name in package.namelist():
            if name.endswith(".xml"):
                assert "\u202e".encode() not in package.read(name)


def test_figures_hold_them_as_text(hostile: Path) -> None:
    drawings = list((hostile / "figures").glob("*.svg"))
    assert len(drawings) == 24
    for path in drawings:
        read = xml.dom.minidom.parse(str(path))
        assert not read.getElementsByTagName("script")
    alone = (hostile / "figures" / "pyramid.svg").read_text(encoding="utf-8")
    assert "&lt;script&gt;" in alone


def test_sources_and_index_hold_no_control_characters(hostile: Path) -> None:
    for name in ("sources.md", "sources.bib", "numbers.json"):
        assert not re.search("[\u202a-\u202e\x00-\x08]", (hostile / name).read_text(encoding="utf-8"))


def test_what_can_be_read_stays_as_it_is() -> None:
    for name in ("Trondheim – Tråante", "Kárášjohka", "Aurland\u00a0kommune", "it's 5 < 6 & 7", ESCAPED, FORMULA):
        assert printable(name) == name
    assert printable(WHOLE) == SHOWN
    assert printable("a\nb\u200f\u2066c\ufeff") == "a<U+000A>b<U+200F><U+2066>c<U+FEFF>"
