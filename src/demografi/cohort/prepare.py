"""A year's rates made ready: whole axes by reference, halves for the two ends of the year, one precision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from demografi.cohort.checks import Size, factors
from demografi.cohort.rates import Destinations, Factors, Migration, NetCounts, NetRates, Pool, Rates, Real

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["Moves", "Prepared", "prepare", "product"]

Views = tuple[Real, ...]
Key = tuple[slice | int, ...]
FEW_PAIRS = 0.1
"""Share of pairs of regions with any moves under which a sparse product takes less time than a full one (measured)."""


class Moves(NamedTuple):
    """Migration at one end of the year; what a mode does not use is empty."""

    net: Views = ()
    net_rates: Views = ()
    out: Views = ()
    emigration: Views = ()
    immigration: Views = ()
    shares: Views = ()
    destinations: tuple[Real | csr_array, ...] = ()
    """For each age group (destination, origin), sparse where few pairs of regions have moves."""
    group_of_age: NDArray[np.integer[Any]] | None = None

    @property
    def couples(self) -> bool:
        """Say whether what leaves one region arrives in another."""
        return bool(self.out)


class Prepared(NamedTuple):
    """One year's rates as the kernel reads them."""

    survival: Real
    dying: Views
    """(1 − survival, local ratio) where mortality has a local level, else empty."""
    fertility: Views
    """(age, region, draw), halved: for the women at the start and those at the end."""
    fertile: range
    share_of_sex: tuple[float, float]
    start: Moves | None
    end: Moves


def prepare(rates: Rates, size: Size, timing: str, dtype: np.dtype[Any]) -> Prepared:
    """Make one year's rates ready."""
    ratio = factors(rates.mortality_ratio)
    fertility = factors(rates.fertility)
    born = np.ones(size.ages, dtype=bool)
    for factor in fertility:
        born &= np.asarray(factor != 0).any(axis=(1, 2))
    ages = np.flatnonzero(born)
    even = timing == "even"
    return Prepared(
        _whole((rates.survival,), size.shape, dtype)[0],
        _whole((1 - rates.survival, *ratio), size.shape, dtype) if ratio else (),
        _whole(fertility, (size.ages, size.regions, size.draws), dtype, scale=0.5),
        range(int(ages[0]), int(ages[-1]) + 1) if ages.size else range(0),
        (1 - rates.share_boys, rates.share_boys),
        _moves(rates.migration, size, 0.5, dtype) if even else None,
        _moves(rates.migration, size, 0.5 if even else 1.0, dtype),
    )


def product(views: Views, key: Key, scratch: Real) -> Real:
    """Multiply factors for a tile; one factor alone is read where it lies."""
    if len(views) == 1:
        return views[0][key]
    np.multiply(views[0][key], views[1][key], out=scratch)
    for view in views[2:]:
        scratch *= view[key]
    return scratch


def _whole(given: Views, shape: tuple[int, ...], dtype: np.dtype[Any], scale: float = 1.0) -> Views:
    views = []
    for n, factor in enumerate(given):
        array = np.asarray(factor, dtype=dtype)
        views.append(np.broadcast_to(array * dtype.type(scale) if n == 0 and scale != 1 else array, shape))
    return tuple(views)


def _moves(migration: Migration, size: Size, scale: float, dtype: np.dtype[Any]) -> Moves:
    def whole(value: Factors, part: float = scale) -> Views:
        return _whole(factors(value), size.shape, dtype, part)

    if isinstance(migration, NetCounts):
        return Moves(net=whole(migration.persons))
    if isinstance(migration, NetRates):
        return Moves(net_rates=whole(migration.rates))
    flows = Moves(
        out=whole(migration.out), emigration=whole(migration.emigration), immigration=whole(migration.immigration)
    )
    if isinstance(migration, Pool):
        return flows._replace(shares=whole(migration.shares, 1.0))
    return flows._replace(destinations=_by_destination(migration, dtype), group_of_age=migration.group_of_age)


def _by_destination(migration: Destinations, dtype: np.dtype[Any]) -> tuple[Real | csr_array, ...]:
    return tuple(_sparse_if_few(np.ascontiguousarray(group.T, dtype=dtype)) for group in migration.shares)


def _sparse_if_few(shares: Real) -> Real | csr_array:
    if np.count_nonzero(shares) >= FEW_PAIRS * shares.size:
        return shares
    from scipy.sparse import csr_array

    return csr_array(shares)
