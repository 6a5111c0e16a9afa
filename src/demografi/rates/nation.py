"""The nation's own path: survival, births, net migration and the control it gives."""

from __future__ import annotations

import numpy as np

from demografi.rates import fertility, mortality
from demografi.rates.control import mix_official, net_migration_path, project_nation
from demografi.rates.lifetables import infant_survival
from demografi.rates.parameters import Country
from demografi.rates.pooling import Floats
from demografi.rates.settings import Settings


def national_survival(country: Country, n_past: int, horizon: int, settings: Settings) -> tuple[Floats, Floats]:
    """Return national survival for past and projected years.

    Returns
    -------
    (n_past + horizon, S, A) from age a to a + 1; row ``n_past`` is the year that begins at launch
    (horizon, S) from birth to the end of the year
    """
    if country.death_rates is not None and country.declines is not None:
        rates, declines = country.death_rates, country.declines
    else:
        rates, declines = mortality.national_rates(country.deaths, country.exposure, settings.mortality)
    n_ages = country.population.shape[2]
    first = country.launch - n_past - country.last_death_year
    steps = np.arange(first, first + n_past + horizon, dtype=float)
    path = mortality.survival_path(rates, declines, steps, n_ages)
    missing = country.launch - 1 - country.last_death_year
    if missing > 0:
        rates = _carried_by_losses(country, path, rates, n_past, missing, settings)
        path = mortality.survival_path(rates, declines, steps, n_ages)
    ahead = rates[None] * np.exp(-declines[None] * steps[n_past:, None, None])
    return path, infant_survival(ahead)


def _carried_by_losses(
    country: Country, path: Floats, rates: Floats, n_past: int, missing: int, settings: Settings
) -> Floats:
    """Scale old-age rates by cohort losses in years without registered deaths."""
    from_age = settings.mortality.loss_from
    recent = country.population[-missing - 1 :, None]
    observed = mortality.losses(recent, from_age).sum()
    expected = mortality.expected_losses(recent[:-1], path[n_past - missing : n_past], from_age)
    scaled = rates.copy()
    scaled[:, settings.mortality.carry_from :] *= observed / expected.sum()
    return scaled


def national_births(country: Country, horizon: int, settings: Settings) -> tuple[Floats, Floats]:
    """Return past (T', A) and projected (H, A) children per woman and year."""
    choice = settings.fertility
    schedule = fertility.shape(country.asfr, choice.shape_years)
    n = max(choice.local_years, choice.level_years)
    past = fertility.levels(country.population[-n - 1 :], schedule)
    ahead = np.full(horizon, past[-choice.level_years :].mean())
    return past[-choice.local_years :, None] * schedule, ahead[:, None] * schedule


def national_control(country: Country, survived: Floats, births: Floats, n_past: int, settings: Settings) -> Floats:
    """Project the nation (H + 1, S, A), mixed with an official projection if given.

    ``survived`` holds ``n_past`` past years and then the projected ones.
    """
    choice, horizon = settings.control, len(births)
    history = country.population[-n_past - 1 :]
    path = net_migration_path(history, survived[:n_past], horizon, settings.control, settings.migration.fade_to)
    own = project_nation(history[-1], survived[n_past:], births, path, settings.fertility.share_boys)
    if country.official_growth is None or country.official_groups is None:
        return own
    return mix_official(own, country.official_growth, country.official_groups, choice.official_share)
