"""Fit the error model on past outcomes, and score it on launches it has not seen.

    python scripts/fit_uncertainty.py fit 2026 errors.csv      # outcomes to 1 January 2026
    python scripts/fit_uncertainty.py check                    # launches 2010–2013, outcomes to 2016, for choosing
    python scripts/fit_uncertainty.py alternatives             # beside SSB's low and high, vintages 2010–2014
    python scripts/fit_uncertainty.py score hold_out.csv       # prints the tables of docs/uncertainty.md

Reads the folder DEMOGRAFI_REFERENCE (default ../shared/reference). The last is for a frozen model: run it once.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from demografi.evaluation.alternatives import with_alternatives
from demografi.evaluation.hold_out import CHOSEN_TO, DRAWS, SEED, hold_out_rows
from demografi.evaluation.interval_page import alternatives_table, interval_tables
from demografi.evaluation.intervals import interval_rows
from demografi.evaluation.past_errors import error_table, past_errors
from demografi.rates import Settings
from demografi.sources.reference import read_reference
from demografi.uncertainty import fit_errors


def fit(outcomes_to: int, path: Path) -> None:
    """Write the model as a table of less than 40 kB."""
    error_table(read_reference(), outcomes_to).to_csv(path, index=False, lineterminator="\n")
    print(f"{path}: {path.stat().st_size:,} bytes")


def check() -> None:
    """Score launches whose outcomes are known by 2016: by the model of 2016, and by that of each launch."""
    reference = read_reference()
    for kept, title in ((True, "Fitted on outcomes to 2016"), (False, "Fitted at each launch")):
        rows = []
        for launch in range(2010, 2014):
            past = past_errors(reference, CHOSEN_TO if kept else launch, Settings())
            horizons = [h for h in (3, 5) if launch + h <= CHOSEN_TO]
            rows.append(interval_rows(reference, launch, horizons, fit_errors(past), past, DRAWS, SEED))
        print(interval_tables(pd.concat(rows, ignore_index=True), title))


def alternatives() -> None:
    """Score launches of the years of SSB's municipal vintages at hand, each by the model of its own year."""
    reference = read_reference()
    last = reference.first_year + len(reference.local) - 1
    rows = []
    for launch in (2010, 2011, 2012, 2014):
        past = past_errors(reference, launch, Settings())
        horizons = [h for h in (3, 5, 10) if launch + h <= last]
        rows.append(interval_rows(reference, launch, horizons, fit_errors(past), past, DRAWS, SEED))
    print(alternatives_table(with_alternatives(pd.concat(rows, ignore_index=True), reference)))


def score(path: Path) -> None:
    """Score launches from 2016: the model of 2016 on all, then the same rules fitted again at each launch."""
    reference = read_reference()
    parts = []
    for refit, title in ((False, "Fitted once, on outcomes to 2016"), (True, "Fitted again at each launch")):
        table = hold_out_rows(reference, refit=refit)
        print(interval_tables(table, title))
        parts.append(table.assign(fitted="each launch" if refit else "once"))
    pd.concat(parts).to_csv(path, index=False)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["fit", year, out]:
            fit(int(year), Path(out))
        case ["check"]:
            check()
        case ["alternatives"]:
            alternatives()
        case ["score", out]:
            score(Path(out))
        case _:
            raise SystemExit(
                "Usage: python scripts/fit_uncertainty.py fit YEAR errors.csv | check | alternatives | score hold_out.csv"
            )
