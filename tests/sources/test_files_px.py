"""PX files keep their codes, signs, units, notes and languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from demografi.errors import SourceError, TableError
from demografi.regions import harmonise
from demografi.sources.files import read

PX = """CHARSET="ANSI";
AXIS-VERSION="2013";
LANGUAGE="no";
LANGUAGES="no","en";
MATRIX="Personer1";
TABLEID="07459";
DECIMALS=0;
TITLE="07459: Befolkning, etter region, kjønn, "
"statistikkvariabel og år";
TITLE[en]="07459: Population, by region, sex, contents and year";
CONTENTS="Befolkning";
STUB="region","kjønn";
STUB[en]="region","sex";
HEADING="statistikkvariabel","år";
HEADING[en]="contents","year";
CONTVARIABLE="statistikkvariabel";
VALUES("region")="Hitra","Frøya; øya";
VALUES[en]("region")="Hitra","Froya";
VALUES("kjønn")="Kvinner","Menn";
VALUES[en]("sex")="Females","Males";
VALUES("statistikkvariabel")="Personer";
VALUES[en]("contents")="Persons";
VALUES("år")="2025","2026";
VALUES[en]("year")="2025","2026";
TIMEVAL("år")=TLIST(A1),"2025","2026";
CODES("region")="5056","5014";
CODES("kjønn")="2","1";
CODES("statistikkvariabel")="Personer1";
CODES("år")="2025","2026";
VARIABLECODE("region")="Region";
VARIABLECODE("kjønn")="Kjonn";
VARIABLECODE("statistikkvariabel")="ContentsCode";
VARIABLECODE("år")="Tid";
LAST-UPDATED("Personer")="20260225 08:00";
UNITS("Personer")="personer";
NOTE="Tall per 1. januar.";
VALUENOTE("region","Hitra")="Delt i 2020.";
DATASYMBOL3=":";
SOURCE="Statistisk sentralbyrå";
DATA=
2700 2741
"..." ".."
1 "."
-5 "-";
"""


def _written(tmp_path: Path, text: str = PX, encoding: str = "cp1252") -> Path:
    path = tmp_path / "table.px"
    path.write_bytes(text.encode(encoding))
    return path


def test_codes_signs_and_labels_of_a_px_file_are_kept(tmp_path):
    table = read(_written(tmp_path))
    frame = table.to_frame()
    assert table.kind == "px"
    assert table.dimensions == ("Region", "Kjonn", "ContentsCode", "Tid")
    assert frame["Region"].tolist() == ["5056"] * 4 + ["5014"] * 4
    assert frame["value"].fillna(-1).tolist() == [2700, 2741, -1, -1, 1, -1, -5, 0]
    assert frame["status"].tolist() == ["", "", ":", "..", "", ".", "", ""]
    assert table.labels["Region"] == {"5056": "Hitra", "5014": "Frøya; øya"}
    assert table.units == {"Personer1": "personer"}
    assert table.notes == ("Tall per 1. januar.", "region, Hitra: Delt i 2020.")
    assert table.updated == "20260225 08:00"
    assert table.source.table == "tabell 07459"
    assert table.source.title == "07459: Befolkning, etter region, kjønn, statistikkvariabel og år"


def test_a_px_file_is_tidied_to_the_librarys_keys(tmp_path):
    frame = read(_written(tmp_path)).tidy()
    assert frame.head(1)[["region", "sex", "contents", "year"]].values.tolist() == [
        ["5056", "female", "Personer1", 2025]
    ]


def test_a_px_file_goes_through_tidy_to_the_borders_of_2024(tmp_path):
    text = PX.replace('"5056","5014"', '"1617","1620"').replace('"2025","2026"', '"2015","2016"')
    out = harmonise(read(_written(tmp_path, text)).tidy(), measure="value").set_index(["region", "year", "sex"])
    assert out.loc[("5014", 2015, "female"), "value"] == 1
    assert out.loc[("5014", 2016, "female"), "status"] == "."
    assert out.loc[("5056", 2015, "female"), "quality"] == "split"
    assert out.loc[("rest", 2016, "female"), "value"] == 2741


def test_another_language_of_a_px_file_gives_other_words_and_the_same_cells(tmp_path):
    path = _written(tmp_path)
    english = read(path, language="en")
    assert english.labels["Kjonn"] == {"2": "Females", "1": "Males"}
    assert english.to_frame().equals(read(path).to_frame())


def test_a_language_the_px_file_lacks_is_refused(tmp_path):
    with pytest.raises(SourceError, match="no texts in 'fi'") as refused:
        read(_written(tmp_path), language="fi")
    assert "It has: no, en." in str(refused.value)


def test_a_px_file_without_a_character_set_is_read_as_dos_wrote_it(tmp_path):
    text = PX.replace('CHARSET="ANSI";\n', "")
    assert read(_written(tmp_path, text, "cp850")).labels["Region"]["5014"] == "Frøya; øya"
    assert read(_written(tmp_path, text, "utf-8")).labels["Region"]["5014"] == "Frøya; øya"


def test_a_px_file_that_is_not_in_the_encoding_it_names_is_refused(tmp_path):
    text = PX.replace("LANGUAGE=", 'CODEPAGE="utf-8";\nLANGUAGE=', 1)
    with pytest.raises(SourceError, match="says it is written in 'utf-8', and is not"):
        read(_written(tmp_path, text, "cp1252"))


def test_a_px_file_cut_in_the_middle_is_refused(tmp_path):
    with pytest.raises(SourceError, match="is cut: the keyword DATA has no end"):
        read(_written(tmp_path, PX[: PX.index("-5")]))


def test_a_px_file_with_too_few_values_is_refused(tmp_path):
    with pytest.raises(SourceError, match="has 7 values, and its variables ask for 8"):
        read(_written(tmp_path, PX.replace('-5 "-";', "-5;")))


def test_a_px_value_that_is_no_number_is_refused(tmp_path):
    with pytest.raises(TableError, match="neither number nor sign"):
        read(_written(tmp_path, PX.replace("2741", "27x41")))


def test_a_px_file_without_data_is_refused(tmp_path):
    with pytest.raises(SourceError, match="lacks DATA"):
        read(_written(tmp_path, PX[: PX.index("DATA=")]))


def test_codes_and_texts_of_a_px_variable_must_be_as_many(tmp_path):
    with pytest.raises(SourceError, match="2 texts and 1 codes for 'kjønn'"):
        read(_written(tmp_path, PX.replace('"2","1"', '"2"')))


def test_a_px_file_of_some_cells_only_is_refused(tmp_path):
    with pytest.raises(SourceError, match="only some cells"):
        read(_written(tmp_path, PX.replace("DECIMALS=0;", 'KEYS("region")=CODES;')))


def test_a_keyword_that_never_ends_is_refused_at_once(tmp_path):
    with pytest.raises(SourceError, match="is cut"):
        read(_written(tmp_path, 'CHARSET="ANSI";\nNOTE=' + "a" * 200_000))
