"""Measure draws: python benchmarks/draws.py; with --paper it prints the calculation of docs/cluster.md.

The kernel with chance in single lives (a normal number for every cell) and quantiles of every cell inside the year
loop, float32, is set against one pass in place over the float64 state a year, two threads, as in benchmarks/kernel.py.
Draws of past errors are timed as a user asks for them. Ratios and seconds need an idle machine: beside others' work
both threads wait. So the processor time of both stands beside; on two free cores the kernel's seconds are half of it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd

import demografi as dg
from demografi import cohort
from demografi.projection import draws as draws_of
from kernel import AGES, DRAWS, QUANTILES, REGIONS, YEARS, case, timed

BAR_NOISE, BAR_GB, BAR_SECONDS = 35.0, 3.0, 5.0
TO = 2050
GROUPS = 8
NS_CELL, NS_FACTOR = 18.0, 150.0
"""Processor time of a cell of the kernel with noise and quantiles, and of a factor of past errors, that the paper
calculation goes by; this program prints today's beside them [nanoseconds on one core]."""


def memory(draws: int) -> tuple[float, float]:
    """Return wall and processor time of one pass in place a year, two threads: the bound [seconds]."""
    state = np.ones((AGES, 2, REGIONS, draws))
    halves = np.array_split(state, 2)
    with ThreadPoolExecutor(2) as threads:

        def passes() -> None:
            for _ in range(YEARS):
                list(threads.map(lambda half: np.multiply(half, 1.0000001, out=half), halves))

        return best(lambda: timed(passes), 3)


def with_noise(draws: int, counts_below: float) -> tuple[float, float]:
    """Return wall and processor time of the kernel with a pool, noise and quantiles of every cell [seconds]."""
    population, years = case("pool", draws)
    noise = cohort.demographic_noise(1, counts_below=counts_below)
    keep, blocks = cohort.Keep(last=False, quantiles=QUANTILES), cohort.Blocks(threads=2)
    said = {"timing": "end", "births": "before", "keep": keep, "blocks": blocks, "noise": noise}
    return timed(lambda: cohort.carry(population, years, dtype=np.float32, **said))


def whole_country() -> dg.Observed:
    """Make all municipalities of the whole-country tables, eleven years, an observed region."""
    folder = Path(os.environ.get("DEMOGRAFI_REFERENCE", "../shared/reference"))
    table = pd.read_parquet(folder / "ssb_07459_population_municipality_by_sex_age_2005_2026.parquet")
    table = table[table["year"] >= table["year"].max() - 10]
    # Two codes of 2024 share their history before; they are kept together as in back-tests.
    code = table["region_code"].replace({"1507": "1508", "1580": "1508"})
    table = table.assign(region=code, persons=table["value"].astype(float), status="")
    keys = ["region", "year", "sex", "age"]
    table = table.groupby(keys, as_index=False)["persons"].sum().assign(status="")
    region = dg.region(sorted(table["region"].unique()), name="Kommunene")
    return dg.Observed({"population": table}, {"region": region.to_dict(), "lacking": {}})


def country(draws: int) -> None:
    """Print what draws of all municipalities take, in a process of its own: its peak is theirs."""
    import resource

    projection = dg.project(whole_country(), to=TO, draws=draws)
    sums = timed(lambda: projection.interval("80+"))
    cells = timed(lambda: projection.to_frame(level=0.8))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    years = projection.to - projection.launch
    places = len(projection.region.members)
    print(json.dumps({"sums": sums, "cells": cells, "peak": peak, "factors": draws * years * places * GROUPS}))


def alone(draws: int) -> dict:
    """Run :func:`country` in a process of its own."""
    command = [sys.executable, __file__, "--country", str(draws)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def ten(draws: int) -> tuple[float, float]:
    """Return wall and processor time of the interval of 80+ in the ten municipalities [seconds]."""
    projection = dg.project(dg.example(), to=TO, draws=draws)
    return timed(lambda: projection.interval("80+"))


def paper(draws: int = 100_000, scenarios: int = 9, years: int = 25, cores: int = 64) -> str:
    """Calculate what nine scenarios of every municipality, and of every basic unit, would take; a Markdown table."""
    rows = ["| | 357 municipalities | 14,000 basic units |", "|---|---|---|"]
    units = np.array([REGIONS, 14_000.0])
    cells = units * 2 * AGES * years * draws * scenarios
    factors = units * GROUPS * years * draws * scenarios
    counts = units * GROUPS * years * draws_of.BYTES_COUNTED
    hours = {"cell": cells * NS_CELL / 3.6e12, "factor": factors * NS_FACTOR / 3.6e12}
    lines = {
        "cells: places × 2 sexes × 106 ages × years × draws × scenarios": [f"{n:.2g}" for n in cells],
        "factors of past errors: places × 8 groups × years × draws × scenarios": [f"{n:.2g}" for n in factors],
        "the trajectories, if kept, float32 [TB]": [f"{n * 4 / 1e12:,.1f}" for n in cells],
        "what is held instead, counts of one scenario at a time [GB]": [f"{n / 1e9:,.2f}" for n in counts],
        "sums over age groups of one scenario, all draws, eight groups [GB]": [
            f"{n / scenarios * 8 / 1e9:,.0f}" for n in factors
        ],
        f"processor hours, factors ({NS_FACTOR:g} ns each)": [f"{n:,.0f}" for n in hours["factor"]],
        f"processor hours, kernel with noise and quantiles ({NS_CELL:g} ns a cell)": [
            f"{n:,.0f}" for n in hours["cell"]
        ],
        f"machines of {cores} cores for a night of ten hours, factors": _machines(hours["factor"], cores),
        f"machines of {cores} cores for a night of ten hours, kernel": _machines(hours["cell"], cores),
    }
    return "\n".join([*rows, *(f"| {what} | {a} | {b} |" for what, (a, b) in lines.items())])


def _machines(hours: np.ndarray, cores: int) -> list[str]:
    return [f"{int(np.ceil(n / cores / 10)):,}" for n in hours]


def line(what: str, measured: tuple[float, float], value: str, bar: str, holds: bool) -> None:
    """Print one measure beside its bar."""
    seconds, processor = measured
    print(f"{what:<52}{seconds:7.2f} s (cpu {processor:6.2f} s){value:>10}  {bar}{'' if holds else '   MISSED'}")


def best(work: Callable[[], tuple[float, float]], repeats: int) -> tuple[float, float]:
    """Return the shortest of several runs."""
    return min(work() for _ in range(repeats))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=DRAWS)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--country", type=int, metavar="DRAWS", help=argparse.SUPPRESS)
    parser.add_argument("--paper", action="store_true", help="print the calculation of docs/cluster.md")
    asked = parser.parse_args()
    if asked.paper or asked.country:
        return print(paper()) if asked.paper else country(asked.country)
    began = time.perf_counter()
    first, kernel = memory(asked.draws), best(lambda: with_noise(asked.draws, 0), asked.repeats)
    least = min(first, memory(asked.draws))
    ratio, cells = kernel[0] / least[0], AGES * 2 * REGIONS * YEARS * asked.draws
    line("one pass in place a year (the bound), float64", least, "", "", True)
    bar = f"at most {BAR_NOISE:g}x"
    line("pool, noise, quantiles of every cell, float32", kernel, f"{ratio:.1f}x", bar, ratio <= BAR_NOISE)
    print(f"  in processor time: {kernel[1] / least[1]:.1f}x, which other programs disturb less")
    print(f"  a cell: {1e9 * kernel[1] / cells:.1f} ns of processor time; the paper calculation has {NS_CELL:g}")
    counted = with_noise(asked.draws, 5)
    line("  the same, whole counts below five persons", counted, f"{counted[0] / least[0]:.1f}x", "", True)
    taken = ten(10_000)
    bar = f"at most {BAR_SECONDS:g} s"
    line("10,000 draws, ten municipalities to 2050, 80+", taken, "", bar, taken[0] <= BAR_SECONDS)
    if not Path(os.environ.get("DEMOGRAFI_REFERENCE", "../shared/reference")).is_dir():
        return print("1,000 draws of all municipalities: left out, the whole-country tables are not there")
    seen = alone(1000)
    peak = seen["peak"] / 1e9
    line("1,000 draws, all municipalities to 2050, 80+", seen["sums"], "", "", True)
    line("  every cell, peak memory", seen["cells"], f"{peak:.2f} GB", f"under {BAR_GB:g} GB", peak < BAR_GB)
    each = 1e9 * seen["sums"][1] / seen["factors"]
    print(f"  a factor: {each:.0f} ns of processor time; the paper calculation has {NS_FACTOR:g}")
    return print(f"all of it: {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
