"""Launches the error model has not seen, scored with the model of 2016: how often its intervals held."""

from __future__ import annotations

import numpy as np
import pandas as pd

from demografi.evaluation.alternatives import with_alternatives
from demografi.evaluation.intervals import interval_rows, summary_of_intervals
from demografi.evaluation.past_errors import past_errors
from demografi.rates import Settings
from demografi.sources.reference import Reference
from demografi.uncertainty import fit_errors

__all__ = ["CHOSEN_TO", "LAUNCHES", "hit_table", "hold_out_rows"]

CHOSEN_TO = 2016
"""Last 1 January whose outcomes chose the error model and its calibration."""
LAUNCHES = range(2016, 2022)
HORIZONS = (3, 5, 10)
DRAWS, SEED = 1000, 1


def hold_out_rows(reference: Reference, *, refit: bool = False) -> pd.DataFrame:
    """Return the rows of `interval_rows` for every launch from 2016.

    Parameters
    ----------
    refit
        Fit the same rules again at each launch; by default they are fitted once, on outcomes to 2016.
    """
    rows = []
    last = reference.first_year + len(reference.local) - 1
    for launch in LAUNCHES:
        past = past_errors(reference, launch if refit else CHOSEN_TO, Settings())
        horizons = [h for h in HORIZONS if launch + h <= last]
        rows.append(interval_rows(reference, launch, horizons, fit_errors(past), past, DRAWS, SEED))
    return with_alternatives(pd.concat(rows, ignore_index=True), reference)


def hit_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Return how often the intervals held: ``kind age_group horizon launches n hit_50 hit_80 hit_95`` [per cent]."""
    keys = ["kind", "age_group", "horizon"]
    found = summary_of_intervals(rows, keys)
    launches = rows.groupby(keys, sort=False)["launch"].nunique().rename("launches").reset_index()
    columns = [*keys, "launches", "n", "hit_50", "hit_80", "hit_95"]
    table = found.merge(launches, on=keys)[columns]
    return table.assign(n=np.rint(table["n"]).astype(int)).round({"hit_50": 1, "hit_80": 1, "hit_95": 1})
