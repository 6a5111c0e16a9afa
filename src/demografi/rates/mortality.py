"""Mortality: national decline and level, closing of the table, survival, local ratio."""

from __future__ import annotations

import warnings

import numpy as np

from demografi.rates.pooling import Floats, ramp
from demografi.rates.settings import MortalitySettings


def _slope(years: Floats, log_rates: Floats, weights: Floats) -> float:
    """Return the weighted least-squares slope of one series [per year]."""
    centre = np.average(years, weights=weights)
    x = years - centre
    return float((weights * x * log_rates).sum() / (weights * x * x).sum())


def decline(deaths: Floats, exposure: Floats, window: int, groups: tuple[tuple[int, int], ...]) -> Floats:
    """Measure the yearly decline of old-age death rates for each sex.

    Each age group's log death rate is regressed on calendar year over the last
    ``window`` years, weighted by deaths; the slopes are averaged with equal weight.

    Parameters
    ----------
    deaths, exposure : (T, S, A) [deaths, person-years], last row the newest year

    Returns
    -------
    (S,) decline; 0.02 means 2 % lower rates a year later
    """
    years = np.arange(min(window, len(deaths)), dtype=float)
    slopes = np.zeros((len(groups), deaths.shape[1]))
    for g, (low, high) in enumerate(groups):
        d = deaths[-len(years) :, :, low : high + 1].sum(axis=2)
        e = exposure[-len(years) :, :, low : high + 1].sum(axis=2)
        for s in range(deaths.shape[1]):
            # Without deaths in every year there is no trend to see.
            if len(years) > 1 and (d[:, s] > 0).all():
                slopes[g, s] = _slope(years, np.log(d[:, s] / e[:, s]), d[:, s])
    return np.asarray(-slopes.mean(axis=0))


def decline_by_age(declines: Floats, n_ages: int, settings: MortalitySettings) -> Floats:
    """Spread the declines (S,) over age (S, A): full, then fading linearly to zero."""
    pooled = settings.pool_sexes * declines.mean() + (1 - settings.pool_sexes) * declines
    fade = 1.0 - ramp(n_ages, settings.fade_from, settings.fade_to)
    return np.asarray(pooled[:, None] * fade[None, :])


def level(deaths: Floats, exposure: Floats, declines: Floats) -> Floats:
    """Pool several years' death rates, each carried to the newest year.

    Formula: m = Σ D_t / Σ E_t·exp(d·(T − t)).

    Parameters
    ----------
    deaths, exposure : (T, S, A); declines : (S, A) [per year]

    Returns
    -------
    (S, A) death rates in the newest year [per person-year]
    """
    back = np.arange(len(deaths) - 1, -1, -1, dtype=float)
    carried = exposure * np.exp(declines[None] * back[:, None, None])
    return np.asarray(deaths.sum(axis=0) / np.maximum(carried.sum(axis=0), 1e-9))


def kannisto(deaths: Floats, exposure: Floats, ages: Floats) -> tuple[float, float]:
    """Fit logit m(x) = a + b·x by Poisson maximum likelihood for one sex.

    Parameters
    ----------
    deaths, exposure, ages : (X,) [deaths, person-years, years of age]

    Returns
    -------
    a, b with ``ages`` in years

    References
    ----------
    Thatcher, Kannisto & Vaupel (1998), *The Force of Mortality at Ages 80 to 120*, Odense.
    """
    import statsmodels.api as sm

    centre = float(ages.mean())
    design = sm.add_constant(ages - centre)
    with warnings.catch_warnings():
        # Logit is unusual for counts, but the mean is a rate below one; a perfect fit is no fault here.
        warnings.simplefilter("ignore", sm.tools.sm_exceptions.DomainWarning)
        warnings.simplefilter("ignore", sm.tools.sm_exceptions.PerfectSeparationWarning)
        family = sm.families.Poisson(link=sm.families.links.Logit(), check_link=False)
        model = sm.GLM(deaths / exposure, design, family=family, var_weights=exposure)
        fitted = model.fit(start_params=_logistic_start(deaths, exposure, design), tol=1e-12)
    level, slope = fitted.params
    return float(level - slope * centre), float(slope)


def _logistic_start(deaths: Floats, exposure: Floats, design: Floats) -> Floats:
    """Return the least-squares line through the logits, from which the fit starts."""
    rate = np.clip(deaths / np.maximum(exposure, 1e-9), 1e-4, 0.9)
    return np.asarray(np.linalg.lstsq(design, np.log(rate / (1 - rate)), rcond=None)[0])


def close_table(rates: Floats, deaths: Floats, exposure: Floats, settings: MortalitySettings) -> Floats:
    """Replace noisy oldest rates (S, A) by a Kannisto curve, blended in over age.

    ``deaths`` and ``exposure`` (S, A) are those behind ``rates``. Where the data end before the ages of
    the fit, the rates stay as they are: an open age of 90 needs no closing.
    """
    low, high = settings.kannisto_fit
    if rates.shape[1] <= high:
        return rates
    ages = np.arange(rates.shape[1], dtype=float)
    weight = ramp(rates.shape[1], *settings.kannisto_blend)
    closed = rates.copy()
    for s in range(len(rates)):
        cut = slice(low, high + 1)
        a, b = kannisto(deaths[s, cut], exposure[s, cut], ages[cut])
        curve = 1.0 / (1.0 + np.exp(-(a + b * ages)))
        closed[s] = (1 - weight) * rates[s] + weight * curve
    return closed


def national_rates(deaths: Floats, exposure: Floats, settings: MortalitySettings) -> tuple[Floats, Floats]:
    """Return newest death rates and their yearly decline, both (S, A).

    Parameters
    ----------
    deaths, exposure : (T, S, A), last row the newest known year
    """
    trends = [decline(deaths, exposure, w, settings.trend_groups) for w in settings.trend_windows]
    declines = decline_by_age(np.mean(trends, axis=0), deaths.shape[2], settings)
    d, e = deaths[-settings.level_years :], exposure[-settings.level_years :]
    back = np.arange(len(d) - 1, -1, -1, dtype=float)
    carried = (e * np.exp(declines[None] * back[:, None, None])).sum(axis=0)
    return close_table(level(d, e, declines), d.sum(axis=0), carried, settings), declines


def survival(rates: Floats) -> Floats:
    """Turn death rates by age into survival from age a to a + 1 over one year.

    Formula: S(a) = exp(−(m(a) + m(a+1)) / 2); a cohort spends half the year at each
    age. The oldest age keeps its own rate. Shape (..., A) → (..., A).
    """
    following = np.concatenate([rates[..., 1:], rates[..., -1:]], axis=-1)
    return np.asarray(np.exp(-0.5 * (rates + following)))


def survival_path(rates: Floats, declines: Floats, steps: Floats, n_ages: int) -> Floats:
    """Return survival (T, S, n_ages) ``steps`` years after the newest known year.

    Negative steps go back in time. ``rates`` may hold more ages than ``n_ages``.
    """
    moved = rates[None] * np.exp(-declines[None] * steps[:, None, None])
    return survival(moved)[:, :, :n_ages]


def losses(population: Floats, from_age: int) -> Floats:
    """Count cohort losses (deaths and net out-moves) at ``from_age`` and older.

    Parameters
    ----------
    population : (T, R, S, A) 1 January [persons]; the last age is open

    Returns
    -------
    (T − 1, R) persons at ``from_age``+ less those a year later at ``from_age`` + 1 and over
    """
    before = population[:-1, :, :, from_age:].sum(axis=(2, 3))
    return np.asarray(before - population[1:, :, :, from_age + 1 :].sum(axis=(2, 3)))


def expected_losses(population: Floats, survived: Floats, from_age: int) -> Floats:
    """Count the losses (T, R) at ``from_age``+ under survival (T, S, A)."""
    start = population[:, :, :, from_age:]
    return np.asarray(np.einsum("trsa,tsa->tr", start, 1.0 - survived[:, :, from_age:]))


def local_survival(survived: Floats, ratio: Floats, settings: MortalitySettings) -> Floats:
    """Raise survival to each place's old-age mortality ratio.

    Parameters
    ----------
    survived : (..., S, A); ratio : (R,) local over national mortality

    Returns
    -------
    (..., R, S, A): S^(1 + (ratio − 1)·w), w rising from 0 to 1 over age
    """
    weight = ramp(survived.shape[-1], settings.ratio_from, settings.ratio_to)
    power = 1.0 + (ratio[:, None, None] - 1.0) * weight
    return np.asarray(survived[..., None, :, :] ** power)
