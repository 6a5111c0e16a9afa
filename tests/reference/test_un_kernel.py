"""The United Nations' own 1x1 worked example (Canada 1950-2020, ccmppWPP; copyright United Nations) through the kernel.

Which cells are held against the published ones, and why not all:

- Restarted every year: births of all years, and ages 2-99. Ages 0 and 1 differ by up to 0.15 %, because the published
  figures move infant deaths between the cohorts of age 0 and 1 by a rule of their own; the open age 100+ differs
  because they were made with an open age of 130 and then cut, while the inputs here close at 100.
- Free run of 70 years: on 1 January of year t, ages from t - 1950 + 1 to 99, both sexes. Those are the cohorts of age
  1 and more on 1 January 1950, as long as they are below the open age. The cohort of age 0 in 1950 passes age 1, where
  the infants' rule applies; everybody younger was born into it. Both are checked restarted only.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from demografi import cohort

YEARS = range(1950, 2020)

pytestmark = pytest.mark.reference


def by_age_and_sex(table: pd.DataFrame, indicator: str) -> np.ndarray:
    """Give (year, age, sex, 1, 1)."""
    cells = table[(table["indicator"] == indicator) & table["sex"].isin(["female", "male"])]
    cells = cells.sort_values(["year", "age", "sex"])
    return cells["value"].to_numpy().reshape(cells["year"].nunique(), -1, 2, 1, 1)


@pytest.fixture(scope="module")
def inputs(reference) -> pd.DataFrame:
    return pd.read_parquet(reference / "un_ccmpp_example_canada_1x1_inputs.parquet")


@pytest.fixture(scope="module")
def outputs(reference) -> pd.DataFrame:
    return pd.read_parquet(reference / "un_ccmpp_example_canada_1x1_outputs.parquet")


@pytest.fixture(scope="module")
def published(outputs) -> np.ndarray:
    return by_age_and_sex(outputs, "population")


@pytest.fixture(scope="module")
def rates(inputs) -> list[cohort.Rates]:
    survival, moves = by_age_and_sex(inputs, "Sx"), by_age_and_sex(inputs, "net_migration")
    asfr = inputs[inputs["indicator"] == "asfr"].sort_values(["year", "age"])["value"]
    fertility = asfr.to_numpy().reshape(len(YEARS), -1, 1, 1)
    boys_per_girl = inputs[inputs["indicator"] == "srb"].sort_values("year")["value"].to_numpy()
    boys = boys_per_girl / (1 + boys_per_girl)
    return [
        cohort.Rates(survival[t], fertility[t], float(boys[t]), cohort.NetCounts(moves[t])) for t in range(len(YEARS))
    ]


def run(start: np.ndarray, rates: list[cohort.Rates]) -> list[cohort.Drawn]:
    seen: list[cohort.Drawn] = []
    keep = cohort.Keep(each_year=lambda year: seen.append(cohort.Drawn(year.year, *(x.copy() for x in year[1:]))))
    assert cohort.carry(start, rates, timing="end", births="before", keep=keep).clamped.sum() == 0
    return seen


def test_restarted_every_year_births_and_ages_2_to_99_are_the_published(published, outputs, rates):
    table = outputs[(outputs["indicator"] == "births") & (outputs["sex"] == "both")].sort_values("year")
    restarted = [run(published[t], [rates[t]])[0] for t in range(len(YEARS))]
    births = np.array([year.births.sum() for year in restarted])
    ours = np.stack([year.population for year in restarted])
    difference = np.abs(ours / published[1:] - 1)
    assert np.abs(births / table["value"].to_numpy() - 1).max() < 1e-5
    assert difference[:, 2:100].max() < 1e-6
    assert difference[:, :2].max() < 0.0015
    assert 0.05 < difference[:, 100].max() < 0.08


def test_a_free_run_of_70_years_gives_the_published_for_all_who_were_past_infancy_in_1950(published, rates):
    free = run(published[0], rates)
    compared = 0
    for number, year in enumerate(free, start=1):
        ages = slice(number + 1, 100)
        difference = np.abs(year.population[ages] / published[number][ages] - 1)
        assert difference.max() < 1e-6, (1950 + number, difference.max())
        compared += difference.size
    assert len(free) == 70
    assert compared == 2 * sum(100 - (number + 1) for number in range(1, 71))


def test_many_draws_of_the_example_are_all_the_example(published, rates):
    one = cohort.carry(published[0], rates, timing="end", births="before").last
    many = cohort.carry(np.repeat(published[0], 70, axis=-1), rates, timing="end", births="before").last
    assert np.array_equal(many, np.broadcast_to(one, many.shape))
