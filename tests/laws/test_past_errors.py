"""Errors of past projections of the real country: nothing after the year asked for is read."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from demografi.evaluation.past_errors import past_errors
from demografi.rates import Settings
from demografi.sources.reference import Reference
from demografi.uncertainty import fit_errors, to_rows


def spoiled(reference: Reference, year: int) -> Reference:
    """Replace everything that was not known on 1 January of a year by random numbers."""
    random = np.random.default_rng(year)

    def noise(values: np.ndarray, first: int, last_known: int) -> np.ndarray:
        changed = values.copy()
        future = changed[last_known + 1 - first :]
        future[...] = random.uniform(1, 1e4, future.shape)
        return changed

    official = {
        vintage: (first, table if vintage <= year else random.uniform(1, 1e6, table.shape))
        for vintage, (first, table) in reference.official.items()
    }
    return replace(
        reference,
        local=noise(reference.local, reference.first_year, year),
        nation=noise(reference.nation, reference.first_nation, year),
        deaths=noise(reference.deaths, reference.first_deaths, year - 1),
        stock=noise(reference.stock, reference.first_deaths, year),
        asfr=noise(reference.asfr, reference.first_asfr, year - 1),
        official=official,
    )


@pytest.mark.reference
@pytest.mark.parametrize("year", [2012, 2016])
def test_outcomes_after_the_year_change_nothing(country: Reference, year: int) -> None:
    models = [fit_errors(past_errors(known, year, Settings())) for known in (country, spoiled(country, year))]
    for item in fields(models[0]):
        np.testing.assert_array_equal(getattr(models[0], item.name), getattr(models[1], item.name))


@pytest.mark.reference
def test_the_stored_table_is_small(country: Reference) -> None:
    rows = to_rows(fit_errors(past_errors(country, 2016, Settings())))
    assert sum(len(",".join(row)) + 1 for row in rows) < 40_000
