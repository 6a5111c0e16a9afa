"""Every number of the chapter leads back to cells: sentences, workbook, trace."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import demografi as dg
from demografi.reports import chapter
from demografi.reports.cells import column_letter, formula_of
from demografi.reports.markdown import as_markdown
from demografi.reports.municipal import municipal_page, pages_sheet
from demografi.reports.numbers import RULES
from demografi.reports.parts import of_municipality
from demografi.reports.tracing import INDEX, numbers_in, read_index, write_index

LANGUAGES = ("nb", "nn", "en")
SOFFICE = shutil.which("soffice")

# What is no figure: ages, days of the month, names of figures, tables, sheets and editions.
NOT_FIGURES = (
    r"\d{1,2}\.\d{1,2}\.\d{4}",
    r"\b(?:19|20)\d\d(?:–\d{2,4})?\b",
    r"\b1\\?\. januar|\b15\\?\. juni|\b31\\?\. desember|1 January|31 December|15 June",
    r"(?:Figur|Tabell|Figure|Table|tabell|table) [\d–]+(?:, \d+)*",
    r"\b(?:20–66|67–79|0–66|20-66|67-79) år|\b(?:67|80|55) (?:år|eller)|\b67\+|80\+|\bages? 20–66",
    r"per 100 innbyggere|demografi 0\.1|NLOD 2\.0|CC BY 4\.0|tabell 18",
    r"\b(?:av|of) 10\b|\b80\s?%[- ](?:interv|predi)|80-prosents|80 per cent intervals",
    r"\b(?:20–66|0–5|6–15|80–89|16–19|20–44|45–66|67–79)\b",
    r"2024 borders|AFP og alderspensjon, KLP 2021",
)


def _said(text: str) -> list[str]:
    plain = text.replace("\\", "")
    for pattern in NOT_FIGURES:
        plain = re.sub(pattern, " ", plain)
    return numbers_in(plain)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_number_in_the_chapters_text_is_traced_to_a_cell(
    drawn_gap: dg.Gap, language: str, tmp_path: Path
) -> None:
    told = chapter(drawn_gap, language)
    write_index(told, tmp_path / INDEX)
    text = as_markdown(told).partition(f"\n## {told.sources_heading}")[0]
    said = list(dict.fromkeys(_said(re.sub(r"\(figures/.*?\)", "", text))))
    assert len(said) >= 80
    for number in said:
        found = dg.trace(number, tmp_path)
        assert (found["cell"] != "").all(), number
        assert (found["sheet"] != "").all(), number
        assert found["source"].str.len().gt(0).all(), number


def test_both_ends_of_an_interval_are_traced_to_the_sheet_of_intervals(written: Path) -> None:
    for end in ("low", "high"):
        row = dg.trace(f"users_80_2040_{end}", written).iloc[0]
        assert row["sheet"] == "Intervaller"
        assert row["cell"].startswith(f"{end}: ")
        sheet = openpyxl.load_workbook(written / "numbers.xlsx", data_only=True)["Intervaller"]
        assert sheet[row["cell"].removeprefix(f"{end}: ")].value == pytest.approx(row["value"])
        assert "SSB 07459" in row["source"]


def test_the_numbers_of_a_municipal_page_are_traced_to_its_row(drawn_gap: dg.Gap, tmp_path: Path) -> None:
    part = of_municipality(drawn_gap, "5014")
    page = municipal_page(part, "nb")
    whole = chapter(drawn_gap)
    write_index(replace(whole, bases=(*whole.bases, pages_sheet([page], "nb"))), tmp_path / INDEX)
    said = [text for row in page.tables[0].rows for text in row[1:]]
    said += [found for key in page.key_numbers for text in (key.number, key.detail) for found in _said(text)]
    said += _said(" ".join(s for s in page.sections[0].parts if isinstance(s, str)))
    assert len(said) > 50
    for number in said:
        assert number in (".", "0", "0,0") or (dg.trace(number, tmp_path)["cell"] != "").all(), number


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["gap", "drawn_gap", "engerdal"])
def test_every_number_in_a_sentence_is_its_cells_by_its_rule(
    name: str, language: str, request: pytest.FixtureRequest
) -> None:
    told = chapter(request.getfixturevalue(name), language)
    bases = {basis.name: basis for basis in told.bases}
    assert len(told.numbers) > 25
    for number in told.numbers:
        sums = [float(bases[c.table].data[c.column].iloc[list(c.rows)].sum()) for c in number.cells]
        assert all(c.rows for c in number.cells), number.name
        assert RULES[number.rule].compute(*sums) == pytest.approx(number.value, abs=1e-9)
        assert len("demografi_" + number.name) <= 40


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_has_no_number_that_it_does_not_know(drawn_gap: dg.Gap, language: str) -> None:
    for sentence in chapter(drawn_gap, language).sentences:
        rest = "".join(piece for piece in sentence.pieces if isinstance(piece, str))
        rest = re.sub(r"\b(?:19|20)\d\d\b", "", rest)
        ages_and_dates = r"0–5|6–15|20–66|67–79|0–66|0-66|67\+|80\+|\b(?:67|80|55|70|1|31)\b"
        assert not re.search(r"\d", re.sub(ages_and_dates, "", rest)), (sentence, rest)


def test_the_sentences_are_those_of_the_chapter_ready_to_paste(gap: dg.Gap) -> None:
    said = dg.sentences(gap, "nn")
    assert said[0].startswith(
        "1. januar 2026 budde det 69 359 personar i Lakseregionen.".replace("69 359", "69\xa0359")
    )
    assert not [sentence for sentence in said if "Figur" in sentence]
    assert {number.name for sentence in said for number in sentence.numbers} >= {"users_80_2040", "nurses_gap_2040"}
    assert len(dg.sentences(gap.need)) < len(said)


def test_sentences_of_something_else_are_refused(projection: dg.Projection) -> None:
    with pytest.raises(dg.ReportError) as error:
        dg.sentences(projection)  # type: ignore[arg-type]
    assert str(error.value) == (
        "There are no sentences for a Projection.\n  They are said of a need, or of a gap.\n"
        "  dg.sentences(dg.need(projection))"
    )


def test_a_number_is_found_as_it_is_printed_and_as_it_is_typed(written: Path) -> None:
    as_typed = [dg.trace(typed, written) for typed in ("2 324", "2\xa0324", "2324", "users_80_2040")]
    for found in as_typed:
        row = (
            found.iloc[0]
            if found.iloc[0]["name"] == "users_80_2040"
            else found[found["name"] == "users_80_2040"].iloc[0]
        )
        assert (row["figure"], row["sheet"]) == ("772 flere brukere på 80 år og eldre fram til 2040", "Figur 6")
        assert row["cell"].startswith("value: B")
        assert "SSB 07459" in row["source"]
        assert "2026-11-21" in row["fetched"]
        assert re.search(r"[0-9a-f]{64}", row["sha256"])


def test_a_cell_of_the_trace_holds_the_number_in_the_workbook(written: Path) -> None:
    row = dg.trace("users_80_2040", written).iloc[0]
    sheet = openpyxl.load_workbook(written / "numbers.xlsx", data_only=True)[row["sheet"]]
    assert sheet[row["cell"].removeprefix("value: ")].value == pytest.approx(row["value"])


def test_a_number_that_stands_nowhere_is_refused(written: Path) -> None:
    with pytest.raises(dg.ReportError) as error:
        dg.trace("123 456", written)
    lines = str(error.value).splitlines()
    assert lines[0] == f"The number '123 456' stands nowhere in '{written}'."
    assert lines[-1] == "  Copy it from the chapter as it is printed: demografi trace '3 409' --in lakseregionen"


def test_a_folder_without_a_report_is_refused(tmp_path: Path) -> None:
    with pytest.raises(dg.ReportError) as error:
        dg.trace("3 409", tmp_path)
    assert str(error.value).splitlines()[0] == f"There is no report in '{tmp_path}'."
    (tmp_path / "numbers.json").write_text("{", encoding="utf-8")
    with pytest.raises(dg.ReportError, match="is damaged"):
        dg.trace("3 409", tmp_path)


def _formulas(path: Path) -> dict[tuple[str, str], str]:
    book = openpyxl.load_workbook(path)
    return {
        (sheet.title, cell.coordinate): cell.value
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if isinstance(cell.value, str) and cell.value.startswith("=")
    }


def test_the_values_written_beside_the_formulas_are_the_figures_own(drawn_gap: dg.Gap, written: Path) -> None:
    told = chapter(drawn_gap)
    bases = {basis.name: basis for basis in told.bases}
    values = openpyxl.load_workbook(written / "numbers.xlsx", data_only=True)["Tall i teksten"]
    formulas = openpyxl.load_workbook(written / "numbers.xlsx")["Tall i teksten"]
    for row, number in enumerate(told.numbers, start=6):
        assert values.cell(row, 1).value == f"demografi_{number.name}"
        assert values.cell(row, 2).value == pytest.approx(number.value)
        assert formulas.cell(row, 2).value == formula_of(number, bases)
        assert values.cell(row, 4).value == number.printed


def _computed(formula: str, sheet: str, book: openpyxl.Workbook) -> float:
    """Compute a formula of sums, differences and quotients as a spreadsheet would."""

    def cells(found: re.Match[str]) -> str:
        name, letter, first, last = found[1] or sheet, found[2], int(found[3]), int(found[4] or found[3])
        return repr(float(sum(book[name][f"{letter}{row}"].value for row in range(first, last + 1))))

    plain = re.sub(r"(?:'([^']+)'!)?\b([A-Z]{1,2})(\d+)(?::[A-Z]{1,2}(\d+))?", cells, formula[1:])
    assert re.fullmatch(r"[-+*/().,e\d]*(?:SUM[-+*/().,e\d]*)*", plain), plain
    return float(eval(plain, {"SUM": lambda *values: sum(values)}))


def test_every_formula_gives_the_value_written_beside_it(written: Path) -> None:
    values = openpyxl.load_workbook(written / "numbers.xlsx", data_only=True)
    formulas = _formulas(written / "numbers.xlsx")
    assert len(formulas) > 200
    for (sheet, cell), formula in formulas.items():
        assert _computed(formula, sheet, values) == pytest.approx(values[sheet][cell].value), (sheet, cell, formula)


def test_change_and_per_cent_are_formulas(written: Path) -> None:
    book = openpyxl.load_workbook(written / "numbers.xlsx")
    header = [cell.value for cell in book["Figur 7"][5]]
    assert header == ["region", "name", "start", "end", "change", "growth"]
    assert [cell.value for cell in book["Figur 7"][6]][-2:] == ["=D6-C6", "=D6/C6-1"]


def test_every_number_of_the_text_has_a_name_in_the_workbook(written: Path) -> None:
    book = openpyxl.load_workbook(written / "numbers.xlsx")
    assert set(book.defined_names) == {f"demografi_{one['name']}" for one in read_index(written)["numbers"]}


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed")
def test_libreoffice_computes_every_formula_to_the_figures_number(written: Path, tmp_path: Path) -> None:
    emptied = tmp_path / "emptied.xlsx"
    with zipfile.ZipFile(written / "numbers.xlsx") as book, zipfile.ZipFile(emptied, "w") as without:
        for name in book.namelist():
            content = book.read(name)
            if name.startswith("xl/worksheets/"):
                # Without the values beside them the formulas must be computed.
                content = re.sub(rb"(</f>)<v>[^<]*</v>", rb"\1", content)
            without.writestr(name, content)
    out = tmp_path / "out"
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = [str(SOFFICE), profile, "--headless", "--convert-to", "xlsx", "--outdir", str(out), str(emptied)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    ours = openpyxl.load_workbook(written / "numbers.xlsx", data_only=True)
    theirs = openpyxl.load_workbook(out / "emptied.xlsx", data_only=True)
    formulas = _formulas(written / "numbers.xlsx")
    assert len(formulas) > 200
    for sheet, cell in formulas:
        assert theirs[sheet][cell].value == pytest.approx(ours[sheet][cell].value), (sheet, cell)


def test_the_index_holds_the_whole_workbook_for_programs(written: Path, gap: dg.Gap) -> None:
    told = json.loads((written / "numbers.json").read_text(encoding="utf-8"))
    (users,) = [table for table in told["tables"] if table["name"] == "users"]
    pd.testing.assert_frame_equal(pd.DataFrame(users["rows"], columns=users["columns"]), gap.need.history())
    assert users["sources"] == ["population_municipalities", "care_users"]
    assert column_letter(27) == "AB"
