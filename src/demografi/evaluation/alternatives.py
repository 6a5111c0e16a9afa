"""Statistics Norway's low and high alternatives scored as an interval of 80 %, which they do not claim to be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from demografi.evaluation.runs import NAMES, named_official
from demografi.sources.reference import Reference

__all__ = ["beside_alternatives", "with_alternatives"]

LEVEL = 0.8


def with_alternatives(rows: pd.DataFrame, reference: Reference) -> pd.DataFrame:
    """Add ``low_ssb high_ssb`` [persons] to rows of `interval_rows`: LLML and HHMH of the vintage of the launch year.

    Missing where no such vintage is at hand.
    """
    keys = ["kind", "launch", "horizon", "unit", "age_group"]
    parts = [pd.DataFrame(columns=[*keys, "low_ssb", "high_ssb"])]
    launches, horizons = set(rows["launch"]), sorted(set(rows["horizon"]))
    for (vintage, region), (first, table) in reference.official_ends.items():
        ahead = [h for h in horizons if vintage - first + h < table.shape[1]]
        if vintage not in launches or not ahead:
            continue
        named = named_official(table[:, [vintage - first + h for h in ahead]])
        low, high = np.concatenate([named, named[..., :2].sum(axis=-1, keepdims=True)], axis=-1)
        cells: Any = [["municipality"], [vintage], ahead, [region], [*NAMES, "0-15"]]
        index = pd.MultiIndex.from_product(cells, names=keys)
        parts.append(pd.DataFrame({"low_ssb": low.ravel(), "high_ssb": high.ravel()}, index=index).reset_index())
    found = pd.concat([part for part in parts if len(part)] or parts)
    return rows.drop(columns=["low_ssb", "high_ssb"], errors="ignore").merge(
        found.astype({"launch": "int64", "horizon": "int64"}), on=keys, how="left"
    )


def beside_alternatives(rows: pd.DataFrame) -> pd.DataFrame:
    """Return hit rate, width and interval score of 80 %, ours beside the alternatives, on the rows that have both.

    Returns
    -------
    pandas.DataFrame
        ``horizon age_group n launches hit width score hit_ssb width_ssb score_ssb`` [per cent of what came].
    """
    rows = rows[rows["low_ssb"].notna() & (rows["observed"] > 0)]
    came = rows["observed"]
    columns: dict[str, pd.Series[float]] = {}
    for suffix, ends in (("", "80"), ("_ssb", "ssb")):
        low, high = rows[f"low_{ends}"], rows[f"high_{ends}"]
        outside = (low - came).clip(lower=0) + (came - high).clip(lower=0)
        columns[f"hit{suffix}"] = 100.0 * (outside == 0)
        columns[f"width{suffix}"] = 100 * (high - low) / came
        columns[f"score{suffix}"] = 100 * (high - low + 2 / (1 - LEVEL) * outside) / came
    measured = pd.concat([rows[["launch", "horizon", "age_group"]], pd.DataFrame(columns)], axis=1)
    grouped = measured.groupby(["horizon", "age_group"], sort=False)
    found = grouped[list(columns)].mean()
    found.insert(0, "launches", grouped["launch"].nunique())
    found.insert(0, "n", grouped.size())
    return found.reset_index()
