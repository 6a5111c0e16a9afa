"""Fertility: national shape and level, local ratio, children aged 0."""

from __future__ import annotations

import numpy as np

from demografi.rates.pooling import Floats
from demografi.rates.settings import FertilitySettings


def shape(asfr: Floats, years: int) -> Floats:
    """Average the latest age-specific fertility rates, (T, A) → (A,)."""
    return np.asarray(asfr[-years:].mean(axis=0))


def standard_schedule(n_ages: int, settings: FertilitySettings) -> Floats:
    """Return a normal schedule over ages 15–49, one child per woman in all, (A,): only its shape is used."""
    ages = np.arange(n_ages)
    density = np.exp(-0.5 * ((ages + 0.5 - settings.standard_mean) / settings.standard_sd) ** 2)
    density[(ages < 15) | (ages > 49)] = 0.0
    return np.asarray(density / density.sum())


def expected_children(women_start: Floats, women_end: Floats, schedule: Floats) -> Floats:
    """Expect children aged 0 from women present on average during the year.

    Parameters
    ----------
    women_start, women_end : (..., A) by completed age on 1 January [persons]
    schedule : (A,) children per woman and year

    Returns
    -------
    (...) children
    """
    return np.asarray(0.5 * ((women_start + women_end) @ schedule))


def levels(population: Floats, schedule: Floats) -> Floats:
    """Measure the nation's level of fertility in each year.

    Parameters
    ----------
    population : (T, S, A), sex 0 female

    Returns
    -------
    (T − 1,) children aged 0 at the end of the year over expected. Infant loss and
    infant migration are inside the level.
    """
    children = population[1:, :, 0].sum(axis=1)
    expected = expected_children(population[:-1, 0], population[1:, 0], schedule)
    return np.asarray(np.divide(children, expected, out=np.zeros_like(expected), where=expected > 0))


def newborns(women_start: Floats, women_end: Floats, schedule: Floats, share_boys: float) -> Floats:
    """Return children aged 0 at the end of the year by sex, (..., 2), female first.

    ``schedule`` (A,) must already carry the level.
    """
    children = expected_children(women_start, women_end, schedule)
    return np.stack([children * (1 - share_boys), children * share_boys], axis=-1)
