"""Score projections against outcomes."""

from __future__ import annotations

import numpy as np

from demografi.rates.pooling import Floats

GROUP_STARTS = (0, 6, 16, 20, 45, 67, 80, 90)
"""First age of each of the eight groups used by care planners [years of age]."""


def group_ages(population: Floats, starts: tuple[int, ...] = GROUP_STARTS) -> Floats:
    """Sum (..., A) over age groups that begin at ``starts``; the last is open."""
    return np.asarray(np.add.reduceat(population, list(starts), axis=-1))


def percent_errors(projected: Floats, observed: Floats) -> Floats:
    """Return 100·(projected − observed) / observed; NaN where nobody was observed."""
    safe = np.where(observed > 0, observed, np.nan)
    return np.asarray(100.0 * (projected - safe) / safe)


def summary(errors: Floats) -> dict[str, float]:
    """Summarise percentage errors (R,) over places; NaN places are left out.

    Returns
    -------
    mape, mdape (mean, median |e|), malpe (mean e), p90 (90th percentile of |e|), all
    in per cent; within5, the share of places with |e| ≤ 5 [per cent]
    """
    e = errors[np.isfinite(errors)]
    size = np.abs(e)
    return {
        "mape": float(size.mean()),
        "mdape": float(np.median(size)),
        "malpe": float(e.mean()),
        "p90": float(np.quantile(size, 0.9)),
        "within5": float(100.0 * (size <= 5.0).mean()),
    }


def structure_error(projected: Floats, observed: Floats) -> Floats:
    """Return 50·Σ|p − o| / Σo over the last axis (age groups): per cent misplaced."""
    return np.asarray(50.0 * np.abs(projected - observed).sum(axis=-1) / observed.sum(axis=-1))
