"""Age groups and the open age: words such as ``"80+"`` to bounds, single years to groups."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import numpy as np
import pandas as pd

from demografi.errors import TableError

__all__ = ["OPEN_AGE", "bounds", "by_group", "collapse", "is_within", "select"]

OPEN_AGE: Final = 105
"""The last age as Statistics Norway publishes it: 105 means 105 and over."""

_GROUP = re.compile(r"^(\d{1,3})(?:-(\d{1,3})|(\+))?$")


SHOWN = ("0-19", "20-66", "67-79", "80+", "total")
"""Age groups a notebook shows."""


def bounds(group: str) -> tuple[int, int | None]:
    """Read an age group as its first and last completed year of age.

    Parameters
    ----------
    group
        ``"80-89"``, ``"80+"``, ``"7"`` or ``"total"``.

    Returns
    -------
    tuple
        First age and last age [years]; the last is None where the group is open.

    Raises
    ------
    TableError
        The text is no age group, or its last age comes before its first.

    Examples
    --------
    >>> bounds("20-66"), bounds("80+"), bounds("total")
    ((20, 66), (80, None), (0, None))
    """
    if group == "total":
        return 0, None
    match = _GROUP.match(group)
    if match is None:
        raise TableError(
            f"{group!r} is not an age group.",
            where="Wanted something like '80-89', '80+', '7' or 'total'.",
            hint="Write ages with digits and a plain hyphen: '20-66'.",
        )
    first = int(match[1])
    last = None if match[3] else int(match[2] or match[1])
    if last is not None and last < first:
        raise TableError(f"The age group {group!r} ends before it begins.", hint=f"Did you mean '{last}-{first}'?")
    return first, last


def is_within(ages: np.ndarray, group: str) -> np.ndarray:
    """Tell which single ages belong to a group.

    Parameters
    ----------
    ages
        Completed years [years], any shape.
    group
        See :func:`bounds`.

    Examples
    --------
    >>> is_within(np.array([79, 80, 105]), "80+").tolist()
    [False, True, True]
    """
    first, last = bounds(group)
    ages = np.asarray(ages)
    return np.asarray(ages >= first if last is None else (ages >= first) & (ages <= last))


def select(table: pd.DataFrame, group: str) -> pd.DataFrame:
    """Keep the rows of a table with single ages that belong to a group.

    Raises
    ------
    TableError
        The group reaches past the ages in the table: nobody of that age is counted apart there.
    """
    if len(table):
        _check_reach(table, group)
    return table[is_within(table["age"].to_numpy(), group)]


def collapse(table: pd.DataFrame, groups: Iterable[str], measure: str = "persons") -> pd.DataFrame:
    """Sum single years of age to age groups; groups may overlap, each is summed on its own.

    Parameters
    ----------
    table
        Long table with ``age`` [completed years] and the measure; every other column
        except ``status`` is kept as a key.
    groups
        Age groups as in :func:`bounds`.
    measure
        The column to add up [persons].

    Returns
    -------
    pandas.DataFrame
        The keys, ``age_group`` and the measure. A group with a missing cell is missing.

    Raises
    ------
    TableError
        A group reaches past the ages in the table.

    Examples
    --------
    >>> t = pd.DataFrame({"region": "a", "year": 2026, "age": range(106), "persons": 1.0})
    >>> collapse(t, ["80+", "total"])["persons"].tolist()
    [26.0, 106.0]
    """
    keys = [name for name in table.columns if name not in ("age", measure, "status", "quality")]
    parts = []
    for group in groups:
        _check_reach(table, group)
        part = select(table, group).groupby(keys, sort=False, observed=True)[measure]
        summed = part.sum(min_count=1).where(part.count() == part.size())
        parts.append(summed.reset_index().assign(age_group=group))
    return pd.concat(parts, ignore_index=True)[[*keys, "age_group", measure]]


def _check_reach(table: pd.DataFrame, group: str) -> None:
    first, last = bounds(group)
    oldest = int(table["age"].max())
    if first > oldest or (last is not None and last > oldest):
        raise TableError(
            f"The age group {group!r} reaches past the ages in the table.",
            where=f"The oldest age in the table is {oldest}, which is open.",
            hint=f"Use an open group such as '{min(first, oldest)}+'.",
        )


def by_group(stock: pd.DataFrame, years: Iterable[int], groups: Iterable[str] = SHOWN) -> pd.DataFrame:
    """Return persons by age group, a column for each year, all regions together [persons].

    A group that begins past the open age of the table is left out: its persons are not counted apart.

    Examples
    --------
    >>> stock = pd.DataFrame({"year": [2026, 2026], "age": [30, 81], "persons": [5.0, 2.0]})
    >>> by_group(stock, [2026], ["80+", "total"])[2026].tolist()
    [2.0, 7.0]
    """
    some = stock[stock["year"].isin(list(years))]
    oldest = some["age"].max()
    within = [group for group in groups if max(age for age in bounds(group) if age is not None) <= oldest]
    rows = {group: select(some, group).groupby("year")["persons"].sum(min_count=1) for group in within}
    return pd.DataFrame(rows).T.rename_axis("age group")
