"""Exact quantiles over draws, by sorting blocks of rows in place.

A machine with vector registers sorts a row of a thousand in about the time of three passes over it, and one long call
lets the other threads work. Partitions at the wanted ranks do less work, but many short calls, between which threads
wait for each other: with two threads they take twice as long (measured).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import DTypeLike

from demografi.cohort.rates import Real
from demografi.errors import ScenarioError

__all__ = ["ROWS", "Quantiles", "check_probabilities", "quantiles"]

ROWS = 96
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
        self._below = np.floor(place).astype(int)
        self._above = np.minimum(self._below + 1, draws - 1)
        self._weight = (place - self._below).astype(dtype)[:, None]

    def find(self, n_rows: int) -> Real:
        """Give the quantiles of the first rows of ``cells``, (probability, row); ``cells`` lose their order."""
        rows = self.cells[:n_rows]
        rows.sort(axis=-1)
        low, high = rows[:, self._below].T, rows[:, self._above].T
        apart = high - low
        return np.asarray(np.where(self._weight < 0.5, low + apart * self._weight, high - apart * (1 - self._weight)))
