"""Numbers in a person's own Word document: renewed through bookmarks, nothing else touched."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

import demografi as dg


def _mark(paragraph: Any, name: str, text: str, number: int) -> None:
    for kind in ("w:bookmarkStart", None, "w:bookmarkEnd"):
        if kind is None:
            half = len(text) // 2
            paragraph.add_run(text[:half]).bold = True
            paragraph.add_run(text[half:])
            continue
        node = OxmlElement(kind)
        node.set(qn("w:id"), str(number))
        if kind == "w:bookmarkStart":
            node.set(qn("w:name"), name)
        paragraph._p.append(node)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    document = docx.Document()
    paragraph = document.add_paragraph("In my own words there are ")
    _mark(paragraph, "demografi_users_80_2040", "1 111", 1)
    paragraph.add_run(" users, and ")
    _mark(paragraph, "demografi_users_80_2040__2", "2 222", 2)
    paragraph.add_run(" again.")
    document.add_paragraph("Untouched.")
    document.save(str(tmp_path / "own.docx"))
    return tmp_path / "own.docx"


def test_the_number_in_a_bookmark_is_renewed_in_a_new_file(own: Path, written: Path) -> None:
    before = own.read_bytes()
    done = dg.refresh(own, written)
    assert done.path == own.with_name("own-refreshed.docx")
    assert own.read_bytes() == before
    paragraphs = docx.Document(str(done.path)).paragraphs
    assert paragraphs[0].text == "In my own words there are 2\xa0324 users, and 2\xa0324 again."
    assert paragraphs[0].runs[1].bold
    assert done.changes["old"].tolist() == ["1 111", "2 222"]
    assert done.changes["new"].tolist() == ["2\xa0324", "2\xa0324"]
    assert done.left.empty


def test_the_rest_of_the_document_is_not_touched(own: Path, written: Path) -> None:
    done = dg.refresh(own, written)
    with zipfile.ZipFile(own) as old, zipfile.ZipFile(done.path) as new:
        assert set(old.namelist()) == set(new.namelist())
        assert [n for n in old.namelist() if old.read(n) != new.read(n)] == ["word/document.xml"]


def test_the_original_is_replaced_only_when_asked(own: Path, written: Path) -> None:
    done = dg.refresh(own, written, own)
    assert done.path == own
    assert "2\xa0324" in docx.Document(str(own)).paragraphs[0].text
    assert dg.refresh(own, written).changes.empty


def test_a_file_that_is_there_is_not_written_over(own: Path, written: Path) -> None:
    dg.refresh(own, written)
    with pytest.raises(dg.ReportError) as error:
        dg.refresh(own, written)
    assert (
        str(error.value) == f"'{own.with_name('own-refreshed.docx')}' is there already.\n  --out own-refreshed-2.docx"
    )


def test_a_document_that_is_open_in_word_is_named(own: Path, written: Path) -> None:
    own.with_name("~$own.docx").write_text("", encoding="utf-8")
    with pytest.raises(dg.ReportError) as error:
        dg.refresh(own, written, own)
    assert str(error.value).splitlines()[0] == f"'{own}' is open in Word or LibreOffice."


def test_bookmarks_that_cannot_be_renewed_are_left_and_said(tmp_path: Path, written: Path) -> None:
    document = docx.Document()
    _mark(document.add_paragraph(), "demografi_no_such_number", "7", 1)
    first, second = document.add_paragraph("8"), document.add_paragraph("9")
    for paragraph, kind in ((first, "w:bookmarkStart"), (second, "w:bookmarkEnd")):
        node = OxmlElement(kind)
        node.set(qn("w:id"), "2")
        if paragraph is first:
            node.set(qn("w:name"), "demografi_old_2040")
        paragraph._p.append(node)
    document.save(str(tmp_path / "own.docx"))
    done = dg.refresh(tmp_path / "own.docx", written)
    assert done.changes.empty
    assert dict(done.left.to_numpy().tolist()) == {
        "demografi_no_such_number": "The report has no number of that name.",
        "demografi_old_2040": "It reaches over more than one paragraph.",
    }


def test_a_document_without_bookmarks_is_refused(tmp_path: Path, written: Path) -> None:
    docx.Document().save(str(tmp_path / "own.docx"))
    with pytest.raises(dg.ReportError) as error:
        dg.refresh(tmp_path / "own.docx", written)
    assert str(error.value).splitlines()[0].endswith("has no bookmark that begins with 'demografi_'.")
    assert not (tmp_path / "own-refreshed.docx").exists()


def test_the_chapter_itself_can_be_renewed_from_another_report(written: Path, engerdal: dg.Gap, tmp_path: Path) -> None:
    own = tmp_path / "chapter.docx"
    own.write_bytes((written / "chapter.docx").read_bytes())
    done = dg.refresh(own, dg.report(engerdal, tmp_path / "engerdal"))
    assert {"demografi_old_2040", "demografi_users_80_2040"} <= set(done.changes["bookmark"])
    assert "demografi_fte_2040" in set(done.left["bookmark"])
