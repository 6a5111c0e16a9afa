"""What changed between two projections, split into the base and the flows since, exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from demografi import ages
from demografi.errors import TableError
from demografi.projection.arrays import SEXES, as_array

if TYPE_CHECKING:
    from collections.abc import Sequence

    from demografi.projection import Projection
    from demografi.rates.pooling import Floats

__all__ = ["AGE_GROUPS", "changes"]

AGE_GROUPS = ("0-19", "20-66", "67-79", "80+")
COLUMNS = ["region", "year", "age_group", "cause", "persons"]


def changes(old: Projection, new: Projection, age_groups: Sequence[str]) -> pd.DataFrame:
    """Split new less old by region, year, age group and cause; the causes sum exactly to the change.

    Both are followed from the first 1 January they have in common. P(t + 1, x + 1) = P(t, x) − D + M and children are
    B − D, so every difference is a difference at the start, grown older, and differences in the flows since.

    Raises
    ------
    TableError
        The two have not the same places, or no year in common.
    """
    members, years = _common(old, new)
    single = all("population" in one.tables for one in (old, new))
    if not single:
        return _unsplit(old, new, years, age_groups)
    n_ages = min(int(one.tables["population"]["age"].max()) for one in (old, new)) + 1
    stocks = [_cut(as_array(one.tables["population"], "persons", years, members), n_ages) for one in (old, new)]
    total = stocks[1] - stocks[0]
    parts = {"base": _carried(total[0], np.zeros_like(total[1:]))}
    if old.is_own and new.is_own:
        flows = {name: _flow(new, old, name, years, members, n_ages) for name in ("births", "deaths", "net_migration")}
        flows["births"] = _to_children(flows["births"])
        flows["deaths"] = -flows["deaths"]
        still = np.zeros_like(total[0])
        parts |= {cause: _carried(still, flow) for cause, flow in flows.items()}
    else:
        parts["flows"] = total - parts["base"]
    return _long(parts, years, members, age_groups)


def _common(old: Projection, new: Projection) -> tuple[tuple[str, ...], np.ndarray]:
    here, there = old.region, new.region
    if set(here.members) != set(there.members):
        raise TableError(
            "The two projections are not of the same places.",
            where=[f"Old: {here.name}.", f"New: {there.name}."],
            hint="Project or load the same region twice; sums by .total().",
        )
    years = np.arange(max(old.launch, new.launch), min(old.to, new.to) + 1)
    if not len(years):
        raise TableError(
            "The two projections have no year in common.",
            where=f"{old.vintage}: {old.launch}–{old.to}; {new.vintage}: {new.launch}–{new.to}.",
            hint="Project further, or choose nearer vintages.",
        )
    return there.members, years


def _cut(stock: Floats, n_ages: int) -> Floats:
    """Put the last ages together where one of the two opens earlier."""
    kept = stock[..., :n_ages].copy()
    kept[..., -1] = stock[..., n_ages - 1 :].sum(axis=-1)
    return kept


def _flow(
    new: Projection, old: Projection, name: str, years: np.ndarray, members: tuple[str, ...], n_ages: int
) -> Floats:
    found = [_cut(as_array(one.tables[name], name, years[:-1], members), n_ages) for one in (new, old)]
    return np.asarray(found[0] - found[1])


def _to_children(births: Floats) -> Floats:
    """Move births by mother's age to children aged 0."""
    children = np.zeros_like(births)
    children[..., 0] = births.sum(axis=-1)
    return children


def _carried(start: Floats, flow: Floats) -> Floats:
    """Grow a difference older year by year, adding each year's flow by age at its end; the last age is open."""
    path = [start]
    for during in flow:
        later = np.zeros_like(start)
        later[..., 1:] = path[-1][..., :-1]
        later[..., -1] += path[-1][..., -1]
        path.append(later + during)
    return np.stack(path)


def _long(
    parts: dict[str, Floats], years: np.ndarray, members: tuple[str, ...], age_groups: Sequence[str]
) -> pd.DataFrame:
    index = pd.MultiIndex.from_product([years, members, SEXES], names=["year", "region", "sex"])
    frames = []
    for cause, path in parts.items():
        table = pd.DataFrame(path.reshape(len(index), -1), index=index).rename_axis(columns="age")
        long = (
            table.reset_index()
            .melt(["year", "region", "sex"], var_name="age", value_name="persons")
            .drop(columns="sex")
            .astype({"age": "int64"})
        )
        frames.append(ages.collapse(long, age_groups).assign(cause=cause))
    return pd.concat(frames, ignore_index=True)[COLUMNS]


def _unsplit(old: Projection, new: Projection, years: np.ndarray, age_groups: Sequence[str]) -> pd.DataFrame:
    keys = ["region", "year", "age_group"]
    both = [one.by_age_group(age_groups).set_index(keys)["persons"] for one in (old, new)]
    change = (both[1] - both[0]).dropna().reset_index().assign(cause="all")
    return change[change["year"].isin(years)].reset_index(drop=True)[COLUMNS]
