"""A projection from anybody's table: single years of age by sex, or age groups as they were published."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from demografi import ages, regions
from demografi.errors import RegionError, TableError
from demografi.regions import OWN, Region

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["region_of", "sum_groups", "tables_of", "tiles"]

SINGLE = ["region", "year", "sex", "age", "persons"]
GROUPED = ["region", "year", "age_group", "persons"]


def tables_of(table: pd.DataFrame, whole: Region) -> dict[str, pd.DataFrame]:
    """Tell whether a table has single years or age groups, and lay it out as the contract has it.

    Raises
    ------
    TableError
        It has neither, the sexes are lacking, or groups overlap or leave ages out.
    """
    if "region" not in table.columns and not whole.is_group:
        table = table.assign(region=whole.code)
    if "age" in table.columns:
        if "sex" not in table.columns:
            raise TableError(
                "The projection has single years of age and no column 'sex'.",
                where=f"Wanted: {', '.join(SINGLE)}, or {', '.join(GROUPED)}.",
                hint="Give both sexes, or sum to groups: dg.ages.collapse(table, ['0-19', '20-66', '67+'])",
            )
        return {"population": table}
    if "age_group" not in table.columns:
        raise TableError(
            "The projection has no ages.",
            where=[f"Seen: {', '.join(map(str, table.columns))}.", f"Wanted: {', '.join(SINGLE)}, or age_group."],
            hint="dg.Projection.from_table(table, vintage='own 2026', region='Engerdal')",
        )
    if "sex" in table.columns:
        keys = [name for name in table.columns if name not in ("sex", "persons")]
        table = table.groupby(keys, as_index=False, sort=False)[["persons"]].sum()
    groups = list(dict.fromkeys(table["age_group"].astype("str")))
    if not tiles(groups, "total"):
        raise TableError(
            "The age groups of the projection overlap, or leave ages out.",
            where=f"Seen: {', '.join(groups)}.",
            hint="Leave out sums, such as total, and give every age once.",
        )
    return {"age_groups": table}


def region_of(region: Region | str | Sequence[str] | None, table: pd.DataFrame) -> Region:
    """Return the region a table is of: the one named, or the codes in it.

    Raises
    ------
    RegionError
        A member of the region is not in the table, or the table holds others.
    """
    codes = tuple(dict.fromkeys(table["region"].astype("str"))) if "region" in table.columns else ()
    if region is None:
        if not codes:
            raise RegionError(
                "The table names no region.", hint="dg.Projection.from_table(table, region='Engerdal', …)"
            )
        names = tuple(regions.name_of(code) for code in codes)
        if len(codes) == 1:
            return Region(codes[0], names[0], codes, OWN, names)
        return Region("own-table", "own table", codes, OWN, names)
    whole = region if isinstance(region, Region) else regions.region(region)
    if codes and set(codes) != set(whole.members):
        odd = sorted(set(codes) ^ set(whole.members))
        raise RegionError(
            f"The table and {whole.name} do not have the same places.",
            where=f"Only in one of them: {', '.join(map(whole.name_of, odd[:5]))}.",
            hint="table[table['region'].isin(dg.region(…).members)]",
        )
    return whole


def tiles(groups: Sequence[str], wanted: str) -> list[str]:
    """Return those groups that make up another exactly, each age once; none where they do not.

    Examples
    --------
    >>> tiles(["0-19", "20-44", "45-66", "67+"], "20-66")
    ['20-44', '45-66']
    >>> tiles(["0-19", "20-66", "67+"], "80+")
    []
    """
    first, last = ages.bounds(wanted)
    found: list[str] = []
    following: int | None = first
    for group in sorted(groups, key=lambda one: ages.bounds(one)[0]):
        start, end = ages.bounds(group)
        if start < first or (last is not None and start > last):
            continue
        if start != following or (last is not None and (end is None or end > last)):
            return []
        found.append(group)
        following = None if end is None else end + 1
    reached = following is None if last is None else following == last + 1
    return found if reached else []


def sum_groups(table: pd.DataFrame, wanted: Sequence[str]) -> pd.DataFrame:
    """Sum published age groups to others: ``region year age_group persons``.

    Raises
    ------
    TableError
        A group cannot be put together from those there are.
    """
    known = list(dict.fromkeys(table["age_group"]))
    parts = []
    for group in wanted:
        chosen = tiles(known, group)
        if not chosen:
            raise TableError(
                f"The age group {group!r} cannot be made of those published.",
                where=f"There are: {', '.join(known)}.",
                hint="Ask for a sum of these.",
            )
        rows = table[table["age_group"].isin(chosen)]
        parts.append(rows.groupby(["region", "year"], sort=False, as_index=False)[["persons"]].sum())
    frames = [part.assign(age_group=group) for part, group in zip(parts, wanted, strict=True)]
    return pd.concat(frames, ignore_index=True)[GROUPED]
