"""The ministry's workbook and the user's own staff table, as XLSX, ODS and CSV."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table as OdfTable
from odf.table import TableCell, TableRow
from odf.text import P

from demografi.errors import SourceError, TableError
from demografi.sources.files import SERVICES, Layout, read
from demografi.sources.files.staff import staff_frame

Rows = list[list[object]]


def _xlsx(path: Path, rows: Rows) -> Path:
    book = openpyxl.Workbook()
    book.active.title = "Data"
    for row in rows:
        book.active.append(row)
    book.save(path.with_suffix(".xlsx"))
    return path.with_suffix(".xlsx")


def _ods(path: Path, rows: Rows) -> Path:
    document = OpenDocumentSpreadsheet()
    table = OdfTable(name="Data")
    for row in rows:
        line = TableRow()
        for cell in row:
            number = isinstance(cell, int | float)
            filled = TableCell(valuetype="float", value=cell) if number else TableCell(valuetype="string")
            if cell is not None and not number:
                filled.addElement(P(text=str(cell)))
            line.addElement(filled)
        table.addElement(line)
    document.spreadsheet.addElement(table)
    document.save(str(path.with_suffix(".ods")))
    return path.with_suffix(".ods")


def _csv(path: Path, rows: Rows) -> Path:
    text = "\n".join(";".join("" if cell is None else str(cell) for cell in row) for row in rows)
    path.with_suffix(".csv").write_bytes((text + "\n").encode("iso-8859-1"))
    return path.with_suffix(".csv")


WRITERS = pytest.mark.parametrize("write", [_xlsx, _ods, _csv], ids=["xlsx", "ods", "csv"])
Write = Callable[[Path, Rows], Path]

SERVICES_ROWS: Rows = [
    ["Tjenestebehov"],
    ["Kommunenr", "Kommune", "Tjeneste", "Type", "Estimert", "2021", "2030", "2040"],
    ["5056", "Hitra", "Institusjon", "Mottakere", "nei", 40, 52, 70],
    ["5056", "Hitra", "Institusjon", "Årsverk", "ja", 60.5, 75, 101.25],
    ["1576", "Aure", "Hjemmetjenester", "Mottakere", "nei", 0, ".", "mangler"],
    ["1576", "Aure", "Hjemmetjenester", "Årsverk", "nei", None, "12*", ":"],
]
LAYOUT = Layout(
    columns={"region": "Kommunenr", "service": "Tjeneste", "contents": "Type", "estimated": "Estimert"},
    headings=r"(?P<year>\d{4})",
    words=SERVICES.words,
)


@WRITERS
def test_the_ministrys_table_is_read_through_a_declared_layout(tmp_path, write: Write):
    table = read(write(tmp_path / "tjenestebehov", SERVICES_ROWS), layout=LAYOUT)
    frame = table.to_frame()
    assert table.kind == "services"
    assert len(frame) == 12
    hitra = frame[(frame["region"] == "5056") & (frame["contents"] == "fte")]
    assert hitra[["year", "value", "quality"]].values.tolist() == [
        [2021, 60.5, "estimated"],
        [2030, 75.0, "estimated"],
        [2040, 101.25, "estimated"],
    ]
    aure = frame[frame["region"] == "1576"].sort_values(["contents", "year"])
    assert aure["status"].tolist() == ["..", "", ":", "", ".", ".."]
    assert aure["value"].fillna(-1).tolist() == [-1, 12, -1, 0, -1, -1]
    assert aure["quality"].tolist() == ["", "estimated", "", "", "", ""]
    assert set(frame["service"]) == {"institution", "home_service"}
    assert table.notes == (
        "4 values are marked as estimated by the publisher.",
        "4 cells have no value; nothing was filled.",
    )


def test_a_table_with_a_column_for_each_measure_is_read_by_an_expression(tmp_path):
    rows: Rows = [["Knr", "Mottakere institusjon 2021", "Årsverk hjemmetjenester 2040"], ["5056", 40, 90.5]]
    layout = Layout(
        columns={"region": "knr"},
        headings=r"(?P<contents>Mottakere|Årsverk) (?P<service>\w+) (?P<year>\d{4})",
        words=SERVICES.words,
    )
    frame = read(_xlsx(tmp_path / "wide", rows), layout=layout).to_frame()
    assert frame[["region", "service", "contents", "year", "value"]].values.tolist() == [
        ["5056", "institution", "users", 2021, 40.0],
        ["5056", "home_service", "fte", 2040, 90.5],
    ]


def test_a_header_that_is_not_there_is_named_with_the_nearest_row(tmp_path):
    layout = Layout(columns={"region": "Kommunenummer", "value": "Antall"})
    with pytest.raises(TableError, match="No row has the header 'Kommunenummer'") as refused:
        read(_xlsx(tmp_path / "x", SERVICES_ROWS), layout=layout)
    assert "Sheet 'Data', row" in str(refused.value)


def test_a_key_that_neither_column_nor_layout_gives_is_asked_for(tmp_path):
    rows: Rows = [["Kommunenr", "Antall", "Tjeneste", "Type"], ["5056", 1, "Institusjon", "Årsverk"]]
    columns = {"region": "Kommunenr", "value": "Antall", "service": "Tjeneste", "contents": "Type"}
    with pytest.raises(TableError, match="gives 'year'"):
        read(_csv(tmp_path / "x", rows), layout=Layout(columns=columns, words=SERVICES.words))
    fixed = Layout(columns=columns, words=SERVICES.words, fixed={"year": 2021})
    assert read(_csv(tmp_path / "x", rows), layout=fixed).to_frame()["year"].tolist() == [2021]


def test_a_measure_without_a_declared_meaning_is_refused(tmp_path):
    rows: Rows = [["Kommunenr", "År", "Antall", "Tjeneste", "Type"], ["5056", 2021, 1, "Institusjon", "Dekningsgrad"]]
    columns = {"region": "Kommunenr", "value": "Antall", "service": "Tjeneste", "contents": "Type", "year": "År"}
    with pytest.raises(TableError, match="'Dekningsgrad' is neither users nor person-years"):
        read(_csv(tmp_path / "x", rows), layout=Layout(columns=columns))


def test_a_word_that_is_neither_yes_nor_no_is_refused(tmp_path):
    rows: Rows = [list(row) for row in SERVICES_ROWS]
    rows[3][4] = "kanskje"
    with pytest.raises(TableError, match="'kanskje' says neither") as refused:
        read(_xlsx(tmp_path / "x", rows), layout=LAYOUT)
    assert "row 4, column E" in str(refused.value)


STAFF: Rows = [
    ["region", "occupation", "age", "persons", "fte", "year", "source"],
    ["5056", "nurse", "under 55", 10, 8.4, 2025, "lønnssystemet"],
    ["5056", "nurse", "55+", 3, 2, 2025, "lønnssystemet"],
    ["0301", "nurse", "60-64", 100, 120, 2025, "lønnssystemet"],
]


def _staff(**changes: object) -> Rows:
    rows = [list(row) for row in STAFF]
    rows[1][2] = "20-54"
    for place, cell in changes.items():
        rows[int(place[1])][STAFF[0].index(place[3:])] = cell
    return rows


@WRITERS
def test_a_staff_table_is_read_and_checked(tmp_path, write: Write):
    table = read(write(tmp_path / "staff", _staff()))
    assert table.kind == "staff"
    assert table.units == {"persons": "persons", "fte": "person-years"}
    frame = table.to_frame()
    heads = frame[frame["contents"] == "persons"]
    assert heads[["region", "occupation", "age_group", "year", "value", "source"]].values.tolist()[2] == [
        "0301",
        "nurse",
        "60-64",
        2025,
        100.0,
        "lønnssystemet",
    ]
    assert table.notes == ("Source as given: lønnssystemet.",)


def test_a_staff_table_takes_the_columns_of_observed_staff(tmp_path):
    import demografi as dg

    out = staff_frame(read(_csv(tmp_path / "staff", _staff())).to_frame())
    checked = dg.Observed.CONTRACTS["staff"].check(out)
    assert checked["persons"].tolist() == [10, 3, 100]
    assert checked["fte"].tolist() == [8.4, 2, 120]


def test_norwegian_headers_of_a_staff_table_are_understood(tmp_path):
    rows: Rows = [
        ["Kommune", "Yrke", "Alder", "Årsverk", "År", "Kilde"],
        ["5056 Hitra", "sykepleier", "55 år og over", "2,5", 2025, "lønn"],
    ]
    frame = read(_csv(tmp_path / "staff", rows)).to_frame()
    assert frame[["region", "age_group", "contents", "value"]].values.tolist() == [["5056", "55+", "fte", 2.5]]


@pytest.mark.parametrize(
    ("place", "cell", "said", "where"),
    [
        ("r1_persons", 10.5, "10.5 is no number of heads", "row 2, column D"),
        ("r2_persons", -1, "persons of a row are below zero", "row 3, column D"),
        ("r1_fte", 12.1, "12.1 person-years by 10 heads is more than 1.2 each", "row 2, column E"),
        ("r3_region", 301, "'301' has lost its leading zero", "row 4, column A"),
        ("r2_source", None, "A row of the staff table has no source", "row 3, column G"),
        ("r2_year", "i fjor", "'i fjor' is no year", "row 3, column F"),
        ("r2_age", "gammel", "'gammel' is not an age", "row 3, column C"),
        ("r2_age", "20-54", "stands twice", "row 3, column A"),
        ("r2_age", dt.datetime(2025, 12, 10), "The age is the date '2025-12-10'", "row 3, column C"),
    ],
)
def test_a_fault_in_a_staff_table_names_its_cell(tmp_path, place, cell, said, where):
    with pytest.raises(TableError) as refused:
        read(_xlsx(tmp_path / "staff", _staff(**{place: cell})))
    assert said in str(refused.value)
    assert f"Sheet 'Data', {where}" in str(refused.value)


def test_heads_times_one_point_two_is_just_allowed(tmp_path):
    assert len(read(_csv(tmp_path / "staff", _staff(r1_fte=12))).to_frame()) == 6


def test_a_staff_table_without_its_source_column_is_refused(tmp_path):
    rows = [row[:-1] for row in _staff()]
    with pytest.raises(TableError, match="lacks the column 'source'"):
        read(_csv(tmp_path / "staff", rows))


def test_a_column_the_staff_table_does_not_know_is_refused(tmp_path):
    rows = [[*row, "x"] for row in _staff()]
    rows[0][-1] = "personnummer"
    with pytest.raises(TableError, match="a column 'personnummer' that is not known"):
        read(_csv(tmp_path / "staff", rows))


def test_a_workbook_with_two_tables_asks_which(tmp_path):
    path = tmp_path / "two.xlsx"
    book = openpyxl.Workbook()
    for title in ("En", "To"):
        sheet = book.create_sheet(title)
        sheet.append(["region", "year", "persons"])
        sheet.append(["5056", 2026, 1 if title == "En" else 2])
    book.save(path)
    with pytest.raises(SourceError, match="has 2 sheets with tables") as refused:
        read(path)
    assert "sheet='En'" in str(refused.value)
    assert read(path, sheet="To").to_frame()["value"].tolist() == [2]
    with pytest.raises(SourceError, match="no sheet 'Tre'"):
        read(path, sheet="Tre")


def test_blank_rows_and_repeated_cells_of_an_ods_are_not_part_of_the_table(tmp_path):
    document = OpenDocumentSpreadsheet()
    table = OdfTable(name="Data")
    for cells in (["region", "year", "persons"], ["5056", 2026, 7]):
        line = TableRow()
        for cell in cells:
            line.addElement(TableCell(valuetype="float", value=cell) if isinstance(cell, int) else _text(cell))
        line.addElement(TableCell(numbercolumnsrepeated=16381))
        table.addElement(line)
    table.addElement(TableRow(numberrowsrepeated=1048573))
    document.spreadsheet.addElement(table)
    document.save(str(tmp_path / "padded.ods"))
    assert read(tmp_path / "padded.ods").to_frame()["value"].tolist() == [7]


def _text(said: str) -> TableCell:
    cell = TableCell(valuetype="string")
    cell.addElement(P(text=said))
    return cell


def test_an_ods_reads_as_pandas_and_odfpy_read_it(tmp_path):
    path = _ods(
        tmp_path / "same",
        [["region", "year", "persons", "fte"], *([str(1000 + i), 2026, i, i / 4] for i in range(300))],
    )
    oracle = pd.read_excel(path, engine="odf", dtype={"region": str})
    ours = read(path).to_frame().pivot(index="region", columns="contents", values="value")
    assert ours["persons"].tolist() == oracle["persons"].tolist()
    assert ours["fte"].tolist() == oracle["fte"].tolist()
