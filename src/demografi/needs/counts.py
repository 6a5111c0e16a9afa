"""Users as they are counted: services, hidden cells, and the population they are a part of."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from demografi import ages
from demografi.errors import SourceError, TableError
from demografi.sources import shipped
from demografi.tables import Column, Contract

if TYPE_CHECKING:
    from collections.abc import Sequence

    from demografi.observed import Observed

__all__ = [
    "COVERAGE",
    "coverage_of",
    "groups_of",
    "hidden_bounds",
    "refuse_overlap",
    "regional_standard",
    "services",
]

LARGEST_HIDDEN = 4
"""Most persons a suppressed cell can hold: the register hides counts below five."""

KEY = (Column("region", "text"), Column("year", "integer"), Column("service", "text"))
COVERAGE = Contract(
    "coverage",
    (
        *KEY,
        Column("age_group", "text"),
        Column("users", "number", "measure", "persons", "31 December of year"),
        Column("low", "number", "measure", "persons", "31 December of year"),
        Column("high", "number", "measure", "persons", "31 December of year"),
        Column("population", "number", "measure", "persons", "1 January of the following year"),
    ),
)


@cache
def services() -> pd.DataFrame:
    """Return the services known: ``service parent age_groups`` and their names in three languages."""
    with files("demografi").joinpath("data", "services.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype="str", keep_default_na=False)


def refuse_overlap(chosen: Sequence[str]) -> None:
    """Refuse a sum over a service and one that lies inside it."""
    known = services().set_index("service")["parent"]
    for service in chosen:
        if service not in known.index:
            raise TableError(
                f"No service is called {service!r}.",
                where=f"There are: {', '.join(known.index)}.",
                hint="need.users_of('80+', over=['home_service', 'long_stay'])",
            )
        if known[service] in chosen:
            raise TableError(
                f"'{service}' lies inside '{known[service]}'; their sum would count the same users twice.",
                hint=f"Leave out '{service}'.",
            )


def groups_of(service: str) -> list[str]:
    """Return the age groups of a service."""
    return str(services().set_index("service").loc[service, "age_groups"]).split()


def coverage_of(observed: Observed) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Users by service and group with bounds, and the population that is their denominator."""
    counted = observed.users
    keys = ["region", "year"]
    wide = counted.pivot_table(
        index=[*keys, "service"], columns="age_group", values="users", aggfunc="sum", min_count=1
    )
    wide = wide.reindex(columns=list(dict.fromkeys([*wide.columns, "total", "0-66", "67-79", "80+"])))
    parts = []
    for service in services()["service"]:
        if service not in wide.index.get_level_values("service"):
            continue
        of_service = wide[wide.index.get_level_values("service") == service].droplevel("service")
        cells = of_service[of_service["total"].notna()]
        hidden_status = counted[(counted["service"] == service) & (counted["status"] == ":")]
        cells = (
            hidden_bounds(cells, hidden_status)
            if service == "long_stay"
            else cells.assign(low=cells["80+"], high=cells["80+"])
        )
        for group in groups_of(service):
            parts.append(_group_cells(cells, group).assign(service=service, age_group=group).reset_index())
    if not parts:
        raise SourceError(f"{observed.region.name} has no users of any known service.", hint="observed.users")
    users = pd.concat(parts, ignore_index=True).dropna(subset=["users"])
    users = users.merge(_denominators(observed), on=["region", "year", "age_group"], how="inner")
    hidden = users[(users["low"] < users["high"]) & (users["age_group"] == "80+")]
    columns = [*COVERAGE.names]
    return users[columns], hidden


def _group_cells(cells: pd.DataFrame, group: str) -> pd.DataFrame:
    if group == "80+":
        return pd.DataFrame({"users": (cells["low"] + cells["high"]) / 2, "low": cells["low"], "high": cells["high"]})
    if group == "0-79":
        low, high = cells["total"] - cells["high"], cells["total"] - cells["low"]
        return pd.DataFrame({"users": (low + high) / 2, "low": low, "high": high})
    return pd.DataFrame({"users": cells[group], "low": cells[group], "high": cells[group]})


def hidden_bounds(cells: pd.DataFrame, hidden: pd.DataFrame) -> pd.DataFrame:
    """Bound hidden cells for 80+ by what the total and the visible groups allow.

    Parameters
    ----------
    cells
        Index ``region year``; columns ``total 0-66 67-79 80+`` [persons], empty where not visible.
    hidden
        Rows ``region year age_group`` of the cells the source hides.

    Returns
    -------
    pandas.DataFrame
        The cells with ``low`` and ``high`` [persons]. Another hidden group is taken to hold at most four; where the
        total cannot be filled that way, what remains is this group's.

    Examples
    --------
    A total of 30 with 14 aged 67–79, the two other groups hidden: 12 to 16 are 80 or older.

    >>> index = pd.MultiIndex.from_tuples([("5056", 2024)], names=["region", "year"])
    >>> cells = pd.DataFrame({"total": [30.0], "0-66": [None], "67-79": [14.0], "80+": [None]}, index=index)
    >>> hidden = pd.DataFrame({"region": ["5056"], "year": [2024], "age_group": ["80+"]})
    >>> hidden_bounds(cells, hidden)[["low", "high"]].values.tolist()
    [[12.0, 16.0]]
    """
    others = cells[["0-66", "67-79"]].astype(float)
    rest = cells["total"] - others.fillna(0).sum(axis=1)
    n_hidden = others.isna().sum(axis=1)
    low = np.maximum(rest - LARGEST_HIDDEN * n_hidden, 0.0)
    high = np.where(low <= LARGEST_HIDDEN, np.minimum(rest, LARGEST_HIDDEN), rest)
    visible = cells["80+"].astype(float)
    is_hidden = pd.MultiIndex.from_frame(hidden.loc[hidden["age_group"] == "80+", ["region", "year"]])
    known_hidden = cells.index.isin(is_hidden)
    return cells.assign(
        low=visible.where(visible.notna(), np.where(known_hidden, low, np.nan)),
        high=visible.where(visible.notna(), np.where(known_hidden, high, np.nan)),
    )


def _denominators(observed: Observed) -> pd.DataFrame:
    groups = sorted({group for text in services()["age_groups"] for group in text.split()})
    stock = ages.collapse(observed.population.drop(columns=["sex"]), groups)
    stock["year"] = stock["year"] - 1
    stock = stock.dropna(subset=["persons"])
    return stock.rename(columns={"persons": "population"})


@cache
def regional_standard() -> tuple[tuple[str, ...], float]:
    """Person-years per user of any age in the ten municipalities: level 2019, users 2020."""
    from demografi.regions import region

    ten = region("Lakseregionen").members
    quoted = shipped.read("project_description").set_index(["figure", "year"])["value"]
    users = shipped.read("care_users")
    rows = users[users["region"].isin(ten) & (users["year"] == 2020) & (users["age_group"] == "total")]
    everyone = rows[rows["service"].isin(["home_service", "long_stay"])]["users"].sum()
    return ten, float(quoted["person_years", 2019] / everyone)
