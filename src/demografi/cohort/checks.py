"""Refuse rates that cannot be: wrong axes, outside their range, not numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from demografi.cohort.rates import Destinations, Factors, Migration, NetCounts, NetRates, Pool, Rates, Real
from demografi.errors import ScenarioError, TableError

__all__ = ["AXES", "Size", "check_choice", "check_population", "check_rates", "factors"]

AXES = ("age", "sex", "region", "draw")
TOLERANCE = 1e-9


class Size(NamedTuple):
    """How many of each the arrays must have."""

    ages: int
    regions: int
    draws: int

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Give the shape of a whole state, (age, sex, region, draw)."""
        return self.ages, 2, self.regions, self.draws


def factors(value: Factors) -> tuple[Real, ...]:
    """Give a rate as a tuple of its factors; an empty tuple means none."""
    return value if isinstance(value, tuple) else (value,)


def check_choice(name: str, value: str, known: Sequence[str]) -> None:
    """Refuse a word that is not one of the known."""
    if value not in known:
        raise ScenarioError(
            f"{name} is {value!r}.",
            where="Wanted one of: " + ", ".join(repr(word) for word in known) + ".",
            hint=f"{name}={known[0]!r}",
        )


def check_population(population: Real) -> None:
    """Refuse a start population with other axes than four, fewer than three ages or a negative cell."""
    shape = np.shape(population)
    if len(shape) != 4 or shape[1] != 2 or shape[0] < 3 or 0 in shape:
        raise TableError(
            f"The population has the shape {shape}.",
            where="Wanted: (ages, 2 sexes, regions, draws), at least three ages.",
            hint="population[age, sex, region, draw], women first; draws may be 1",
        )
    low = population.min()
    if not low >= 0 or not np.isfinite(population.max()):
        cell = np.unravel_index(int(np.argmax(~((population >= 0) & np.isfinite(population)))), shape)
        raise TableError(
            "The population holds a cell that is negative or not a number.",
            where=f"First: {population[cell]} at " + _at(cell, AXES),
            hint="Count persons; look for holes in the table.",
        )


def check_rates(rates: Rates, size: Size) -> None:
    """Refuse a year's rates that do not fit the population or lie outside their range."""
    _check_range("survival", (rates.survival,), size, 0, 1)
    ratio = factors(rates.mortality_ratio)
    _check_range("mortality_ratio", ratio, size, 0, np.inf)
    if ratio:
        _check_product("(1 − survival) × mortality_ratio", [(1 - rates.survival, *ratio)], size)
    _check_fertility(rates.fertility, size)
    if not 0 <= rates.share_boys <= 1:
        raise ScenarioError(
            f"The share of boys is {rates.share_boys}.", where="Wanted: 0–1, about 0.51.", hint="share_boys=0.513"
        )
    _check_migration(rates.migration, size)


def _check_fertility(fertility: Factors, size: Size) -> None:
    given = factors(fertility)
    if not given:
        raise ScenarioError("fertility is missing.", hint="Give zeros, (age, region, draw), for nobody born.")
    for factor in given:
        _check_shape("fertility", factor, ("age", "region", "draw"), (size.ages, size.regions, size.draws))
        _check_values("fertility", factor, 0, np.inf, ("age", "region", "draw"))
    for age in (0, size.ages - 1):
        if all(factor[age if len(factor) > 1 else 0].any() for factor in given):
            raise ScenarioError(
                f"Fertility at age {age}{'' if age == 0 else ', the open age,'} is not zero.",
                where="The first and the open age have no births.",
                hint="fertility[[0, -1]] = 0",
            )


def _check_migration(migration: Migration, size: Size) -> None:
    if isinstance(migration, NetCounts):
        _check_range("NetCounts.persons", _needed("NetCounts.persons", migration.persons), size, -np.inf, np.inf)
    elif isinstance(migration, NetRates):
        given = _needed("NetRates.rates", migration.rates)
        _check_range("NetRates.rates", given, size, -1 if len(given) == 1 else -np.inf, np.inf)
        if len(given) > 1:
            _check_product("−NetRates.rates", [(-given[0], *given[1:])], size)
    elif isinstance(migration, Pool | Destinations):
        kind = type(migration).__name__
        out, away = _needed(f"{kind}.out", migration.out), factors(migration.emigration)
        _check_range(f"{kind}.out", out, size, 0, np.inf)
        _check_range(f"{kind}.emigration", away, size, 0, np.inf)
        _check_product("out + emigration", [out, away] if away else [out], size)
        _check_range(f"{kind}.immigration", factors(migration.immigration), size, 0, np.inf)
        _check_shares(migration, size)
    else:
        raise ScenarioError(
            f"migration is a {type(migration).__name__}.",
            where="Wanted one of: NetCounts, NetRates, Pool, Destinations.",
            hint="migration=cohort.NetCounts(net)",
        )


def _check_shares(migration: Pool | Destinations, size: Size) -> None:
    if isinstance(migration, Pool):
        given = _needed("Pool.shares", migration.shares)
        _check_range("Pool.shares", given, size, 0, np.inf)
        whole = given[0] if len(given) == 1 else np.prod(np.broadcast_arrays(*given), axis=0)
        sums = whole.sum(axis=2) * (size.regions if whole.shape[2] == 1 else 1)
        axes: tuple[str, ...] = ("age", "sex", "draw")
    else:
        groups = len(migration.shares) if np.ndim(migration.shares) == 3 else 0
        _check_shape(
            "Destinations.shares",
            migration.shares,
            ("age group", "origin", "destination"),
            (groups, size.regions, size.regions),
        )
        _check_shape("Destinations.group_of_age", migration.group_of_age, ("age",), (size.ages,), exact=True)
        _check_values("Destinations.group_of_age", migration.group_of_age, 0, groups - 1, ("age",))
        _check_values("Destinations.shares", migration.shares, 0, 1, ("age group", "origin", "destination"))
        sums, axes = migration.shares.sum(axis=2), ("age group", "origin")
    wrong = np.abs(sums - 1) > TOLERANCE
    if wrong.any():
        cell = np.unravel_index(int(np.argmax(wrong)), sums.shape)
        raise ScenarioError(
            f"{type(migration).__name__}.shares do not sum to 1.",
            where=f"First: they sum to {sums[cell]:g} at " + _at(cell, axes),
            hint="Divide the shares by their sum.",
        )


def _needed(name: str, value: Factors) -> tuple[Real, ...]:
    given = factors(value)
    if not given:
        raise ScenarioError(f"{name} is empty.", where="Wanted an array, or a tuple of factors.", hint="Give zeros.")
    return given


def _check_range(name: str, given: tuple[Real, ...], size: Size, low: float, high: float) -> None:
    for factor in given:
        _check_shape(name, factor, AXES, size.shape)
        _check_values(name, factor, low, high, AXES)


def _check_shape(
    name: str, array: NDArray[Any], axes: tuple[str, ...], wanted: tuple[int, ...], *, exact: bool = False
) -> None:
    shape = np.shape(array)
    if len(shape) != len(axes):
        raise TableError(
            f"{name} has the shape {shape}.",
            where=f"Wanted {len(axes)} axes ({', '.join(axes)}) of {wanted}{'' if exact else ', or 1 where constant'}.",
            hint=f"{name.rsplit('.')[-1]}.reshape(…)",
        )
    for axis, seen, size in zip(axes, shape, wanted, strict=True):
        if seen != size and (exact or seen != 1 or axis in ("origin", "destination")):
            raise TableError(
                f"{name} has {seen} on the axis {axis}.",
                where=f"Wanted {size}{'' if exact else ', or 1 where constant'}; its shape is {shape}.",
                hint=f"The axes are ({', '.join(axes)}).",
            )


def _check_values(name: str, array: NDArray[Any], low: float, high: float, axes: tuple[str, ...]) -> None:
    least, most = array.min(), array.max()
    if least >= low and most <= high and np.isfinite(least) and np.isfinite(most):
        return
    wrong = ~(np.isfinite(array) & (array >= low) & (array <= high))
    cell = np.unravel_index(int(np.argmax(wrong)), array.shape)
    if not np.isfinite(array[cell]):
        raise ScenarioError(
            f"{name} holds a value that is not a number.",
            where=f"First: {_at(cell, axes)}",
            hint="Look for holes in its table.",
        )
    wanted = f"{low:g} or more" if np.isinf(high) else f"{low:g}–{high:g}"
    raise ScenarioError(
        f"{name} is {array[cell]:g} at {_at(cell, axes)}",
        where=f"Wanted: {wanted}.",
        hint="Give shares and rates per person, not per cent.",
    )


def _check_product(name: str, terms: Sequence[tuple[Real, ...]], size: Size) -> None:
    """Refuse a sum of products above 1; whole arrays are multiplied out only when the bound of the factors fails."""
    bounds = [np.prod([f.max(axis=(2, 3)) * np.ones((size.ages, 2)) for f in term], axis=0) for term in terms]
    if all((factor >= 0).all() for term in terms for factor in term) and np.sum(bounds, axis=0).max() <= 1 + 1e-12:
        return
    for age in range(size.ages):
        total = np.zeros(1)
        for term in terms:
            product = np.ones(1)
            for factor in term:
                product = product * factor[age if len(factor) > 1 else 0]
            total = total + product
        if total.max() > 1 + 1e-12:
            raise ScenarioError(
                f"{name} is {total.max():g} at age {age}.",
                where="Wanted: at most 1, as nobody can leave twice.",
                hint="Lower the local factor, or limit the product.",
            )


def _at(cell: Sequence[Any], axes: tuple[str, ...]) -> str:
    return ", ".join(f"{axis} {int(index)}" for axis, index in zip(axes, cell, strict=True)) + "."
