"""What is kept of a run: sums over age groups, quantiles of every cell, and each year's flows when asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from demografi.cohort.checks import Size
from demografi.cohort.quantiles import check_probabilities
from demografi.cohort.rates import Real
from demografi.errors import TableError

__all__ = ["FLOWS", "Drawn", "Keep", "Ledger"]

FLOWS = ("births", "deaths", "moved_in", "moved_out", "immigration", "emigration", "net_migration", "noise")


class Drawn(NamedTuple):
    """One year of every draw, handed to ``Keep.each_year``; the arrays are reused, so copy what you keep.

    Everything but births is (age, sex, region, draw) [persons], by age on the 1 January that ends the year. For every
    cell: start of the cohort (or births) − deaths + net_migration + noise = population.
    """

    year: int
    """0 for the first year."""
    population: Real
    """Persons on the 1 January that ends the year."""
    births: Real
    """Live births, (age of mother, sex of child, region, draw)."""
    deaths: Real
    moved_in: Real
    moved_out: Real
    immigration: Real
    emigration: Real
    net_migration: Real
    """All migration, after the clamp: in − out + immigration − emigration, or what a net mode added."""
    noise: Real
    """What the noise hook added, after the clamp."""


@dataclass(frozen=True)
class Keep:
    """Say what to keep; nothing is kept that is not asked for, but the last population and the clamps.

    Parameters
    ----------
    groups
        Weights of ages in groups, (group, age); sums are kept for every year, sex, region and draw.
    quantiles
        Probabilities; exact quantiles over draws are kept for every year and cell.
    flows
        Keep the groups' sums of flows too.
    open_age
        First age of the last group in ``Carried.quantiles`` and ``Carried.last``; None: as the population.
    each_year
        Called with a :class:`Drawn` after every year. Whole flows of one year take eight times the population's memory.
    last
        Give the last population of every draw.
    """

    groups: Real | None = None
    quantiles: tuple[float, ...] = ()
    flows: bool = False
    open_age: int | None = None
    each_year: Callable[[Drawn], None] | None = None
    last: bool = True

    def check(self, size: Size) -> None:
        """Refuse groups, an open age or probabilities that do not fit."""
        check_probabilities(self.quantiles)
        if self.groups is not None and (np.ndim(self.groups) != 2 or self.groups.shape[1] != size.ages):
            raise TableError(
                f"Keep.groups has the shape {np.shape(self.groups)}.",
                where=f"Wanted (groups, {size.ages} ages).",
                hint="One row of zeros and ones for each age group.",
            )
        if self.open_age is not None and not 0 < self.open_age < size.ages:
            raise TableError(
                f"Keep.open_age is {self.open_age}.",
                where=f"The population's open age is {size.ages - 1}.",
                hint=f"open_age={size.ages - 1}",
            )
        if self.flows and self.groups is None:
            raise TableError("Keep.flows needs groups to sum over.", hint="Keep(groups=np.eye(ages), flows=True)")


class Ledger:
    """Collect stocks and flows while tiles are worked on; draws never meet, so threads never wait."""

    def __init__(self, keep: Keep, size: Size, n_years: int, dtype: np.dtype[Any]) -> None:
        groups = np.zeros((0, size.ages)) if keep.groups is None else np.asarray(keep.groups, dtype=float)
        self.of_age = [[(int(g), float(groups[g, a])) for g in np.flatnonzero(groups[:, a])] for a in range(size.ages)]
        shape = (n_years, len(groups), *size.shape[1:])
        self.stocks: Real = np.zeros(shape if len(groups) else (0,), dtype)
        self.flows: dict[str, Real] = {name: np.zeros(shape, dtype) for name in FLOWS} if keep.flows else {}
        self.cells: dict[str, Real] = {name: np.zeros(size.shape, dtype) for name in FLOWS} if keep.each_year else {}
        self.wants_groups = bool(len(groups))
        self.wants_flows = bool(self.flows or self.cells)

    def clear(self) -> None:
        """Begin a year."""
        for cells in self.cells.values():
            cells[...] = 0

    def stock(self, year: int, ages: Sequence[int], regions: slice, draws: slice, values: Real) -> None:
        """Add persons, (age, sex, region, draw), to their groups."""
        if self.wants_groups:
            self._add(self.stocks[year], ages, regions, draws, values)

    def enter(self, name: str, year: int, ages: Sequence[int], regions: slice, draws: slice, values: Real) -> None:
        """Add a flow, (age, sex, region, draw)."""
        if self.cells:
            for age, cell in zip(ages, values, strict=True):
                self.cells[name][age][:, regions, draws] += cell
        if self.flows:
            self._add(self.flows[name][year], ages, regions, draws, values)

    def _add(self, sums: Real, ages: Sequence[int], regions: slice, draws: slice, values: Real) -> None:
        for age, cell in zip(ages, values, strict=True):
            for group, weight in self.of_age[age]:
                sums[group][:, regions, draws] += cell if weight == 1 else cell * weight

    def close(self, year: int, population: Callable[[], Real], call: Callable[[Drawn], None] | None) -> None:
        """End a year: all migration in one, and the caller's look at it."""
        if self.flows:
            _whole_migration({name: flow[year] for name, flow in self.flows.items()})
        if call is not None:
            _whole_migration(self.cells)
            call(Drawn(year, population(), **self.cells))


def _whole_migration(flows: dict[str, NDArray[Any]]) -> None:
    flows["net_migration"] += flows["moved_in"] - flows["moved_out"] + flows["immigration"] - flows["emigration"]
