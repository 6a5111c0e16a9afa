"""One year of one path: the simple step. Arrays over (region, sex, age), sex 0 female and 1 male.

Ages are 0 … A completed years, A open. One step goes from 1 January to the next. Equations: United Nations
Population Division, cohort-component method as in its program ccmppWPP, migration at the end of the year, births by
women before the migrants.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from demografi.errors import ScenarioError, TableError

__all__ = ["FEMALE", "MALE", "Year", "run", "step"]

FEMALE, MALE = 0, 1
Array = NDArray[np.float64]


class Year(NamedTuple):
    """What happens in one year; ages in flows are the age reached by its end."""

    population: Array
    """Persons on the following 1 January, (region, sex, age)."""
    births: Array
    """Live births by mother's age and child's sex, (region, sex of child, age of mother)."""
    deaths: Array
    """Deaths, (region, sex, age)."""
    net_migration: Array
    """Net migrants that were added, (region, sex, age), after the clamp."""
    clamped: int
    """Cells where more would have moved out than lived there, and were held at nobody left."""


def step(population: Array, survival: Array, fertility: Array, share_boys: float, net_migration: Array) -> Year:
    """Carry a population one year forward.

    Parameters
    ----------
    population
        Persons on 1 January, shape (region, sex, age).
    survival
        Share that survives from birth to age 0 on 31 December (age 0), from age a−1 to a
        (1 … A−1), and from A−1 and A into A; shape broadcasts to (region, sex, age) [0–1].
    fertility
        Births per woman and year by her age, in age-period squares; broadcasts to (region, age).
    share_boys
        Share of births that are boys [0–1].
    net_migration
        Net migrants by age reached at the end of the year; broadcasts to (region, sex, age)
        [persons].

    Returns
    -------
    Year
        For every cell: start + births − deaths + net migration = end.

    Raises
    ------
    TableError
        A shape does not fit.
    ScenarioError
        A survival share lies outside 0–1, a rate is negative or not a number.

    Notes
    -----
    Births are fertility × the mean of women at the same age at the start and, before migrants are
    added, at the end of the year. Nobody negative appears: where net out-migration exceeds the
    survivors, the cell ends at zero, and the clamp is counted.

    Examples
    --------
    >>> start = np.full((1, 2, 3), 100.0)
    >>> year = step(start, np.array([1.0, 0.9, 0.5]), np.array([0.0, 0.1, 0.0]), 0.5, np.zeros((1, 2, 3)))
    >>> year.population[0, FEMALE].tolist()
    [4.75, 90.0, 100.0]
    """
    _check(population, survival, fertility, share_boys, net_migration)
    survival = np.broadcast_to(survival, population.shape)
    before = np.empty_like(population)
    before[..., 1:] = population[..., :-1]
    before[..., -1] += population[..., -1]
    survivors = before * survival
    mothers = (population[:, FEMALE] + survivors[:, FEMALE]) / 2
    mothers[:, 0] = 0.0
    by_mother = fertility * mothers
    births = np.stack([by_mother * (1 - share_boys), by_mother * share_boys], axis=1)
    before[..., 0] = births.sum(axis=-1)
    survivors[..., 0] = before[..., 0] * survival[..., 0]
    moved = np.maximum(net_migration, -survivors)
    clamped = int(np.count_nonzero(net_migration < -survivors))
    return Year(survivors + moved, births, before - survivors, moved, clamped)


def run(
    population: Array,
    survival: Array,
    fertility: Array,
    share_boys: float,
    net_migration: Array,
) -> list[Year]:
    """Carry a population forward one year for each entry on the first axis of the rates.

    Parameters
    ----------
    population
        Persons on the first 1 January, (region, sex, age).
    survival, fertility, net_migration
        As in :func:`step`, with the year as an extra first axis.

    Examples
    --------
    >>> start = np.full((1, 2, 3), 100.0)
    >>> years = run(start, np.ones((2, 3)), np.zeros((2, 3)), 0.5, np.zeros((2, 1, 2, 3)))
    >>> years[-1].population[0, FEMALE].tolist()
    [0.0, 0.0, 300.0]
    """
    years: list[Year] = []
    for s, f, m in zip(survival, fertility, net_migration, strict=True):
        years.append(step(population, s, f, share_boys, m))
        population = years[-1].population
    return years


def _check(population: Array, survival: Array, fertility: Array, share_boys: float, migration: Array) -> None:
    if population.ndim != 3 or population.shape[1] != 2 or population.shape[2] < 2:
        raise TableError(
            f"The population has the shape {population.shape}.",
            where="Wanted: (regions, 2 sexes, ages).",
            hint="population[region, sex, age], women first",
        )
    regions, sexes, ages = population.shape
    for name, array, wanted in (
        ("survival", survival, (regions, sexes, ages)),
        ("fertility", fertility, (regions, ages)),
        ("net_migration", migration, (regions, sexes, ages)),
    ):
        try:
            fits = np.broadcast_shapes(np.shape(array), wanted) == wanted
        except ValueError:
            fits = False
        if not fits:
            raise TableError(
                f"{name} has the shape {np.shape(array)}.",
                where=f"Wanted one that broadcasts to {wanted}.",
                hint="The last axis is age; the population has " + f"{ages} ages.",
            )
        if not np.isfinite(array).all():
            raise ScenarioError(f"{name} holds a value that is not a number.", hint="Look for holes in its table.")
    if (np.asarray(survival) < 0).any() or (np.asarray(survival) > 1).any():
        raise ScenarioError("A survival share lies outside 0–1.", hint="Give shares, not rates or per cent.")
    if (np.asarray(fertility) < 0).any() or (population < 0).any() or not np.isfinite(population).all():
        raise ScenarioError("A fertility rate or a population cell is negative or not a number.")
    if not 0 <= share_boys <= 1:
        raise ScenarioError(f"The share of boys is {share_boys}.", where="Wanted: 0–1, about 0.51.")
