"""What was known at a launch: everything later is cut off before anything is estimated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from demografi.rates import Country, Parameters, Settings, chain_link, fit_national, paths
from demografi.rates.pooling import Floats
from demografi.sources.reference import BREAK_YEAR, GUESSED_SPLITS, OFFICIAL_STARTS, Reference

if TYPE_CHECKING:
    from demografi.observed import Observed

__all__ = ["exposure", "fit_launch", "known_at", "official_growth", "run_launch", "until"]


def known_at(reference: Reference, launch: int, horizon: int) -> tuple[Country, Floats]:
    """Cut everything to what was known at launch.

    Returns
    -------
    the country, and local population (T, R, S, A) with the launch as last row; guessed
    splits are chain-linked where the launch is after the border change
    """
    local = reference.local[: launch - reference.first_year + 1]
    for members in GUESSED_SPLITS:
        index = np.array([reference.regions.index(code) for code in members])
        local = chain_link(local, BREAK_YEAR - reference.first_year, index)
    nation = reference.nation[: launch - reference.first_nation + 1]
    deaths = reference.deaths[: launch - reference.first_deaths]
    stock = reference.stock[: len(deaths)]
    next_year = reference.first_deaths + len(deaths)
    country = Country(
        launch=launch,
        population=nation,
        deaths=deaths,
        exposure=exposure(stock, nation[next_year - reference.first_nation]),
        last_death_year=next_year - 1,
        asfr=reference.asfr[: launch - reference.first_asfr],
        official_growth=official_growth(reference, launch, horizon),
        official_groups=np.searchsorted(OFFICIAL_STARTS, np.arange(106), side="right") - 1,
    )
    return country, local


def exposure(stock: Floats, following: Floats) -> Floats:
    """Return person-years (D, S, 111) as the mean of two 1 January stocks.

    ``following`` (S, A) is the stock after the last row; its last age is open.
    """
    after = np.zeros_like(stock[-1])
    after[:, : following.shape[1]] = following
    return np.asarray(0.5 * (stock + np.concatenate([stock[1:], after[None]])))


def official_growth(reference: Reference, launch: int, horizon: int) -> Floats | None:
    """Return the newest official projection's growth since launch, (H + 1, G)."""
    vintages = [v for v in reference.official if v <= launch]
    if not vintages:
        return None
    first, persons = reference.official[max(vintages)]
    ahead = persons[launch - first : launch - first + horizon + 1]
    return np.asarray(ahead / ahead[0])


def fit_launch(reference: Reference, launch: int, horizon: int, settings: Settings) -> tuple[Parameters, Floats]:
    """Fit the whole country at a launch.

    Returns
    -------
    the parameters, and the local population known, (T, R, S, A)
    """
    country, local = known_at(reference, launch, horizon)
    return fit_national(country, local, reference.counties, horizon, settings), local


def run_launch(reference: Reference, launch: int, horizon: int, settings: Settings) -> Floats:
    """Fit and project every place at a launch; (H + 1, R, S, A), first row the launch."""
    parameters, local = fit_launch(reference, launch, horizon, settings)
    return paths.project_places(local, reference.counties, parameters, settings)[0]


def until(observed: Observed, launch: int) -> Observed:
    """Cut figures to what was known at a launch: stocks to its 1 January, flows of the years before, if any."""
    tables = {}
    for name, table in observed.tables.items():
        last = launch if name == "population" else launch - 1
        known = table[table["year"] <= last].reset_index(drop=True)
        if len(known):
            tables[name] = known
    return type(observed)(tables, observed.facts, observed.own_sources, observed.own_cautions, observed.rests_on)
