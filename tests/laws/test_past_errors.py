"""Errors of past projections of the real country: nothing after the year asked for is read."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from demografi.evaluation.intervals import interval_rows
from demografi.evaluation.launches import run_launch
from demografi.evaluation.past_errors import past_errors, project_nation_at
from demografi.rates import Settings
from demografi.sources.reference import Reference
from demografi.uncertainty import fit_errors, to_rows
from demografi.uncertainty.calibration import local_factors, national_factors
from demografi.uncertainty.fitting import estimate


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
    records = [past_errors(known, year, Settings()) for known in (country, spoiled(country, year))]
    models = [fit_errors(record) for record in records]
    for item in fields(models[0]):
        np.testing.assert_array_equal(getattr(models[0], item.name), getattr(models[1], item.name))
    # The calibration is part of the model; said apart, so that a factor of one hides nothing.
    np.testing.assert_array_equal(*(national_factors(record) for record in records))
    places, counties = zip(*(local_factors(m, r) for m, r in zip(models, records, strict=True)), strict=True)
    np.testing.assert_array_equal(*places)
    assert counties[0] == counties[1]


@pytest.mark.reference
def test_the_calibration_is_the_one_the_decision_note_says(country: Reference) -> None:
    record = past_errors(country, 2016, Settings())
    nation = national_factors(record)
    assert nation[[2, 4, 24], 3] == pytest.approx([1.62, 1.68, 1.68], abs=0.005)
    assert (nation[:, [0, 5, 6, 7]] == 1.0).all()
    place, county = local_factors(estimate(record), record)
    assert place == pytest.approx([1.13, 1.03, 0.91, 1.00, 0.99, 1.09, 0.99, 1.01], abs=0.01)
    assert county == pytest.approx(0.72, abs=0.005)


@pytest.mark.reference
def test_the_nation_of_the_record_is_what_the_municipalities_are_projected_to_sum_to(country: Reference) -> None:
    alone = project_nation_at(country, 2016, 5, Settings()).sum(axis=(1, 2))
    places = run_launch(country, 2016, 5, Settings()).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(alone, places, rtol=1e-6)


@pytest.mark.reference
def test_the_stored_table_is_small(country: Reference) -> None:
    rows = to_rows(fit_errors(past_errors(country, 2016, Settings())))
    assert sum(len(",".join(row)) + 1 for row in rows) < 40_000


@pytest.mark.reference
def test_places_and_their_sums_are_scored_from_the_same_draws(country: Reference) -> None:
    past = past_errors(country, 2012, Settings())
    rows = interval_rows(country, 2012, [3], fit_errors(past), past, draws=100)
    assert rows.groupby("kind")["unit"].nunique().to_dict() == {"county": 15, "municipality": 351, "ten": 28}
    assert rows["pit"].between(0, 1).all()
    total = rows[rows["age_group"] == "total"].set_index("kind")
    wide = total["high_80"] - total["low_80"]
    assert wide["county"].sum() < wide["municipality"].sum()
    # A county that is one municipality has that municipality's interval.
    oslo = total[total["unit"].isin(["03", "0301"])]
    assert oslo["low_80"].nunique() == 1
