"""Estimate the error model from errors of past projections, by moments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls
from scipy.special import gammaln

from demografi.uncertainty.model import SMALLEST, ErrorModel, Floats, Ints, growth

RANK = 8
"""Independent patterns of national error that are kept."""
FEWEST_LAUNCHES = 5
"""Launches an era must have at a horizon to have a say on its size."""
RECORD_FREEDOM = 6.0
"""Degrees of freedom of nation and county; see the notes of `estimate`."""
FREEDOMS = (5.0, 6.0, 8.0, 12.0, 30.0)
ROUNDS = 4


@dataclass(frozen=True)
class PastErrors:
    """Projections made again at past launches, beside what came; nothing after ``outcomes_to``.

    Attributes
    ----------
    outcomes_to : last 1 January whose figures are in the arrays
    national : (L', H + 1, G) log(outcome / projection) of the whole country; NaN where there is no outcome yet
    persons : (L', H + 1, G) projected of the whole country, the weights of its sums [persons]
    eras : (L',) era of each national launch, 0, 1 …
    projected : (L, h + 1, R, G) places, first row the launch [persons]
    observed : (L, h + 1, R, G) outcomes, NaN where there is none yet [persons]
    counties : (R,)
    """

    outcomes_to: int
    national: Floats
    persons: Floats
    eras: Ints
    projected: Floats
    observed: Floats
    counties: Ints


def estimate(past: PastErrors) -> ErrorModel:
    """Estimate how far off nation, counties and places have been; `calibrate` makes it how far off they may be.

    Notes
    -----
    *Nation*: root mean square by age group and horizon, in each era; the larger of the eras counts, because the next
    years may be like either. Patterns over groups and horizons from the latest era where it has launches enough:
    births and moves have gone wrong together since immigration drives both, and against each other before.
    *County*: products of the errors of two places of one county, after the nation's error is taken out; what they
    share is the county's. *Place*: what is left, non-negative least squares on h/N, h²/N, h, h². Degrees of freedom:
    45 years of launches hold about six spans of five to ten years, so six for the nation; counties get as heavy
    tails; those of places are the most likely ones.
    """
    relative = around_nation(past)
    county_variance, county_correlation = _county_terms(relative, past)
    noise, rate, variance = _local_terms(relative, past, county_variance)
    noise_r, rate_r = _local_correlations(relative, past, (noise, rate), (county_variance, county_correlation))
    standard = relative / np.sqrt(variance)
    freedom = np.array([RECORD_FREEDOM, RECORD_FREEDOM, _likeliest_freedom(standard)])
    return ErrorModel(
        past.outcomes_to,
        national_loadings(past.national[:, 1:], past.eras),
        county_variance,
        county_correlation,
        noise,
        noise_r,
        rate,
        rate_r,
        freedom,
    )


def local_layers(past: PastErrors) -> tuple[Floats, Floats, Floats]:
    """Return the variances (2, G) of county, noise and rate alone, as `estimate` finds them."""
    relative = around_nation(past)
    county, _ = _county_terms(relative, past)
    noise, rate, _ = _local_terms(relative, past, county)
    return county, noise, rate


def national_loadings(errors: Floats, eras: Ints) -> Floats:
    """Return (K, H, G) loadings that reproduce the size and the pattern of national errors.

    Parameters
    ----------
    errors : (L, H, G), NaN where there is no outcome yet; eras : (L,)
    """
    sizes = [_era_size(errors[eras == era]) for era in np.unique(eras)]
    # A horizon no era has enough launches for keeps the size of the horizon before it.
    size = np.maximum.accumulate(np.nan_to_num(np.fmax.reduce(sizes)), axis=0)
    return _loadings(size, _patterns(errors, eras))


def _loadings(size: Floats, correlation: Floats) -> Floats:
    """Return (K, H, G) loadings of the largest patterns of a correlation (H·G, H·G) that keep every size (H, G)."""
    values, vectors = np.linalg.eigh(correlation)
    roots = vectors[:, -RANK:] * np.sqrt(np.maximum(values[-RANK:], 0.0))
    length = np.sqrt((roots**2).sum(axis=1, keepdims=True))
    unit = roots / np.maximum(length, 1e-9)
    # Where nothing pairs with anything, the error stands on the largest pattern.
    unit[length[:, 0] < 1e-6, -1] = 1.0
    return np.asarray(unit.T.reshape(-1, *size.shape) * size)


def walked_loadings(past: PastErrors, widening: Floats) -> Floats:
    """Return the loadings of a nation whose record is no longer than its places': a walk and a line, as a county's.

    Parameters
    ----------
    widening : (H,) how many times as wide as the record says, for its shortness; not of what many places tell

    Notes
    -----
    So few launches give no pattern over years ahead, and at the far end no size: both are those of a·h + b·h² and one
    correlation over groups, fitted to all horizons together. What places (and counties) have alone is drawn with
    them, and is part of the error of their sum too: it is taken out here, or it would count twice.
    """
    errors, horizon = past.national[:, 1:], past.national.shape[1] - 1
    known = np.isfinite(errors[:, :, 0])
    launches = known.sum(axis=0).astype(float)
    filled = np.where(known[:, :, None], errors, 0.0)
    shared = np.einsum("lhg,lhk->hgk", filled, filled) - _alone(past)
    variance, correlation = _path_terms(shared / launches[:, None, None], launches)
    size = widening[:, None] * np.sqrt(growth(variance, horizon))
    return _loadings(size, _path_correlation(variance, correlation, horizon))


def _alone(past: PastErrors) -> Floats:
    """Return Σ over launches and counties of products of what each adds to the nation's error, (h, G, G)."""
    relative = np.nan_to_num(around_nation(past))
    persons = past.projected[:, 1:]
    added = relative * persons / np.maximum(persons.sum(axis=2, keepdims=True), 1e-9)
    return np.asarray(sum(_outer(added[:, :, past.counties == county]) for county in np.unique(past.counties)))


def _path_correlation(variance: Floats, correlation: Floats, horizon: int) -> Floats:
    """Return the correlation (H·G, H·G) of walks and lines whose groups are correlated alike at every horizon."""
    h = np.arange(1, horizon + 1, dtype=float)
    walk, line = np.sqrt(variance)
    steps = np.minimum(h[:, None], h)[:, None, :, None] * walk[:, None, None] * walk
    lines = (h[:, None] * h)[:, None, :, None] * line[:, None, None] * line
    cells = horizon * variance.shape[1]
    both = ((steps + lines) * correlation[:, None, :]).reshape(cells, cells)
    size = np.sqrt(np.maximum(np.diag(both), 1e-30))
    return np.asarray(both / np.outer(size, size))


def _patterns(errors: Floats, eras: Ints) -> Floats:
    """Correlate all groups and horizons: in the latest era where enough launches have both, else in all eras."""
    scaled = np.concatenate([_standardised(errors[eras == era]) for era in np.unique(eras)])
    pooled, _ = _pairwise_correlation(scaled.reshape(len(scaled), -1))
    newest = errors[eras == eras.max()]
    latest, launches = _pairwise_correlation(newest.reshape(len(newest), -1))
    return np.where(launches >= FEWEST_LAUNCHES, latest, pooled)


def _era_size(errors: Floats) -> Floats:
    """Return root mean squares (H, G), NaN where too few launches have an outcome."""
    known = np.isfinite(errors)
    n = known.sum(axis=0)
    square = np.where(known, errors, 0.0) ** 2
    return np.where(n >= FEWEST_LAUNCHES, np.sqrt(square.sum(axis=0) / np.maximum(n, 1)), np.nan)


def _standardised(errors: Floats) -> Floats:
    """Divide errors by their era's root mean square, so that every era has a say on the pattern."""
    known = np.isfinite(errors)
    square = np.where(known, errors, 0.0) ** 2
    size = np.sqrt(square.sum(axis=0) / np.maximum(known.sum(axis=0), 1))
    return np.asarray(errors / np.maximum(size, 1e-9))


def _pairwise_correlation(values: Floats) -> tuple[Floats, Floats]:
    """Correlate columns (L, n) around zero over the launches both have; return also how many those are."""
    known = np.isfinite(values)
    filled = np.where(known, values, 0.0)
    product = filled.T @ filled
    square = (filled**2).T @ known.astype(float)
    both = known.T.astype(float) @ known.astype(float)
    return np.asarray(product / np.sqrt(np.maximum(square * square.T, 1e-18))), both


def around_nation(past: PastErrors) -> Floats:
    """Return places' log errors (L, h, R, G) after taking out the error of their sum."""
    known = np.isfinite(past.observed)
    seen = np.where(known, past.observed, 0.0)
    whole = np.log(np.maximum(seen.sum(axis=2), 1e-9) / np.maximum(past.projected.sum(axis=2), 1e-9))
    # Half a person on both sides keeps cells with nobody.
    own = np.log((seen + 0.5) / (past.projected + 0.5)) - whole[:, :, None]
    return np.asarray(np.where(known, own, np.nan)[:, 1:])


def _county_terms(relative: Floats, past: PastErrors) -> tuple[Floats, Floats]:
    """Return the county's variance (2, G) and correlation (G, G) from products of two places of one county."""
    return _path_terms(*_county_products(relative, past))


def _path_terms(shared: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Fit a·h + b·h² (2, G) and one correlation (G, G) to mean products of errors (h, G, G) with their weights (h,)."""
    n_groups = shared.shape[-1]
    h = np.arange(1, len(shared) + 1, dtype=float)
    known = np.flatnonzero(weight > 0)
    if not len(known):
        return np.zeros((2, n_groups)), np.eye(n_groups)
    # The variance of a product of errors grows as their variance squared, roughly h² twice.
    w = np.sqrt(weight[known]) / h[known] ** 2
    design = np.stack([h, h**2], axis=1)[known] * w[:, None]
    variance = np.stack([nnls(design, w * shared[known, g, g])[0] for g in range(n_groups)], axis=1)
    sizes = np.sqrt(variance[0] * h[:, None] + variance[1] * h[:, None] ** 2)
    top = (w[:, None, None] ** 2 * shared[known] * sizes[known][:, :, None] * sizes[known][:, None]).sum(axis=0)
    bottom = (w[:, None, None] ** 2 * (sizes[known][:, :, None] * sizes[known][:, None]) ** 2).sum(axis=0)
    return variance, _as_correlation(top / np.maximum(bottom, 1e-30))


def _county_products(relative: Floats, past: PastErrors) -> tuple[Floats, Floats]:
    """Return what two places of a county share, (h, G, G), and the number of county launches behind it (h,).

    Formula: Σ_{r≠s} w_r w_s e_r e_s / Σ_{r≠s} w_r w_s, w the place's share of the county's projected persons. What
    a place has alone drops out. The error of the nation's sum has been taken out of every county, which hides
    1/C of what counties have; it is put back.
    """
    codes = np.unique(past.counties)
    n_groups = relative.shape[-1]
    top = np.zeros((relative.shape[1], n_groups, n_groups))
    bottom, count = np.zeros_like(top), np.zeros(len(top))
    for county in codes:
        member = past.counties == county
        if member.sum() < 2:
            continue
        persons = past.projected[:, 1:, member]
        e = np.where(np.isfinite(relative[:, :, member]), relative[:, :, member], 0.0)
        known = np.asarray(np.isfinite(relative[:, :, member]).all(axis=(2, 3)))
        w = persons / np.maximum(persons.sum(axis=2, keepdims=True), 1e-9) * known[:, :, None, None]
        top += _outer(w * e) - np.einsum("lhrg,lhrk->hgk", w * e, w * e)
        bottom += _outer(w) - np.einsum("lhrg,lhrk->hgk", w, w)
        count += known.sum(axis=0)
    return top / np.maximum(bottom, 1e-9) * len(codes) / max(len(codes) - 1, 1), count


def _outer(values: Floats) -> Floats:
    """Return Σ_l (Σ_r v[l, h, r, g]) (Σ_r v[l, h, r, k]), (h, G, G)."""
    sums = values.sum(axis=2)
    return np.asarray(np.einsum("lhg,lhk->hgk", sums, sums))


def _local_terms(relative: Floats, past: PastErrors, shared: Floats) -> tuple[Floats, Floats, Floats]:
    """Return noise (2, G), rate (2, G) and the whole variance (L, h, R, G) of a place's error, county and all."""
    persons = np.maximum(past.projected[:, 1:], SMALLEST)
    h = np.arange(1, relative.shape[1] + 1, dtype=float)[None, :, None]
    n_groups = relative.shape[-1]
    noise, rate = np.zeros((2, n_groups)), np.zeros((2, n_groups))
    variance = np.ones_like(relative)
    for g in range(n_groups):
        n = persons[..., g]
        county = np.broadcast_to(shared[0, g] * h + shared[1, g] * h**2, n.shape)
        columns = np.stack(np.broadcast_arrays(h / n, h**2 / n, h, h**2), axis=-1)
        known = np.isfinite(relative[..., g])
        square = relative[..., g][known] ** 2 - county[known]
        fitted = columns[known].mean(axis=1) * square.mean()
        for _ in range(ROUNDS):
            w = 1.0 / np.maximum(fitted + county[known], 1e-9)
            found = nnls(columns[known] * w[:, None], square * w)[0]
            fitted = columns[known] @ found
        noise[:, g], rate[:, g] = found[:2], found[2:]
        variance[..., g] = columns @ found + county
    return noise, rate, np.maximum(variance, 1e-12)


def _local_correlations(
    relative: Floats, past: PastErrors, variances: tuple[Floats, Floats], county: tuple[Floats, Floats]
) -> tuple[Floats, Floats]:
    """Return the correlations over age groups of a place's noise and of its rates, each (G, G).

    Products of two groups' errors are regressed on what they would be if noise, and if rates, were fully correlated.
    """
    n_groups = relative.shape[-1]
    h = np.arange(1, relative.shape[1] + 1, dtype=float)[None, :, None, None]
    parts = [np.sqrt(v[power] * h ** (power + 1)) for v in variances for power in (0, 1)]
    n = np.maximum(past.projected[:, 1:], SMALLEST)
    noise0, noise1, rate0, rate1 = (
        np.broadcast_to(p / np.sqrt(n) if i < 2 else p, n.shape) for i, p in enumerate(parts)
    )
    shared = np.sqrt(county[0][0] * h + county[0][1] * h**2)
    size = np.sqrt(noise0**2 + noise1**2 + rate0**2 + rate1**2 + shared**2)
    found = np.zeros((2, n_groups, n_groups))
    for g in range(n_groups):
        for k in range(g):
            known = np.isfinite(relative[..., g]) & np.isfinite(relative[..., k])
            w = 1.0 / np.maximum(size[..., g] * size[..., k], 1e-9)
            both = (shared[..., g] * shared[..., k])[..., :1] * county[1][g, k]
            y = (relative[..., g] * relative[..., k] - both) * w
            x = [(a[..., g] * a[..., k] + b[..., g] * b[..., k]) * w for a, b in ((noise0, noise1), (rate0, rate1))]
            design = np.stack([column[known] for column in x], axis=1)
            found[:, g, k] = found[:, k, g] = np.linalg.lstsq(design, y[known], rcond=None)[0]
    return _as_correlation(found[0]), _as_correlation(found[1])


def _as_correlation(values: Floats) -> Floats:
    """Return the correlation matrix nearest in sign and size: within ±0.95, no negative eigenvalue."""
    near = np.clip(0.5 * (values + values.T), -0.95, 0.95)
    np.fill_diagonal(near, 1.0)
    roots, vectors = np.linalg.eigh(near)
    near = (vectors * np.maximum(roots, 1e-6)) @ vectors.T
    size = np.sqrt(np.diag(near))
    return np.asarray(near / np.outer(size, size))


def _likeliest_freedom(standard: Floats) -> float:
    """Return the degrees of freedom under which errors divided by their standard deviation are most likely."""
    z = standard[np.isfinite(standard)]
    return max(FREEDOMS, key=lambda nu: _log_likelihood(z, nu))


def _log_likelihood(z: Floats, nu: float) -> float:
    """Return the mean log density of Student's t with unit variance."""
    square = z**2 / (nu - 2)
    constant = gammaln(0.5 * (nu + 1)) - gammaln(0.5 * nu) - 0.5 * np.log(np.pi * (nu - 2))
    return float(np.mean(constant - 0.5 * (nu + 1) * np.log1p(square)))
