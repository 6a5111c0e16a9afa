"""Clumsy input gets the right number or a refusal in the house form, never a number of something else."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError

import numpy as np
import pandas as pd
import pytest

import demografi as dg
from demografi import ages

OPEN_AGE = 110


def _people(oldest: int = 2, places: tuple[str, ...] = ("a",), years: tuple[int, ...] = (2025, 2026)) -> pd.DataFrame:
    cells = [
        (place, year, sex, age, 1.0 + number)
        for number, place in enumerate(places)
        for year in years
        for sex in ("female", "male")
        for age in range(oldest + 1)
    ]
    return pd.DataFrame(cells, columns=["region", "year", "sex", "age", "persons"])


def _with(column: str, value: object) -> pd.DataFrame:
    table = _people().astype({column: object})
    table.loc[0, column] = value
    return table


@pytest.mark.parametrize(
    ("table", "seen"),
    [
        (_people().assign(year=lambda t: t["year"] + 0.5), "'year' holds 2025.5"),
        (_with("year", 2025.7), "'year' holds 2025.7"),
        (_with("year", "2025-01-01"), "'year' holds '2025-01-01'"),
        (_people().assign(year=lambda t: pd.to_datetime(t["year"].astype("str"))), "'year' holds Timestamp"),
        (_with("age", "2+"), "'age' holds '2+'"),
        (_people().assign(age=lambda t: t["age"] + 0.5), "'age' holds 0.5"),
        (_people().assign(age=lambda t: t["age"] - 1), "'age' holds -1"),
        (_with("persons", "1 234"), "'persons' holds '1 234'"),
        (_with("persons", "12,5"), "'persons' holds '12,5'"),
        (_with("persons", ":"), "'persons' holds ':'"),
        (_with("persons", np.inf), "'persons' holds inf"),
        (_people().assign(persons=True), "'persons' holds True"),
        (_people().assign(region=301.0), "'region' holds '301.0'"),
        (_people().assign(region="a "), "'region' holds 'a '"),
        (_people().assign(region=""), "'region' holds ''"),
        (pd.concat([_people(), _people()[["persons"]]], axis=1), "has the column 'persons' more than once"),
    ],
)
def test_a_value_that_is_not_what_its_column_holds_is_refused(table: pd.DataFrame, seen: str) -> None:
    with pytest.raises(dg.TableError) as error:
        dg.Observed.from_tables(table)
    assert seen in str(error.value)
    assert error.value.hint


@pytest.mark.parametrize(
    "table",
    [
        _people().astype({"year": float, "age": float}),
        _people().astype({"year": "str", "age": "str", "persons": "str"}),
        _people().astype({"year": "Int64", "age": "Int64", "persons": "Int64"}),
        _people().astype({"region": "category", "sex": "category", "persons": "float32"}),
        _people().sample(frac=1, random_state=1),
    ],
)
def test_whole_numbers_in_another_type_or_order_are_the_same_figures(table: pd.DataFrame) -> None:
    found = dg.Observed.from_tables(table).population.sort_values(["year", "sex", "age"], ignore_index=True)
    pd.testing.assert_frame_equal(found.drop(columns="status"), _people(), check_exact=True)


def test_a_missing_value_of_any_kind_without_a_sign_is_refused() -> None:
    for missing in (None, np.nan, pd.NA):
        with pytest.raises(dg.TableError, match="lacks both value and sign"):
            dg.Observed.from_tables(_with("persons", missing))


def test_words_for_sex_are_mended_by_a_line_with_the_words_seen() -> None:
    with pytest.raises(dg.TableError) as error:
        dg.Observed.from_tables(_people().assign(sex=lambda t: t["sex"].map({"female": "F", "male": "Menn"})))
    assert error.value.hint == "table['sex'] = table['sex'].map({'F': 'female', 'Menn': 'male'})"


def test_what_is_no_table_is_refused() -> None:
    for given in (None, [1, 2], {"region": ["a"]}):
        with pytest.raises(dg.TableError, match=r"dg\.Observed\.from_tables cannot take a"):
            dg.Observed.from_tables(given)  # type: ignore[arg-type]  # the wrong type is what is tested


def test_a_sum_beside_its_parts_is_refused() -> None:
    parts = _people(places=("a", "b"))
    whole = parts.groupby(["year", "sex", "age"], as_index=False)["persons"].sum().assign(region="all")
    with pytest.raises(dg.TableError, match="The region 'all' is the sum of the others"):
        dg.Observed.from_tables(pd.concat([parts, whole]))


def test_a_flow_of_a_place_the_population_lacks_is_refused() -> None:
    births = _people(years=(2025,)).rename(columns={"persons": "births"}).assign(region="A")
    with pytest.raises(dg.TableError, match="The table 'births' has the region 'A', which the population lacks"):
        dg.Observed.from_tables(_people(), births=births)


def _flow(measure: str, value: float) -> pd.DataFrame:
    people = _people(years=(2025,)).rename(columns={"persons": measure})
    return people.assign(**{measure: 0.0}).assign(**{measure: lambda t: t[measure].where(t.index > 0, value)})


def test_net_migration_that_does_not_give_the_next_population_is_said_and_what_gives_it_is_not() -> None:
    later = _people()
    later.loc[(later["year"] == 2026) & (later["age"] == 2) & (later["sex"] == "male"), "persons"] += 4.0
    start, end = later.groupby("year")["persons"].sum()
    flows = {"births": _flow("births", 9.0), "deaths": _flow("deaths", 2.0)}
    right = end - start - 9.0 + 2.0
    agrees = dg.Observed.from_tables(later, **flows, net_migration=_flow("net_migration", right))
    assert agrees.cautions == ()
    wrong = dg.Observed.from_tables(later, **flows, net_migration=_flow("net_migration", -right))
    (said,) = wrong.cautions
    assert f"for a it says {-right:.0f} in 2025, while population, births and deaths give {right:.0f}." in said.replace(
        "\u2212", "-"
    )
    assert "This is so in 1 of 1 places and years." in said
    assert dg.Observed.from_tables(later, net_migration=_flow("net_migration", 900.0)).cautions == ()


@pytest.mark.parametrize("given", [None, 5, b"07459.csv", ["07459.csv"]])
def test_a_file_that_is_no_path_is_refused(given: object) -> None:
    with pytest.raises(dg.SourceError, match=r"dg\.read cannot take a ") as error:
        dg.read(given)  # type: ignore[arg-type]  # the wrong type is what is tested
    assert error.value.hint == "dg.read('07459.csv').to_frame()"


def test_a_vintage_that_is_no_whole_number_is_told_what_there_is_and_what_to_type() -> None:
    for given, meant in (("2024", 2024), (" 2022 ", 2022), ("latest", 2026), (None, 2026), (2024.0, 2026)):
        with pytest.raises(dg.SourceError, match="is no vintage: it is the year of publication") as error:
            dg.official("Norge", vintage=given, offline=True)  # type: ignore[arg-type]  # the wrong type is what is tested
        assert error.value.where[0].endswith("2022, 2024, 2026.")
        assert error.value.hint == f"dg.official(region, vintage={meant})"


def test_ages_past_105_are_counted_where_a_country_has_them() -> None:
    assert ages.is_within(np.arange(OPEN_AGE + 1), "80+").sum() == OPEN_AGE - 79
    observed = dg.Observed.from_tables(_people(OPEN_AGE))
    start = observed.explain("80+", since=2025).set_index("cause")["persons"]
    assert start["start"] == 2 * (OPEN_AGE - 79)


def test_a_group_past_the_open_age_is_refused_and_never_nobody(projection: dg.Projection) -> None:
    for group in ("106+", "90-106"):
        with pytest.raises(dg.TableError, match="reaches past the ages in the table"):
            projection.persons(group, 2030)
    with pytest.raises(dg.TableError, match="reaches past the ages in the table"):
        dg.Observed.from_tables(_people(60)).explain("80+", since=2025)
    assert "80+" not in repr(dg.Observed.from_tables(_people(60)))
    assert "80+" not in dg.Observed.from_tables(_people(60))._face_table().index


@pytest.mark.parametrize("year", ["2040", 2040.0, 2040.5, None, True])
def test_a_year_that_is_no_whole_number_is_refused(observed: dg.Observed, year: object) -> None:
    projection = dg.project(observed, to=2030)
    asked = (
        lambda: dg.project(observed, to=year),  # type: ignore[arg-type]  # the wrong type is what is tested
        lambda: dg.supply(observed, to=year),  # type: ignore[arg-type]  # the wrong type is what is tested
        lambda: projection.persons("80+", year),  # type: ignore[arg-type]  # the wrong type is what is tested
    )
    for ask in asked:
        with pytest.raises(dg.ScenarioError, match="is no year") as error:
            ask()
        assert error.value.where == ["Wanted: a whole number, such as 2040."]


def test_a_noun_given_to_the_wrong_verb_is_named(gap: dg.Gap) -> None:
    need, supply = gap.need, gap.supply
    projection, observed = need.projection, need.projection.observed
    wrong = {
        "dg.project cannot take a Projection": lambda: dg.project(projection, to=2040),
        "dg.need cannot take a Observed": lambda: dg.need(observed),
        "dg.supply cannot take a Projection": lambda: dg.supply(projection, to=2040),
        "dg.gap cannot take a Supply": lambda: dg.gap(supply, need),
        "dg.indicators cannot take a str": lambda: dg.indicators("Skaun"),
        "dg.goal cannot take a Observed": lambda: dg.goal(observed, persons=1, on=2030),
        "dg.report cannot take a Projection": lambda: dg.report(projection, "nowhere"),
    }
    for said, ask in wrong.items():
        with pytest.raises(dg.TableError, match=said) as error:
            ask()
        assert error.value.where[0].startswith("Wanted: ")
        assert error.value.hint


def test_a_code_given_as_a_number_is_told_what_to_type() -> None:
    for given in (5056, [5056]):
        with pytest.raises(dg.RegionError) as error:
            dg.region(given)  # type: ignore[arg-type]  # the wrong type is what is tested
        assert error.value.hint == "dg.region('5056')"
    with pytest.raises(dg.RegionError, match="None is no name or code"):
        dg.region(None)  # type: ignore[arg-type]  # the wrong type is what is tested


def test_names_in_decomposed_letters_and_columns_of_names_are_understood() -> None:
    assert dg.region("A\u030alesund").code == "1508"
    for many in (np.array(["Hitra", "5014"]), pd.Series(["Hitra", "5014"])):
        assert dg.region(many).members == ("5056", "5014")  # type: ignore[arg-type]  # the wrong type is what is tested


def test_results_survive_pickling_and_copying_with_all_they_rest_on(gap: dg.Gap) -> None:
    for again in (pickle.loads(pickle.dumps(gap)), copy.deepcopy(gap)):
        pd.testing.assert_frame_equal(again.to_frame(), gap.to_frame(), check_exact=True)
        assert (again.sources, again.cautions) == (gap.sources, gap.cautions)
        assert again.need.projection.persons("80+", 2040) == gap.need.projection.persons("80+", 2040)


def test_nothing_can_be_set_on_a_result(gap: dg.Gap) -> None:
    for name in ("tables", "contract", "CONTRACTS", "anything"):
        with pytest.raises(FrozenInstanceError):
            setattr(gap, name, 1)


def test_what_is_opened_again_has_the_same_types_and_the_same_order_of_sources(
    indicators: dg.Indicators, tmp_path
) -> None:
    again = dg.Indicators.open(indicators.save(tmp_path / "indicators.parquet"))
    pd.testing.assert_frame_equal(again.to_frame(), indicators.to_frame(), check_exact=True)
    assert (again.sources, again.cautions) == (indicators.sources, indicators.cautions)


def test_a_result_is_not_saved_over_a_folder(gap: dg.Gap, tmp_path) -> None:
    with pytest.raises(dg.SourceError, match="is a folder, not a file"):
        gap.save(tmp_path)
    assert not list(tmp_path.parent.glob("*.part"))
