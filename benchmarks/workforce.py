"""Draws of all eleven municipalities, eight occupations, to 2050: python benchmarks/workforce.py

The staff is made up (no source counts eight occupations by age everywhere); its size does not matter to the time.
Bar: 10,000 draws in 30 seconds of one processor's own time; `--draws 1000` for less.
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np
import pandas as pd

import demografi as dg
from demografi.workforce import exit_hazards, supply_draws

OCCUPATIONS = ("nurse", "specialist_nurse", "social_educator", "health_care_worker", "assistant")
OCCUPATIONS += ("doctor", "physiotherapist", "occupational_therapist")
GROUPS = ("0-34", "35-44", "45-54", "55-61", "62+")
MOST_SECONDS = 30.0


def made_up_staff(observed: dg.Observed) -> pd.DataFrame:
    rng = np.random.default_rng(2026)
    index = pd.MultiIndex.from_product([observed.region.members, OCCUPATIONS, GROUPS])
    staff = index.to_frame(index=False, name=["region", "occupation", "age_group"])
    heads = rng.integers(3, 30, len(staff)).astype(float)
    return staff.assign(year=2025, persons=heads, fte=0.75 * heads)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=10_000)
    draws = parser.parse_args().draws
    observed = _eleven()
    made = dg.supply(observed, 2050, staff=made_up_staff(observed), exits=exit_hazards(turnover=0.03), draws=draws)
    start = time.process_time()
    each = supply_draws(made)
    taken = time.process_time() - start
    cells = each.size * 64
    print(f"draws × years × places × occupations   {' × '.join(map(str, each.shape))}")
    print(f"with turnover at every age             {taken:.1f} s, {1e9 * taken / cells:.2f} ns a cell of single age")
    met = taken <= MOST_SECONDS * draws / 10_000
    print(f"bar {MOST_SECONDS * draws / 10_000:.1f} s: {'met' if met else 'NOT MET'}")
    return 0 if met else 1


def _eleven() -> dg.Observed:
    both = [dg.example(name) for name in ("Lakseregionen", "Engerdal")]
    population = pd.concat([part.population for part in both], ignore_index=True)
    return dg.Observed.from_tables(population.drop(columns="quality", errors="ignore"), name="eleven")


if __name__ == "__main__":
    sys.exit(main())
