"""Indicators a network brings itself: KOSTRA, an own survey, anything with a unit and a source."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from demografi.errors import TableError
from demografi.tables import Column, Contract

if TYPE_CHECKING:
    from demografi.regions import Region

__all__ = ["JOINED", "join"]

KINDS = ("stock", "flow", "ratio")
JOINED = Contract(
    "joined indicators",
    (
        Column("region", "text"),
        Column("year", "integer"),
        Column("indicator", "text"),
        Column("value", "number", "measure", "as in unit", signed=True),
        Column("unit", "text", "mark"),
        Column("source", "text", "mark"),
        Column("kind", "text", "mark"),
    ),
)


def join(table: pd.DataFrame, whole: Region) -> pd.DataFrame:
    """Check a table of indicators and give the region its own row of each.

    Parameters
    ----------
    table
        ``region year indicator value unit source kind``; kind is ``stock``, ``flow`` or ``ratio``, and a ratio of a
        group needs its parts in ``numerator`` and ``denominator`` (value = per × numerator / denominator, the same
        per in every row of one indicator).
    whole
        The region it is joined to.

    Raises
    ------
    TableError
        A column is lacking, a kind is not known, a row has no source, or a ratio would have to be summed.
    """
    checked = JOINED.check(table)
    odd = checked[~checked["kind"].isin(KINDS)]
    if len(odd):
        raise TableError(
            f"The indicator {odd['indicator'].iloc[0]!r} is of the kind {odd['kind'].iloc[0]!r}.",
            where=f"Wanted: {', '.join(KINDS)}.",
            hint="table['kind'] = 'ratio'",
        )
    bare = checked[(checked["source"].fillna("") == "") | (checked["unit"].fillna("") == "")]
    if len(bare):
        raise TableError(
            f"The indicator {bare['indicator'].iloc[0]!r} has a row without unit or source.",
            hint="Every number here says what it counts and where it is from.",
        )
    own = checked[checked["region"].isin([*whole.members, whole.code])]
    if own.empty:
        raise TableError(
            f"The indicators brought along have no row of {whole.name}.",
            where=f"Regions in the table: {', '.join(checked['region'].unique()[:5])}.",
            hint="Use the codes of the members, with leading zeros.",
        )
    for part in ("numerator", "denominator"):
        own = own if part in own.columns else own.assign(**{part: float("nan")})
    summed = _summed(own, whole) if whole.is_group else own.iloc[:0]
    both = pd.concat([own, summed], ignore_index=True) if len(summed) else own
    both = both.assign(definition=both["kind"] + ", " + both["unit"] + ": " + both["source"])
    return both.drop(columns=["unit", "source", "kind"])


def _summed(own: pd.DataFrame, whole: Region) -> pd.DataFrame:
    """Add stocks and flows over the members; ratios by their parts; only years that every member has."""
    there = set(own.loc[own["region"] == whole.code, "indicator"])
    rows = own[own["region"].isin(whole.members) & ~own["indicator"].isin(there)]
    ratio = rows[rows["kind"] == "ratio"]
    parts = ratio[["numerator", "denominator"]]
    if parts.isna().any(axis=None):
        name = ratio.loc[parts.isna().any(axis=1), "indicator"].iloc[0]
        raise TableError(
            f"{name!r} is a ratio, and ratios cannot be summed over {whole.name}.",
            where="Numerators and denominators are summed first, then divided.",
            hint="Add the columns numerator and denominator, or a row of the region itself "
            f"(region={whole.code!r}) from the source.",
        )
    keys = ["year", "indicator", "unit", "source", "kind"]
    groups = rows.groupby(keys, sort=False, dropna=False)
    summed = groups[["value", "numerator", "denominator"]].sum(min_count=1)
    summed = summed[groups["region"].nunique() == len(whole.members)].reset_index()
    per = (ratio["value"] * ratio["denominator"] / ratio["numerator"]).groupby(ratio["indicator"]).median()
    is_ratio = summed["kind"] == "ratio"
    divided = summed["indicator"].map(per) * summed["numerator"] / summed["denominator"]
    return summed.assign(value=summed["value"].mask(is_ratio, divided), region=whole.code)
