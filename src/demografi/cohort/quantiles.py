"""Exact quantiles over draws, by partition at one rank after another.

A partition at one rank puts the smaller draws before it and the larger after it, in about a third of the time of a full
sort (quickselect in vector registers; C. A. R. Hoare, Algorithm 65: Find, Communications of the ACM 1961). The middle
rank is taken first, and each further rank only within the part it lies in, so that five ranks take about two passes.
Given all ranks at once, numpy's partition takes several times as long as a full sort.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import DTypeLike

from demografi.cohort.rates import Real
from demografi.errors import ScenarioError

__all__ = ["ROWS", "Quantiles", "check_probabilities", "quantiles"]

ROWS = 48
"""Rows taken at a time, so that they stay in a processor's own memory."""


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
    rows = values.reshape(-1, values.shape[-1])
    found = np.empty((len(probabilities), len(rows)), values.dtype)
    room = Quantiles(min(ROWS, len(rows)), values.shape[-1], probabilities, values.dtype)
    for start in range(0, len(rows), ROWS):
        some = rows[start : start + ROWS]
        room.cells[: len(some)] = some
        found[:, start : start + ROWS] = room.find(len(some))
    return found.reshape(len(probabilities), *values.shape[:-1])


class Quantiles:
    """Room to find quantiles of block after block of rows: put draws in ``cells``, then :meth:`find`.

    The memory is taken once, because a machine takes about as long to hand out fresh memory as to find quantiles in it.
    """

    def __init__(self, rows: int, draws: int, probabilities: Sequence[float], dtype: DTypeLike) -> None:
        self.cells = np.empty((rows, draws), dtype)
        place = np.asarray(probabilities, dtype=float) * (draws - 1)
        below = np.floor(place).astype(int)
        self._weight = (place - below).astype(dtype)[:, None]
        self._ranks, self._rank_of = np.unique(below, return_inverse=True)
        following = np.append(self._ranks[1:], draws)
        # What follows a rank lies between it and the next rank, whose own place is the last that it can have.
        self._next = [
            slice(min(rank + 1, draws - 1), max(rank + 2, stop))
            for rank, stop in zip(self._ranks, following, strict=True)
        ]

    def find(self, n_rows: int) -> Real:
        """Give the quantiles of the first rows of ``cells``, (probability, row); ``cells`` lose their order."""
        rows = self.cells[:n_rows]
        _part(rows, self._ranks)
        low = rows[:, self._ranks].T
        high = np.empty_like(low)
        for values, part in zip(high, self._next, strict=True):
            rows[:, part].min(axis=-1, out=values)
        low, high = low[self._rank_of], high[self._rank_of]
        apart = high - low
        return np.asarray(np.where(self._weight < 0.5, low + apart * self._weight, high - apart * (1 - self._weight)))


def _part(rows: Real, ranks: np.ndarray) -> None:
    """Put the value of every rank in its place, smaller ones before it and larger ones after it."""
    if not len(ranks):
        return
    middle = len(ranks) // 2
    rank = ranks[middle]
    rows.partition(rank, axis=-1)
    _part(rows[:, :rank], ranks[:middle])
    _part(rows[:, rank + 1 :], ranks[middle + 1 :] - rank - 1)
