"""The kernel held against the plain loops of reference_kernel.py, for every mode, timing and order of births."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from demografi import cohort

sys.path.insert(0, str(Path(__file__).parents[1]))
import reference_kernel

AGES, REGIONS, DRAWS, YEARS = 9, 4, 3, 12
MODES = ["net counts", "net rates", "pool", "destinations", "pool with factors and abroad", "destinations and abroad"]
every_case = pytest.mark.parametrize(
    ("mode", "timing", "births"),
    [(mode, timing, births) for mode in MODES for timing in ("end", "even") for births in ("before", "after")],
)


def migration_of(mode: str, random: np.random.Generator) -> object:
    def shares(*shape: int) -> np.ndarray:
        raw = random.uniform(0.1, 1, shape)
        return raw / raw.sum(axis=2, keepdims=True)

    out = random.uniform(0, 0.3, (AGES, 2, REGIONS, 1))
    abroad = {
        "immigration": (random.uniform(0, 20, (AGES, 2, 1, DRAWS)), random.uniform(0, 1, (1, 1, REGIONS, 1))),
        "emigration": random.uniform(0, 0.2, (AGES, 2, 1, DRAWS)),
    }
    groups = np.arange(AGES) // 4
    match mode:
        case "net counts":
            return cohort.NetCounts(random.normal(0, 80, (AGES, 2, REGIONS, DRAWS)))
        case "net rates":
            return cohort.NetRates(
                (random.uniform(-1, 1, (AGES, 2, 1, DRAWS)), random.uniform(0, 1, (1, 1, REGIONS, 1)))
            )
        case "pool":
            return cohort.Pool(out, shares(AGES, 2, REGIONS, 1))
        case "destinations":
            return cohort.Destinations(out, shares(3, REGIONS, REGIONS), groups)
        case "pool with factors and abroad":
            return cohort.Pool(
                (random.uniform(0, 1, (AGES, 2, 1, DRAWS)), out * 2), shares(1, 1, REGIONS, DRAWS), **abroad
            )
        case _:
            return cohort.Destinations(out, shares(3, REGIONS, REGIONS), groups, **abroad)


def by_region(values: np.ndarray, draw: int) -> np.ndarray:
    return values[..., draw].transpose(2, 1, 0)


def rates_of(mode: str, random: np.random.Generator) -> cohort.Rates:
    fertility = random.uniform(0, 0.3, (AGES, 1, DRAWS))
    fertility[[0, -1]] = 0
    return cohort.Rates(
        random.uniform(0.5, 1, (AGES, 2, 1, DRAWS)),
        (fertility, random.uniform(0.5, 1.5, (1, REGIONS, 1))),
        0.51,
        migration_of(mode, random),
        mortality_ratio=random.uniform(0, 2, (AGES, 2, REGIONS, 1)) if "abroad" in mode else (),
    )


@pytest.fixture(scope="module")
def start() -> np.ndarray:
    return np.random.default_rng(1).uniform(0, 200, (AGES, 2, REGIONS, DRAWS))


@every_case
def test_every_cell_and_flow_of_every_year_equals_the_plain_loops_to_1e_12(mode, timing, births, start):
    random = np.random.default_rng(2)
    years = [rates_of(mode, random) for _ in range(YEARS)]
    seen: list[cohort.Drawn] = []
    keep = cohort.Keep(each_year=lambda year: seen.append(cohort.Drawn(year.year, *(x.copy() for x in year[1:]))))
    carried = cohort.carry(start, years, timing=timing, births=births, keep=keep)
    population = start
    for number, rates in enumerate(years):
        expected = reference_kernel.year(population, rates, timing, births)
        for name in expected._fields[:-1]:
            ours, theirs = getattr(seen[number], name), getattr(expected, name)
            assert np.abs(ours - theirs).max() <= 1e-12 * np.abs(theirs).max(), (number, name)
        assert carried.clamped[number].tolist() == expected.clamped.tolist()
        population = expected.population
    assert np.allclose(carried.last, population, rtol=1e-12, atol=1e-12)
    assert (carried.clamped.sum() > 0) == (mode == "net counts")


def test_moves_between_few_pairs_of_regions_equal_the_plain_loops_to_1e_12():
    random, regions = np.random.default_rng(4), 24
    shares = np.zeros((3, regions, regions))
    for group, origin in np.ndindex(3, regions):
        shares[group, origin, random.choice(regions, 2, replace=False)] = (0.25, 0.75)
    migration = cohort.Destinations(random.uniform(0, 0.3, (AGES, 2, regions, 1)), shares, np.arange(AGES) // 4)
    fertility = random.uniform(0, 0.3, (AGES, 1, DRAWS))
    fertility[[0, -1]] = 0
    rates = cohort.Rates(random.uniform(0.5, 1, (AGES, 2, 1, DRAWS)), fertility, 0.51, migration)
    start = random.uniform(0, 200, (AGES, 2, regions, DRAWS))
    ours = cohort.carry(start, [rates], timing="end", births="before").last
    theirs = reference_kernel.year(start, rates, "end", "before").population
    assert np.abs(ours - theirs).max() <= 1e-12 * theirs.max()


@every_case
def test_in_float32_the_kernel_follows_to_1e_4(mode, timing, births, start):
    random = np.random.default_rng(2)
    years = [rates_of(mode, random) for _ in range(YEARS)]
    precise = cohort.carry(start, years, timing=timing, births=births).last
    light = cohort.carry(start, years, timing=timing, births=births, dtype=np.float32).last
    assert light.dtype == np.float32
    assert np.abs(light - precise).max() < 1e-4 * precise.max()


def test_the_simple_step_is_the_kernel_with_one_draw_net_counts_at_the_end_and_women_before_them(start):
    random = np.random.default_rng(3)
    rates = rates_of("net counts", random)
    carried = cohort.carry(start, [rates], timing="end", births="before")
    for draw in range(DRAWS):
        year = cohort.step(
            by_region(start, draw),
            by_region(rates.survival, draw),
            (rates.fertility[0][..., draw] * rates.fertility[1][..., 0]).T,
            rates.share_boys,
            by_region(rates.migration.persons, draw),
        )
        assert np.allclose(by_region(carried.last, draw), year.population, rtol=1e-13, atol=1e-13)
