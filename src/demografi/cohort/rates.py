"""What people are exposed to in one year: survival, fertility and one of four kinds of migration.

Arrays run over (age, sex, region, draw): women first, ages 0 … A with A open, draws innermost. All four axes are
always there; an axis of length 1 means *the same for all*. A rate may be given as one array or as a tuple of factors
whose product it is, so that a national path (age, sex, 1, draw) and a local level (age, sex, region, 1) are never
multiplied out. Ages are those on the 1 January that ends the year, unless a text says *at the start*.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Destinations", "Factors", "Migration", "NetCounts", "NetRates", "Pool", "Rates", "Real"]

Real: TypeAlias = NDArray[np.floating[Any]]
Factors: TypeAlias = Real | tuple[Real, ...]


@dataclass(frozen=True)
class NetCounts:
    """Add net migrants; a cell that would end below nobody is held at nobody, and counted.

    Parameters
    ----------
    persons
        Net migrants of the year, (age, sex, region, draw) [persons].
    """

    persons: Factors


@dataclass(frozen=True)
class NetRates:
    """Add net migrants in proportion to those present when migration happens.

    Parameters
    ----------
    rates
        Net migrants per person present, (age, sex, region, draw), −1 or more [1/year]. With timing
        ``"end"`` those present are the survivors on 31 December, not the start population.
    """

    rates: Factors


@dataclass(frozen=True)
class Pool:
    """Send leavers from every region into one pool, and share the pool out.

    Parameters
    ----------
    out
        Share of those present who leave for another region, (age, sex, region, draw) [0–1].
    shares
        Share of the pool each region receives, (age, sex, region, draw); sums to 1 over regions.
    immigration
        Arrivals from abroad, (age, sex, region, draw) [persons].
    emigration
        Share of those present who leave the country [0–1]; ``out + emigration`` is at most 1.

    Notes
    -----
    The pool is summed so that the order of the regions changes no bit. A region may receive some of its own leavers.
    """

    out: Factors
    shares: Factors
    immigration: Factors = ()
    emigration: Factors = ()


@dataclass(frozen=True)
class Destinations:
    """Send leavers from origin to destination.

    Parameters
    ----------
    out
        Share of those present who leave for another region, (age, sex, region, draw) [0–1].
    shares
        Share of an origin's leavers who go to each destination, (age group, origin, destination); sums to 1 over
        destinations. Where under a tenth of the pairs have moves, the product is sparse.
    group_of_age
        Row of ``shares`` to use at each age, (age,) [whole numbers].
    immigration, emigration
        As in :class:`Pool`.
    """

    out: Factors
    shares: Real
    group_of_age: NDArray[np.integer[Any]]
    immigration: Factors = ()
    emigration: Factors = ()


Migration: TypeAlias = NetCounts | NetRates | Pool | Destinations


@dataclass(frozen=True)
class Rates:
    """Hold what one year's people are exposed to.

    Parameters
    ----------
    survival
        Share that survives from birth to age 0 on 31 December (age 0), from age a−1 to a (1 … A−1), and from A−1 and A
        into A; (age, sex, region, draw) [0–1].
    fertility
        Births per woman and year by her age in age-period squares, (age, region, draw): no sex axis; zero at age 0 and
        in the open age [1/year].
    share_boys
        Share of births that are boys [0–1].
    migration
        One of :class:`NetCounts`, :class:`NetRates`, :class:`Pool`, :class:`Destinations`.
    mortality_ratio
        Local level of mortality: the share who die, 1 − survival, is multiplied by it; (age, sex, region, draw). None:
        the same everywhere.
    """

    survival: Real
    fertility: Factors
    share_boys: float
    migration: Migration
    mortality_ratio: Factors = ()
