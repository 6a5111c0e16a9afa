"""Exact quantiles over draws, by sorting short runs and merging them.

A machine sorts a row of a few hundred numbers several times faster per number than one of a thousand, because a short
row is sorted in registers by a fixed network. Rows of up to four such runs are therefore sorted run by run and merged
by minima and maxima (bitonic merge; K. E. Batcher, Sorting networks and their applications, AFIPS 1968). Values only
change places, so that every order statistic is that of a full sort.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from demografi.cohort.rates import Real
from demografi.errors import ScenarioError

__all__ = ["check_probabilities", "order_statistics", "quantiles"]

RUN_BYTES = 2048
MOST_RUNS = 4


def check_probabilities(probabilities: Sequence[float]) -> None:
    """Refuse probabilities outside 0–1."""
    for p in probabilities:
        if not 0 <= p <= 1:
            raise ScenarioError(f"A quantile is {p}.", where="Wanted: 0–1.", hint="quantiles=(0.1, 0.5, 0.9)")


def quantiles(values: Real, probabilities: Sequence[float]) -> Real:
    """Give quantiles over draws, the last axis, by linear interpolation between ordered draws.

    Parameters
    ----------
    values
        Shape (…, draw); left as it is.
    probabilities
        Each 0–1.

    Returns
    -------
    array
        Shape (probability, …), equal to ``numpy.quantile(values, probabilities, axis=-1)``.

    Examples
    --------
    >>> quantiles(np.array([[4.0, 1.0, 3.0, 2.0]]), (0.0, 0.5)).tolist()
    [[1.0], [2.5]]
    """
    place = np.asarray(probabilities, dtype=float) * (values.shape[-1] - 1)
    below = np.floor(place).astype(int)
    above = np.minimum(below + 1, values.shape[-1] - 1)
    found = np.moveaxis(order_statistics(values, np.concatenate([below, above])), -1, 0)
    low, high = found[: len(place)], found[len(place) :]
    weight = (place - below).astype(values.dtype).reshape(-1, *(1,) * (values.ndim - 1))
    apart = high - low
    return np.asarray(np.where(weight < 0.5, low + apart * weight, high - apart * (1 - weight)))


def order_statistics(values: Real, ranks: NDArray[np.integer[Any]]) -> Real:
    """Give the values of certain ranks (0: the least) along the last axis.

    Examples
    --------
    >>> order_statistics(np.array([[3.0, 1.0, 2.0]]), np.array([0, 2])).tolist()
    [[1.0, 3.0]]
    """
    draws = values.shape[-1]
    n_runs = -(-draws // (RUN_BYTES // values.itemsize))
    if not 1 < n_runs <= MOST_RUNS:
        return np.asarray(np.sort(values, axis=-1)[..., ranks])
    n_runs = 2 if n_runs == 2 else MOST_RUNS
    runs = _runs(values, n_runs, -(-draws // n_runs))
    runs.sort(axis=-1)
    _split(runs[0], runs[1])
    if n_runs == MOST_RUNS:
        _split(runs[2], runs[3])
        runs.sort(axis=-1)
        _merge_pairs(runs)
    return _pick(runs, ranks)


def _runs(values: Real, n_runs: int, width: int) -> Real:
    """Copy rows into runs, (run, …, width), the last filled up with infinity."""
    draws = values.shape[-1]
    runs = np.empty((n_runs, *values.shape[:-1], width), values.dtype)
    for n, run in enumerate(runs):
        part = values[..., n * width : (n + 1) * width]
        run[..., : part.shape[-1]] = part
        run[..., min(width, max(0, draws - n * width)) :] = np.inf
    return runs


def _split(low: Real, high: Real, *, turn: bool = True) -> None:
    """Move the lower half of two runs into the first and the upper half into the second."""
    other = (high[..., ::-1] if turn else high).copy()
    np.maximum(low, other, out=high)
    np.minimum(low, other, out=low)


def _merge_pairs(runs: Real) -> None:
    """Merge the sorted pair of runs 0 and 1 with the sorted pair 2 and 3; within a run the order is left open."""
    first, second, third, fourth = runs
    _split(first, fourth)
    _split(second, third)
    _split(first, second, turn=False)
    _split(fourth, third, turn=False)
    third[...], fourth[...] = fourth.copy(), third.copy()


def _pick(runs: Real, ranks: NDArray[np.integer[Any]]) -> Real:
    """Read ranks from runs that follow each other but are not ordered inside."""
    width = runs.shape[-1]
    found = np.empty((*runs.shape[1:-1], len(ranks)), runs.dtype)
    for n, run in enumerate(runs):
        inside = ranks[(ranks // width) == n] - n * width
        if inside.size > 0 and ((inside > 0) & (inside < width - 1)).any():
            run.sort(axis=-1)
            found[..., (ranks // width) == n] = run[..., inside]
            continue
        for place in set(inside.tolist()):
            edge = run.min(axis=-1) if place == 0 else run.max(axis=-1)
            found[..., ranks == n * width + place] = edge[..., None]
    return found
