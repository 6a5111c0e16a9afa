"""Every refusal says the fault, what was seen, what was wanted, and what to type."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

import demografi as dg
from demografi import ages, cohort, rates
from demografi.errors import DemografiError
from demografi.needs import need
from demografi.tables import Caution


def said(error: pytest.ExceptionInfo[DemografiError]) -> list[str]:
    return [line.strip() for line in str(error.value).splitlines()]


def test_an_unknown_region_names_its_nearest() -> None:
    with pytest.raises(dg.RegionError) as error:
        dg.region("Lakseregion")
    assert said(error) == [
        "No region is called 'Lakseregion'.",
        "Did you mean 'Lakseregionen' or 'Lakseregionen helse'?",
        "See all names with dg.list_regions().",
    ]


def test_a_code_of_another_era_is_told_its_successor() -> None:
    with pytest.raises(dg.RegionError) as error:
        dg.region("1567")
    assert said(error) == [
        "Rindal 1567 is a municipality of another era.",
        "It is now part of Rindal 5061.",
        "dg.region('5061')",
    ]


def test_a_divided_municipality_is_told_all_its_successors() -> None:
    with pytest.raises(dg.RegionError) as error:
        dg.region("Snillfjord")
    assert said(error)[1] == "It was divided between Heim 5055, Hitra 5056 and Orkland 5059."


def test_a_name_of_two_municipalities_asks_for_the_code() -> None:
    with pytest.raises(dg.RegionError) as error:
        dg.region("Herøy")
    assert said(error)[1:] == ["1515 in Møre og Romsdal", "1818 in Nordland", "Use the code: dg.region('1515')"]


def test_a_region_whose_figures_do_not_ship_says_which_do() -> None:
    with pytest.raises(dg.SourceError) as error:
        dg.example("Drammen")
    assert said(error)[0] == "The figures of Drammen do not ship with demografi."
    assert said(error)[-1] == "dg.load('Drammen'), or --live at the command line; or bring your own tables."


def test_the_same_place_twice_is_refused() -> None:
    with pytest.raises(dg.RegionError, match="Hitra stands twice"):
        dg.region(["Hitra", "5056"])


def test_a_county_and_its_municipality_are_not_summed() -> None:
    with pytest.raises(
        dg.RegionError, match="Hitra lies inside Trøndelag; their sum would count the same people twice"
    ):
        dg.region(["Trøndelag", "Hitra"])


@pytest.mark.parametrize("to", [2026, 2019])
def test_a_year_that_is_not_after_the_launch_is_refused(observed: dg.Observed, to: int) -> None:
    with pytest.raises(dg.ScenarioError) as error:
        dg.project(observed, to=to)
    assert said(error) == [
        f"The projection cannot end in {to}.",
        "The last counted population is of 1 January 2026; that is the launch.",
        "dg.project(observed, to=2036)",
    ]


def test_a_year_past_the_projection_is_refused(projection: dg.Projection) -> None:
    with pytest.raises(dg.ScenarioError) as error:
        projection.persons("80+", 2041)
    assert said(error)[0] == "The year 2041 lies outside 2026–2040."


def test_an_interval_that_does_not_exist_is_refused(projection: dg.Projection, need: dg.Need, gap: dg.Gap) -> None:
    for result in (projection, need, gap):
        with pytest.raises(dg.ScenarioError, match="has no 80% interval"):
            result.to_frame(level=0.8)
    with pytest.raises(dg.ScenarioError, match="The projection has 0 draws"):
        projection.sample(100)


def test_engerdal_has_no_standard_and_says_so(engerdal: dg.Gap) -> None:
    assert not engerdal.need.has("person_years")
    with pytest.raises(dg.SourceError) as error:
        _ = engerdal.need.person_years
    assert "No standard (person-years per user) is at hand for Engerdal." in said(error)
    assert said(error)[-1] == "Ask first with .has('person_years')."


def test_municipal_births_that_do_not_ship_are_refused(observed: dg.Observed) -> None:
    with pytest.raises(dg.SourceError, match="Municipal births do not ship; only stocks do"):
        _ = observed.births


def test_coverage_of_a_year_without_figures_is_refused(projection: dg.Projection) -> None:
    with pytest.raises(dg.ScenarioError, match=r"There is no coverage for 31 December 2015"):
        need(projection, coverage_year=2015)


def test_services_that_overlap_or_do_not_exist_are_not_added(need: dg.Need) -> None:
    with pytest.raises(dg.TableError, match="No service is called 'home'"):
        need.users_of("80+", over=["home"])
    with pytest.raises(dg.TableError, match="has no age group '67-79'"):
        need.users_of("67-79")


def test_users_of_another_border_than_the_population_are_refused() -> None:
    people = pd.DataFrame(
        [("a", y, s, a, 1.0) for y in range(2020, 2027) for s in ("female", "male") for a in range(106)],
        columns=["region", "year", "sex", "age", "persons"],
    )
    users = pd.DataFrame(
        [("a", 2025, "home_service", g, n) for g, n in (("total", 100), ("0-66", 10), ("67-79", 10), ("80+", 80))],
        columns=["region", "year", "service", "age_group", "users"],
    )
    observed = dg.Observed.from_tables(people, users=users)
    zero = pd.DataFrame({"sex": ["female", "male"] * 111, "age": sorted([*range(111)] * 2), "mx": 0.0})
    none = pd.DataFrame({"age": [30], "births_per_woman": [0.0]})
    projection = dg.project(observed, to=2027, schedules={"mortality": zero, "fertility": none})
    with pytest.raises(dg.TableError, match="More users than inhabitants"):
        dg.need(projection)


def test_a_country_without_rates_is_not_given_norways() -> None:
    people = pd.DataFrame(
        [("a", y, s, a, 1.0) for y in range(2020, 2027) for s in ("female", "male") for a in range(106)],
        columns=["region", "year", "sex", "age", "persons"],
    )
    with pytest.raises(dg.ScenarioError) as error:
        dg.project(dg.Observed.from_tables(people, name="Atlantis"), to=2030)
    assert said(error)[0] == "There are no deaths and no mortality schedule for Atlantis."


def _table(**changes: object) -> pd.DataFrame:
    cells = [("a", 2026, s, a, 1.0) for s in ("female", "male") for a in range(3)]
    return pd.DataFrame(cells, columns=["region", "year", "sex", "age", "persons"]).assign(**changes)


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        (_table().drop(columns="sex"), "The table 'population' lacks the column 'sex'."),
        (_table().iloc[:0], "The table 'population' has no rows."),
        (_table().iloc[:-1], "The table 'population' has 1 hole."),
        (pd.concat([_table(), _table()]), "The same row stands more than once in the table 'population'."),
        (_table(sex="Kvinner"), "The same row stands more than once in the table 'population'."),
        (_table(persons=-1.0), "In 'population' the column 'persons' goes below zero."),
        (_table(persons=np.nan), "In 'population' a cell lacks both value and sign, or has both."),
        (_table(status=":"), "In 'population' a cell lacks both value and sign, or has both."),
        (_table(status="x", persons=np.nan), "In 'population' the status 'x' is not one of Statistics Norway's signs."),
    ],
)
def test_a_table_with_a_fault_is_refused(table: pd.DataFrame, fault: str) -> None:
    with pytest.raises(dg.TableError) as error:
        dg.Observed.from_tables(table)
    assert said(error)[0] == fault


def test_a_sex_in_words_is_refused_with_the_line_that_mends_it() -> None:
    table = _table(sex=["Kvinner"] * 3 + ["Menn"] * 3)
    with pytest.raises(dg.TableError) as error:
        dg.Observed.from_tables(table)
    assert said(error)[0] == "The table 'population' has the sex 'Kvinner'."
    assert said(error)[-1].startswith("table['sex'] = ")


def test_a_hole_is_named() -> None:
    with pytest.raises(dg.TableError) as error:
        dg.Observed.from_tables(_table().iloc[:-1])
    assert said(error)[1] == "region a, year 2026, sex male, age 2"


@pytest.mark.parametrize(
    ("group", "fault"),
    [("80 år+", "'80 år+' is not an age group."), ("66-20", "The age group '66-20' ends before it begins.")],
)
def test_age_groups_that_cannot_be_read_are_refused(group: str, fault: str) -> None:
    with pytest.raises(dg.TableError) as error:
        ages.bounds(group)
    assert said(error)[0] == fault


def test_an_age_group_past_the_open_age_is_refused() -> None:
    with pytest.raises(dg.TableError, match="reaches past the ages in the table"):
        ages.collapse(pd.DataFrame({"age": range(91), "persons": 1.0, "region": "a"}), ["90-94"])


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        ({"population": np.ones((2, 3))}, "The population has the shape (2, 3)."),
        ({"survival": np.ones(4)}, "survival has the shape (4,)."),
        ({"survival": np.full(3, 1.1)}, "A survival share lies outside 0–1."),
        ({"fertility": np.full(3, -0.1)}, "A fertility rate or a population cell is negative or not a number."),
        ({"net_migration": np.full(3, np.nan)}, "net_migration holds a value that is not a number."),
        ({"share_boys": 51.0}, "The share of boys is 51.0."),
    ],
)
def test_a_year_of_wrong_shape_or_range_is_refused(arguments: dict[str, object], fault: str) -> None:
    good = {
        "population": np.ones((1, 2, 3)),
        "survival": np.ones(3),
        "fertility": np.zeros(3),
        "share_boys": 0.5,
        "net_migration": np.zeros(3),
    }
    with pytest.raises(DemografiError) as error:
        # The wrong type is what is tested.
        cohort.step(**{**good, **arguments})  # type: ignore[arg-type]
    assert said(error)[0] == fault


def test_negative_death_rates_are_refused() -> None:
    with pytest.raises(dg.TableError, match="A death rate is negative"):
        rates.life_table(np.array([0.1, -0.1, 0.5]))


def test_a_refusal_survives_pickling_and_shows_at_most_five_rows() -> None:
    refusal = dg.TableError("Fault.", where=[f"row {i}" for i in range(8)], hint="type this")
    again = pickle.loads(pickle.dumps(refusal))
    assert (
        str(again)
        == str(refusal)
        == "Fault.\n  row 0\n  row 1\n  row 2\n  row 3\n  row 4\n  … and 3 more.\n  type this"
    )
    assert (again.code, again.hint) == ("table", "type this")


def test_a_caution_speaks_three_languages() -> None:
    caution = Caution.of("caution_suppressed", names=("Frøya", "Hitra"), year="2025", low=0, high=4, value=2)
    assert "i Frøya og Hitra i 2025: mellom 0 og 4" in caution.text("nb")
    assert "in Frøya and Hitra in 2025: between 0 and 4" in caution.text("en")
    assert "Midten, 2, er brukt" in caution.text("nn")


def test_a_comparison_with_something_unknown_is_refused(projection: dg.Projection) -> None:
    with pytest.raises(dg.ScenarioError, match="Nothing is called 'moon' to compare with"):
        dg.indicators(projection, against=["moon"])


def test_need_and_supply_of_different_regions_are_not_set_against_each_other(need: dg.Need, engerdal: dg.Gap) -> None:
    with pytest.raises(dg.ScenarioError, match="Need and supply are of different regions"):
        dg.gap(need, engerdal.supply)


def test_the_ministrys_figure_is_not_led_to_another_region(engerdal: dg.Gap) -> None:
    with pytest.raises(dg.ScenarioError, match=r"The ministry's 3,409 is a figure of Lakseregionen, not of Engerdal"):
        dg.ministry_bridge(engerdal.need)


def test_figures_that_cannot_be_drawn_are_refused(need: dg.Need) -> None:
    with pytest.raises(dg.ScenarioError, match="Users cannot be drawn by 'moon'"):
        need.plot(by="moon")


def test_a_member_without_a_service_the_others_have_is_not_summed_over(observed: dg.Observed) -> None:
    users = observed.users
    gone = users[~((users["region"] == "5022") & (users["service"] == "long_stay") & (users["year"] == 2025))]
    tables = {**observed.tables, "users": gone}
    holed = dg.Observed(tables, observed.facts, observed.own_sources, observed.own_cautions, observed.rests_on)
    with pytest.raises(dg.TableError, match="Rennebu has no users of long_stay aged 0-79 in 2025"):
        dg.need(dg.project(holed, to=2030))
