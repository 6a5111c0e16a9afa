from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import demografi as dg
from demografi.rates import Country
from demografi.rates.pooling import Floats, Ints
from demografi.sources.reference import Reference, read_reference

ROOT = Path(__file__).parents[1]
REFERENCE = Path(os.environ.get("DEMOGRAFI_REFERENCE", ROOT.parent / "shared" / "reference"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, aloud, what needs the whole-country reference data where it is absent."""
    if REFERENCE.is_dir():
        return
    absent = pytest.mark.skip(reason=f"the reference data are not at {REFERENCE} (set DEMOGRAFI_REFERENCE)")
    for item in items:
        if item.get_closest_marker("reference"):
            item.add_marker(absent)


@pytest.fixture(scope="session")
def reference() -> Path:
    return REFERENCE


@pytest.fixture(scope="session")
def country(reference: Path) -> Reference:
    """All whole-country tables, read once."""
    return read_reference(reference)


@pytest.fixture(scope="session")
def observed() -> dg.Observed:
    return dg.example()


@pytest.fixture(scope="session")
def projection(observed: dg.Observed) -> dg.Projection:
    return dg.project(observed, to=2040)


@pytest.fixture(scope="session")
def need(projection: dg.Projection) -> dg.Need:
    return dg.need(projection)


@pytest.fixture(scope="session")
def supply(observed: dg.Observed) -> dg.Supply:
    return dg.supply(observed, to=2040)


@pytest.fixture(scope="session")
def gap(need: dg.Need, supply: dg.Supply) -> dg.Gap:
    return dg.gap(need, supply)


@pytest.fixture(scope="session")
def engerdal() -> dg.Gap:
    observed = dg.example("Engerdal")
    return dg.gap(dg.need(dg.project(observed, to=2040)), dg.supply(observed, to=2040))


@pytest.fixture(scope="session")
def indicators(projection: dg.Projection) -> dg.Indicators:
    return dg.indicators(projection, against=["county", "nation"])


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


@pytest.fixture(scope="session")
def small() -> Small:
    return make_small()
