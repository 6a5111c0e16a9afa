"""Measure the kernel against the memory it must touch, as ratios in one run: python benchmarks/kernel.py

The bound is one pass in place over the state's bytes for every year, float64, two threads. All 357 municipalities, two
sexes, ages 0 … 105+, 25 years, 1,000 draws. Each line: what, seconds (best of several), its ratio, the bar.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from demografi import cohort

AGES, REGIONS, YEARS, DRAWS = 106, 357, 25, 1000
QUANTILES = (0.025, 0.1, 0.5, 0.9, 0.975)


def best(work: Callable[[], object], repeats: int) -> float:
    """Return the shortest wall time [seconds]."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def bound(draws: int) -> float:
    """Return the time of one pass in place a year, two threads [seconds]."""
    state = np.ones((AGES, 2, REGIONS, draws))
    halves = np.array_split(state, 2)
    with ThreadPoolExecutor(2) as threads:

        def one_pass() -> None:
            list(threads.map(lambda half: np.multiply(half, 1.0000001, out=half), halves))

        return YEARS * best(one_pass, 10)


def start(random: np.random.Generator) -> np.ndarray:
    """Make municipalities of very different size, (age, sex, region, 1)."""
    size = np.exp(random.normal(0, 1.2, REGIONS)) * 60
    profile = np.minimum(1, np.exp(-(np.arange(AGES) - 60) / 12))
    return profile[:, None, None, None] * np.ones((1, 2, 1, 1)) * size[None, None, :, None]


def rates(random: np.random.Generator, migration: object, draws: int) -> cohort.Rates:
    """Make a year of national rates by draw and local fertility."""
    ages = np.arange(AGES)
    dying = np.minimum(0.6, 3e-5 * np.exp(0.1 * ages))
    survival = 1 - dying[:, None, None, None] * random.lognormal(0, 0.05, (1, 2, 1, draws)).clip(0, 1.6)
    fertility = np.where((ages > 14) & (ages < 50), 0.11 * np.exp(-(((ages - 31) / 6) ** 2)), 0.0)
    return cohort.Rates(
        survival,
        (
            fertility[:, None, None] * random.lognormal(0, 0.05, (1, 1, draws)),
            random.lognormal(0, 0.1, (1, REGIONS, 1)),
        ),
        0.513,
        migration,
    )


def leaving() -> np.ndarray:
    """Make out-rates, (age, sex, region, 1)."""
    ages = np.arange(AGES)
    return (0.01 + 0.15 * np.exp(-(((ages - 24) / 7) ** 2)))[:, None, None, None] * np.ones((1, 2, REGIONS, 1))


def modes(random: np.random.Generator) -> dict[str, object]:
    """Make the three kinds of migration that have a bar."""
    shares = random.dirichlet(np.ones(REGIONS), 8 * REGIONS).reshape(8, REGIONS, REGIONS)
    in_shares = np.broadcast_to(random.dirichlet(np.ones(REGIONS))[:, None], (AGES, 2, REGIONS, 1))
    immigration = random.uniform(0, 0.5, (AGES, 2, REGIONS, 1))
    groups = np.minimum(np.arange(AGES) // 12, 7)
    return {
        "net": cohort.NetCounts(random.normal(0, 1, (AGES, 2, REGIONS, 1))),
        "pool": cohort.Pool(leaving(), in_shares, immigration),
        "destinations": cohort.Destinations(leaving(), shares, groups, immigration),
    }


def run(mode: str, draws: int, keep: cohort.Keep | None = None, threads: int = 2) -> cohort.Carried:
    """Carry 25 years with new rates every year."""
    random = np.random.default_rng(1)
    migration = modes(random)[mode]
    years = [rates(random, migration, draws) for _ in range(YEARS)]
    population = start(random)
    begin = time.perf_counter()
    carried = cohort.carry(
        population, years, timing="end", births="before", keep=keep, blocks=cohort.Blocks(threads=threads)
    )
    global last_seconds
    last_seconds = time.perf_counter() - begin
    return carried


last_seconds = 0.0


def timed(mode: str, draws: int, repeats: int, keep: cohort.Keep | None = None) -> float:
    """Return the shortest time of the kernel alone, without making its rates [seconds]."""
    times = []
    for _ in range(repeats):
        run(mode, draws, keep)
        times.append(last_seconds)
    return min(times)


if __name__ == "__main__":
    d = int(sys.argv[1]) if len(sys.argv) > 1 else DRAWS
    b = bound(d)
    print("bound", b)
    for name, keep in (
        ("net", None),
        ("pool", None),
        ("pool", cohort.Keep(quantiles=QUANTILES)),
        ("destinations", None),
    ):
        t = timed(name, d, 2, keep)
        print(name, keep is not None, t, t / b)
    b = bound(d)
    print("bound", b)
    t = timed("net", 1, 5)
    print("one", t)
