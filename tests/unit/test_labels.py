"""Words and numbers read as a Norwegian reader expects them."""

import csv
import math
import re
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from demografi.errors import TableError
from demografi.labels import (
    LANGUAGES,
    date,
    join_names,
    label,
    number,
    percent,
    place,
    text,
    times_word,
    year_range,
)


def _rows(name):
    file = resources.files("demografi").joinpath("data", name)
    return list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))


def test_the_label_table_has_no_empty_cell_and_no_duplicate_key():
    rows = _rows("labels.csv")
    assert list(rows[0]) == ["key", "unit", "nb", "nn", "en"]
    for row in rows:
        assert None not in row, row
        assert all(cell and cell.strip() == cell for cell in row.values()), row
    keys = [row["key"] for row in rows]
    assert len(keys) == len(set(keys))


def test_every_sentence_has_the_same_blanks_in_all_languages():
    from string import Formatter

    for row in _rows("labels.csv"):
        blanks = [{name for _, name, _, _ in Formatter().parse(row[code]) if name} for code in LANGUAGES]
        assert blanks[0] == blanks[1] == blanks[2], row["key"]


def test_the_preposition_table_has_no_empty_cell_and_no_duplicate_name():
    rows = _rows("prepositions.csv")
    assert {row["preposition"] for row in rows} == {"i", "på"}
    names = [row["name"] for row in rows]
    assert len(names) == len(set(names))


def test_a_key_gives_its_word_in_each_language():
    assert [label("source", code) for code in LANGUAGES] == ["Kilde", "Kjelde", "Source"]
    assert label("users") == "brukere"


def test_an_unknown_key_is_refused_with_the_nearest():
    with pytest.raises(TableError) as refusal:
        label("sourse")
    assert str(refusal.value) == (
        "No label is called 'sourse'.\n  Did you mean 'source'?\n"
        "  See the keys in the first column of demografi/data/labels.csv."
    )


def test_an_unknown_language_is_refused():
    for refused in (
        lambda: label("source", "no"),
        lambda: number(1, language="no"),
        lambda: percent(0.1, language="no"),
        lambda: place("Hitra", "no"),
        lambda: times_word(2, "no"),
        lambda: date("2025-01-01", "no"),
        lambda: join_names(["A"], "no"),
    ):
        with pytest.raises(TableError, match="No language is called 'no'"):
            refused()


def test_a_sentence_is_filled_with_words_already_formatted():
    assert text("value_in_year", "nb", value=number(2922), year="2040") == "2\u00a0922 i 2040"
    assert text("value_in_year", "en", value=number(2922, language="en"), year="2040") == "2,922 in 2040"


def test_a_blank_left_unfilled_is_refused():
    with pytest.raises(TableError) as refusal:
        text("value_in_year", "nb", value="1")
    assert str(refusal.value) == (
        "The sentence 'value_in_year' has a blank that was not filled: 'year'.\n"
        "  It reads: {value} i {year}\n"
        "  Give it as a keyword: text('value_in_year', 'nb', year=…)."
    )


@pytest.mark.parametrize(
    ("value", "decimals", "printed"),
    [
        (0, 0, "0"),
        (999, 0, "999"),
        (1695, 0, "1\u00a0695"),
        (12466, 0, "12\u00a0466"),
        (1234567.891, 2, "1\u00a0234\u00a0567,89"),
        (37.5, 1, "37,5"),
        (-12, 0, "−12"),
        (-1234.5, 1, "−1\u00a0234,5"),
        (0.5, 0, "1"),
        (2.5, 0, "3"),
        (-2.5, 0, "−3"),
        (2.675, 2, "2,68"),
        (1.005, 2, "1,01"),
        (-0.4, 0, "0"),
        (-0.0, 1, "0,0"),
        (1e-7, 1, "0,0"),
        (999.5, 0, "1\u00a0000"),
        (np.float64(8.25), 1, "8,3"),
        (np.int64(1787), 0, "1\u00a0787"),
        (np.float32(0.5), 1, "0,5"),
    ],
)
def test_a_number_is_printed_as_a_reader_expects(value, decimals, printed):
    assert number(value, decimals) == printed


def test_changes_carry_a_sign_and_zero_none():
    assert number(396, signed=True) == "+396"
    assert number(-396, signed=True) == "−396"
    assert number(0.2, signed=True) == "0"


def test_english_groups_by_comma_and_has_a_decimal_point():
    assert number(1695, language="en") == "1,695"
    assert number(-37.5, 1, language="en") == "−37.5"


def test_a_number_that_is_not_there_gives_its_sign_and_never_a_blank():
    for missing in (None, math.nan, math.inf, np.nan):
        assert number(missing) == ".."
        assert percent(missing) == ".."
    assert [number(None, status=sign) for sign in (".", "..", ":", "–", "-")] == [".", "..", ":", "–", "–"]
    assert number(0, status="–") == "–"
    assert number(7, status="") == "7"
    assert percent(None, status=":") == ":"


def test_an_unknown_sign_is_refused():
    with pytest.raises(TableError, match="'x' is not one of Statistics Norway's signs"):
        number(None, status="x")


def test_a_share_is_printed_as_per_cent():
    assert percent(0.375, 1) == "37,5\u00a0%"
    assert percent(0.375) == "38\u00a0%"
    assert percent(0.92, signed=True) == "+92\u00a0%"
    assert percent(-0.1, 0, True) == "−10\u00a0%"
    assert percent(0.285, 0) == "29\u00a0%"
    assert percent(10.5, 0) == "1\u00a0050\u00a0%"
    assert percent(0.375, 1, language="en") == "37.5%"
    assert percent(-0.001) == "0\u00a0%"


def test_a_span_of_years_has_an_en_dash():
    assert year_range(2019, 2040) == "2019–2040"
    assert year_range(2040, 2040) == "2040"


def test_names_are_joined_as_read_aloud():
    assert join_names([]) == ""
    assert join_names(["A"]) == "A"
    assert join_names(["A", "B"], "nn") == "A og B"
    assert join_names(["A", "B", "C"]) == "A, B og C"
    assert join_names(["A", "B", "C"], "en") == "A, B and C"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Skaun", "i Skaun"),
        ("Orkland", "i Orkland"),
        ("Hitra", "på Hitra"),
        ("Frøya", "på Frøya"),
        ("Ørland", "i Ørland"),
        ("Rindal", "i Rindal"),
        ("Nord-Aurdal", "i Nord-Aurdal"),
        ("Trondheim – Tråante", "i Trondheim – Tråante"),
        ("Lakseregionen", "i Lakseregionen"),
    ],
)
def test_the_preposition_comes_from_the_table(name, said):
    assert place(name) == place(name, "nn") == said
    assert place(name, "en") == f"in {name}"


@pytest.mark.parametrize(
    ("ratio", "word"),
    [
        (0.449, "halvparten så mange"),
        (0.444, None),
        (0.55, "halvparten så mange"),
        (0.556, None),
        (1.0, "om lag uendret"),
        (1.036, None),
        (1.80, "nær dobbelt så mange"),
        (1.944, "nær dobbelt så mange"),
        (1.945, "dobbelt så mange"),
        (2.05, "dobbelt så mange"),
        (2.06, "mer enn dobbelt så mange"),
        (2.2, "mer enn dobbelt så mange"),
        (2.21, None),
        (1.5, None),
        (None, None),
        (math.nan, None),
    ],
)
def test_a_ratio_has_a_word_only_where_the_word_is_true(ratio, word):
    assert times_word(ratio) == word


def test_a_date_is_day_month_year():
    assert date("2025-11-03") == date("2025-11-03T08:00:00Z", "nn") == "03.11.2025"


def test_a_date_that_is_none_is_refused():
    with pytest.raises(TableError) as refusal:
        date("3. november")
    assert str(refusal.value) == (
        "'3. november' is not a date.\n  A date is written year-month-day.\n  Write it as 2025-11-03."
    )


def test_every_label_the_code_asks_for_by_name_is_in_the_table():
    """A key that is put together while the program runs is not seen here."""
    known = {row["key"] for row in _rows("labels.csv")}
    asks = re.compile(r'(?:labels\.(?:text|label)|Caution\.of|(?:teller|self)\.text)\(\s*"(\w+)"')
    room = resources.files("demografi")
    asked = {key for path in Path(str(room)).rglob("*.py") for key in asks.findall(path.read_text(encoding="utf-8"))}
    assert len(asked) > 150
    assert asked <= known, sorted(asked - known)
