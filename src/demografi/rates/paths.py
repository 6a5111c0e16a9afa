"""Project places: one year, then many, with or without a national control."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from demografi import cohort
from demografi.rates.control import blend_with_trend, rake_factors
from demografi.rates.local import fit_local
from demografi.rates.migration import fade
from demografi.rates.mortality import local_survival
from demografi.rates.parameters import LocalRates, Parameters
from demografi.rates.pooling import Floats, Ints
from demografi.rates.settings import Settings


def step(population: Floats, survived: Floats, migration: Floats, births: Floats, share_boys: float) -> Floats:
    """Carry places one year forward; migrants are added to survivors at the end of the year.

    Parameters
    ----------
    population : (R, S, A) 1 January; survived : (R, S, A) from age a to a + 1
    migration : (R, S, A) net migrants per person at the start of the year
    births : (R, A) children aged 0 at the end of the year per woman present on average

    Returns
    -------
    (R, S, A) the next 1 January; never negative

    Notes
    -----
    The year itself is the kernel's, `demografi.cohort`: net rates per survivor, births by women after the
    migrants. Infants' deaths are inside ``births``, so nobody dies before the first 31 December here.
    """
    alive = _into_age(population, survived)
    moving = _into_age(population * survived, np.maximum(migration / np.maximum(survived, 1e-12), -1.0))
    alive[..., 0], moving[..., 0] = 1.0, 0.0
    year = cohort.Rates(_laid(alive), _laid(births), share_boys, cohort.NetRates(_laid(moving)))
    carried = cohort.carry(_laid(population), [year], timing="end", births="after", blocks=ONE_THREAD)
    return np.asarray(np.moveaxis(carried.last[..., 0], (0, 1, 2), (2, 1, 0)))


ONE_THREAD = cohort.Blocks(threads=1)
"""A single path is too little work to share."""


def _laid(values: Floats) -> Floats:
    """Turn (R, [S,] A) into the kernel's (A, [S,] R, draw)."""
    return np.ascontiguousarray(np.swapaxes(values, 0, -1)[..., None])


def _into_age(persons: Floats, shares: Floats) -> Floats:
    """Turn shares by age at the start into shares by age at the end; the open age takes the mean of those who join."""
    later = np.empty_like(persons)
    later[..., 1:] = shares[..., :-1]
    joined = persons[..., -2:].sum(axis=-1)
    met = (persons[..., -2:] * shares[..., -2:]).sum(axis=-1)
    later[..., -1] = np.divide(met, joined, out=shares[..., -1].copy(), where=joined != 0)
    return later


def migration_rates(local: LocalRates, parameters: Parameters, year: int, settings: Settings) -> Floats:
    """Return net migration rates (R, S, A) in projected year number ``year`` (0, 1 …)."""
    rate = parameters.migration_rate + local.level[year][:, None, None] * parameters.profile
    return np.asarray((rate + local.shape) * fade(rate.shape[-1], settings.migration))


def project(
    population: Floats,
    local: LocalRates,
    parameters: Parameters,
    settings: Settings,
    target: Floats | None = None,
) -> tuple[Floats, Parameters]:
    """Project places before the damped-trend blend.

    Parameters
    ----------
    population : (R, S, A) at launch
    target : (H + 1, S, A) national control for the whole country; None uses the raking
        factors stored in ``parameters``, as one place alone must

    Returns
    -------
    (H + 1, R, S, A), and the parameters with the factors that were used
    """
    path, factors = [population], []
    for year in range(len(parameters.survival)):
        survived = local_survival(parameters.survival[year], local.loss_ratio, settings.mortality)
        moving = migration_rates(local, parameters, year, settings)
        births = local.birth_ratio[:, None] * parameters.births[year]
        later = step(path[-1], survived, moving, births, settings.fertility.share_boys)
        rake = parameters.rake[year] if target is None else rake_factors(later, target[year + 1])
        factors.append(rake)
        path.append(later * rake)
    return np.stack(path), replace(parameters, rake=np.stack(factors))


def project_places(
    population: Floats, counties: Ints, parameters: Parameters, settings: Settings
) -> tuple[Floats, LocalRates]:
    """Project any places from the country's parameters and their own history.

    Parameters
    ----------
    population : (T, R, S, A) 1 January, last row the launch [persons]
    counties : (R,) county numbers as in the parameters

    Returns
    -------
    (H + 1, R, S, A), first row the launch, and the local rates it rests on
    """
    local = fit_local(population, counties, parameters, settings)
    projected, _ = project(population[-1], local, parameters, settings)
    return blend(projected, local, settings), local


def blend(projected: Floats, local: LocalRates, settings: Settings) -> Floats:
    """Blend totals with each place's damped trend; see `blend_with_trend`."""
    c = settings.control
    return blend_with_trend(projected, local.slope, c.trend_damping, c.trend_share, c.trend_to)
