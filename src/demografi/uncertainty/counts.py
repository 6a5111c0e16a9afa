"""Quantiles of more draws than can be held: counted between fixed edges, so that shards add up in any order."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from demografi.errors import ScenarioError
from demografi.uncertainty.model import Floats

__all__ = ["BINS", "BIN_WIDTH", "Edges", "count", "edges_of", "ends_of"]

BINS = 256
REACH = 8.0
"""Standard deviations of the logarithm that the bins reach to each side."""
BIN_WIDTH = 2 * REACH / BINS
"""Width of a bin, and with it the most an end can be off [standard deviations of the logarithm]."""
TINY = 1e-300


class Edges(NamedTuple):
    """Where the bins of every cell lie; the first and the last bin of ``count`` are what falls outside."""

    low: Floats
    """Logarithm at the first edge."""
    width: Floats
    """Width of a bin in the logarithm; 0 where every draw is alike."""
    alike: Floats
    """What every draw is, where they are alike."""


def edges_of(pilot: Floats) -> Edges:
    """Fix the edges by a pilot, (D, ...) non-negative: the first draws of a seed, which are the same for everyone.

    Examples
    --------
    >>> edges = edges_of(np.array([[1.0, 7.0], [np.e, 7.0]]))
    >>> float(edges.low[0]), edges.width.tolist()
    (-3.5, [0.03125, 0.0])
    """
    logs = np.log(np.maximum(pilot, TINY))
    middle, spread = logs.mean(axis=0), logs.std(axis=0)
    spread[pilot.min(axis=0) == pilot.max(axis=0)] = 0.0
    return Edges(middle - REACH * spread, BIN_WIDTH * spread, pilot[0])


def count(values: Floats, edges: Edges) -> NDArray[np.int64]:
    """Count draws (D, ...) between the edges of their cells: (..., BINS + 2)."""
    shape = edges.low.shape
    width = np.where(edges.width > 0, edges.width, 1.0)
    bins = np.floor((np.log(np.maximum(values, TINY)) - edges.low) / width)
    found = np.clip(bins, -1, BINS).astype(np.int64).reshape(len(values), -1) + 1
    found += np.arange(edges.low.size) * (BINS + 2)
    return np.bincount(found.ravel(), minlength=edges.low.size * (BINS + 2)).reshape(*shape, BINS + 2)


def ends_of(counts: NDArray[Any], edges: Edges, level: float) -> tuple[Floats, Floats]:
    """Return the lower and upper end of the central interval from counts (..., BINS + 2).

    Each end is within one bin of ``numpy.quantile`` of the draws; draws of a bin are taken as evenly spread in it.

    Raises
    ------
    ScenarioError
        An end lies outside the bins.
    """
    below = np.cumsum(counts, axis=-1)
    last = int(below.reshape(-1, BINS + 2)[0, -1]) - 1
    found = []
    for share in (0.5 - level / 2, 0.5 + level / 2):
        first = int(np.floor(share * last))
        lower, upper = (_ordered(counts, below, edges, rank, level) for rank in (first, min(first + 1, last)))
        found.append(np.where(edges.width > 0, lower + (share * last - first) * (upper - lower), edges.alike))
    return found[0], found[1]


def _ordered(counts: NDArray[Any], below: NDArray[Any], edges: Edges, rank: int, level: float) -> Floats:
    """Return the draw of a rank (0: the least)."""
    at = (below > rank).argmax(axis=-1)
    if (((at == 0) | (at == BINS + 1)) & (edges.width > 0)).any():
        raise ScenarioError(
            f"An interval of {100 * level:g} % reaches further out than the draws are counted.",
            where=f"So many draws are counted between fixed edges, {REACH:g} standard deviations to each side.",
            hint="Ask for a lower level, or for fewer draws: those are held and sorted.",
        )
    many = np.take_along_axis(counts, at[..., None], axis=-1)[..., 0].astype(float)
    before = np.take_along_axis(below, at[..., None], axis=-1)[..., 0] - many
    within = (rank - before + 0.5) / np.maximum(many, 1.0)
    return np.asarray(np.exp(edges.low + (at - 1 + within) * edges.width))
