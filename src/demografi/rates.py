"""Demographic measures as plain functions of arrays; units and references in each.

Nothing here knows a table, a region or a year by name. Ages run over the last axis.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from demografi.errors import TableError

__all__ = [
    "close_kannisto",
    "decline_of_mortality",
    "fade",
    "life_expectancy",
    "life_table",
    "local_level",
    "pooled_rate",
    "residual_migration",
    "survival_shares",
]

Array = NDArray[np.float64]
INFANT_YEARS = 0.1
"""Mean years lived in the first year by those who die in it; about 0.1 where mortality is low
(Andreev & Kingkade, Demographic Research 33:13, 2015)."""


def life_table(mx: Array) -> dict[str, Array]:
    """Return the period life table of single-year death rates.

    Parameters
    ----------
    mx
        Deaths per person-year by completed age, the last age open, shape (…, age).

    Returns
    -------
    dict
        ``qx lx dx Lx Tx ex`` with radix 1 [share, years].

    Notes
    -----
    q = m / (1 + (1 − a)·m), with a = 0.1 in the first year of life, 0.5 after it, 1/m in the open
    age (Preston, Heuveline & Guillot, Demography, 2001, chapter 3).

    Examples
    --------
    >>> float(life_table(np.array([0.5, 0.5, 0.5]))["ex"][0].round(3))
    2.0
    """
    mx = np.asarray(mx, dtype=float)
    if (mx < 0).any() or not np.isfinite(mx).all():
        raise TableError("A death rate is negative or not a number.", hint="Rates are per person-year, 0 or more.")
    ax = np.full_like(mx, 0.5)
    ax[..., 0] = INFANT_YEARS
    qx = np.minimum(mx / (1 + (1 - ax) * mx), 1.0)
    qx[..., -1] = 1.0
    lx = np.ones_like(mx)
    lx[..., 1:] = np.cumprod(1 - qx[..., :-1], axis=-1)
    dx = lx * qx
    Lx = lx - (1 - ax) * dx
    Lx[..., -1] = lx[..., -1] / np.maximum(mx[..., -1], 1e-12)
    Tx = np.cumsum(Lx[..., ::-1], axis=-1)[..., ::-1]
    return {"qx": qx, "lx": lx, "dx": dx, "Lx": Lx, "Tx": Tx, "ex": Tx / np.maximum(lx, 1e-300)}


def life_expectancy(mx: Array) -> Array:
    """Return period life expectancy at birth [years]; ages on the last axis."""
    return np.asarray(life_table(mx)["ex"][..., 0])


def survival_shares(mx: Array, open_age: int) -> Array:
    """Return the shares that survive from one 1 January to the next.

    Parameters
    ----------
    mx
        Death rates by single age to an age beyond ``open_age``, shape (…, age).
    open_age
        The age that is open in the population; older rates are weighted by the life table.

    Returns
    -------
    numpy.ndarray
        Shape (…, open_age + 1): from birth to age 0 at the end of the year, from a−1 to a, and
        from open_age−1 and older into the open age [share].

    Notes
    -----
    L(a)/L(a−1) of the life table, L(0)/l(0) at birth, T(A)/T(A−1) into the open age
    (United Nations, ccmppWPP).

    Examples
    --------
    >>> float(survival_shares(np.full(4, 0.1), 2)[2].round(4))
    0.9048
    """
    table = life_table(mx)
    Lx, Tx = table["Lx"], table["Tx"]
    shares = np.empty((*mx.shape[:-1], open_age + 1))
    shares[..., 0] = Lx[..., 0]
    shares[..., 1:open_age] = Lx[..., 1:open_age] / Lx[..., : open_age - 1]
    shares[..., open_age] = Tx[..., open_age] / Tx[..., open_age - 1]
    return np.minimum(shares, 1.0)


def close_kannisto(mx: Array, deaths: Array, ages: tuple[int, int, int] = (80, 88, 96)) -> Array:
    """Replace death rates at the highest ages by a fitted logistic curve.

    Parameters
    ----------
    mx
        Death rates by single age 0 …, one sex [per person-year].
    deaths
        Deaths behind each rate, the weights of the fit [persons].
    ages
        First age fitted (to 100), first age blended, first age fully replaced.

    Notes
    -----
    Kannisto: logit m is linear in age (Thatcher, Kannisto & Vaupel, The force of mortality at
    ages 80 to 120, 1998). Fitted with statsmodels by weighted least squares.
    """
    import statsmodels.api as sm

    first, blend, full = ages
    fitted = np.arange(first, 101)
    known = fitted[(mx[fitted] > 0) & (mx[fitted] < 1)]
    design = sm.add_constant(known.astype(float))
    line = sm.WLS(np.log(mx[known] / (1 - mx[known])), design, weights=np.maximum(deaths[known], 1.0)).fit()
    age = np.arange(mx.size)
    curve = 1 / (1 + np.exp(-(line.params[0] + line.params[1] * age)))
    share = np.clip((age - blend) / (full - blend), 0, 1)
    return np.asarray((1 - share) * mx + share * curve)


def decline_of_mortality(mx: Array, weights: Array) -> float:
    """Return the yearly relative decline of mortality, as a share.

    Parameters
    ----------
    mx
        Death rates, shape (year, age), the ages that set the pace (65–89 in our use).
    weights
        Standard population, shape (age,).

    Notes
    -----
    Minus the slope of the log of the age-standardised rate over the years (ordinary least squares).

    Examples
    --------
    >>> rates = np.exp(-0.02 * np.arange(10))[:, None] * np.array([[0.01, 0.02]])
    >>> round(decline_of_mortality(rates, np.array([1.0, 1.0])), 6)
    0.02
    """
    import statsmodels.api as sm

    standardised = np.log((mx * weights).sum(axis=-1) / weights.sum())
    design = sm.add_constant(np.arange(len(standardised), dtype=float))
    return float(-sm.OLS(standardised, design).fit().params[1])


def fade(ages: NDArray[np.int64], first: int, last: int) -> Array:
    """Return weights that are 1 up to ``first`` and fall linearly to 0 at ``last`` [share]."""
    return np.asarray(np.clip((last - ages) / (last - first), 0.0, 1.0))


def pooled_rate(events: Array, exposure: Array, reference: Array, k: float | Array) -> Array:
    """Return a local rate pulled towards a reference rate.

    Parameters
    ----------
    events, exposure
        Counted events and the person-years they come from.
    reference
        The rate of the larger area [per person-year].
    k
        Person-years the reference counts for; the local weight is exposure/(exposure + k).

    Notes
    -----
    The posterior mean of a Poisson rate with a gamma prior (Clayton & Kaldor, Biometrics 43, 1987).

    Examples
    --------
    >>> float(pooled_rate(np.array(30.0), np.array(1000.0), np.array(0.01), 1000.0))
    0.02
    """
    return np.asarray((events + k * reference) / (exposure + k))


def local_level(observed: Array, expected: Array, k: float) -> Array:
    """Return observed ÷ expected pulled towards 1 with the weight of ``k`` expected events."""
    return np.asarray((observed + k) / (expected + k))


def residual_migration(population: Array, survival: Array) -> Array:
    """Return net migrants as what stocks cannot explain by survival.

    Parameters
    ----------
    population
        Persons on 1 January, shape (year, region, sex, age).
    survival
        As :func:`survival_shares`; broadcasts to (year − 1, region, sex, age).

    Returns
    -------
    numpy.ndarray
        Net migrants by the age reached at the end of the year, shape (year − 1, region, sex,
        age); age 0 is left at zero, for births are counted elsewhere [persons].

    Notes
    -----
    The forward survival residual (Siegel & Hamilton 1952): migrants' own deaths are ignored.
    """
    before = np.zeros_like(population[:-1])
    before[..., 1:] = population[:-1, ..., :-1]
    before[..., -1] += population[:-1, ..., -1]
    residual = population[1:] - before * survival
    residual[..., 0] = 0.0
    return np.asarray(residual)


def smooth_over_age(values: Array, width: float) -> Array:
    """Return values smoothed by a Gaussian over the last axis; ``width`` is its spread [years]."""
    return np.asarray(gaussian_filter1d(values, width, axis=-1, mode="nearest"))
