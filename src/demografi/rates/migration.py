"""Net migration by cohort residual: level, age profile, shape, pooling over places."""

from __future__ import annotations

from itertools import product

import numpy as np

from demografi.rates.pooling import Floats, age_kernel, ramp, weighted_regression
from demografi.rates.settings import MigrationSettings


def age_on(moved: Floats) -> Floats:
    """Move everyone one age up; the two oldest join, age 0 is left empty.

    (..., A) by starting age → (..., A) by age a year later.
    """
    older = np.zeros_like(moved)
    older[..., 1:] = moved[..., :-1]
    older[..., -1] += moved[..., -1]
    return older


def residuals(population: Floats, survived: Floats) -> Floats:
    """Measure net migration as the part of cohort change that is not death.

    Parameters
    ----------
    population : (T + 1, ..., A) 1 January [persons]
    survived : (T, ..., A) survival from age a to a + 1

    Returns
    -------
    (T, ..., A) net migrants by age at the start of the year; the two oldest are
    reported together at the last but one age
    """
    stayed = population[:-1] * survived
    net = np.zeros_like(stayed)
    net[..., :-2] = population[1:, ..., 1:-1] - stayed[..., :-2]
    net[..., -2] = population[1:, ..., -1] - stayed[..., -2:].sum(axis=-1)
    return net


def year_weights(n_years: int, decay: float) -> Floats:
    """Return (T,) weights, 1 for the newest year, ``decay`` for the year before."""
    return np.asarray(decay ** np.arange(n_years - 1, -1, -1, dtype=float))


def weighted_stock(values: Floats, settings: MigrationSettings) -> Floats:
    """Sum (T, R, S, A) over the latest years with falling weights → (R, S, A)."""
    recent = values[-settings.years :]
    weights = year_weights(len(recent), settings.decay)
    return np.asarray(np.einsum("trsa,t->rsa", recent, weights))


def excess(net: Floats, person_years: Floats, rate: Floats) -> Floats:
    """Return migrants beyond the nation's rate (S, A); shapes (R, S, A)."""
    return np.asarray(net - rate * person_years)


def raw_level(over: Floats, person_years: Floats, to_age: int) -> tuple[Floats, Floats]:
    """Return each place's excess rate below ``to_age`` and its person-years, (R,)."""
    exposure = person_years[:, :, :to_age].sum(axis=(1, 2))
    return over[:, :, :to_age].sum(axis=(1, 2)) / exposure, exposure


def profile(over: Floats, person_years: Floats, levels: Floats, sd: float) -> Floats:
    """Find how excess migration at each age follows the place's total level.

    Weighted regression through the origin of age-specific excess rates on the level
    (R,), smoothed over age. Returns (S, A), person-year weighted mean about one.
    """
    slope = np.einsum("rsa,r->sa", over, levels)
    scale = np.einsum("rsa,r->sa", person_years, levels**2)
    raw = slope / np.maximum(scale, 1e-12)
    return np.asarray(raw @ age_kernel(raw.shape[-1], sd).T)


def shape_prior(basis: Floats, remaining: Floats, person_years: Floats, sd: float) -> Floats:
    """Regress remaining excess rates on size at each sex and age.

    Parameters
    ----------
    basis : (R, K); remaining, person_years : (R, S, A)

    Returns
    -------
    (K, S, A) coefficients, smoothed over age
    """
    rates = remaining / np.maximum(person_years, 1e-9)
    coefficients = weighted_regression(basis, rates, person_years)
    return np.asarray(coefficients @ age_kernel(rates.shape[-1], sd).T)


def _common(values: Floats) -> Floats:
    """Sum (R, S, A) over the sexes and keep the axis."""
    return np.asarray(values.sum(axis=1, keepdims=True))


def pooled_shape(remaining: Floats, person_years: Floats, prior: Floats, weight: Floats, sd: float) -> Floats:
    """Shrink each place's remaining excess rates to the prior, coherently over sexes.

    What the sexes share is shrunk first, each sex's deviation from it apart; excess and
    person-years are smoothed over age before they are divided.

    Parameters
    ----------
    remaining, person_years, prior : (R, S, A)
    weight : (2, A) weight of the prior for the shared part and for the deviations
        [person-years]; sd : kernel over age [years of age]

    Returns
    -------
    (R, S, A) rates
    """
    kernel = age_kernel(remaining.shape[-1], sd).T
    own, stock = remaining @ kernel, person_years @ kernel
    total = np.maximum(_common(stock), 1e-9)
    expected = _common(prior * stock) / total
    shared = (_common(own) + weight[0] * expected) / (total + weight[0])
    apart = own - _common(own) / total * stock
    own_part = (apart + weight[1] * (prior - expected)) / np.maximum(stock + weight[1], 1e-9)
    return np.asarray(shared + own_part)


Halves = tuple[tuple[Floats, Floats], tuple[Floats, Floats]]


def shape_weights(halves: Halves, prior: Floats, sd: float, most: float) -> Floats:
    """Estimate by moments how strongly shapes should be shrunk at each age.

    Parameters
    ----------
    halves : (remaining excess, person-years) of even and of odd years, (R, S, A)
    prior : (R, S, A) expected rates; most : upper bound of the weight

    Returns
    -------
    (2, A) person-years, for the part the sexes share and for each sex's deviation
    """
    kernel = age_kernel(prior.shape[-1], sd).T
    smooth = [(left @ kernel, stock @ kernel) for left, stock in halves]
    totals = [(_common(left), np.maximum(_common(stock), 1e-9)) for left, stock in smooth]
    stocks = smooth[0][1] + smooth[1][1]
    expected = _common(prior * stocks) / np.maximum(_common(stocks), 1e-9)
    shared = [(left / total - expected, total) for left, total in totals]
    apart = [
        (left / np.maximum(stock, 1e-9) - both / total - prior + expected, stock)
        for (left, stock), (both, total) in zip(smooth, totals, strict=True)
    ]
    reach = 1.5 * sd
    return np.stack([_noise_over_signal(part[0], part[1], reach, most) for part in (shared, apart)])


def _noise_over_signal(first: tuple[Floats, Floats], second: tuple[Floats, Floats], sd: float, most: float) -> Floats:
    """Return noise variance × person-years over signal variance by age, (A,).

    What two interleaved halves of the years share is signal, the rest is noise. Each half
    is (rates about their expectation, person-years), (R, S, A).
    """
    (one, size_one), (two, size_two) = first, second
    both = size_one + size_two
    signal = (both * one * two).sum(axis=(0, 1)) / both.sum(axis=(0, 1))
    spread = both / np.maximum(size_one, 1e-9) + both / np.maximum(size_two, 1e-9)
    noise = (both * (one - two) ** 2).sum(axis=(0, 1)) / spread.sum(axis=(0, 1))
    wide = age_kernel(len(signal), sd).T
    return np.asarray(np.clip(noise @ wide / np.maximum(signal @ wide, 1e-12), 0.0, most))


def fade(n_ages: int, settings: MigrationSettings) -> Floats:
    """Return (A,) weights of migration by age: one, falling to zero in old age."""
    return 1.0 - ramp(n_ages, settings.fade_from, settings.fade_to)


def yearly_excess(net: Floats, stock: Floats, to_age: int) -> tuple[Floats, Floats]:
    """Return each place's net migration rate of each year and its person-years, (T, R).

    Parameters
    ----------
    net, stock : (T, R, S, A) migrants and persons by age at the start of the year
    to_age : ages below this count
    """
    exposure = stock[..., :to_age].sum(axis=(2, 3))
    return net[..., :to_age].sum(axis=(2, 3)) / np.maximum(exposure, 1e-9), exposure


def _memory(lags: Floats, long: float, short: float) -> Floats:
    """Return (2, ...) the autocorrelations of the lasting and the passing part."""
    return np.stack([long ** np.abs(lags), short ** np.abs(lags)])


def level_variances(rates: Floats, person_years: Floats, long: float, short: float) -> Floats:
    """Estimate how much of yearly differences between places lasts, by moments.

    Products of two years' rates of one place have expectation
    v₁·long^lag + v₂·short^lag + v₃·[lag = 0] / person-years. They are regressed on these
    three by non-negative least squares, weighted first by person-years and then by the
    inverse of the fitted variance.

    Parameters
    ----------
    rates, person_years : (T, R), rates about their expectation

    Returns
    -------
    (3,) lasting variance, passing variance, noise variance × person-years
    """
    first, second = np.triu_indices(len(rates))
    memory = _memory((second - first).astype(float), long, short)
    products = rates[first] * rates[second]
    same_year = (first == second)[:, None] / np.maximum(person_years[first], 1e-9)
    lasting = [np.broadcast_to(m[:, None], products.shape) for m in memory]
    design = np.stack([*lasting, same_year])
    size = np.maximum(person_years.mean(axis=0), 1e-9)
    found = _weighted_nnls(design, products, size / size.mean())
    spread = found[0] + found[1] + found[2] / size
    return _weighted_nnls(design, products, spread.mean() / np.maximum(spread, 1e-30))


def _weighted_nnls(design: Floats, target: Floats, weight: Floats) -> Floats:
    """Fit (K, N, R) to (N, R) with coefficients that are not negative.

    All subsets of the few columns are tried; the best fit without a negative coefficient
    wins. Columns are first put on one scale.
    """
    columns = (design * weight).reshape(len(design), -1)
    unit = np.maximum(np.linalg.norm(columns, axis=1), 1e-30)
    columns = columns / unit[:, None]
    gram, moment = columns @ columns.T, columns @ (target * weight).ravel()
    best, least = np.zeros(len(design)), 0.0
    for chosen in product((False, True), repeat=len(design)):
        used = np.flatnonzero(chosen)
        trial = np.zeros(len(design))
        trial[used] = np.linalg.lstsq(gram[np.ix_(used, used)], moment[used], rcond=None)[0]
        loss = float(trial @ gram @ trial - 2.0 * trial @ moment)
        if (trial >= 0).all() and loss < least:
            best, least = trial, loss
    return np.asarray(best / unit)


def predicted_level(
    rates: Floats,
    person_years: Floats,
    variances: Floats,
    memory: tuple[float, float],
    horizon: int,
) -> Floats:
    """Predict each place's yearly rates by best linear prediction from its own past.

    Parameters
    ----------
    rates, person_years : (T, R) about their expectation; variances : (3,)
    memory : yearly autocorrelation of the lasting and of the passing part

    Returns
    -------
    (H, R) predicted rates; small places and passing shocks are shrunk towards zero
    """
    n_years = len(rates)
    past = np.arange(n_years, dtype=float)
    ahead = np.arange(n_years, n_years + horizon, dtype=float)
    gram = np.tensordot(variances[:2], _memory(past[:, None] - past, *memory), axes=1)
    cross = np.tensordot(variances[:2], _memory(ahead[:, None] - past, *memory), axes=1)
    own = variances[2] / np.maximum(person_years, 1e-9) + 1e-12
    noise = np.einsum("tr,tu->rtu", own, np.eye(n_years))
    solved = np.linalg.solve(gram + noise, rates.T[:, :, None])[:, :, 0]
    return np.asarray(cross @ solved.T)
