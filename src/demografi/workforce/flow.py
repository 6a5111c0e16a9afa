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
    share = _factor(_variance(stock, uncertain), normals)[..., None] * uncertain
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
    """Yield the stock of the first year and of each year after it; use each before asking for the next.

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
    if normals is not None:
        yield from _years_drawn(np.array(stock), hazards, entrants, normals)
        return
    now = np.asarray(stock)
    yield now
    for come in entrants:
        now, _ = step(now, staying(now, hazards), come)
        yield now


def _years_drawn(now: Floats, hazards: Floats, entrants: Floats, normals: Floats) -> Iterator[Floats]:
    """Do the same in place: what is yielded is overwritten by the next year."""
    uncertain, certain = hazards * (1.0 - hazards), 1.0 - hazards * hazards
    stay = np.empty_like(now)
    someone_comes = bool(entrants.any())
    yield now
    for y in range(len(entrants)):
        factor = _factor(_variance(now, uncertain), normals[:, y])
        np.multiply(factor[..., None], uncertain, out=stay)
        np.subtract(certain, stay, out=stay)
        np.maximum(stay, 0.0, out=stay)
        np.multiply(stay, now, out=stay)
        now[..., 1:] = stay[..., :-1]
        now[..., -1] += stay[..., -1]
        now[..., 0] = 0.0
        if someone_comes:
            now += entrants[y]
        yield now


def _variance(stock: Floats, uncertain: Floats) -> Floats:
    """Return the variance of a year's exits, Σ n·q·(1 − q) over ages."""
    if uncertain.ndim == stock.ndim and uncertain.shape[-2] == 1:
        # Not a matrix product: its last bit depends on how many places there are.
        return np.asarray(np.einsum("...la,...a->...l", stock, uncertain[..., 0, :]))
    return np.asarray((stock * uncertain).sum(axis=-1))


def _factor(variance: Floats, normals: Floats) -> Floats:
    """Return numbers of mean 1 and variance 1 ÷ the variance given, never below zero."""
    spread = np.log1p(1.0 / np.maximum(variance, NOBODY))
    return np.asarray(np.exp(np.sqrt(spread) * normals - 0.5 * spread))
