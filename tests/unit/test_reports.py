"""The chapter's folder: whole or not at all, never over a person's changes, every number from a table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import docx
import openpyxl
import pandas as pd
import pytest

import demografi as dg
from demografi import labels
from demografi.reports import chapter
from demografi.reports.markdown import as_markdown
from demografi.reports.numbers import Reference, Sentence
from demografi.reports.pages import as_html
from demografi.reports.sourcing import WORDED, source_lines, words_of
from demografi.sources import shipped

LANGUAGES = ("nb", "nn", "en")


def _files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_the_folder_holds_chapter_page_figures_and_workbook(written: Path) -> None:
    names = set(_files(written))
    assert {"chapter.md", "chapter.html", "chapter.docx", "numbers.xlsx", "numbers.json", ".demografi.json"} <= names
    assert {"sources.md", "sources.bib", "snapshot.zip", "slides.pptx"} <= names
    of_population = ("pyramid", "fan", "age_change", "components", "support_ratio")
    for figure in (*of_population, "users", "municipalities", "coverage", "nurse_gap"):
        assert {f"figures/{figure}.png", f"figures/{figure}.svg"} <= names


def test_two_runs_give_identical_bytes(drawn_gap: dg.Gap, written: Path, tmp_path: Path) -> None:
    assert _files(dg.report(drawn_gap, tmp_path / "again", slides=True)) == _files(written)


def test_the_chapter_names_vintage_coverage_year_and_that_intervals_are_not_there(gap: dg.Gap) -> None:
    text = as_markdown(chapter(gap))
    assert "intervall " not in text
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
    from demografi.projection.drawn import age_table, components_table

    projection, need = gap.need.projection, gap.need
    causes = projection.explain("80+").groupby("cause")["persons"].sum().abs()
    users = need.users_of("80+").groupby("year")["users"].sum()
    old = need.to_frame().query("year == 2040 and age_group in ['80-89', '90+', '80+']")
    fte = need.person_years.groupby("year")["fte"].sum()
    cover = need.coverage_by_year()["value"]
    rest = need.coverage[(need.coverage["age_group"] == "80+") & (need.coverage["region"] != "5014")]
    people = rest[rest["service"] == "home_service"].groupby("year")["population"].sum()
    shares = 100 * rest.groupby("year")["users"].sum() / people
    ratios = dg.indicators(projection, against=["county", "nation"]).lines()["value"]
    ends = [gap.of_year(year) for year in (2026, 2040)]
    coming = components_table(projection).set_index("year").loc[2026:].sum()
    exact = [
        *causes,
        *coming.abs(),
        *age_table(projection)[["start", "end"]].to_numpy().ravel(),
        *(projection.persons("20-66", year) for year in (2026, 2040)),
        *(projection.persons(group, year) for group in ("total", "80+") for year in (2026, 2040)),
        projection.persons("80+", 2040) - projection.persons("80+", 2026),
        *users,
        *old.groupby("service")["users"].sum(),
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
    dates_ages_places = [*range(2006, 2051), 0, 5, 6, 15, 1, 31, 16, 20, 66, 67, 70, 80, 64.4, 9, 55]
    return [*(float(f"{value:.0f}") for value in exact), *ratios.round(1), *exact, *quoted, *dates_ages_places]


def _pairs(projection: dg.Projection, users: pd.Series, fte: pd.Series) -> Iterator[tuple[float, float]]:
    yield projection.persons("80+", 2026), projection.persons("80+", 2040)
    yield users.iloc[0], users.iloc[-1]
    yield fte.iloc[0], fte.iloc[-1]


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("gap", "nb"),
        ("engerdal", "en"),
        *(
            pytest.param(*one, marks=pytest.mark.long)
            for one in (("gap", "nn"), ("gap", "en"), ("engerdal", "nb"), ("engerdal", "nn"))
        ),
    ],
)
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
    drawn = [*(f"Figur {i}" for i in range(1, 8)), "Tabell 1", "Figur 8", "Tabell 2", "Figur 9"]
    assert book.sheetnames[: len(drawn)] == drawn
    assert book.sheetnames[-2:] == ["Tall i teksten", "Kilder"]
    rows = list(book["Figur 9"].iter_rows(min_row=5, values_only=True))
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


def test_with_draws_every_main_number_has_its_interval_in_every_language(drawn_gap: dg.Gap) -> None:
    for language, said in (("nb", "80 prosents intervall"), ("nn", "80 prosents intervall"), ("en", "80 per cent int")):
        told = chapter(drawn_gap, language)
        assert all(said in key.detail for key in told.key_numbers)
        text = " ".join(told.sentences[3 * len(told.key_numbers) :])
        assert text.count(f"({said}") == 8
        ends = {number.name for number in told.numbers if number.name.endswith("_2040_low")}
        figures = ("old", "residents", "support", "users_80", "fte", "nurses_left", "nurses_gap", "nurses_need")
        assert ends == {f"{name}_2040_low" for name in figures}


def test_the_interval_that_is_said_is_that_of_the_results_rounded_to_what_is_known(drawn_gap: dg.Gap) -> None:
    told = {number.name: number for number in chapter(drawn_gap).numbers}
    for name, table in (
        ("old", drawn_gap.need.projection.interval("80+")),
        ("users_80", drawn_gap.need.interval("80+")),
        ("fte", drawn_gap.need.person_years_interval()),
        ("nurses_gap", drawn_gap.interval()),
    ):
        ends = table.iloc[-1]
        low, high = (told[f"{name}_2040_{end}"] for end in ("low", "high"))
        assert (low.value, high.value) == pytest.approx((ends["low"], ends["high"]))
        assert (low.printed, high.printed) == labels.ends(ends["low"], ends["high"])


def test_how_says_what_intervals_hold_and_how_often_such_have_held(drawn_gap: dg.Gap) -> None:
    told = chapter(drawn_gap)
    said = " ".join(told.how)
    rates = shipped.read("interval_hits").set_index(["kind", "age_group", "horizon"])["hit_80"]
    assert f"for ti kommuner samlet i {labels.number(rates['ten', '80+', 5])} prosent av tilfellene" in said
    assert "tar med at dekningsgrad og standard har endret seg før" in said
    assert not any("ntervall" in point for point in told.weaknesses)


def test_where_the_staff_were_not_drawn_the_chapter_says_that_nurses_have_no_intervals(drawn_gap: dg.Gap) -> None:
    half = chapter(dg.gap(drawn_gap.need, dg.supply(drawn_gap.need.projection.observed, to=2040)))
    assert half.scope.endswith("har 80 prosents intervaller; tallene for sykepleiere har det ikke.")
    assert "intervall" not in half.key_numbers[3].detail


def test_users_of_another_coverage_year_are_the_counted_ones_and_the_jump_is_said(projection: dg.Projection) -> None:
    said = dg.sentences(dg.need(projection, coverage_year=2020))
    (users,) = [one for one in said if one.startswith("31. desember")]
    assert users.startswith("31. desember 2025 mottok 1\xa0552 innbyggere")
    assert "Med dekningsgraden fra 31. desember 2020 er tallet framskrevet til 2\xa0920" in users
    assert "spranget er valget av dekningsgrad" in users
    assert "uendret" not in users


def test_the_title_says_fewer_hands_only_where_those_of_working_age_become_fewer(gap: dg.Gap, engerdal: dg.Gap) -> None:
    for result, title in (
        (gap, "Flere eldre, om lag like mange i yrkesaktiv alder"),
        (engerdal, "Flere eldre, færre hender"),
    ):
        start, end = (result.need.projection.persons("20-66", year) for year in (2026, 2040))
        assert (end / start < 0.965) == ("færre" in title)
        assert chapter(result).title == title


def test_figures_print_the_ends_of_intervals_as_the_text_does(drawn_gap: dg.Gap) -> None:
    told = {number.name: number.printed for number in chapter(drawn_gap).numbers}
    for plot, name in (
        (drawn_gap.need.projection.plot("fan"), "old"),
        (drawn_gap.need.plot(), "users_80"),
    ):
        written = {text.get_text() for text in plot.get_figure(root=True).findobj() if hasattr(text, "get_text")}
        assert {told[f"{name}_2040_low"], told[f"{name}_2040_high"]} <= written
    low, high = told["nurses_gap_2040_low"], told["nurses_gap_2040_high"]
    assert f": {low} til {high} årsverk." in drawn_gap.figure_words("nb").note


def test_the_municipalities_add_up_to_the_users_the_text_speaks_of(gap: dg.Gap) -> None:
    told = {number.name: number.value for number in chapter(gap).numbers}
    places = gap.need.by_municipality()
    assert places["start"].sum() == pytest.approx(told["users_80_2026"])
    assert places["end"].sum() == pytest.approx(told["users_80_2040"])


def test_the_causes_of_the_change_in_80_and_over_add_up_to_it(gap: dg.Gap) -> None:
    told = {number.name: number.value for number in chapter(gap).numbers}
    parts = told["old_grow_into"] - told["old_deaths"] + told["old_net_migration"]
    assert parts == pytest.approx(told["old_change"])


def test_the_wider_interval_of_users_is_said_only_where_it_is_wider(drawn_gap: dg.Gap, gap: dg.Gap) -> None:
    said = "fordi også dekningsgraden kan endre seg"
    assert said in " ".join(chapter(drawn_gap).sentences)
    assert said not in " ".join(chapter(gap).sentences)


def test_users_by_service_add_up_and_a_hidden_cell_of_one_place_is_not_told(gap: dg.Gap) -> None:
    from demografi.reports.parts import of_municipality

    (table,) = [part for part in chapter(gap).tables if part.name == "services"]
    services = gap.need.by_service()
    assert [row[1:3] for row in table.rows[:2]] == [
        (labels.number(start), labels.number(end))
        for start, end in zip(services["start"], services["end"], strict=True)
    ]
    history = gap.need.history().set_index("year")["value"]
    assert (services["start"].sum(), services["end"].sum()) == pytest.approx((history[2026], history[2040]))
    assert table.rows[2][1:3] == (labels.number(history[2026]), labels.number(history[2040]))
    assert [part.name for part in chapter(of_municipality(gap, "5014")).tables] == []
    assert [part.name for part in chapter(of_municipality(gap, "5059")).tables] == ["services"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_figure_and_its_number_stay_on_one_line(gap: dg.Gap, language: str, tmp_path: Path) -> None:
    folder = dg.report(gap, tmp_path / "chapter", language=language)
    word = "".join(p.text for p in docx.Document(str(folder / "chapter.docx")).paragraphs)
    for text in (word, *((folder / f"chapter.{ending}").read_text(encoding="utf-8") for ending in ("md", "html"))):
        assert re.search("(Figure?|figure?)\xa0[1-9]", text)
        assert re.search("(Tabell|Table)\xa0[1-9]", text)
        assert not re.search("([Ff]igure?|Tabell|Table) [1-9]", text)


def test_the_sources_are_told_in_words_a_council_reads(gap: dg.Gap) -> None:
    told = {language: "\n".join(source_lines(chapter(gap, language))) for language in LANGUAGES}
    for text in told.values():
        assert "prior" not in text
        assert "05904–14746" not in text
        assert "07459" in text
    assert "SSB, tabellene 04686, 12292 og 11645 (KOSTRA), brukere av hjemmetjenester" in told["nb"]
    assert "eiga utrekning: dødelegheit, fruktbarheit og flytting i heile landet" in told["nn"]
    assert "one table for each projection, from 05904 to 14746: national projection" in told["en"]
    assert not re.search("egen|hele landet|lisens", told["en"])


def test_every_source_that_ships_has_words_with_its_own_years() -> None:
    ids = [path.stem for path in shipped.folder().glob("*.csv") if path.stem != "manifest"]
    assert sorted(WORDED) == sorted(ids)
    for name in ids:
        source = shipped.source(name)
        said = words_of(source, "nb")
        for year in re.findall(r"\d{4}", source.vintage):
            assert year in said, name
