"""Scenarios: named, dated, and refused where no source gives the value."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import demografi as dg


@pytest.fixture(scope="module")
def engerdal() -> dg.Observed:
    return dg.example("Engerdal")


def test_the_main_alternative_is_what_is_fitted(engerdal: dg.Observed) -> None:
    plain, named = dg.project(engerdal, 2035), dg.project(engerdal, 2035, scenario=dg.scenario("MMMM"))
    assert named.to_frame().equals(plain.to_frame())
    assert named.scenario == "main"


def test_without_migration_only_births_and_deaths_change_the_number(engerdal: dg.Observed) -> None:
    projection = dg.project(engerdal, 2035, scenario=dg.scenario("MM00"))
    assert projection.net_migration["net_migration"].abs().max() < 1e-9
    change = projection.persons("total", 2035) - projection.persons("total", 2026)
    assert projection.births["births"].sum() - projection.deaths["deaths"].sum() == pytest.approx(change)
    assert projection.scenario == "MM00"


def test_added_families_come_age_and_have_children(engerdal: dg.Observed) -> None:
    planned = dg.Scenario("housing").adding("Field A", "3425", persons=20, years=range(2028, 2030))
    base, more = dg.project(engerdal, 2040), dg.project(engerdal, 2040, scenario=planned)
    gain = [more.persons("total", year) - base.persons("total", year) for year in (2028, 2029, 2030, 2040)]
    assert gain[0] == 0
    assert gain[1] == pytest.approx(20)
    assert 39.9 < gain[2] < 42
    assert gain[3] > 40
    moved = more.net_migration["net_migration"].sum() - base.net_migration["net_migration"].sum()
    assert moved == pytest.approx(40)
    assert more.facts["assumptions"][-1]["name"] == "Field A"


def test_a_closed_employer_leaves_nobody_negative(engerdal: dg.Observed) -> None:
    closed = dg.Scenario("closed").adding("Works", "3425", persons=-900, years=[2027], profile="workers")
    projection = dg.project(engerdal, 2030, scenario=closed)
    assert projection.to_frame()["persons"].min() >= 0
    assert projection.persons("20-66", 2030) < 300
    assert projection.facts["clamped"] > 0


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (lambda: dg.scenario("HHMH"), "The value of H for fertility is not at hand."),
        (lambda: dg.scenario("MMM"), "'MMM' is not four letters."),
        (lambda: dg.scenario("MXMM"), "life expectancy has no alternative 'X'."),
        (lambda: dg.scenario("MMM0"), "MMM0 stops one kind of migration and not the other."),
        (lambda: dg.Scenario().adding("a", "3425", 1, [2028], "giants"), "No age profile is called 'giants'."),
        (lambda: dg.Scenario().adding("a", "3425", 1, []), "The addition 'a' has no year."),
        (
            lambda: dg.Scenario().adding("a", "3425", 1, [2028]).adding("a", "3425", 1, [2029]),
            "The scenario already has an addition called 'a'.",
        ),
    ],
)
def test_a_scenario_that_cannot_be_used_is_refused(make, fault: str) -> None:
    with pytest.raises(dg.ScenarioError) as error:
        make()
    assert str(error.value).splitlines()[0] == fault


@pytest.mark.parametrize(
    ("region", "years", "fault"),
    [
        ("5029", [2028], "'a' adds people to 5029, which is not projected."),
        ("3425", [2035], "'a' happens in 2035, outside the projection."),
        ("3425", [2020], "'a' happens in 2020, outside the projection."),
    ],
)
def test_an_addition_outside_the_projection_is_refused(
    engerdal: dg.Observed, region: str, years: list[int], fault: str
) -> None:
    with pytest.raises(dg.ScenarioError) as error:
        dg.project(engerdal, 2035, scenario=dg.Scenario().adding("a", region, 10, years))
    assert str(error.value).splitlines()[0] == fault


def test_profiles_are_whole_and_name_their_source() -> None:
    from demografi.scenarios import profiles

    table = profiles()
    assert np.allclose(table.groupby("profile")["share"].sum(), 1.0)
    assert (table["source"] != "").all()


def _students(persons: float) -> pd.DataFrame:
    ages = range(20, 24)
    return pd.DataFrame({"region": "5059", "sex": "female", "age": ages, "persons": persons})


def test_a_special_population_does_not_age_in_place() -> None:
    orkland = dg.example("Orkland")
    plain, apart = dg.project(orkland, 2040), dg.project(orkland, 2040, special=_students(20.0))

    def women(projection: dg.Projection, year: int, first: int, last: int) -> float:
        table = projection.to_frame()
        of = (table["year"] == year) & (table["sex"] == "female") & table["age"].between(first, last)
        return float(table[of]["persons"].sum())

    assert women(apart, 2026, 20, 23) == women(plain, 2026, 20, 23)
    assert apart.facts["special"] == 80
    assert women(apart, 2040, 34, 37) < women(plain, 2040, 34, 37)
    causes = apart.explain("total").pivot(index="region", columns="cause", values="persons")
    assert np.abs(causes.drop(columns="end").sum(axis=1) - causes["end"]).max() < 1e-8


@pytest.mark.parametrize(
    ("special", "fault"),
    [
        (_students(900.0), "The special population of 5059 does not fit in its population."),
        (_students(-1.0), "The special population of 5059 does not fit in its population."),
        (_students(1.0).assign(region="0301"), "The special population has a row that is not projected"),
    ],
)
def test_a_special_population_that_cannot_be_is_refused(special: pd.DataFrame, fault: str) -> None:
    with pytest.raises(dg.ScenarioError) as error:
        dg.project(dg.example("Orkland"), 2030, special=special)
    assert str(error.value).splitlines()[0].startswith(fault)
