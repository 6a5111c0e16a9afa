"""Errors of past projections, made again: of the nation alone since 1971, of every municipality since 2007."""

from __future__ import annotations

import numpy as np
import pandas as pd

from demografi.evaluation.launches import exposure, official_growth, run_launch
from demografi.evaluation.scores import group_ages
from demografi.rates import Country, Settings
from demografi.rates.control import blend_with_trend, trend_slopes
from demografi.rates.nation import national_births, national_control, national_survival
from demografi.rates.pooling import Floats, Ints
from demografi.sources.reference import GUESSED_SPLITS, OFFICIAL_STARTS, Reference
from demografi.uncertainty import PastErrors, fit_errors, to_rows

__all__ = ["error_table", "past_errors", "project_nation_at", "scored_places"]

FIRST_NATIONAL = 1971
"""First launch with four years of fertility by age behind it."""
FIRST_LOCAL = 2007
"""First launch with two years of municipal change behind it."""
ERA_BREAK = 1991
"""Launches before and from here: when old-age mortality and fertility moved most, and when immigration did."""
FURTHEST = 25


def national_history(reference: Reference) -> tuple[int, Floats]:
    """Return the first year and stocks (T, S, A) of the nation: HMD's before SSB's begin."""
    before = reference.stock[: reference.first_nation - reference.first_deaths]
    n_ages = reference.nation.shape[-1]
    old = before[..., :n_ages].copy()
    old[..., -1] = before[..., n_ages - 1 :].sum(axis=-1)
    return reference.first_deaths, np.concatenate([old, reference.nation])


def project_nation_at(reference: Reference, launch: int, horizon: int, settings: Settings) -> Floats:
    """Project the nation alone from what was known at a launch, (H + 1, S, A): what the municipal method sums to.

    The control of the method, and its blend with a damped trend, which for a sum of places is that of the sum.
    """
    first, history = national_history(reference)
    stocks = history[: launch - first + 1]
    deaths = reference.deaths[: launch - first]
    stock = reference.stock[: len(deaths)]
    country = Country(
        launch=launch,
        population=stocks,
        deaths=deaths,
        exposure=exposure(stock, stocks[len(deaths)]),
        last_death_year=first + len(deaths) - 1,
        asfr=reference.asfr[: launch - reference.first_asfr],
        official_growth=official_growth(reference, launch, horizon),
        official_groups=np.searchsorted(OFFICIAL_STARTS, np.arange(stocks.shape[-1]), side="right") - 1,
    )
    base = max(settings.control.migration_years)
    survived, _ = national_survival(country, base, horizon, settings)
    _, births = national_births(country, horizon, settings)
    control = national_control(country, survived, births, base, settings)
    slope = trend_slopes(stocks.sum(axis=(1, 2))[:, None], settings.control.trend_years)
    c = settings.control
    return blend_with_trend(control[:, None], slope, c.trend_damping, c.trend_share, c.trend_to)[:, 0]


def scored_places(reference: Reference) -> Ints:
    """Return the indices of places whose history does not rest on a guessed split."""
    guessed = {code for members in GUESSED_SPLITS for code in members}
    return np.array([i for i, code in enumerate(reference.regions) if code not in guessed])


def past_errors(reference: Reference, outcomes_to: int, settings: Settings) -> PastErrors:
    """Make every past projection again and set it beside what came by a year; later figures are not read."""
    launches = range(FIRST_NATIONAL, outcomes_to)
    nation = [_national(reference, launch, outcomes_to, settings) for launch in launches]
    places = scored_places(reference)
    horizon = outcomes_to - FIRST_LOCAL
    local = [_local(reference, launch, outcomes_to, horizon, settings) for launch in range(FIRST_LOCAL, outcomes_to)]
    return PastErrors(
        outcomes_to,
        np.stack([errors for errors, _ in nation]),
        np.stack([projected for _, projected in nation]),
        (np.array(launches) >= ERA_BREAK).astype(np.int64),
        np.stack([projected[:, places] for projected, _ in local]),
        np.stack([observed[:, places] for _, observed in local]),
        reference.counties[places],
    )


def error_table(reference: Reference, outcomes_to: int, settings: Settings | None = None) -> pd.DataFrame:
    """Fit the error model on outcomes up to a year and return it as rows ``name position values``."""
    model = fit_errors(past_errors(reference, outcomes_to, settings or Settings()))
    return pd.DataFrame(to_rows(model), columns=["name", "position", "values"])


def _national(reference: Reference, launch: int, outcomes_to: int, settings: Settings) -> tuple[Floats, Floats]:
    """Return log errors and projected persons (H + 1, G) of the nation, NaN after ``outcomes_to``."""
    first, history = national_history(reference)
    ahead = min(FURTHEST, outcomes_to - launch)
    projected = group_ages(project_nation_at(reference, launch, ahead, settings).sum(axis=1))
    observed = group_ages(history[launch - first : launch - first + ahead + 1].sum(axis=1))
    found = np.full((2, FURTHEST + 1, projected.shape[1]), np.nan)
    found[:, : ahead + 1] = np.log(observed / projected), projected
    return found[0], found[1]


def _local(
    reference: Reference, launch: int, outcomes_to: int, horizon: int, settings: Settings
) -> tuple[Floats, Floats]:
    """Return projected and observed (h + 1, R, G), NaN in the latter after ``outcomes_to``."""
    projected = group_ages(run_launch(reference, launch, horizon, settings).sum(axis=2))
    observed = np.full_like(projected, np.nan)
    start = launch - reference.first_year
    seen = reference.local[start : outcomes_to - reference.first_year + 1]
    observed[: len(seen)] = group_ages(seen.sum(axis=2))
    return projected, observed
