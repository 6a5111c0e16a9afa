"""Simple methods every projection must beat; arrays in, arrays out."""

from __future__ import annotations

import numpy as np

from demografi.rates.control import damped_sum
from demografi.rates.migration import age_on
from demografi.rates.pooling import Floats

FERTILE = slice(15, 50)


def no_change(history: Floats, horizon: int) -> Floats:
    """Keep the launch counts, (T, ...) → (H + 1, ...)."""
    return np.repeat(history[-1:], horizon + 1, axis=0)


def linear(history: Floats, horizon: int, years: int = 10, damping: float = 1.0) -> Floats:
    """Continue the mean yearly change of the last ``years``, damped each year.

    (T, ...) → (H + 1, ...); never below zero. A shorter history is used in full.
    """
    n = min(years, len(history) - 1)
    slope = (history[-1] - history[-1 - n]) / n
    reach = damped_sum(horizon, damping).reshape(-1, *([1] * slope.ndim))
    return np.asarray(np.maximum(history[-1] + reach * slope, 0.0))


def constant_growth(history: Floats, horizon: int, years: int = 10) -> Floats:
    """Continue the mean yearly growth ratio of the last ``years`` (CAGR)."""
    n = min(years, len(history) - 1)
    ratio = (np.maximum(history[-1], 0.5) / np.maximum(history[-1 - n], 0.5)) ** (1 / n)
    steps = np.arange(horizon + 1, dtype=float).reshape(-1, *([1] * ratio.ndim))
    return np.asarray(history[-1] * ratio**steps)


def _cohort_sums(history: Floats) -> tuple[Floats, Floats]:
    """Return cohorts a year later and at start, by start age, (R, S, A).

    The last age is open: it and the one before are reported together at both.
    """
    start, end = history[:-1].sum(axis=0), np.zeros_like(history[0])
    later = history[1:].sum(axis=0)
    end[..., :-1] = later[..., 1:]
    oldest = start[..., -2:].sum(axis=-1)
    start = start.copy()
    start[..., -2:], end[..., -2:] = oldest[..., None], later[..., -1:]
    return end, start


def _near_ages(values: Floats, reach: int = 2) -> Floats:
    """Sum (..., A) over ages within ``reach`` years."""
    ages = np.arange(values.shape[-1])
    near = (np.abs(ages[:, None] - ages) <= reach).astype(float)
    return np.asarray(values @ near)


def hamilton_perry(history: Floats, horizon: int, years: int = 10, weight: float = 200.0) -> Floats:
    """Project with cohort change ratios shrunk to the nation's.

    Local over national ratio, over neighbouring ages: (Σ end + K) / (Σ expected + K);
    children by the shrunk ratio of age 0 to women 15–49.

    Parameters
    ----------
    history : (T, R, S, A) 1 January, every place; weight : K [persons]

    Returns
    -------
    (H + 1, R, S, A)

    References
    ----------
    Hamilton & Perry (1962), Social Forces 41: 163–170; Smith & Shahidullah (1995),
    Journal of the American Statistical Association 90: 64–71.
    """
    recent = history[-min(years, len(history) - 1) - 1 :]
    end, start = _cohort_sums(recent)
    nation = end.sum(axis=0) / np.maximum(start.sum(axis=0), 1e-9)
    expected = nation * start
    ratio = nation * (_near_ages(end) + weight) / (_near_ages(expected) + weight)
    children = recent[1:, :, :, 0].sum(axis=0)
    women = recent[1:, :, 0, FERTILE].sum(axis=(0, 2))
    share = children.sum(axis=0) / women.sum()
    local = (children.sum(axis=1) + weight) / (share.sum() * women + weight)
    path = [history[-1]]
    for _ in range(horizon):
        later = age_on(path[-1] * ratio)
        mothers = later[:, 0, FERTILE].sum(axis=1)
        later[:, :, 0] = (local * mothers)[:, None] * share
        path.append(later)
    return np.stack(path)
