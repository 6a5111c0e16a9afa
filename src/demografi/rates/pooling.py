"""Empirical Bayes building blocks: size basis, weighted regression, shrinkage, kernels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def size_basis(persons: Floats, centre: float, scale: float, knot: float) -> Floats:
    """Describe the size of each place by four smooth columns.

    Parameters
    ----------
    persons : (R,) inhabitants [persons]
    centre, scale : standardisation of log inhabitants
    knot : standardised log size above which the last column bends

    Returns
    -------
    (R, 4) columns 1, z, z², max(z − knot, 0)²
    """
    z = (np.log(np.maximum(persons, 1.0)) - centre) / scale
    bend = np.maximum(z - knot, 0.0)
    return np.stack([np.ones_like(z), z, z**2, bend**2], axis=-1)


def weighted_regression(basis: Floats, values: Floats, weights: Floats) -> Floats:
    """Regress every column of ``values`` on ``basis`` with its own weights.

    Parameters
    ----------
    basis : (R, K)
    values, weights : (R, ...) same shape; weights are not negative

    Returns
    -------
    (K, ...) coefficients; minimum-norm where the weights do not identify them
    """
    flat, w = values.reshape(len(basis), -1), weights.reshape(len(basis), -1)
    gram = np.einsum("rk,rl,rc->ckl", basis, basis, w, optimize=True)
    moment = np.einsum("rk,rc->ck", basis, w * flat, optimize=True)
    solved = np.einsum("ckl,cl->kc", np.linalg.pinv(gram, hermitian=True), moment)
    return np.asarray(solved.reshape((basis.shape[1], *values.shape[1:])))


def group_sums(values: Floats, groups: Ints, n_groups: int) -> Floats:
    """Sum values over the members of each group; (R,) → (G,)."""
    return np.asarray(np.bincount(groups, weights=values, minlength=n_groups), dtype=np.float64)


def moment_weight(events: Floats, expected: Floats, prior: Floats) -> float:
    """Estimate the weight of the prior from how much ratios differ beyond chance.

    With Poisson events and between-place variance τ² of the ratio, Σ (O − E·p)²/E has
    expectation Σ p + τ²·Σ E; the gamma–Poisson weight is mean(p) / τ².

    Parameters
    ----------
    events, expected, prior : (R,)

    Returns
    -------
    weight in expected events, between 10 and 10⁶
    """
    safe = np.maximum(expected, 1e-9)
    beyond = ((events - expected * prior) ** 2 / safe).sum() - prior.sum()
    return float(np.clip(prior.mean() * safe.sum() / max(beyond, 1e-12), 10.0, 1e6))


def shrunk_ratio(events: Floats, expected: Floats, prior: Floats, weight: float) -> Floats:
    """Return (events + weight·prior) / (expected + weight), all (R,)."""
    return np.asarray((events + weight * prior) / (expected + weight))


def age_kernel(n_ages: int, sd: float) -> Floats:
    """Return the (A, A) Gaussian smoothing matrix over age; rows sum to one.

    ``sd`` is in years of age; zero gives the identity.
    """
    if sd <= 0:
        return np.eye(n_ages)
    ages = np.arange(n_ages)
    kernel = np.exp(-0.5 * ((ages[:, None] - ages[None, :]) / sd) ** 2)
    return np.asarray(kernel / kernel.sum(axis=1, keepdims=True))


def ramp(n_ages: int, start: int, stop: int) -> Floats:
    """Return (A,) weights 0 up to ``start``, rising linearly to 1 from ``stop``."""
    return np.clip((np.arange(n_ages) - start) / (stop - start), 0.0, 1.0)
