"""Joint draws: factors on projected persons, over age groups, years and places at once."""

from __future__ import annotations

import numpy as np

from demografi.errors import ScenarioError
from demografi.uncertainty.intervals import check_seed
from demografi.uncertainty.model import GROUP_STARTS, SMALLEST, ErrorModel, Floats, Ints, growth
from demografi.uncertainty.streams import COUNTY, NATION, PLACE, normals, tail_scale, uniforms

MOST_AHEAD = 40
"""Years for which each draw has numbers set aside, so that a longer run begins with the shorter one [years]."""


def draw_factors(
    model: ErrorModel,
    persons: Floats,
    counties: Ints,
    draws: int | range,
    seed: int,
    *,
    places: Ints | None = None,
) -> Floats:
    """Draw what may come over what is projected.

    Parameters
    ----------
    model : fitted on past errors
    persons : (H + 1, R, G) projected by age group, first row the launch [persons]
    counties : (R,) county number of each place; places of one county share its error
    draws : how many, or a range to make some of them (range(100, 200) are the same as in a run of 1,000)
    seed : the same seed gives the same bytes
    places : (R,) a number for each place, such as its code; the place's draws hang on it. By default 0 … R − 1

    Returns
    -------
    (D, H + 1, R, G) factors, ones at launch. A draw is one consistent future: factors of one draw belong together

    Raises
    ------
    ScenarioError
        The seed is not a whole number, or the horizon is longer than the record of national errors.
    """
    check_seed(seed)
    horizon = _within_record(model, len(persons) - 1)
    asked = range(draws) if isinstance(draws, int) else draws
    keys = np.arange(persons.shape[1]) if places is None else places
    shared = _national(model, horizon, asked, seed)
    by_county = {c: shared + _county(model, horizon, asked, seed, c) for c in sorted({int(c) for c in counties})}
    factors = np.ones((len(asked), *persons.shape))
    for r, (county, key) in enumerate(zip(counties, keys, strict=True)):
        own = _local(model, persons[1:, r], asked, seed, int(key))
        factors[:, 1:, r] = np.exp(by_county[int(county)] + own)
    return factors


def _within_record(model: ErrorModel, horizon: int) -> int:
    """Return the horizon, or refuse one that no past launch has been followed to."""
    if horizon > model.furthest:
        raise ScenarioError(
            f"Intervals cannot go {horizon} years ahead.",
            where=f"Past national projections have been followed {model.furthest} years.",
            hint=f"Project at most {model.furthest} years, or ask for the later years without draws.",
        )
    return horizon


def _national(model: ErrorModel, horizon: int, draws: range, seed: int) -> Floats:
    """Return (D, H, G) log errors shared by everyone."""
    n = len(model.national)
    numbers = uniforms(seed, NATION, 0, draws, 1 + n, 1 + n)
    scale = tail_scale(numbers[:, 0], model.freedom[0])
    z = scale[:, None] * normals(numbers[:, 1:])
    return _combine(model.national[:, :horizon], z)


def _combine(loadings: Floats, z: Floats) -> Floats:
    """Return Σ_k z[d, k]·loadings[k]; added term by term, so that no blocking of a matrix product changes a bit."""
    total = np.zeros((len(z), *loadings.shape[1:]))
    for k, loading in enumerate(loadings):
        total += z[:, k].reshape(-1, *([1] * loading.ndim)) * loading
    return total


def _path_numbers(layer: int, place: int, draws: range, seed: int, horizon: int, n: int) -> tuple[Floats, Floats]:
    """Return uniform numbers for the tail (D,) and standard normals (D, 1 + H, n): the slope, then yearly steps."""
    wanted, reserved = 1 + n * (1 + horizon), 1 + n * (1 + MOST_AHEAD)
    numbers = uniforms(seed, layer, place, draws, wanted, reserved)
    return numbers[:, 0], normals(numbers[:, 1:]).reshape(len(draws), 1 + horizon, n)


def _mixed(root: Floats, z: Floats) -> Floats:
    """Return root · z over the last axis, (..., n, n) and (D, ..., n); term by term as in `_combine`."""
    total = root[..., 0] * z[..., :1]
    for k in range(1, root.shape[-1]):
        total = total + root[..., k] * z[..., k : k + 1]
    return np.asarray(total)


def _county(model: ErrorModel, horizon: int, draws: range, seed: int, county: int) -> Floats:
    """Return (D, H, G) log errors shared by a county."""
    numbers, z = _path_numbers(COUNTY, county, draws, seed, horizon, len(GROUP_STARTS))
    scale = tail_scale(numbers, model.freedom[1])
    root = _root(model.county_correlation)
    walk, slope = np.sqrt(model.county_variance)
    h = np.arange(1, horizon + 1, dtype=float)[:, None]
    path = walk * np.cumsum(_mixed(root, z[:, 1:]), axis=1) + slope * h * _mixed(root, z[:, :1])
    return np.asarray(scale[:, None, None] * path)


def _local(model: ErrorModel, persons: Floats, draws: range, seed: int, place: int) -> Floats:
    """Return (D, H, G) log errors of one place; ``persons`` (H, G) projected."""
    horizon = len(persons)
    numbers, z = _path_numbers(PLACE, place, draws, seed, horizon, len(GROUP_STARTS))
    few = np.maximum(persons, SMALLEST)
    scale = tail_scale(numbers, model.freedom[2])
    walk = _root(_step_covariance(model, few, 0))
    slope = _root(_step_covariance(model, few, 1))
    h = np.arange(1, horizon + 1, dtype=float)[:, None]
    path = np.cumsum(_mixed(walk, z[:, 1:]), axis=1) + h * _mixed(slope, z[:, :1])
    # Chance in single lives leaves the expected number where it is; the mean of a log-normal would not.
    fall = 0.5 * growth(model.noise_variance, horizon) / few
    return np.asarray(scale[:, None, None] * path - np.minimum(fall, 0.5))


def _step_covariance(model: ErrorModel, persons: Floats, power: int) -> Floats:
    """Return (H, G, G) covariance of a year's step (power 0) or of the slope (power 1)."""
    noise = np.sqrt(model.noise_variance[power] / persons)
    rate = np.sqrt(model.rate_variance[power])
    chance = noise[:, :, None] * noise[:, None, :] * model.noise_correlation
    return np.asarray(chance + rate[:, None] * rate * model.rate_correlation)


def _root(covariance: Floats) -> Floats:
    """Return a lower root of covariances (..., n, n) that may lack full rank."""
    variance = np.einsum("...ii->...i", covariance)
    # Correlations stored to six digits may lack as much in their smallest eigenvalue; a variance may be nil.
    guard = (1e-5 * variance + 1e-15)[..., None] * np.eye(covariance.shape[-1])
    return np.asarray(np.linalg.cholesky(covariance + guard))


def cell_factors(factors: Floats, n_ages: int) -> Floats:
    """Spread factors of age groups (..., G) over single years of age (..., A); ages of a group share its factor."""
    group = np.searchsorted(GROUP_STARTS, np.arange(n_ages), side="right") - 1
    return np.asarray(factors[..., group])
