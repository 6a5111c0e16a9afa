"""From one number to another, step by step: the ministry's figure to ours."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from demografi import ages
from demografi.errors import ScenarioError
from demografi.needs.counts import regional_standard, rows_of
from demografi.projection import check_year
from demografi.sources import shipped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from demografi.needs.noun import Need

__all__ = ["MINISTRY", "bridge", "ministry_bridge"]

MINISTRY = "ministry"
CELL = ["region", "service", "age_group"]


def bridge(
    from_: Need | str,
    to: Need,
    *,
    year: int | None = None,
    age_group: str = "80+",
    over: Sequence[str] = ("home_service", "long_stay"),
) -> pd.DataFrame:
    """Lead from one number to another, step by step, summing exactly.

    Parameters
    ----------
    from_
        Last year's need, or ``"ministry"`` for the ministry's 3,409 in Lakseregionen.
    to
        Today's need.
    year
        1 January whose users are compared; the last both have by default.
    age_group, over
        What is added up in both.

    Returns
    -------
    pandas.DataFrame
        ``step value change`` [persons]: ``from``, ``vintage`` (today's population with the old use), ``coverage`` (the
        year whose raw coverage is held constant), ``definition`` (denominator, pooling, how it is counted),
        ``departures`` (of either need, and ages within a group), ``remainder``, ``to``. The steps are taken in this
        order, each on top of the one before. From ``"ministry"``: as :func:`ministry_bridge`.

    Raises
    ------
    ScenarioError
        The two are of different regions, share no year, or count in other age groups.

    Examples
    --------
    >>> import demografi as dg
    >>> projection = dg.project(dg.example("Engerdal"), to=2030)
    >>> steps = bridge(dg.need(projection, coverage_year=2020), dg.need(projection))
    >>> bool(abs(steps["change"].sum() - (steps["value"].iloc[-1] - steps["value"].iloc[0])) < 1e-9)
    True
    """
    if isinstance(from_, str):
        if from_ != MINISTRY:
            raise ScenarioError(
                f"There is no number called {from_!r} to lead from.",
                where="Wanted: a need, or 'ministry'.",
                hint="dg.bridge('ministry', need)",
            )
        return ministry_bridge(to)
    at = _common_year(from_, to, year)
    old, new = (_used(one, at, age_group, over) for one in (from_, to))
    if set(old.index) != set(new.index):
        odd = sorted(set(old.index) ^ set(new.index))[0]
        raise ScenarioError(
            f"Only one of the two has {odd[1]} {odd[2]}.",
            where="A bridge needs the same services and age groups at both ends.",
            hint="dg.bridge(from_, to, age_group='80+')",
        )
    table = old.add_suffix("_old").join(new.add_suffix("_new")).join(_moved_coverage(from_, to))
    return _steps(table)


def _common_year(from_: Need, to: Need, year: int | None) -> int:
    if from_.region.members != to.region.members:
        raise ScenarioError(
            "The two needs are of different regions.",
            where=[f"From: {from_.region.name}.", f"To: {to.region.name}."],
            hint="Make both of the same region.",
        )
    first = max(from_.projection.launch, to.projection.launch)
    last = min(from_.projection.to, to.projection.to)
    at = last if year is None else year
    check_year(at, first, last)
    return at


def _used(one: Need, year: int, age_group: str, over: Sequence[str]) -> pd.DataFrame:
    """Return persons, users and users per person at the launch, by cell."""
    one.users_of(age_group, over)
    cells = rows_of(one.tables["cells"], age_group, over)
    found = cells[cells["year"] == year].groupby(CELL)[["persons", "users"]].sum()
    launch = cells[cells["year"] == one.projection.launch].groupby(CELL)[["persons", "users"]].sum()
    return found.assign(base=launch["users"] / launch["persons"])


def _moved_coverage(from_: Need, to: Need) -> pd.Series[float]:
    """Return raw coverage of today's year over that of the old one, as today's need counts where it has both."""
    new = to.tables["coverage"]
    known = new["year"].eq(from_.coverage_year).any()
    old = new if known else from_.tables["coverage"]
    rates = []
    for table, year in ((new, to.coverage_year), (old, from_.coverage_year)):
        rows = table[table["year"] == year].set_index(CELL)
        rates.append(rows["users"] / rows["population"])
    return (rates[0] / rates[1]).rename("moved")


def _steps(table: pd.DataFrame) -> pd.DataFrame:
    use = table["users_old"] / table["persons_old"]
    after = {"from": table["users_old"], "vintage": use * table["persons_new"]}
    # Where nobody was counted no factor leads further: the remainder takes it.
    moved = table["moved"].where(np.isfinite(table["moved"]), 1.0)
    base = table["base_new"] / table["base_old"]
    base = base.where(np.isfinite(base), moved)
    after["coverage"] = after["vintage"] * moved
    after["definition"] = after["vintage"] * base
    after["departures"] = table["users_new"].where(after["definition"] > 0, after["definition"])
    values = {step: float(column.sum()) for step, column in after.items()}
    values["remainder"] = float(table["users_new"].sum())
    names = list(values)
    rows = [("from", values["from"], 0.0)]
    rows += [(step, values[step], values[step] - values[before]) for before, step in pairwise(names)]
    rows.append(("to", values["remainder"], 0.0))
    return pd.DataFrame(rows, columns=["step", "value", "change"])


def ministry_bridge(result: Need) -> pd.DataFrame:
    """Lead from the ministry's 3,409 users in 2040 to ours, step by step, summing exactly.

    Parameters
    ----------
    result
        Need of Lakseregionen to 2040 or later.

    Returns
    -------
    pandas.DataFrame
        ``step value change``: ``ministry``, ``vintage`` (national 80+ in 2040, SSB 2026 over SSB 2020; that the
        ministry used 2020 is inferred), ``definition`` (its 1,695 users in 2019 to home service + long stay on 31
        December 2020), ``coverage`` (2020 to the year held constant), ``remainder``, ``own`` [persons].

    Raises
    ------
    ScenarioError
        The need is of another region, or ends before 2040.
    """
    if set(result.region.members) != set(regional_standard()[0]):
        raise ScenarioError(
            f"The ministry's 3,409 is a figure of Lakseregionen, not of {result.region.name}.",
            hint="dg.need(dg.project(dg.example(), to=2040))",
        )
    check_year(2040, result.projection.launch, result.projection.to)
    quoted = shipped.read("project_description").set_index(["figure", "year"])["value"]
    vintages = shipped.read("national_projections")
    old = vintages[
        (vintages["year"] == 2040) & (vintages["alternative"] == "MMMM") & vintages["age_group"].isin(["80-89", "90+"])
    ]
    national = old.groupby("vintage")["persons"].sum()
    covered = result.tables["coverage"]
    rate = covered[covered["age_group"] == "80+"].groupby(["year", "service"])[["users", "population"]].sum()
    users, people = rate["users"].groupby("year").sum(), rate["population"].groupby("year").first()
    stock = result.projection.observed.population
    people_2019 = ages.select(stock[stock["year"] == 2020], "80+")["persons"].sum()
    ministry_rate = quoted["users_80plus", 2019] / people_2019
    steps = {
        "vintage": national[2026] / national[2020],
        "definition": (users[2020] / people[2020]) / ministry_rate,
        "coverage": (users[result.coverage_year] / people[result.coverage_year]) / (users[2020] / people[2020]),
    }
    value = float(quoted["users_80plus", 2040])
    rows = [("ministry", value, 0.0)]
    for step, factor in steps.items():
        rows.append((step, value * factor, value * factor - value))
        value *= factor
    own_users = result.users_of("80+")
    own = float(own_users[own_users["year"] == 2040]["users"].sum())
    rows += [("remainder", own, own - value), ("own", own, 0.0)]
    return pd.DataFrame(rows, columns=["step", "value", "change"])
