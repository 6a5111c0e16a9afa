"""An invented country: twenty-four places in three counties, with chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from demografi.rates import Country
from demografi.rates.pooling import Floats, Ints

N_AGES, FIRST, LAUNCH = 106, 2000, 2012


@dataclass(frozen=True)
class Small:
    """Twenty-four places in three counties, thirteen years."""

    country: Country
    population: Floats
    counties: Ints


def true_rates() -> Floats:
    """Return Gompertz–Kannisto death rates (S, 111), men higher."""
    ages = np.arange(111)
    logit = -11.2 + 0.105 * ages
    women = 1 / (1 + np.exp(-logit)) + 1e-4
    return np.stack([women, np.minimum(1.4 * women, 0.9)])


def make_small(seed: int = 1) -> Small:
    """Simulate births, deaths and moves of the invented country."""
    random = np.random.default_rng(seed)
    sizes = np.exp(np.linspace(6.5, 10.5, 24))
    ages = np.arange(N_AGES)
    start = np.clip(1.0 - ages / 100.0, 0.01, None)
    now = random.poisson(sizes[:, None, None] * start / start.sum() / 2 * np.ones((1, 2, 1)))
    rates = true_rates()[:, : N_AGES + 1]
    survival = np.exp(-0.5 * (rates[:, :-1] + rates[:, 1:]))
    births = np.where((ages >= 20) & (ages < 40), 0.09, 0.0)
    level = random.normal(0.0, 0.01, 24)
    path = [now.astype(float)]
    for _ in range(LAUNCH - FIRST):
        alive = random.binomial(path[-1].astype(int), survival)
        moving = np.where(ages < 60, level[:, None, None], 0.0) * path[-1]
        alive = np.maximum(alive + np.round(moving + random.normal(0, 0.3, alive.shape)), 0)
        later = np.zeros_like(path[-1])
        later[..., 1:] = alive[..., :-1]
        later[..., -1] += alive[..., -1]
        later[..., 0] = random.poisson((later[:, 0] @ births)[:, None] / 2 * np.ones((1, 2)))
        path.append(later)
    population = np.stack(path)
    nation = population.sum(axis=1)
    exposure = np.zeros((len(nation) - 1, 2, 111))
    exposure[..., :N_AGES] = 0.5 * (nation[:-1] + nation[1:])
    country = Country(
        launch=LAUNCH,
        population=nation,
        deaths=random.poisson(exposure * true_rates()).astype(float) + 1e-3,
        exposure=exposure + 1e-2,
        last_death_year=LAUNCH - 1,
        asfr=np.repeat(births[None], 5, axis=0),
    )
    return Small(country, population, np.arange(24) // 8)
