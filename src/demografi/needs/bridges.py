"""From one number to another, step by step: the ministry's figure to ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from demografi import ages
from demografi.errors import ScenarioError
from demografi.needs.counts import regional_standard
from demografi.projection import check_year
from demografi.sources import shipped

if TYPE_CHECKING:
    from demografi.needs import Need

__all__ = ["ministry_bridge"]


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
