"""Why an age group changes: causes that sum exactly to the change, from flows, or from stocks alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from demografi import ages

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["explain_by_flows", "explain_by_stocks"]


def explain_by_flows(stock: pd.DataFrame, flows: Mapping[str, pd.DataFrame], age_group: str) -> pd.DataFrame:
    """Split the change between the first and last year of stocks by the flows between them."""
    first, last = ages.bounds(age_group)
    start, to = int(stock["year"].min()), int(stock["year"].max())
    during = stock[stock["year"] < to]
    flows = {name: table[table["year"] < to] for name, table in flows.items()}
    zero = pd.Series(0.0, index=pd.Index(stock["region"].unique(), name="region"))
    causes = {
        "start": _persons(ages.select(stock[stock["year"] == start], age_group)),
        "births": _persons(flows["births"], "births") if first == 0 else zero,
        "grow_into": _persons(during[during["age"] == first - 1]) if first else zero,
        "grow_out_of": zero if last is None else -_persons(during[during["age"] == last]),
        "deaths": -_persons(ages.select(flows["deaths"], age_group), "deaths"),
        "net_migration": _persons(ages.select(flows["net_migration"], age_group), "net_migration"),
        "end": _persons(ages.select(stock[stock["year"] == to], age_group)),
    }
    return _long(causes)


def explain_by_stocks(stock: pd.DataFrame, age_group: str) -> pd.DataFrame:
    """Split the change between the first and last year of stocks that come without flows."""
    first, last = ages.bounds(age_group)
    years = (int(stock["year"].min()), int(stock["year"].max()))
    start, end = (_persons(ages.select(stock[stock["year"] == year], age_group)) for year in years)
    during, after = stock[stock["year"] < years[1]], stock[(stock["year"] > years[0]) & (stock["age"] == 0)]
    zero = start * 0.0
    causes = {
        "start": start,
        "births": zero if first else _persons(after),
        "grow_into": _persons(during[during["age"] == first - 1]) if first else zero,
        "grow_out_of": zero if last is None else -_persons(during[during["age"] == last]),
    }
    causes = {cause: values.reindex(start.index, fill_value=0.0) for cause, values in causes.items()}
    causes |= {"deaths_and_migration": end - sum(causes.values()), "end": end}
    return _long(causes)


def _persons(table: pd.DataFrame, measure: str = "persons") -> pd.Series[float]:
    return table.groupby("region", sort=False)[measure].sum()


def _long(causes: Mapping[str, pd.Series[float]]) -> pd.DataFrame:
    parts = [persons.rename("persons").reset_index().assign(cause=cause) for cause, persons in causes.items()]
    return pd.concat(parts, ignore_index=True)[["region", "cause", "persons"]]
