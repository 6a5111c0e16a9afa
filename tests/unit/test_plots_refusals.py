"""A table that cannot be drawn true is refused, with what is wrong and what to do."""

import numpy as np
import pandas as pd
import pytest

from demografi import plots
from demografi.errors import TableError
from demografi.plots import Words

WORDS = Words("Tittel", "Undertittel", alt="Prøve.")


def people():
    return pd.DataFrame(
        [(year, sex, age, 1.0) for year in (2026, 2040) for sex in ("male", "female") for age in range(106)],
        columns=["year", "sex", "age", "persons"],
    )


def series():
    return pd.DataFrame(
        {
            "year": [2024, 2025, 2026, 2027],
            "value": [10.0, 11.0, 12.0, 13.0],
            "kind": ["registered"] * 2 + ["projected"] * 2,
        }
    )


def band():
    return pd.DataFrame({"year": [2026, 2027], "low": [11.0, 12.0], "high": [13.0, 14.0]})


def rows():
    return pd.DataFrame({"name": ["Hitra", "Frøya"], "start": [10.0, 20.0], "end": [12.0, 30.0]})


def lines():
    return pd.DataFrame({"name": ["A", "A", "B", "B"], "year": [2025, 2026] * 2, "value": [1.0, 2.0, 3.0, 4.0]})


def whole():
    return pd.DataFrame({"year": [2025, 2026], "value": [1.0, 2.0]})


def refused(call):
    with pytest.raises(TableError) as refusal:
        call()
    return str(refusal.value)


def test_an_empty_table_is_refused():
    expected = "The table for the {} is empty.\n  Give a table with at least one row."
    assert refused(lambda: plots.pyramid(people().head(0), 2026, 2040, WORDS)) == expected.format("pyramid")
    assert refused(lambda: plots.history(series().head(0), WORDS)) == expected.format("history")
    assert refused(lambda: plots.comparison(lines().head(0), WORDS, focus="A", projected_from=None)) == expected.format(
        "comparison"
    )


def test_a_missing_column_is_refused():
    assert refused(lambda: plots.history(series().drop(columns="kind"), WORDS)) == (
        "The table for the history has no column 'kind'.\n  It has 'year', 'value'.\n"
        "  Give a table with the columns year, value, kind."
    )


def test_two_rows_for_one_key_are_refused():
    doubled = pd.concat([people(), people().head(1)])
    assert refused(lambda: plots.pyramid(doubled, 2026, 2040, WORDS)) == (
        "The table for the pyramid has more than one row for the same year, sex, age.\n  2026 male 0\n"
        "  Add them up first: table.groupby(['year', 'sex', 'age']).sum()."
    )


def test_a_year_that_is_not_in_the_table_is_refused():
    said = "The table for the {} has no year 2050.\n  It has {}.\n  Choose a year that is in the table."
    assert refused(lambda: plots.pyramid(people(), 2026, 2050, WORDS)) == said.format("pyramid", "2026, 2040")
    assert refused(lambda: plots.history(series(), WORDS, marks=[2050])) == said.format(
        "history", "2024, 2025, 2026, 2027"
    )


def test_an_age_that_is_missing_is_refused():
    table = people()
    hole = table[~((table["year"] == 2040) & (table["sex"] == "female") & (table["age"] == 7))]
    assert refused(lambda: plots.pyramid(hole, 2026, 2040, WORDS)) == (
        "The pyramid lacks persons for 2040 female.\n  Age 7 is missing.\n  Give every single age from 0 to 95 or more."
    )


def test_a_word_for_sex_that_is_not_known_is_refused():
    table = people().replace("male", "menn")
    assert refused(lambda: plots.pyramid(table, 2026, 2040, WORDS)).startswith(
        "The pyramid has a row of the sex 'menn'."
    )


def test_one_year_against_itself_is_refused():
    assert "shows two years, and both are 2026" in refused(lambda: plots.pyramid(people(), 2026, 2026, WORDS))


@pytest.mark.parametrize("value", [-1.0, np.inf])
def test_a_value_that_cannot_be_drawn_is_refused(value):
    table = series()
    table.loc[0, "value"] = value
    assert refused(lambda: plots.history(table, WORDS)) == (
        "The history cannot show every value in the column 'value'.\n"
        f"  2024 {value} registered\n"
        "  Give finite numbers of nought or more, and leave what is missing as NaN."
    )


def test_a_year_without_a_value_is_refused():
    table = series()
    table.loc[1, "value"] = np.nan
    assert "The history has a year without a value.\n  2025" in refused(lambda: plots.history(table, WORDS))


def test_registered_after_projected_is_refused():
    table = series()
    table["kind"] = ["projected", "registered", "projected", "projected"]
    assert "registered year 2025 after the projected 2024" in refused(lambda: plots.history(table, WORDS))
    table["kind"] = "guess"
    assert "a row of the kind 'guess'" in refused(lambda: plots.history(table, WORDS))


def test_an_interval_that_does_not_say_its_level_is_refused():
    assert refused(lambda: plots.history(series(), WORDS, low_high=band(), band_label="intervall")) == (
        "The interval does not say its level.\n  Its label is 'intervall'.\n"
        '  Write band_label="80 % prediksjonsintervall".'
    )


def test_a_band_that_does_not_fit_the_line_is_refused():
    short, crossed = band().head(1), band().rename(columns={"low": "high", "high": "low"})
    assert "The band lacks 2027." in refused(lambda: plots.history(series(), WORDS, low_high=short, band_label="80 %"))
    assert "In 2026 low is not at or under high." in refused(
        lambda: plots.history(series(), WORDS, low_high=crossed, band_label="80 %")
    )
    assert "No band is of the kind 'margin'" in refused(
        lambda: plots.history(series(), WORDS, low_high=band(), band_kind="margin")
    )


def test_an_emphasised_name_that_is_not_there_is_refused():
    assert refused(lambda: plots.dumbbell(rows(), None, "2019", "2040", WORDS, emphasise=["Skaun"])) == (
        "No row of the dumbbell figure is called 'Skaun'.\n  The rows are Hitra, Frøya.\n"
        "  Emphasise names that are in the table."
    )


def test_a_dumbbell_without_any_value_is_refused():
    empty = rows().assign(end=np.nan)
    assert "No row of the dumbbell figure has both start and end." in refused(
        lambda: plots.dumbbell(empty, None, "2019", "2040", WORDS)
    )


def test_more_rows_than_a_slide_holds_are_refused():
    many = pd.concat([rows().assign(name=[f"A{i}", f"B{i}"]) for i in range(12)], ignore_index=True)
    said = refused(lambda: plots.dumbbell(many, None, "2019", "2040", WORDS, size="lysbilde"))
    assert said.startswith("The figure has more rows than a slide has room for.")


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([], "The waterfall has no rows."),
        ([("A", 1.0, "stock")], "The row 'A' of the waterfall has the kind 'stock'."),
        ([("A", float("nan"), "level")], "The row 'A' of the waterfall has no value."),
        ([("A", 9.0, "level"), ("B", 1.0, "departure")],
         "The row 'B' of the waterfall has the wrong sign: 1."),
        ([("A", -1.0, "level")], "The row 'A' of the waterfall has the wrong sign: -1."),
        ([("A", 1.0, "gap")], "The waterfall begins with the gap 'A'."),
        ([("A", 9.0, "level"), ("B", -1.0, "departure"), ("C", 5.0, "level")],
         "The waterfall does not add up at 'C'.\n  The rows above give 8.\n  The row says 5."),
        ([("A", 9.0, "level"), *[("B", -1.0, "departure")] * 5], "The waterfall has more than 4 steps."),
    ],
)  # fmt: skip
def test_a_waterfall_that_is_not_one_is_refused(steps, said):
    assert refused(lambda: plots.waterfall(steps, WORDS)).startswith(said)


def test_a_comparison_without_its_focus_or_a_last_value_is_refused():
    assert "The table for the comparison has no name 'C'." in refused(
        lambda: plots.comparison(lines(), WORDS, focus="C", projected_from=None)
    )
    assert "B has none." in refused(lambda: plots.comparison(lines().head(3), WORDS, focus="A", projected_from=None))


def test_small_multiples_of_too_many_or_uneven_names_are_refused():
    many = pd.concat([lines().assign(name=lambda t, i=i: t["name"] + str(i)) for i in range(8)])
    assert "There are 16 names, and one figure of small multiples holds 15." in refused(
        lambda: plots.small_multiples(many, whole(), WORDS, projected_from=None)
    )
    assert "B has other years than the region." in refused(
        lambda: plots.small_multiples(lines().head(3), whole(), WORDS, projected_from=None)
    )


def test_shares_that_cannot_be_published_are_refused():
    table = pd.DataFrame(
        {"name": ["R"] * 2 + ["A"] * 2, "group": ["Under 55", "55+"] * 2, "persons": [5.0, 4.0, 3.0, 2.0]}
    )
    call = {"total": "R", "focus": ["55+"], "focus_label": "55+"}
    assert "'R' has too few persons" in refused(lambda: plots.shares(table, WORDS, **call))
    assert "lacks a row.\n  A, 55+" in refused(lambda: plots.shares(table.head(3), WORDS, **call))
    assert "the focus is the last one or two" in refused(
        lambda: plots.shares(table, WORDS, **{**call, "focus": ["Under 55"]})
    )


def test_tiles_on_top_of_each_other_or_with_odd_limits_are_refused():
    table = pd.DataFrame({"name": ["A", "B"], "row": [0, 0], "column": [0, 0], "value": [1, 2]})
    limits = (1, 2, 3, 4)
    assert "more than one row for the same row, column" in refused(
        lambda: plots.tiles(table, WORDS, limits=limits, heading="x")
    )
    apart = table.assign(column=[0, 1])
    assert "Five classes take four limits" in refused(
        lambda: plots.tiles(apart, WORDS, limits=(1, 2, 2, 4), heading="x")
    )


def test_an_unknown_look_is_refused():
    assert refused(lambda: plots.history(series(), WORDS, size="stor")) == (
        "No size of a figure is called 'stor'.\n  There is 'bred', 'halv', 'lysbilde'.\n  Write size='bred'."
    )
    assert "No variant of a figure" in refused(lambda: plots.history(series(), WORDS, variant="dokument"))
    assert "No language of a figure" in refused(lambda: plots.history(series(), WORDS, language="no"))
