"""The rest of the folder: page, sources, slides, pages a municipality, the snapshot that makes it again."""

from __future__ import annotations

import re
import zipfile
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import docx
import pytest
from click.testing import CliRunner
from pptx import Presentation

import demografi as dg
from demografi.cli import main
from demografi.reports import chapter
from demografi.reports.frozen import thaw


def _files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of one municipality with draws and everything that can be asked for."""
    folder = tmp_path_factory.mktemp("whole")
    observed = dg.example("Engerdal")
    need = dg.need(dg.project(observed, to=2040, draws=100, seed=1))
    docx.Document().save(str(folder / "mal.docx"))
    told: list[tuple[str, int, int]] = []
    written = dg.report(
        dg.gap(need, dg.supply(observed, to=2040, draws=100, seed=1)),
        folder / "engerdal",
        language="nn",
        template=folder / "mal.docx",
        slides=True,
        each=True,
        progress=lambda *one: told.append(one),
    )
    assert [done for _, done, _ in told] == list(range(len(told)))
    assert {every for _, _, every in told} == {len(told)}
    assert told[-1][0] == "pages/engerdal.docx"
    return written


def test_a_report_is_made_again_from_its_snapshot_byte_for_byte(whole: Path, tmp_path: Path) -> None:
    assert _files(dg.report(whole / "snapshot.zip", tmp_path / "again")) == _files(whole)


def test_the_snapshot_holds_results_versions_and_template(whole: Path) -> None:
    with zipfile.ZipFile(whole / "snapshot.zip") as packed:
        assert set(packed.namelist()) == {"results.parquet", "report.json", "lock.json", "template.docx"}
    assert thaw(whole / "snapshot.zip").version_differences == []


def test_a_file_that_is_no_snapshot_is_refused(whole: Path, tmp_path: Path) -> None:
    for path, seen in ((whole / "chapter.docx", "It lacks 'results.parquet'."), (tmp_path / "no.zip", "no file")):
        with pytest.raises(dg.ReportError) as error:
            dg.report(path, tmp_path / "again")
        lines = str(error.value).splitlines()
        assert lines[0] == f"'{path}' is no snapshot of a report."
        assert seen in str(error.value)
        assert lines[-1] == "  It is the file 'snapshot.zip' in a folder that demografi report wrote."


def test_each_municipality_has_a_page_in_word_and_html(whole: Path, engerdal: dg.Gap) -> None:
    page = docx.Document(str(whole / "pages" / "engerdal.docx"))
    assert page.paragraphs[0].text == "Engerdal"
    assert [cell.text for cell in page.tables[1].rows[0].cells] == [
        *("", "2026", "2030", "2035", "2040", "Endring", "Prosent")
    ]
    residents = [cell.text for cell in page.tables[1].rows[1].cells]
    assert residents[1] == "1\xa0287"
    assert "numbers.xlsx" not in (whole / "pages" / "engerdal.html").read_text(encoding="utf-8")


def test_pages_add_up_to_the_chapter(gap: dg.Gap) -> None:
    from demografi.reports.parts import of_municipality

    parts = [of_municipality(gap, code) for code in gap.region.members]
    assert sum(part.of_year(2040)["gap"] for part in parts) == pytest.approx(gap.of_year(2040)["gap"])
    assert sum(p.need.projection.persons("80+", 2040) for p in parts) == pytest.approx(
        gap.need.projection.persons("80+", 2040)
    )
    assert [part.region.name for part in parts][:2] == ["Skaun", "Orkland"]


def test_a_page_has_the_part_of_a_known_shortage_that_is_the_municipalitys(gap: dg.Gap) -> None:
    from demografi.reports.parts import of_municipality

    short = dg.gap(gap.need, gap.supply, shortage={"nurse": 12})
    parts = [of_municipality(short, code) for code in short.region.members]
    assert sum(part.of_year(2026)["gap"] for part in parts) == pytest.approx(12)


def test_the_page_of_a_place_too_small_to_be_shown_hides_its_nurses(gap: dg.Gap) -> None:
    from demografi.reports.municipal import municipal_page
    from demografi.reports.parts import of_municipality

    one = of_municipality(gap, "5061")
    rows = one.tables["gap"]
    hidden = replace(one, tables={"gap": rows.assign(need=float("nan"), supply=float("nan"), gap=float("nan"))})
    page = municipal_page(hidden, "nb")
    assert [table.caption for table in page.tables] == ["Tabell\xa01"]
    assert [row[1:] for row in page.tables[0].rows[-3:]] == [(":",) * 6] * 3
    assert len(page.key_numbers) == 2


def test_slides_have_a_title_a_source_and_alternative_text_each(written: Path, drawn_gap: dg.Gap) -> None:
    figures = chapter(drawn_gap).figures
    slides = list(Presentation(str(written / "slides.pptx")).slides)
    assert [slide.shapes.title.text for slide in slides] == [figure.words.title for figure in figures]
    for slide, figure in zip(slides, figures, strict=True):
        (picture,) = [shape for shape in slide.shapes if shape.shape_type == 13]
        assert picture._element._nvXxPr.cNvPr.get("descr") == figure.words.alt
        assert picture.left >= 0
        assert picture.left + picture.width <= 24 * 360_000
        assert picture.top + picture.height <= 13.5 * 360_000
        assert any("Kilde: SSB" in shape.text_frame.text for shape in slide.shapes if shape.has_text_frame)
        assert figure.words.alt in slide.notes_slide.notes_text_frame.text


def test_slides_without_python_pptx_are_refused_before_anything_is_written(
    engerdal: dg.Gap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pptx", None)
    with pytest.raises(dg.ReportError) as error:
        dg.report(engerdal, tmp_path / "engerdal", slides=True)
    assert str(error.value) == (
        'Slides need python-pptx, which is not installed.\n  python -m pip install "demografi[slides]"'
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("owner", ["~$hapter.docx", "~$chapter.docx", ".~lock.chapter.docx#"])
def test_a_chapter_that_is_open_in_word_is_named(engerdal: dg.Gap, tmp_path: Path, owner: str) -> None:
    folder = tmp_path / "engerdal"
    folder.mkdir()
    (folder / "chapter.docx").write_bytes(b"mine")
    (folder / owner).write_bytes(b"")
    with pytest.raises(dg.ReportError) as error:
        dg.report(engerdal, folder)
    lines = str(error.value).splitlines()
    assert lines[0] == f"'{folder / 'chapter.docx'}' is open in Word or LibreOffice."
    assert lines[-1] == "  Close it and try again, or choose another folder with --out."
    assert (folder / "chapter.docx").read_bytes() == b"mine"


def test_a_folder_that_cannot_be_moved_is_named_and_left(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from demografi.reports.folder import whole_folder

    def locked(self: Path, target: Path) -> Path:
        raise PermissionError(13, "Permission denied", str(self / "chapter.docx"))

    with whole_folder(tmp_path / "out") as (scratch, _):
        (scratch / "chapter.docx").write_bytes(b"first")

    def write_again() -> None:
        with whole_folder(tmp_path / "out") as (scratch, _):
            (scratch / "chapter.docx").write_bytes(b"second")
            monkeypatch.setattr(Path, "rename", locked)

    with pytest.raises(dg.ReportError) as error:
        write_again()
    assert str(error.value).splitlines()[0] == f"'{tmp_path / 'out' / 'chapter.docx'}' cannot be replaced."
    assert _files(tmp_path / "out")["chapter.docx"] == b"first"


def test_a_word_file_that_a_person_has_changed_is_never_replaced(whole: Path, engerdal: dg.Gap, tmp_path: Path) -> None:
    folder = tmp_path / "engerdal"
    folder.mkdir()
    for name, content in _files(whole).items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    (folder / "chapter.docx").write_bytes(b"my own words")
    assert dg.report(engerdal, folder) == tmp_path / "engerdal-2"
    assert (folder / "chapter.docx").read_bytes() == b"my own words"


class _Page(HTMLParser):
    """Counts what a screen reader steers by."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.found.append((tag, dict(attrs)))

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


def test_the_page_has_landmarks_headings_and_table_headers(written: Path) -> None:
    page = _Page((written / "chapter.html").read_text(encoding="utf-8"))
    for tag in ("header", "nav", "main", "footer", "h1", "title"):
        assert page.tags.count(tag) == 1, tag
    assert page.of("a")[0] == {"class": "skip", "href": "#main"}
    ids = [attributes["id"] for _, attributes in page.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {str(link["href"])[1:] for link in page.of("a")} <= set(ids)
    assert {attributes.get("scope") for attributes in page.of("th")} == {"col", "row"}
    assert page.tags.count("figure") == page.tags.count("figcaption") == len(page.of("img")) == 9
    assert all(attributes["alt"] for attributes in page.of("img"))


def test_a_date_does_not_become_a_numbered_list_in_markdown(written: Path) -> None:
    text = (written / "chapter.md").read_text(encoding="utf-8")
    assert "\n1\\. januar 2026 bodde det" in text
    assert not re.search(r"^\d+\. ", text, flags=re.M)


def test_sources_are_listed_to_read_and_to_cite(written: Path) -> None:
    text, cited = ((written / f"sources.{ending}").read_text(encoding="utf-8") for ending in ("md", "bib"))
    assert "## population\\_municipalities" in text
    assert re.search(r"- sha256: [0-9a-f]{64}", text)
    assert "@misc{population_municipalities,\n  author = {{SSB}},\n  title = {Befolkning 1. januar" in cited
    assert cited.count("@misc{") == text.count("\n## ")


def test_how_the_figures_are_made_says_all_that_is_asked_at_the_meeting(gap: dg.Gap) -> None:
    told = chapter(gap)
    said = " ".join(told.how)
    for part in (
        *("Årgang: demografi 2026", "SSBs lav- og høyalternativ", "Dekningsgraden er uendret fra 31. desember 2025"),
        *("kommunegrensene per 1. januar 2024", "er skjult (små tall) i Frøya", "ingen intervaller"),
        "Endret siden forrige årgang: SSBs hovedalternativ for hele landet har 462\xa0112",
    ):
        assert part in said, part
    assert len(told.weaknesses) >= 5


def test_the_command_line_traces_and_refreshes(written: Path, tmp_path: Path) -> None:
    traced = CliRunner().invoke(main, ["trace", "3 409", "--in", str(written)])
    assert traced.exit_code == 0
    for part in ("sheet    Tabell 2", "cell     value: B6", "Lakseregionen prosjektbeskrivelsen", "sha256   "):
        assert part in traced.stdout
    own = tmp_path / "own.docx"
    own.write_bytes((written / "chapter.docx").read_bytes())
    refreshed = CliRunner().invoke(main, ["refresh", str(own), "--from", str(written)])
    assert refreshed.exit_code == 0
    assert refreshed.stdout.strip() == str(tmp_path / "own-refreshed.docx")
    assert "0 numbers renewed." in refreshed.stderr
    absent = CliRunner().invoke(main, ["trace", "3 409", "--in", str(tmp_path)])
    assert absent.exit_code == 7


def test_the_command_line_makes_a_report_again(whole: Path, tmp_path: Path) -> None:
    words = ["report", "--from-snapshot", str(whole / "snapshot.zip"), "--out", str(tmp_path / "again")]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    assert _files(tmp_path / "again") == _files(whole)
