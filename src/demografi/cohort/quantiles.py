"""Exact quantiles over draws, from short integer keys that sort in registers.

A machine sorts 512 numbers of 32 bits several times faster, per number, than a thousand of 64. Each draw therefore gets
a key: the leading bits of its distance from the least of its row, in single precision, and below them which draw it is.
Keys are sorted in two halves, merged by minima and maxima (bitonic merge; K. E. Batcher, Sorting networks and their
applications, AFIPS 1968). Near a wanted rank the keys say which few draws can have it, and those are ordered by their
full values. Where the leading bits cannot tell who is near, the whole row is sorted, so that every order statistic is
that of a full sort.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import DTypeLike

from demografi.cohort.rates import Real
from demografi.errors import ScenarioError

__all__ = ["ROWS", "Quantiles", "check_probabilities", "quantiles"]

HALF = 512
DRAW_BITS = 10
WHICH = (1 << DRAW_BITS) - 1
NEAR = 5
"""Draws looked at on each side of the middle of two neighbouring ranks."""
ROWS = 128
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

    The memory is taken once, because a machine spends longer on handing out fresh memory than on sorting in it.
    """

    def __init__(self, rows: int, draws: int, probabilities: Sequence[float], dtype: DTypeLike) -> None:
        place = np.asarray(probabilities, dtype=float) * (draws - 1)
        self.below = np.floor(place).astype(int)
        self.weight = (place - self.below).astype(dtype)[:, None]
        self.by_key = 2 * NEAR < draws <= 2 * HALF
        width = draws if not self.by_key else HALF if draws <= HALF else 2 * HALF
        # Filled up with what sorts last, so that whole rows are worked on: a part of each takes several times as long.
        self._filled = np.full((rows, width), np.inf, dtype)
        self.cells = self._filled[:, :draws]
        if self.by_key:
            self._keys = np.empty((rows, width), np.int32)
            self._turned = np.empty((rows, HALF), np.int32)
            self._which = np.arange(width, dtype=np.int32)
            self._start = np.clip(self.below + 1 - NEAR, 0, draws - 2 * NEAR)
            self._row = np.arange(rows)[:, None, None] * width
            self._near = self._start[:, None] + np.arange(2 * NEAR) + self._row

    def find(self, n_rows: int) -> Real:
        """Give the quantiles of the first rows of ``cells``, (probability, row)."""
        low, high = self._neighbours(n_rows) if self.by_key else _by_sorting(self.cells[:n_rows], self.below)
        apart = high - low
        return np.asarray(np.where(self.weight < 0.5, low + apart * self.weight, high - apart * (1 - self.weight)))

    def _neighbours(self, n_rows: int) -> tuple[Real, Real]:
        """Give the values of each rank and of the next, (rank, row)."""
        draws, start = self.cells.shape[1], self._start
        self._sort_keys(n_rows)
        near = self._keys.reshape(-1).take(self._near[:n_rows], mode="clip")
        values = self._filled.reshape(-1).take((near & WHICH) + self._row[:n_rows], mode="clip")
        values.sort(axis=-1)
        at, then = self.below - start, np.minimum(self.below + 1, draws - 1) - start
        bucket, ranks = near >> DRAW_BITS, np.arange(len(start))
        known = (bucket[..., 0] < bucket[:, ranks, at]) | (start == 0)
        known &= (bucket[..., -1] > bucket[:, ranks, then]) | (start == draws - 2 * NEAR)
        low, high = values[:, ranks, at].T, values[:, ranks, then].T
        doubtful = np.flatnonzero(~known.all(axis=-1))
        if len(doubtful):
            low[:, doubtful], high[:, doubtful] = _by_sorting(self.cells[doubtful], self.below)
        return low, high

    def _sort_keys(self, n_rows: int) -> None:
        """Order the keys of the first rows."""
        keys = self._keys[:n_rows]
        apart = keys.view(np.float32)
        apart[...] = self._filled[:n_rows]
        apart -= apart.min(axis=-1, keepdims=True)
        keys &= ~WHICH
        keys |= self._which
        if keys.shape[1] == HALF:
            keys.sort(axis=-1)
            return
        low, high, turned = keys[:, :HALF], keys[:, HALF:], self._turned[:n_rows]
        low.sort(axis=-1)
        high.sort(axis=-1)
        turned[...] = high[:, ::-1]
        np.maximum(low, turned, out=high)
        np.minimum(low, turned, out=low)
        low.sort(axis=-1)
        high.sort(axis=-1)


def _by_sorting(rows: Real, below: np.ndarray) -> tuple[Real, Real]:
    ordered = np.sort(rows, axis=-1)
    return ordered[:, below].T, ordered[:, np.minimum(below + 1, rows.shape[-1] - 1)].T
