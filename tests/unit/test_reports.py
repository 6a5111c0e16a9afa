"""The chapter's folder: whole or not at all, never over a person's changes, every number from a table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import demografi as dg
from demografi.reports import chapter
from demografi.reports.markdown import as_markdown
from demografi.reports.numbers import Reference, Sentence
from demografi.reports.pages import as_html

LANGUAGES = ("nb", "nn", "en")


def _files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_the_folder_holds_chapter_page_figures_and_workbook(written: Path) -> None:
    names = set(_files(written))
    assert {"chapter.md", "chapter.html", "chapter.docx", "numbers.xlsx", "numbers.json", ".demografi.json"} <= names
    assert {"sources.md", "sources.bib", "snapshot.zip", "slides.pptx"} <= names
    for figure in ("pyramid", "support_ratio", "users", "municipalities", "coverage", "nurse_gap"):
        assert {f"figures/{figure}.png", f"figures/{figure}.svg"} <= names


def test_two_runs_give_identical_bytes(gap: dg.Gap, written: Path, tmp_path: Path) -> None:
    assert _files(dg.report(gap, tmp_path / "again", slides=True)) == _files(written)


def test_the_chapter_names_vintage_coverage_year_and_that_intervals_are_not_there(written: Path) -> None:
    text = (written / "chapter.md").read_text(encoding="utf-8")
    assert "Egen framskriving, ikke SSBs" in text
    assert "Årgang: demografi 2026" in text
    assert "dekningsgrad fra 31. desember 2025" in text
    assert "Det er ikke beregnet intervaller ennå" in text
    assert "slutning" in text


def test_the_garbled_sentence_is_never_turned_into_a_share(written: Path) -> None:
    text = (written / "chapter.md").read_text(encoding="utf-8") + (written / "chapter.html").read_text(encoding="utf-8")
    assert "673" in text
    assert "299" in text
    assert not re.search(r"44(,4)?\s*%", text)
    assert "minst 70 i 2035. Av de 673 er derfor høyst 299 borte" in text
    assert "kan derfor ikke deles på hverandre" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_number_in_the_text_stands_in_a_table(gap: dg.Gap, language: str) -> None:
    told = chapter(gap, language)
    known = _known_numbers(told, gap)
    for section in told.sections:
        for part in section.parts:
            if isinstance(part, Sentence):
                # "Se Figur 2." names a figure; the number of a figure is not a figure.
                spoken = "".join(str(piece) for piece in part.pieces if not isinstance(piece, Reference))
                said = [_value(found) for found in re.findall(r"\d[\d\xa0.,]*\d|\d", spoken)]
                unknown = [value for value in said if not any(abs(value - k) < 0.0501 for k in known)]
                assert not unknown, (part, unknown)


def _value(printed: str) -> float:
    plain = printed.replace("\xa0", "")
    plain = plain.replace(",", ".") if re.fullmatch(r"\d+,\d{1,2}", plain) else plain.replace(",", "")
    return float(plain.rstrip("."))


def _known_numbers(told: object, gap: dg.Gap) -> list[float]:
    """Return every number a sentence may use, rounded as it is printed, and dates, ages and counts of places."""
    from demografi.needs import ministry_bridge
    from demografi.sources import shipped

    projection, need = gap.need.projection, gap.need
    causes = projection.explain("80+").groupby("cause")["persons"].sum().abs()
    users = need.users_of("80+").groupby("year")["users"].sum()
    fte = need.person_years.groupby("year")["fte"].sum()
    cover = need.coverage_by_year()["value"]
    rest = need.coverage[(need.coverage["age_group"] == "80+") & (need.coverage["region"] != "5014")]
    people = rest[rest["service"] == "home_service"].groupby("year")["population"].sum()
    shares = 100 * rest.groupby("year")["users"].sum() / people
    ratios = dg.indicators(projection, against=["county", "nation"]).lines()["value"]
    ends = [gap.of_year(year) for year in (2026, 2040)]
    exact = [
        *causes,
        *(projection.persons(group, year) for group in ("total", "80+") for year in (2026, 2040)),
        projection.persons("80+", 2040) - projection.persons("80+", 2026),
        *users,
        users.iloc[-1] - users.iloc[0],
        *fte,
        *cover,
        *shares,
        *gap.growth_and_replacement().groupby("cause")["fte"].sum(),
        *(value for end in ends for value in end.values()),
        *ministry_bridge(need)["value"],
        *(100 * (new / old - 1) for old, new in _pairs(projection, users, fte)),
        100 * gap.supply.facts["share_55plus"],
        need.coverage_by_year()["users"].iloc[0],
        1659,
    ]
    quoted = shipped.read("project_description")["value"].tolist()
    dates_ages_places = [*range(2006, 2051), 1, 31, 16, 20, 66, 67, 70, 80, 64.4, 9, 55]
    return [*(float(f"{value:.0f}") for value in exact), *ratios.round(1), *exact, *quoted, *dates_ages_places]


def _pairs(projection: dg.Projection, users: pd.Series, fte: pd.Series) -> Iterator[tuple[float, float]]:
    yield projection.persons("80+", 2026), projection.persons("80+", 2040)
    yield users.iloc[0], users.iloc[-1]
    yield fte.iloc[0], fte.iloc[-1]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["engerdal", "gap"])
def test_every_language_and_region_has_a_whole_chapter(
    language: str, name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    folder = dg.report(request.getfixturevalue(name), tmp_path / "chapter", language=language)
    page = (folder / "chapter.html").read_text(encoding="utf-8")
    assert f'<html lang="{language}">' in page
    assert "{" not in re.sub(r"<style>.*?</style>|base64,[^\"]*", "", page, flags=re.S)
    assert "<script" not in page
    assert not re.search(r"(src|href)=\"(?!data:|#)", page)


def test_the_workbook_has_a_sheet_a_figure_and_the_sources(gap: dg.Gap, written: Path) -> None:
    book = openpyxl.load_workbook(written / "numbers.xlsx", data_only=True)
    drawn = [*(f"Figur {i}" for i in range(1, 6)), "Tabell 1", "Figur 6"]
    assert book.sheetnames[: len(drawn)] == drawn
    assert book.sheetnames[-2:] == ["Tall i teksten", "Kilder"]
    rows = list(book["Figur 6"].iter_rows(min_row=5, values_only=True))
    assert rows[0] == ("region", "year", "occupation", "need", "supply", "gap")
    last = [row for row in rows[1:] if row[1] == 2040]
    assert sum(row[5] for row in last) == pytest.approx(gap.of_year(2040)["gap"])
    assert len(list(book["Kilder"].iter_rows())) > 5


def test_a_report_is_replaced_while_nobody_has_touched_it(engerdal: dg.Gap, tmp_path: Path) -> None:
    first = dg.report(engerdal, tmp_path / "engerdal")
    assert dg.report(engerdal, tmp_path / "engerdal") == first
    assert [p.name for p in tmp_path.iterdir()] == ["engerdal"]


def test_a_file_that_a_person_has_changed_is_never_replaced(engerdal: dg.Gap, tmp_path: Path) -> None:
    first = dg.report(engerdal, tmp_path / "engerdal")
    (first / "chapter.md").write_text("my own words", encoding="utf-8")
    second = dg.report(engerdal, tmp_path / "engerdal")
    assert second == tmp_path / "engerdal-2"
    assert (first / "chapter.md").read_text(encoding="utf-8") == "my own words"


def test_a_file_that_a_person_has_added_is_never_lost(engerdal: dg.Gap, tmp_path: Path) -> None:
    (tmp_path / "engerdal").mkdir()
    (tmp_path / "engerdal" / "notes.txt").write_text("mine", encoding="utf-8")
    assert dg.report(engerdal, tmp_path / "engerdal") == tmp_path / "engerdal-2"
    assert (tmp_path / "engerdal" / "notes.txt").read_text(encoding="utf-8") == "mine"


def test_a_report_that_fails_half_way_leaves_nothing(
    engerdal: dg.Gap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import demografi.reports as room

    def fail(*_: object) -> None:
        raise RuntimeError("disk full")

    monkeypatch.setattr(room, "write_workbook", fail)
    with pytest.raises(RuntimeError, match="disk full"):
        dg.report(engerdal, tmp_path / "engerdal")
    assert list(tmp_path.iterdir()) == []


def test_a_failing_run_leaves_the_earlier_report_as_it_was(
    engerdal: dg.Gap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import demografi.reports as room

    folder = dg.report(engerdal, tmp_path / "engerdal")
    before = _files(folder)
    monkeypatch.setattr(room, "as_html", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        dg.report(engerdal, tmp_path / "engerdal")
    assert _files(folder) == before
    assert [p.name for p in tmp_path.iterdir()] == ["engerdal"]


def test_a_folder_that_is_not_there_is_refused(engerdal: dg.Gap, tmp_path: Path) -> None:
    with pytest.raises(dg.ReportError) as error:
        dg.report(engerdal, tmp_path / "no" / "engerdal")
    assert str(error.value) == (
        f"There is no folder '{tmp_path / 'no'}' to write the report in.\n  mkdir -p '{tmp_path / 'no'}'"
    )


def test_a_file_in_the_way_is_refused(engerdal: dg.Gap, tmp_path: Path) -> None:
    (tmp_path / "engerdal").write_text("", encoding="utf-8")
    with pytest.raises(dg.ReportError, match="is a file, not a folder"):
        dg.report(engerdal, tmp_path / "engerdal")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder that nobody, not even root, may write in")
def test_an_unwritable_folder_is_refused(engerdal: dg.Gap) -> None:
    with pytest.raises(dg.ReportError) as error:
        dg.report(engerdal, "/proc/engerdal")
    lines = str(error.value).splitlines()
    assert lines[0] == "The report cannot be written in '/proc'."
    assert lines[-1].strip().startswith("Choose a folder you may write in: demografi report")


def test_hostile_names_come_out_as_text(gap: dg.Gap) -> None:
    from dataclasses import replace

    told = chapter(gap)
    hostile = "<script>alert(1)</script> =cmd() $x$ *b*"
    told = replace(told, title=hostile, sections=())
    page = as_html(told, Path())
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert r"\*b\*" in as_markdown(told)


def test_the_chapter_of_a_drawn_projection_says_what_has_intervals_and_what_has_not() -> None:
    observed = dg.example("Engerdal")
    need = dg.need(dg.project(observed, to=2030, draws=100))
    scope = chapter(dg.gap(need, dg.supply(observed, to=2030))).scope
    assert scope.endswith("beregnet for folketallet, men ikke for brukere og årsverk, og er ikke vist her.")
