"""One year of a staff: they grow older, some leave, others come. Arrays in, arrays out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from demografi.rates.pooling import Floats

__all__ = ["staying", "step", "years"]

NOBODY = 1e-12


def staying(stock: Floats, hazards: Floats, normals: Floats | None = None) -> Floats:
    """Return the share of each cell that stays the year.

    Parameters
    ----------
    stock
        (…, place, age) [persons].
    hazards
        (…, 1 or place, age) [share leaving within the year].
    normals
        (…, place), one standard normal number for each draw and place, or none for what is expected.

    Notes
    -----
    Of n persons with hazard q, n·q² + n·q·(1 − q)·G leave, where G has the mean 1 and the variance 1 / Σ n·q·(1 − q)
    and is common to the ages of a place and year: exits in all then have the mean Σ n·q and the variance
    Σ n·q·(1 − q) of so many independent persons, and are never below zero. G is lognormal; where more than everyone
    would leave, everyone does.
    """
    if normals is None:
        return np.asarray(1.0 - hazards)
    uncertain = hazards * (1.0 - hazards)
    variance = np.maximum((stock * uncertain).sum(axis=-1), NOBODY)
    spread = np.log1p(1.0 / variance)
    factor = np.exp(np.sqrt(spread) * normals - 0.5 * spread)
    share = factor[..., None] * uncertain
    np.subtract(1.0 - hazards * hazards, share, out=share)
    return np.asarray(np.maximum(share, 0.0, out=share))


def step(stock: Floats, stay: Floats, entrants: Floats | float = 0.0) -> tuple[Floats, Floats]:
    """Return next year's stock and the year's exits; the last age keeps those already in it.

    Examples
    --------
    >>> after, exits = step(np.array([10.0, 4.0]), np.array([0.9, 0.5]))
    >>> after.tolist(), exits.tolist()
    ([0.0, 11.0], [1.0, 2.0])
    """
    left = stock * stay
    after = np.zeros_like(left)
    after[..., 1:] = left[..., :-1]
    after[..., -1] += left[..., -1]
    after += entrants
    return after, stock - left


def years(stock: Floats, hazards: Floats, entrants: Floats, normals: Floats | None = None) -> Iterator[Floats]:
    """Yield the stock of the first year and of each year after it.

    Parameters
    ----------
    stock
        (place, age) or (draw, place, age) [persons].
    hazards
        (1 or place, age) or (draw, 1 or place, age).
    entrants
        (year, place, age), counted at the end of their year [persons].
    normals
        (draw, year, place) or none.
    """
    now = np.asarray(stock)
    yield now
    for y in range(len(entrants)):
        noise = None if normals is None else normals[:, y]
        now, _ = step(now, staying(now, hazards, noise), entrants[y])
        yield now
