"""National control: the nation's own projection, an official one, raking, damped trend."""

from __future__ import annotations

import numpy as np

from demografi.rates.fertility import newborns
from demografi.rates.migration import age_on, residuals, year_weights
from demografi.rates.pooling import Floats, Ints
from demografi.rates.settings import ControlSettings


def mean_net_migration(population: Floats, survived: Floats, base_years: tuple[int, ...], to_age: int) -> Floats:
    """Average the nation's net migration by age over one or more base periods.

    Parameters
    ----------
    population : (T + 1, S, A); survived : (T, S, A)
    base_years : lengths of the base periods [years]; their means are averaged
    to_age : no migration at this starting age and above

    Returns
    -------
    (S, A) net migrants per year by age at the start of the year [persons]
    """
    net = residuals(population, survived)
    means = np.stack([net[-years:].mean(axis=0) for years in base_years])
    mean = means.mean(axis=0)
    mean[:, to_age:] = 0.0
    return np.asarray(mean)


def newest_weight(persons: float, settings: ControlSettings) -> float:
    """Return the weight of the newest year in today's level of migration, 0–1.

    The level moves from year to year, and chance in single moves hides it where people are few: the steady state of a
    local level seen through noise. A country of five million listens to its last year, a town to several. Reference:
    A. C. Harvey (1989), Forecasting, Structural Time Series Models and the Kalman Filter, 4.1.
    """
    q = settings.migration_innovation**2 * persons / settings.migration_chance**2
    root = np.sqrt(q**2 + 4 * q)
    return float((q + root) / (2 + q + root))


def recent_net_migration(population: Floats, survived: Floats, settings: ControlSettings, to_age: int) -> Floats:
    """Return today's level of the nation's net migration by age, (S, A): newer years weigh more [persons per year]."""
    net = residuals(population, survived)[-max(settings.migration_years) :]
    weights = year_weights(len(net), 1 - newest_weight(float(population[-1].sum()), settings))
    level = np.einsum("t,tsa->sa", weights / weights.sum(), net)
    level[:, to_age:] = 0.0
    return np.asarray(level)


def net_migration_path(
    population: Floats, survived: Floats, horizon: int, settings: ControlSettings, to_age: int
) -> Floats:
    """Let today's level of the nation's net migration return gradually to its longer mean.

    Formula: base + memory^h·(level − base) in each sex and age, an AR(1) forecast.

    Parameters
    ----------
    population : (T + 1, S, A); survived : (T, S, A); to_age : see `mean_net_migration`

    Returns
    -------
    (H, S, A) net migrants by age at the start of the year [persons]
    """
    base = mean_net_migration(population, survived, settings.migration_years, to_age)
    level = recent_net_migration(population, survived, settings, to_age)
    kept = settings.migration_memory ** np.arange(1, horizon + 1, dtype=float)
    return base + kept[:, None, None] * (level - base)


def project_nation(population: Floats, survived: Floats, births: Floats, net: Floats, share_boys: float) -> Floats:
    """Project one population with net migration given as persons.

    Parameters
    ----------
    population : (S, A) at launch, sex 0 female
    survived : (H, S, A); births : (H, A) children per woman and year
    net : (H, S, A) migrants by age at the start of the year [persons]

    Returns
    -------
    (H + 1, S, A), first row the launch
    """
    path = [population]
    for s, f, g in zip(survived, births, net, strict=True):
        now = path[-1]
        later = np.maximum(age_on(now * s + g), 0.0)
        later[:, 0] = newborns(now[0], later[0], f, share_boys)
        path.append(later)
    return np.stack(path)


def mix_official(own: Floats, growth: Floats, groups: Ints, share: float) -> Floats:
    """Average a projection with an official one known by broad age group.

    Within a group the own age and sex pattern is kept; only the official growth since
    launch is used, on the own launch counts.

    Parameters
    ----------
    own : (H + 1, S, A); growth : (H + 1, G) official persons over those at launch
    groups : (A,) group of each age; share : weight of the official figures

    Notes
    -----
    Beyond the official horizon the last year's ratio is kept.
    """
    member = np.eye(growth.shape[1])[groups]
    known = min(len(own), len(growth))
    counts = np.einsum("tsa,ag->tg", own[:known], member)
    wanted = growth[:known] * counts[0]
    factor = 1.0 + share * (wanted / np.maximum(counts, 1e-9) - 1.0)
    later = np.repeat(factor[-1:], len(own) - known, axis=0)
    return own * (np.concatenate([factor, later]) @ member.T)[:, None, :]


def rake_factors(projected: Floats, target: Floats) -> Floats:
    """Return (S, A) factors that make places (R, S, A) sum to the target (S, A).

    A cell where no place has anyone keeps factor one.
    """
    total = projected.sum(axis=0)
    return np.where(total > 0, target / np.maximum(total, 1e-12), 1.0)


def trend_slopes(totals: Floats, base_years: tuple[int, ...]) -> Floats:
    """Return each place's mean yearly change of inhabitants, (T, R) → (R,).

    The slopes of several base periods are averaged; a period longer than the history
    is cut to it.
    """
    lengths = [min(years, len(totals) - 1) for years in base_years]
    slopes = [(totals[-1] - totals[-1 - n]) / n for n in lengths]
    return np.asarray(np.mean(slopes, axis=0))


def damped_sum(horizon: int, damping: float) -> Floats:
    """Return (H + 1,) the sums of damping^1 … damping^h; zero at launch.

    Reference: Gardner & McKenzie (1985), Management Science 31: 1237–1246.
    """
    powers = damping ** np.arange(1, horizon + 1, dtype=float)
    return np.concatenate([[0.0], np.cumsum(powers)])


def blend_with_trend(projected: Floats, slopes: Floats, damping: float, share: float, to_age: int) -> Floats:
    """Move totals part of the way to a damped linear trend.

    Ages below ``to_age`` are scaled by one factor; older ages are untouched. The sum of
    places then defines the nation, it is not raked back.

    Parameters
    ----------
    projected : (H + 1, R, S, A); slopes : (R,) persons per year
    share : weight of the trend; 0 keeps the projection
    """
    totals = projected.sum(axis=(2, 3))
    reach = damped_sum(len(projected) - 1, damping)
    trend = np.maximum(totals[0] + reach[:, None] * slopes, 0.0)
    younger = projected[:, :, :, :to_age].sum(axis=(2, 3))
    wanted = younger + share * (trend - totals)
    factor = np.maximum(wanted, 0.0) / np.maximum(younger, 1e-9)
    blended = projected.copy()
    blended[:, :, :, :to_age] *= factor[:, :, None, None]
    return blended
