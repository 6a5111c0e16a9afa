"""The open age: carried higher than it is published."""

from __future__ import annotations

import numpy as np

from demografi.cohort.rates import Real
from demografi.errors import ScenarioError, TableError

__all__ = ["narrow", "widen"]


def narrow(values: Real, open_age: int) -> Real:
    """Add the ages from ``open_age`` up into one open group, the first axis being age.

    Examples
    --------
    >>> narrow(np.array([4.0, 3.0, 2.0, 1.0]), 2).tolist()
    [4.0, 3.0, 3.0]
    """
    closed = values[: open_age + 1].copy()
    for older in values[open_age + 1 :]:
        closed[-1] += older
    return closed


def widen(population: Real, survival: Real) -> Real:
    """Split the open group over single ages, as in a population that neither grows nor moves.

    Parameters
    ----------
    population
        Persons by age, (age, sex, region, draw), the last age open.
    survival
        Survival as in :class:`Rates`, (age, sex, region, draw), with the ages wanted.

    Returns
    -------
    array
        Persons, with the ages of ``survival``; the open group keeps its sum.

    Notes
    -----
    Of those in the open group, persons of age a + 1 are to persons of age a as S(a + 1) to 1, and those of the new open
    age A as S(A) / (1 − S(A)) to those of A − 1: a guess, made from survival alone, of what the source does not give.

    Examples
    --------
    >>> survival = np.array([1.0, 0.5, 0.5, 0.5]).reshape(4, 1, 1, 1)
    >>> widen(np.full((2, 2, 1, 1), 80.0), survival)[:, 0, 0, 0].tolist()
    [80.0, 40.0, 20.0, 20.0]
    """
    old = len(population) - 1
    new = len(survival) - 1
    if new < old:
        raise TableError(
            f"The survival ends at age {new}.",
            where=f"The population's open age is {old}.",
            hint="narrow(population, …)",
        )
    if (survival[new] >= 1).any():
        raise ScenarioError("Survival in the open age is 1.", where="Nobody would die there.", hint="Give less than 1.")
    if new == old:
        return population.copy()
    steps = np.concatenate([np.ones_like(survival[:1]), survival[old + 1 :]])
    steps[-1] = steps[-1] / (1 - steps[-1])
    weights = np.cumprod(steps, axis=0)
    weights = weights / weights.sum(axis=0)
    return np.concatenate(
        [np.broadcast_to(population[:old], (old, *(population[old] * weights).shape[1:])), population[old] * weights]
    )
