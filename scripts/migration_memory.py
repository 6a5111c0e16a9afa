"""Choose how a nation's net migration is continued, on eleven countries' records to 2015.

    python scripts/migration_memory.py

Reads the yearly net migration of World Population Prospects 2024 in the folder DEMOGRAFI_REFERENCE (default
../shared/reference), and prints the table of docs/decisions/0008. The rule is that of `rates.control`: the mean of the
last ``recent`` years returns to the mean of the last ``base`` years by ``memory`` a year.
"""

from __future__ import annotations

import os
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

REFERENCE = Path(os.environ.get("DEMOGRAFI_REFERENCE", Path(__file__).parents[2] / "shared" / "reference"))
COUNTRIES = {
    40: "Austria", 56: "Belgium", 208: "Denmark", 246: "Finland", 300: "Greece", 372: "Ireland",
    528: "Netherlands", 578: "Norway", 620: "Portugal", 752: "Sweden", 756: "Switzerland",
}  # fmt: skip
"""One labour market from 1994 (EEA and Switzerland), 1 to 20 million inhabitants."""
LAST = 2015
HORIZONS = (3, 5, 10)
BASES, RECENT, MEMORIES = (5, 10, 15, 20, 30), (1, 2, 3, 5), (0.5, 0.7, 0.8, 0.9, 1.0)


def net_migration() -> dict[str, pd.Series]:
    """Return each country's yearly net migration to 2015 [thousand persons]."""
    table = pd.read_parquet(REFERENCE / "wpp2024_annual_indicators.parquet")
    table = table[table["year"] <= LAST].sort_values("year").set_index("year")
    return {name: table.loc[table["country_code"] == code, "net_migration"] for code, name in COUNTRIES.items()}


def mean_errors(past: pd.Series, rule: tuple[int, int, float], first: int) -> np.ndarray:
    """Return the mean absolute error of the sum over each horizon, launches ``first`` … [thousand persons]."""
    base, recent, memory = rule
    errors: dict[int, list[float]] = {h: [] for h in HORIZONS}
    for launch in range(first, LAST - min(HORIZONS) + 2):
        known = past.loc[: launch - 1].to_numpy()
        mean = known[-base:].mean()
        for h in HORIZONS:
            came = past.loc[launch : launch + h - 1].to_numpy()
            if launch + h - 1 <= LAST:
                ahead = mean + (known[-recent:].mean() - mean) * memory ** np.arange(1, h + 1)
                errors[h].append(abs(float(came.sum() - ahead.sum())))
    return np.array([np.mean(errors[h]) for h in HORIZONS])


def table(first: int) -> pd.DataFrame:
    """Return every rule's error over that of the ten-year mean: geometric mean over countries, Norway, wins."""
    records = net_migration()
    plain = {name: mean_errors(past, (10, 1, 0.0), first) for name, past in records.items()}
    rows = []
    for rule in product(BASES, RECENT, MEMORIES):
        ratio = np.array([mean_errors(past, rule, first) / plain[name] for name, past in records.items()])
        mean = np.exp(np.log(ratio).mean(axis=0))
        norway = ratio[list(records).index("Norway")]
        rows.append([*rule, *mean, mean.mean(), *norway, *(ratio < 1).sum(axis=0)])
    names = ["base", "recent", "memory", *(f"{h} years" for h in HORIZONS), "mean"]
    names += [*(f"Norway {h}" for h in HORIZONS), *(f"better of 11, {h}" for h in HORIZONS)]
    return pd.DataFrame(rows, columns=names)


def yearly_moves(first: int) -> pd.Series:
    """Return the root mean square change of net migration from year to year, per inhabitant of 2024, each country."""
    table = pd.read_parquet(REFERENCE / "wpp2024_annual_indicators.parquet")
    now = table[table["year"] == 2024].set_index("country_code")
    persons = (now["popM_dec31"] + now["popF_dec31"]).rename(COUNTRIES)
    moves = {name: np.sqrt((flow.loc[first:].diff() ** 2).mean()) for name, flow in net_migration().items()}
    return pd.Series(moves) / persons[list(moves)]


if __name__ == "__main__":
    eras = {first: table(first) for first in (1981, 1991)}
    both = sum(era["mean"] for era in eras.values()) / len(eras)
    for first, era in eras.items():
        print(f"Launches from {first}, outcomes to {LAST}; 1 is the mean of the last ten years")
        print(era.assign(both=both).sort_values("both").head(12).round(3).to_string(index=False))
        print(
            era.assign(both=both).query("base == 10 and recent == 3 and memory == 0.9").round(3).to_string(index=False)
        )
    moves = yearly_moves(1971)
    print(f"Change from one year to the next, 1971–{LAST}: median {moves.median():.4f}, Norway {moves['Norway']:.4f}")
