"""Statbank downloads become one row per cell, with codes, signs and labels."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from demografi.errors import TableError
from demografi.sources.files import read

SAMPLES = "samples"


def _written(tmp_path: Path, text: str, encoding: str = "iso-8859-1", name: str = "download.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


def _value(table, **keys):
    frame = table.to_frame()
    for key, wanted in keys.items():
        frame = frame[frame[key] == wanted]
    assert len(frame) == 1, frame
    return frame["value"].item()


@pytest.mark.reference
def test_the_tab_style_has_years_in_its_headings(reference):
    table = read(reference / SAMPLES / "ssb_07459_csv_tab_en_2005_2009_head.csv")
    assert table.kind == "statbank"
    assert table.dimensions == ("region", "age", "contents", "year")
    assert _value(table, region="0101", age=0, year=2005) == 314
    assert _value(table, region="0104", age=105, year=2008) == 1
    assert dict(table.labels["region"]) == {"0101": "Halden", "0104": "Moss"}
    assert table.labels["age"]["105"] == "105 years or older"
    assert len(table.to_frame()) == 1060


@pytest.mark.reference
def test_the_semicolon_style_has_a_title_and_grouped_codes(reference):
    table = read(reference / SAMPLES / "ssb_07459_csv_semicolon_en_2021_head.csv")
    assert (table.source.publisher, table.source.table) == ("SSB", "tabell 07459")
    assert table.source.title.startswith("Population, by region")
    assert len(table.source.sha256) == 64
    assert _value(table, region="K-3001", age=1) == 269
    assert table.to_frame()["year"].unique().tolist() == [2021]


@pytest.mark.reference
def test_the_third_style_has_sex_in_its_headings(reference):
    table = read(reference / SAMPLES / "ssb_07459_csv_semicolon_sexcolumns_en_2023_head.csv")
    assert _value(table, region="K-3001", age=0, sex="male") == 127
    assert _value(table, region="K-3002", age=101, sex="female") == 0
    assert set(table.to_frame()["contents"]) == {"Persons"}


@pytest.mark.reference
def test_the_norwegian_long_style_in_latin_1_keeps_its_letters(reference):
    table = read(reference / SAMPLES / "ssb_10211_csv_semicolon_no_latin1_head.csv")
    assert _value(table, year=1846) == 36372
    assert table.labels["sex"]["both"] == "Begge kjønn"
    other = read(reference / SAMPLES / "ssb_13599_csv_semicolon_no_latin1_head.csv")
    assert _value(other, year=2100, age=0) == 55541
    assert "Hovedalternativ (MMM)" in set(other.to_frame()["alternativ"])


@pytest.mark.reference
def test_cells_of_the_sample_equal_the_whole_country_file(reference):
    table = read(reference / SAMPLES / "ssb_07459_csv_tab_en_2005_2009_head.csv").to_frame()
    whole = pd.read_parquet(reference / "ssb_07459_population_municipality_original_codes_by_age_2005_2026.parquet")
    both = table.merge(whole, left_on=["region", "year", "age"], right_on=["region_code", "year", "age"])
    assert len(both) == len(table)
    assert (both["value_x"] == both["value_y"]).all()


@pytest.mark.parametrize("encoding", ["iso-8859-1", "utf-8", "utf-8-sig", "utf-16"])
def test_the_encoding_is_seen_from_the_bytes(tmp_path, encoding):
    text = (
        '"07459: Befolkning, etter region, kjønn, år og statistikkvariabel"\r\n\r\n"region";"kjønn";"år";"Personer"\r\n'
    )
    path = _written(tmp_path, text + '"5014 Frøya";"Kvinner";"2026";2741\r\n', encoding)
    table = read(path)
    assert table.labels["region"] == {"5014": "Frøya"}
    assert table.to_frame()[["region", "sex", "year", "value"]].values.tolist() == [["5014", "female", 2026, 2741.0]]


def test_signs_are_kept_and_have_no_value_and_a_dash_is_zero(tmp_path):
    head = '"region";"alder";"Personer 2024";"Personer 2025"\n'
    path = _written(
        tmp_path, head + '"5056 Hitra";"0 år";.;".."\n"5056 Hitra";"1 år";":";0\n"5056 Hitra";"2 år";-;12\n'
    )
    frame = read(path).to_frame().sort_values(["age", "year"])
    assert frame["status"].tolist() == [".", "..", ":", "", "", ""]
    assert frame["value"].isna().tolist() == [True, True, True, False, False, False]
    assert frame["value"].tolist()[3] == 0


def test_decimal_comma_and_hard_spaces_are_read(tmp_path):
    path = _written(
        tmp_path, '"region";"år";"Årsverk"\n"0 Hele landet";"2025";1\u00a0234,5\n"5056 Hitra";"2025";-3,5\n'
    )
    assert read(path).to_frame()["value"].tolist() == [1234.5, -3.5]


def test_age_groups_become_plain_codes(tmp_path):
    groups = ("0-66 år", "67–79 år", "80 år eller eldre", "I alt")
    rows = "".join(f'"5056 Hitra";"{group}";{i}\n' for i, group in enumerate(groups))
    path = _written(tmp_path, '"region";"alder";"Personer 2025"\n' + rows, "utf-8")
    assert read(path).to_frame()["age"].tolist() == ["0-66", "67-79", "80+", "total"]


def test_an_open_age_before_105_is_not_taken_for_a_single_year(tmp_path):
    path = _written(
        tmp_path, '"region";"alder";"Personer 2025"\n"5056 Hitra";"99 år";1\n"5056 Hitra";"100 år eller eldre";2\n'
    )
    assert read(path).to_frame()["age"].tolist() == ["99", "100+"]


def test_quarters_stay_text(tmp_path):
    path = _written(tmp_path, '"region";"kvartal";"Folketallet"\n"5056 Hitra";"2024K1";5500\n')
    assert read(path).to_frame()["kvartal"].tolist() == ["2024K1"]


def test_a_word_that_is_no_age_is_named_with_its_row_and_column(tmp_path):
    path = _written(tmp_path, '"region";"alder";"Personer 2025"\n"5056 Hitra";"0 år";1\n"5056 Hitra";"ung";2\n')
    with pytest.raises(TableError, match="'ung' is not an age") as refused:
        read(path)
    assert "Row 3, column B" in str(refused.value)


def test_a_cell_that_is_no_number_is_named_with_its_row_and_column(tmp_path):
    path = _written(tmp_path, '"region";"alder";"Personer 2025"\n"5056 Hitra";"0 år";mange\n')
    with pytest.raises(TableError, match="'mange' is neither a number nor a sign") as refused:
        read(path)
    assert "Row 2, column C" in str(refused.value)


def test_headings_with_and_without_a_year_side_by_side_are_refused(tmp_path):
    path = _written(tmp_path, "region;users;Brukere 2025\n5056;1;2\n")
    with pytest.raises(TableError, match="Some headings name a year and others do not"):
        read(path)


def test_a_row_that_stands_twice_is_refused(tmp_path):
    path = _written(tmp_path, '"region";"alder";"Personer 2025"\n"5056 Hitra";"0 år";1\n"5056 Hitra";"0 år";1\n')
    with pytest.raises(TableError, match="1 row of the table stand twice"):
        read(path)


def test_a_row_wider_than_the_header_is_refused(tmp_path):
    path = _written(tmp_path, '"region";"alder";"Personer 2025"\n"5056 Hitra";"0 år";1;2\n')
    with pytest.raises(TableError, match="more cells than the header") as refused:
        read(path)
    assert "Row 2: 4 cells, the header has 3." in str(refused.value)


def test_two_unnamed_variables_in_a_heading_are_refused(tmp_path):
    title = '"12345: Brukere, by region, contents, year, service and type"\n\n'
    path = _written(tmp_path, title + '"region";"Users 2025 Home Night"\n"5056 Hitra";1\n')
    with pytest.raises(TableError, match="cannot be parted in contents, year, service, type"):
        read(path)


def _workbook(tmp_path: Path, rows: list[list[object]], title: str = "Personer") -> Path:
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    path = tmp_path / "download.xlsx"
    book.save(path)
    return path


def test_a_statbank_workbook_has_headings_in_steps_and_notes_below(tmp_path):
    rows = [
        ["07459: Befolkning, etter region, kjønn, alder, statistikkvariabel og år"],
        [],
        [None, None, None, "Personer"],
        [None, None, None, "2025", "2026"],
        ["5056 Hitra", "Kvinner", "0 år", 20, 21],
        [None, None, "1 år", 22, ".."],
        [None, "Menn", "0 år", 24, 25],
        [None, None, "105 år eller eldre", 0, "."],
        [],
        ["Tallene for 2026 er foreløpige og kan bli rettet."],
        ["Sist oppdatert:"],
        ["20260225 08:00"],
        ["Kilde:"],
        ["Statistisk sentralbyrå"],
    ]
    table = read(_workbook(tmp_path, rows))
    assert table.dimensions == ("region", "sex", "age", "contents", "year")
    assert _value(table, sex="female", age=0, year=2026) == 21
    assert _value(table, sex="male", age=105, year=2025) == 0
    assert table.updated == "20260225"
    assert table.notes == ("Tallene for 2026 er foreløpige og kan bli rettet.",)
    signs = table.to_frame().query("status != ''")["status"].tolist()
    assert sorted(signs) == [".", ".."]


def test_a_refusal_of_a_workbook_names_the_sheet(tmp_path):
    path = _workbook(tmp_path, [["region", "alder", "Personer 2025"], ["5056 Hitra", "ung", 3]], "Ark 2")
    with pytest.raises(TableError) as refused:
        read(path)
    assert "Sheet 'Ark 2', row 2, column B" in str(refused.value)


def test_codes_of_the_new_api_become_the_librarys_own_by_tidy(tmp_path):
    path = _written(
        tmp_path,
        "Region,Kjonn,Alder,ContentsCode,Tid,value\n5056,2,007,Personer,2026,31\n5056,1,105+,Personer,2026,0\n",
    )
    frame = read(path).tidy()
    assert frame[["region", "sex", "age", "year", "value"]].values.tolist() == [
        ["5056", "female", 7, 2026, 31.0],
        ["5056", "male", 105, 2026, 0.0],
    ]


def test_a_table_cannot_be_changed_from_outside(tmp_path):
    table = read(_written(tmp_path, "region;year;persons\n5056;2026;5568\n"))
    frame = table.to_frame()
    frame["value"] = 0
    assert table.to_frame()["value"].tolist() == [5568]
    with pytest.raises(TypeError):
        table.labels["region"] = {}
    with pytest.raises(AttributeError):
        table.kind = "other"


def test_own_tables_keep_several_measures_marks_and_unknown_columns(tmp_path):
    path = _written(tmp_path, "region;year;scenario;users;fte;status\n5056;2026;main;12;3.5;\n5056;2027;main;;;:\n")
    frame = read(path).to_frame()
    assert frame[["contents", "value", "status"]].fillna(-1).values.tolist() == [
        ["users", 12.0, ""],
        ["users", -1, ":"],
        ["fte", 3.5, ""],
        ["fte", -1, ":"],
    ]
    assert set(frame["scenario"]) == {"main"}


def test_a_value_with_a_sign_beside_it_is_refused(tmp_path):
    with pytest.raises(TableError, match="both a value and a sign"):
        read(_written(tmp_path, "region;year;persons;status\n5056;2026;12;:\n"))


def test_code_and_name_side_by_side_are_one_region(tmp_path):
    table = read(_written(tmp_path, "kommunenummer;kommune;år;personer\n5056;Hitra;2026;5568\n"))
    assert table.dimensions == ("region", "year", "contents")
    assert table.labels["region"] == {"5056": "Hitra"}


def test_numbers_under_a_word_nobody_knows_are_asked_about(tmp_path):
    path = _written(tmp_path, "region;year;deaths;population_jan1\n5056;2025;50;5559\n5014;2025;7;811\n")
    with pytest.raises(TableError, match="whether the numbers under 'population_jan1' are values or codes") as refused:
        read(path)
    assert "values=['deaths', 'population_jan1']" in str(refused.value)
    told = read(path, values=("deaths", "population_jan1")).to_frame()
    assert told["contents"].tolist() == ["deaths"] * 2 + ["population_jan1"] * 2
    with pytest.raises(TableError, match="No column is headed 'births'"):
        read(path, values=("births",))


def test_of_two_columns_of_unknown_numbers_neither_is_taken_for_a_dimension(tmp_path):
    with pytest.raises(TableError, match="whether the numbers under 'tfr' are values or codes"):
        read(_written(tmp_path, "region;year;tfr;srb\n5056;2025;1.41;1.06\n5014;2025;1.5;1.06\n"))


def test_a_year_that_is_part_of_a_name_is_not_a_heading_of_that_year(tmp_path):
    table = read(_written(tmp_path, "region;code_2024;year;persons\n1621;5057;2017;5000\n"))
    assert table.dimensions == ("region", "code_2024", "year", "contents")


def test_a_note_beside_a_value_does_not_identify_it(tmp_path):
    table = read(_written(tmp_path, "region;year;persons;merknad\n5056;2026;5568;\n5014;2026;5794;anslag\n"))
    assert table.dimensions == ("region", "year", "contents")
    assert table.to_frame()["note"].tolist() == ["", "anslag"]


def test_our_own_parquet_is_read(tmp_path):
    path = tmp_path / "own.parquet"
    pd.DataFrame({"region": ["0301"], "year": [2026], "age": [5], "persons": [7.0]}).to_parquet(path)
    assert read(path).to_frame()[["region", "year", "age", "value"]].values.tolist() == [["0301", 2026, 5, 7.0]]


def test_year_ends_become_the_next_new_year_and_are_said_aloud(tmp_path):
    path = _written(
        tmp_path, "kommune;kjønn;Innbyggere 31.12.2024;Innbyggere 31.12.2025\n4001 Porsgrunn;Kvinner;10;11\n"
    )
    table = read(path)
    assert table.to_frame()[["year", "value"]].values.tolist() == [[2025, 10.0], [2026, 11.0]]
    assert table.notes == ("Counted on 31 December; 2024 is given as 1 January 2025, and so on.",)


def test_year_ends_that_only_the_caller_knows_of_are_said_with_an_argument(tmp_path):
    path = _written(tmp_path, "kommune;år;personer\n4001;2025;11\n")
    assert read(path).to_frame()["year"].tolist() == [2025]
    assert read(path, year_end=True).to_frame()["year"].tolist() == [2026]


def test_users_counted_on_31_december_keep_their_year(tmp_path):
    table = read(_written(tmp_path, "kommune;Brukere 31.12.2025\n5056;90\n"))
    assert table.to_frame()[["year", "reference_date", "value"]].values.tolist() == [[2025, "2025-12-31", 90.0]]
