"""Measure the kernel against the memory it must touch, as ratios in one run: python benchmarks/kernel.py

The bound is one pass in place over the state's bytes for every year, float64, two threads. All 357 municipalities, two
sexes, ages 0 … 105+, 25 years, 1,000 draws, new national rates for every draw and year. Each line: what, seconds (best
of several), the ratio, its bar, and whether it held on this machine in this run. The processor
time of all threads stands beside: on a machine with two free cores the seconds are about half of it.
"""

from __future__ import annotations

import argparse
import time
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd

from demografi import cohort

AGES, REGIONS, YEARS, DRAWS = 106, 357, 25, 1000
QUANTILES = (0.025, 0.1, 0.5, 0.9, 0.975)
BARS = {"net": 10.0, "pool": 25.0, "destinations": 55.0}


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

        def passes() -> None:
            for _ in range(YEARS):
                list(threads.map(lambda half: np.multiply(half, 1.0000001, out=half), halves))

        return best(passes, 3)


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


def case(mode: str, draws: int) -> tuple[np.ndarray, list[cohort.Rates]]:
    """Make the start and 25 years with new rates every year."""
    random = np.random.default_rng(1)
    migration = modes(random)[mode]
    return start(random), [rates(random, migration, draws) for _ in range(YEARS)]


def run(population: np.ndarray, years: list[cohort.Rates], keep: cohort.Keep | None = None) -> cohort.Carried:
    """Carry the case on two threads."""
    blocks = cohort.Blocks(threads=2)
    return cohort.carry(population, years, timing="end", births="before", keep=keep, blocks=blocks)


def long_tables(population: np.ndarray, years: list[cohort.Rates]) -> tuple[pd.DataFrame, list[tuple]]:
    """Lay one draw out as an analyst has it: one row per cell."""
    index = pd.MultiIndex.from_product([range(AGES), (0, 1), range(REGIONS)], names=["age", "sex", "region"])

    def table(values: np.ndarray, name: str) -> pd.DataFrame:
        return pd.DataFrame(
            {name: np.broadcast_to(values[..., 0], (AGES, 2, REGIONS)).reshape(-1)}, index
        ).reset_index()

    given = [
        (
            table(year.survival, "survival"),
            table((year.fertility[0] * year.fertility[1])[:, None], "fertility").query("sex == 0").drop(columns="sex"),
            table(year.migration.persons, "net"),
        )
        for year in years
    ]
    return table(population, "persons"), given


def long_pandas(stock: pd.DataFrame, years: list[tuple]) -> pd.DataFrame:
    """Carry one draw as a careful analyst would in pandas: long tables, merges by key, no loops over cells."""
    keys = ["age", "sex", "region"]
    for survival, fertility, net in years:
        older = stock.assign(age=np.minimum(stock["age"] + 1, AGES - 1))
        older = older.groupby(keys, as_index=False)["persons"].sum().merge(survival, on=keys)
        older["persons"] *= older.pop("survival")
        women = stock.query("sex == 0").merge(older.query("sex == 0"), on=keys, suffixes=("", "_end"))
        women = women.merge(fertility, on=["age", "region"])
        women["births"] = women["fertility"] * (women["persons"] + women["persons_end"]) / 2
        births = women.groupby("region", as_index=False)["births"].sum()
        newborn = pd.concat([births.assign(age=0, sex=sex, share=share) for sex, share in ((0, 0.487), (1, 0.513))])
        newborn = newborn.merge(survival, on=keys)
        newborn["persons"] = newborn["births"] * newborn["share"] * newborn["survival"]
        stock = pd.concat([newborn[[*keys, "persons"]], older]).merge(net, on=keys)
        stock["persons"] = (stock["persons"] + stock.pop("net")).clip(lower=0)
    return stock


def against_pandas() -> tuple[float, float]:
    """Return the time of one deterministic run of all municipalities in both engines, which must agree [seconds]."""
    population, years = case("net", 1)
    stock, given = long_tables(population, years)
    theirs = long_pandas(stock, given).sort_values(["age", "sex", "region"])["persons"].to_numpy()
    ours = run(population, years).last.reshape(-1)
    assert np.allclose(ours, theirs, rtol=1e-9, atol=1e-9), "the two engines disagree"
    return best(lambda: long_pandas(stock, given), 3), best(lambda: run(population, years), 20)


def peak(mode: str, draws: int) -> float:
    """Return the most memory the kernel took beside its rates, in states, with the last population and quantiles."""
    population, years = case(mode, draws)
    tracemalloc.start()
    run(population, years[:2], cohort.Keep(quantiles=QUANTILES))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most / (AGES * 2 * REGIONS * draws * 8)


def line(what: str, measured: str, ratio: float, bar: str, holds: bool) -> None:
    """Print one measure beside its bar."""
    print(f"{what:<38}{measured:>22}{ratio:8.2f}x  {bar}{'' if holds else '   MISSED'}")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=DRAWS)
    parser.add_argument("--repeats", type=int, default=2)
    asked = parser.parse_args()
    measured, bounds = {}, [bound(asked.draws)]
    for mode in BARS:
        population, years = case(mode, asked.draws)
        keep = cohort.Keep(last=False, quantiles=QUANTILES if mode == "pool" else ())
        measured[mode] = min(timed(lambda args=(population, years, keep): run(*args)) for _ in range(asked.repeats))
        bounds.append(bound(asked.draws))
    line("one pass in place a year (the bound)", f"{min(bounds):.2f} s", 1, "", True)
    for mode, what in (("net", "net migration"), ("pool", "pool, quantiles of every cell"), ("destinations",) * 2):
        seconds, processor = measured[mode]
        ratio, text = seconds / min(bounds), f"{seconds:.2f} s (cpu {processor:.2f} s)"
        line(what, text, ratio, f"at most {BARS[mode]:g}x", ratio <= BARS[mode])
    slow, fast = against_pandas()
    line("one run, long pandas / kernel", f"{slow:.2f} / {fast:.4f} s", slow / fast, "at least 50x", slow / fast >= 50)
    for mode in BARS:
        states = peak(mode, asked.draws)
        line(f"peak memory / state, {mode}", "", states, "at most 2.5x", states <= 2.5)


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return the wall and the processor time of both threads together [seconds]."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - processor


if __name__ == "__main__":
    main()
