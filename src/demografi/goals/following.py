"""Goals followed up year by year: what was promised, and what has come so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from demografi.errors import ScenarioError, TableError
from demografi.goals.targets import counted, target_of

if TYPE_CHECKING:
    from demografi.observed import Observed

__all__ = ["follow"]

WANTED = ["indicator", "base_year", "target", "year"]
COLUMNS = ["indicator", "year", "actual", "on_the_way", "share_of_way", "ahead", "base", "target", "target_year"]


def follow(goals: pd.DataFrame, observed: Observed) -> pd.DataFrame:
    """Set what has been counted beside each goal, year by year.

    Parameters
    ----------
    goals
        ``indicator base_year target year``: what was wanted by 1 January of a year, and from which year on. The
        indicators are those of ``goal``; a year may have passed.
    observed
        Counted figures of the region.

    Returns
    -------
    pandas.DataFrame
        ``indicator year actual on_the_way share_of_way ahead base target target_year``: one row for every counted
        year from the base year to the target's. ``on_the_way`` is the straight line from base to target,
        ``share_of_way`` how much of it has come (below zero where things have gone the other way), ``ahead`` whether
        the year is at least where the line is.

    Raises
    ------
    TableError
        A column is lacking, or the base year is not counted.
    ScenarioError
        An indicator is not known, or the target does not come after its base year.

    Examples
    --------
    >>> import demografi as dg
    >>> goals = pd.DataFrame([["persons", 2020, 1300, 2030]], columns=["indicator", "base_year", "target", "year"])
    >>> float(follow(goals, dg.example("Engerdal"))["share_of_way"].iloc[-1].round(2))
    0.59
    """
    lacking = [name for name in WANTED if name not in goals.columns]
    if lacking:
        raise TableError(
            f"The table of goals lacks the column {lacking[0]!r}.",
            where=[f"Seen: {', '.join(map(str, goals.columns))}.", f"Wanted: {', '.join(WANTED)}."],
            hint="pd.DataFrame({'indicator': ['persons'], 'base_year': [2020], 'target': [1300], 'year': [2030]})",
        )
    parts = [_one(row["indicator"], row, observed) for row in goals.to_dict("records")]
    return pd.concat(parts, ignore_index=True)[COLUMNS]


def _one(indicator: str, row: dict[object, object], observed: Observed) -> pd.DataFrame:
    base_year, last = int(str(row["base_year"])), int(str(row["year"]))
    if last <= base_year:
        raise ScenarioError(
            f"The goal for {indicator} is of {last}, its base of {base_year}.",
            where="A goal comes after the year it starts from.",
            hint="goals['base_year'] = 2020",
        )
    target = target_of({indicator: float(str(row["target"]))}, last)
    actual = counted(observed, target)
    if base_year not in actual.index:
        raise TableError(
            f"{indicator} is not counted on 1 January {base_year}.",
            where=f"Counted: {actual.index.min()}–{actual.index.max()}.",
            hint=f"goals['base_year'] = {actual.index.max()}",
        )
    base = float(actual[base_year])
    actual = actual[(actual.index >= base_year) & (actual.index <= last)]
    years = actual.index.to_numpy()
    line = base + (target.value - base) * (years - base_year) / (last - base_year)
    ahead = actual.to_numpy() >= line - 1e-9 if target.sense == "at_least" else actual.to_numpy() <= line + 1e-9
    way = target.value - base
    return pd.DataFrame(
        {
            "indicator": indicator,
            "year": years,
            "actual": actual.to_numpy(),
            "on_the_way": line,
            "share_of_way": (actual.to_numpy() - base) / way if way else 1.0,
            "ahead": ahead,
            "base": base,
            "target": target.value,
            "target_year": last,
        }
    )
