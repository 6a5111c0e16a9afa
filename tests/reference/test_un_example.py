"""The United Nations' own 1x1 worked example (Canada 1950-2020, ccmppWPP; copyright United Nations).

Each of the 70 years is restarted from the published stock. Ages 0 and 1 differ because the published figures move
infant deaths between cohorts by a rule of their own; from age 100 because they were made with an open age of 130 and
then cut to 100, while the inputs here close at 100.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

from demografi import cohort

YEARS = range(1950, 2020)

pytestmark = pytest.mark.reference


class Example(NamedTuple):
    stock: np.ndarray
    survival: np.ndarray
    migration: np.ndarray
    fertility: np.ndarray
    boys_per_girl: np.ndarray
    births: np.ndarray


@pytest.fixture(scope="module")
def example(reference) -> Example:
    inputs = pd.read_parquet(reference / "un_ccmpp_example_canada_1x1_inputs.parquet")
    outputs = pd.read_parquet(reference / "un_ccmpp_example_canada_1x1_outputs.parquet")

    def by_sex_and_age(table: pd.DataFrame, indicator: str) -> np.ndarray:
        cells = table[(table["indicator"] == indicator) & table["sex"].isin(["female", "male"])]
        cells = cells.sort_values(["year", "sex", "age"])
        return cells["value"].to_numpy().reshape(cells["year"].nunique(), 2, -1)

    fertility = inputs[inputs["indicator"] == "asfr"].sort_values(["year", "age"])["value"]
    ratio = inputs[inputs["indicator"] == "srb"].sort_values("year")["value"]
    births = outputs[(outputs["indicator"] == "births") & (outputs["sex"] == "both")].sort_values("year")["value"]
    return Example(
        by_sex_and_age(outputs, "population"),
        by_sex_and_age(inputs, "Sx"),
        by_sex_and_age(inputs, "net_migration"),
        fertility.to_numpy().reshape(len(YEARS), -1),
        ratio.to_numpy(),
        births.to_numpy(),
    )


@pytest.fixture(scope="module")
def restarted(example) -> list[cohort.Year]:
    return [
        cohort.step(
            example.stock[t][None],
            example.survival[t],
            example.fertility[t],
            example.boys_per_girl[t] / (1 + example.boys_per_girl[t]),
            example.migration[t],
        )
        for t in range(len(YEARS))
    ]


def test_births_equal_the_published_ones_within_1e_5(example, restarted):
    ours = np.array([year.births.sum() for year in restarted])
    assert len(ours) == 70
    assert np.abs(ours / example.births - 1).max() < 1e-5


def test_ages_2_to_99_equal_the_published_ones_within_1e_6(example, restarted):
    ours = np.stack([year.population[0] for year in restarted])
    assert np.abs(ours / example.stock[1:] - 1)[..., 2:100].max() < 1e-6


def test_ages_0_and_1_and_the_open_age_differ_only_as_explained(example, restarted):
    ours = np.stack([year.population[0] for year in restarted])
    difference = np.abs(ours / example.stock[1:] - 1)
    assert difference[..., :2].max() < 0.0015
    assert 0.05 < difference[..., 100].max() < 0.08
