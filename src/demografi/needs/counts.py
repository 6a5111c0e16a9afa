"""Users as they are counted: services, hidden cells, and the population they are a part of."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from demografi import ages
from demografi.errors import SourceError, TableError
from demografi.sources import shipped
from demografi.tables import Column, Contract

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from demografi.observed import Observed

__all__ = [
    "COVERAGE",
    "bounded_groups",
    "breaks",
    "coverage_of",
    "groups_of",
    "hidden_bounds",
    "outermost",
    "parents_of",
    "refuse_overlap",
    "refuse_overlapping_groups",
    "regional_standard",
    "rows_of",
    "services",
]

PANEL_GROUPS = ("0-66", "67-79", "80+")
"""Age groups of the shipped panel."""
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
    """Return the services known: ``service parent age_groups all_ages`` and their names in three languages.

    ``age_groups`` are those of the shipped panel, or of the service itself; ``all_ages`` tells whether people of
    every age use it. Other services join by a column ``parent`` in the user's own table of users.
    """
    with files("demografi").joinpath("data", "services.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype="str", keep_default_na=False)


@cache
def breaks() -> pd.DataFrame:
    """Return where the way of counting changed: ``year concerns what source``; a year that is not at hand is empty."""
    with files("demografi").joinpath("data", "breaks.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, keep_default_na=False, dtype="str")


def parents_of(observed: Observed) -> dict[str, str]:
    """Return the service each counted service lies inside, empty where it lies in none.

    Raises
    ------
    TableError
        The user's own service names no parent.
    """
    counted = observed.users
    known = _known_parents()
    own: dict[str, str] = {}
    if "parent" in counted.columns:
        pairs = counted[["service", "parent"]].fillna("").drop_duplicates("service").astype("str")
        own = dict(pairs.itertuples(index=False, name=None))
    found = {str(service): own.get(service, known.get(service)) for service in counted["service"].unique()}
    nameless = sorted(service for service, parent in found.items() if parent is None)
    if nameless:
        raise TableError(
            f"The service {nameless[0]!r} names no parent.",
            where=[
                f"Known without one: {', '.join(known)}.",
                "The parent is the service it lies inside, so that nobody is counted twice.",
            ],
            hint="users['parent'] = ''   # or the service it lies inside",
        )
    return {service: str(parent) for service, parent in found.items()}


def _known_parents() -> dict[str, str]:
    return dict(services()[["service", "parent"]].itertuples(index=False, name=None))


def refuse_overlap(chosen: Sequence[str], parents: Mapping[str, str] | None = None) -> None:
    """Refuse a sum over a service that is not known, or over one and another that lies inside it."""
    known = {**_known_parents(), **(parents or {})}
    for service in chosen:
        if service not in known:
            raise TableError(
                f"No service is called {service!r}.",
                where=f"There are: {', '.join(known)}.",
                hint="need.users_of('80+', over=['home_service', 'long_stay'])",
            )
        outer = next((above for above in _above(service, known) if above in chosen), "")
        if outer:
            raise TableError(
                f"'{service}' lies inside '{outer}'; their sum would count the same users twice.",
                hint=f"Leave out '{service}'.",
            )


def _above(service: str, parents: Mapping[str, str]) -> list[str]:
    found: list[str] = []
    while parents.get(service, ""):
        service = parents[service]
        found.append(service)
    return found


def outermost(chosen: Iterable[str], parents: Mapping[str, str]) -> list[str]:
    """Return the services that lie inside none of the others, in their order."""
    asked = list(chosen)
    known = {**_known_parents(), **parents}
    return [service for service in asked if not set(_above(service, known)) & set(asked)]


def groups_of(service: str) -> list[str]:
    """Return the age groups the shipped panel gives a service in; none where it lacks the service."""
    known = services().set_index("service")["age_groups"]
    return str(known[service]).split() if service in known.index else []


def rows_of(table: pd.DataFrame, age_group: str, over: Sequence[str] | None = None) -> pd.DataFrame:
    """Return the rows of services that make up an age group: its own, or those that tile it (80–89 and 90+ for 80+).

    A service without such groups has no row; ``"total"`` is every row.
    """
    chosen = table if over is None else table[table["service"].isin(over)]
    if age_group == "total":
        return chosen
    groups = chosen.groupby("service", sort=False)["age_group"].unique()
    wanted = {str(service): set(_tiles([str(g) for g in found], age_group)) for service, found in groups.items()}
    mark = [g in wanted[s] for s, g in zip(chosen["service"], chosen["age_group"], strict=True)]
    return chosen[np.array(mark, dtype=bool)]


def _tiles(groups: list[str], asked: str) -> list[str]:
    if asked in groups:
        return [asked]
    first, last = ages.bounds(asked)
    found = []
    for group in sorted(groups, key=lambda one: ages.bounds(one)[0]):
        low, high = ages.bounds(group)
        if low != first or (last is not None and (high is None or high > last)):
            continue
        found.append(group)
        if high == last:
            return found
        assert high is not None
        first = high + 1
    return []


def coverage_of(
    observed: Observed, wanted: Sequence[str] | None = None, denominator: str = "following_january"
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Users by service and group with bounds, and the population that is their denominator.

    Parameters
    ----------
    wanted
        Services; those that lie inside no other by default.
    denominator
        ``"following_january"`` or ``"same_january"``: the population of 1 January after, or before, the count.

    Returns
    -------
    pandas.DataFrame
        The cells; and those of them that are hidden.

    Raises
    ------
    SourceError
        No users are counted.
    TableError
        A service is not known or not counted, or the denominator has another name.
    """
    counted = observed.users
    chosen = _chosen(observed, wanted)
    wide = counted.pivot_table(
        index=["region", "year", "service"], columns="age_group", values="users", aggfunc="sum", min_count=1
    )
    wide = wide.reindex(columns=list(dict.fromkeys([*wide.columns, "total", *PANEL_GROUPS])))
    parts = []
    for service in chosen:
        if service in wide.index.get_level_values("service"):
            cells = wide[wide.index.get_level_values("service") == service].droplevel("service")
            parts.append(_cells_of_service(cells, counted[counted["service"] == service]).assign(service=service))
    users = pd.concat(parts, ignore_index=True).dropna(subset=["users"]) if parts else pd.DataFrame()
    if users.empty:
        raise SourceError(f"{observed.region.name} has no users of any known service.", hint="observed.users")
    people = _denominators(observed, sorted(users["age_group"].unique()), denominator)
    users = users.merge(people, on=["region", "year", "age_group"], how="inner")
    return users[[*COVERAGE.names]], users[users["low"] < users["high"]]


def _chosen(observed: Observed, wanted: Sequence[str] | None) -> list[str]:
    parents = parents_of(observed)
    if wanted is None:
        order = {service: i for i, service in enumerate(services()["service"])}
        return sorted(outermost(parents, parents), key=lambda service: order.get(service, len(order)))
    refused = [service for service in wanted if service not in parents]
    if refused:
        raise TableError(
            f"No users of {refused[0]!r} are counted in {observed.region.name}.",
            where=f"Counted: {', '.join(parents)}.",
            hint=f"dg.need(projection, services={[s for s in wanted if s in parents] or list(parents)})",
        )
    return list(wanted)


def _cells_of_service(cells: pd.DataFrame, counted: pd.DataFrame) -> pd.DataFrame:
    """Return one service's ``region year age_group users low high``."""
    service = str(counted["service"].iloc[0])
    given = [str(group) for group in counted["age_group"].unique() if group != "total"]
    of_panel = groups_of(service)
    if given and of_panel and set(given) <= set(PANEL_GROUPS) and cells["total"].notna().any():
        cells = cells[cells["total"].notna()]
        cells = (
            hidden_bounds(cells, counted[counted["status"] == ":"])
            if service == "long_stay"
            else cells.assign(low=cells["80+"], high=cells["80+"])
        )
        parts = [_group_cells(cells, group).assign(age_group=group) for group in of_panel]
        return pd.concat([part.reset_index() for part in parts], ignore_index=True)
    if not given:
        totals = cells[["total"]].rename(columns={"total": "users"})
        group = of_panel[0] if len(of_panel) == 1 else "total"
        return totals.assign(low=totals["users"], high=totals["users"], age_group=group).reset_index()
    return bounded_groups(cells, given, counted[counted["status"] == ":"])


def bounded_groups(cells: pd.DataFrame, groups: list[str], hidden: pd.DataFrame) -> pd.DataFrame:
    """Return every group's users, a hidden one as an interval and in the middle of what the total allows.

    Parameters
    ----------
    cells
        Index ``region year``; a column for each group and, where there is one, ``total`` [persons].
    groups
        Age groups that do not overlap and together are the total.
    hidden
        Rows ``region year age_group`` of the cells the source hides; each holds at most four.

    Raises
    ------
    TableError
        The groups overlap, or the hidden groups cannot hold what the total leaves.

    Examples
    --------
    A total of 20 with 14 visible: each of two hidden groups holds between 2 and 4.

    >>> index = pd.MultiIndex.from_tuples([("a", 2025)], names=["region", "year"])
    >>> cells = pd.DataFrame({"total": [20.0], "0-66": [None], "67-79": [None], "80+": [14.0]}, index=index)
    >>> hidden = pd.DataFrame({"region": "a", "year": 2025, "age_group": ["0-66", "67-79"]})
    >>> bounded_groups(cells, ["0-66", "67-79", "80+"], hidden)[["low", "high", "users"]].values.tolist()[0]
    [2.0, 4.0, 3.0]
    """
    refuse_overlapping_groups(groups)
    seen = cells[groups].astype(float)
    rest = cells["total"].astype(float) - seen.sum(axis=1)
    at = pd.MultiIndex.from_frame(hidden[["region", "year", "age_group"]])
    is_hidden = pd.DataFrame({g: [(*key, g) in at for key in cells.index] for g in groups}, index=cells.index)
    n = is_hidden.sum(axis=1)
    most = LARGEST_HIDDEN * n
    if ((rest > most) & (n > 0) & rest.notna()).any():
        row = cells.index[((rest > most) & (n > 0) & rest.notna()).to_numpy()][0]
        raise TableError(
            f"The hidden cells of {row[0]} in {row[1]} would hold more than the register hides.",
            where=f"The total leaves {rest[row]:g} for {n[row]}, and each holds at most {LARGEST_HIDDEN}.",
            hint="Check the total and the visible groups.",
        )
    low = (rest - LARGEST_HIDDEN * (n - 1)).clip(lower=0).fillna(0.0)
    high = rest.clip(upper=LARGEST_HIDDEN).fillna(LARGEST_HIDDEN)
    middle = (rest / n.clip(lower=1)).fillna(LARGEST_HIDDEN / 2)
    parts = []
    for group in groups:
        mark = is_hidden[group]
        found = {"users": middle, "low": low, "high": high}
        cell = pd.DataFrame({name: seen[group].where(~mark, value) for name, value in found.items()})
        parts.append(cell.assign(age_group=group).reset_index())
    return pd.concat(parts, ignore_index=True)


def refuse_overlapping_groups(groups: Sequence[str]) -> None:
    """Refuse age groups of which two hold the same age."""
    ordered = sorted(groups, key=lambda group: ages.bounds(group)[0])
    for before, after in pairwise(ordered):
        last = ages.bounds(before)[1]
        if last is None or last >= ages.bounds(after)[0]:
            raise TableError(
                f"The age groups {before!r} and {after!r} overlap.",
                where="Their sum would count the same users twice.",
                hint="Give groups that follow one another: '67-79', '80-89', '90+'.",
            )


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


def _denominators(observed: Observed, groups: list[str], denominator: str) -> pd.DataFrame:
    shifts = {"following_january": 1, "same_january": 0}
    if denominator not in shifts:
        raise TableError(
            f"There is no denominator {denominator!r}.",
            where="Users are counted on 31 December; the population on 1 January after it, or before.",
            hint="dg.need(projection, denominator='following_january')",
        )
    stock = ages.collapse(observed.population.drop(columns=["sex"]), groups)
    stock["year"] = stock["year"] - shifts[denominator]
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
