"""What must hold in every cell, whatever the figures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import demografi as dg
from demografi import cohort
from demografi.needs.adding import adding_up


def _array(table, measure, years):
    wide = table[table["year"].isin(years)].pivot_table(index=["year", "region", "sex"], columns="age", values=measure)
    return wide.to_numpy().reshape(len(years), -1, wide.shape[1])


@pytest.mark.parametrize("name", ["Lakseregionen", "Engerdal", "Norge"])
def test_start_plus_births_less_deaths_plus_migration_is_end_in_every_cell(name):
    projection = dg.project(dg.example(name), to=2050)
    flow_years = list(range(projection.launch, projection.to))
    stock = _array(projection.to_frame(), "persons", [*flow_years, projection.to])
    deaths = _array(projection.deaths, "deaths", flow_years)
    moves = _array(projection.net_migration, "net_migration", flow_years)
    births = (
        projection.births.groupby(["year", "region", "sex"])["births"].sum().to_numpy().reshape(len(flow_years), -1)
    )
    before = np.zeros_like(deaths)
    before[..., 1:] = stock[:-1, :, :-1]
    before[..., -1] += stock[:-1, :, -1]
    before[..., 0] = births
    assert np.abs(before - deaths + moves - stock[1:]).max() < 1e-9


def test_municipalities_sum_to_the_total_in_every_cell(projection):
    parts = projection.to_frame().groupby(["year", "sex", "age"])["persons"].sum()
    whole = projection.total().to_frame().set_index(["year", "sex", "age"])["persons"]
    assert np.abs(parts.sub(whole)).max() == 0


@pytest.mark.parametrize("age_group", ["total", "0-5", "20-66", "67+", "80+", "80-89", "90+"])
def test_the_causes_of_a_change_sum_exactly_to_it(projection, age_group):
    causes = projection.explain(age_group, 2033).pivot(index="region", columns="cause", values="persons")
    explained = causes.drop(columns="end").sum(axis=1)
    assert np.abs(explained - causes["end"]).max() < 1e-8


def test_growth_and_replacement_are_the_gap(gap):
    causes = gap.growth_and_replacement().pivot(index="region", columns="cause", values="fte")
    last = gap.to_frame()
    last = last[last["year"] == 2040].set_index("region")["gap"]
    assert np.abs(causes["growth"] + causes["replacement"] - last).max() < 1e-9


def test_nobody_is_lost_between_supply_and_replacement(supply):
    left = supply.to_frame().groupby("year")["fte"].sum()
    table = supply.replacement(2035)
    assert table["stock"].sum() - table["exits"].sum() == pytest.approx(left[2035])


shares = st.floats(0, 1)
counts = st.floats(0, 1e5)


@given(
    arrays(float, (2, 2, 6), elements=counts),
    arrays(float, (2, 6), elements=shares),
    arrays(float, 6, elements=shares),
    arrays(float, (2, 2, 6), elements=st.floats(-2e5, 1e5)),
)
def test_a_year_balances_for_any_numbers_and_leaves_nobody_negative(stock, survival, fertility, moves):
    year = cohort.step(stock, survival, fertility, 0.51, moves)
    before = np.zeros_like(stock)
    before[..., 1:] = stock[..., :-1]
    before[..., -1] += stock[..., -1]
    before[..., 0] = year.births.sum(axis=-1)
    assert np.allclose(before - year.deaths + year.net_migration, year.population, rtol=1e-12, atol=1e-9)
    assert year.population.min() >= 0
    assert (year.net_migration >= moves - 1e-9).all()


def test_rounded_members_sum_to_the_rounded_whole_to_the_last_person(projection):
    whole = projection.rounded()
    assert whole["persons"].dtype == "int64"
    exact = projection.to_frame()
    assert (whole["persons"] - exact["persons"]).abs().max() < 1
    parts = whole.groupby(["year", "sex", "age"])["persons"].sum()
    sums = exact.groupby(["year", "sex", "age"])["persons"].sum()
    assert (parts == np.floor(sums + 0.5)).all()


def test_control_totals_are_met_in_every_cell_and_flows_still_balance(observed, projection):
    totals = projection.to_frame().groupby(["year", "sex", "age"], as_index=False)["persons"].sum()
    totals["persons"] *= 1.05
    controlled = dg.project(observed, to=2030, control=totals)
    met = controlled.to_frame().groupby(["year", "sex", "age"])["persons"].sum()
    wanted = totals.set_index(["year", "sex", "age"])["persons"]
    assert np.allclose(met.drop(2026), wanted.reindex(met.index).drop(2026), rtol=1e-12)
    causes = controlled.explain("total").pivot(index="region", columns="cause", values="persons")
    assert np.abs(causes.drop(columns="end").sum(axis=1) - causes["end"]).max() < 1e-8


def test_control_totals_that_end_early_are_refused(observed, projection):
    totals = projection.to_frame().groupby(["year", "sex", "age"], as_index=False)["persons"].sum()
    with pytest.raises(dg.ScenarioError, match="The control totals lack the year 2041"):
        dg.project(observed, to=2045, control=totals)
    with pytest.raises(dg.ScenarioError, match="The control totals lack a sex or an age"):
        dg.project(observed, to=2030, control=totals[totals["sex"] == "female"])


def test_causes_of_need_and_gap_add_up_to_the_last_bit_and_hold_no_noise(need: dg.Need, gap: dg.Gap) -> None:
    older = dg.need(need.projection, coverage_year=2023, departures=[dg.departure("standard_growth", rate=0.005)])
    short = dg.gap(need, gap.supply, shortage={"nurse": 7.3})
    tables = [(result.explain(), ["region", "occupation"]) for result in (gap, gap.total(), short)]
    for result in (need, need.total(), older):
        tables += [(result.explain(measure=measure), ["region"]) for measure in ("users", "fte")]
    for table, keys in tables:
        measure = table.columns[-1]
        causes = table.pivot(index=keys, columns="cause", values=measure)
        assert (causes.drop(columns="end").sum(axis=1) == causes["end"]).all()
        assert causes.drop(columns="end").sum().sum() == causes["end"].sum()
        assert not ((table[measure] != 0) & (table[measure].abs() < 1e-9)).any()


def test_a_cause_that_is_lacking_is_no_rounding() -> None:
    with pytest.raises(ArithmeticError, match="do not add up"):
        adding_up({"start": np.ones(2), "people": np.ones(2), "end": np.array([2.0, 2.1])})
