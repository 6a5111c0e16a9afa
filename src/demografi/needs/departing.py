"""Scenarios of need: named departures from constant coverage and standard, in a documented order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from demografi import ages
from demografi.errors import ScenarioError
from demografi.needs.finer import spread_over_ages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from demografi.observed import Observed
    from demografi.projection import Projection

__all__ = ["Base", "Departure", "apply", "departure", "departures", "life_years_gained"]

FIRST_OLD_AGE = 67
"""Age from which life-years gained are counted [years]."""
CELL = ["region", "service", "age_group"]


@dataclass(frozen=True, eq=False)
class Departure:
    """One named way in which coverage or standard leaves what it is today; made by :func:`departure`."""

    key: str
    value: float
    also: tuple[tuple[str, Any], ...] = ()

    def to_dict(self) -> dict[str, str]:
        """Return the departure as text, with its source."""
        row = _row(self.key)
        options = {name: getattr(getattr(v, "region", None), "name", str(v)) for name, v in self.also}
        return {
            "departure": self.key,
            "value": f"{row['parameter']}={self.value:g}",
            **options,
            "source": row["source"],
        }


class Base(NamedTuple):
    """What departures depart from.

    Attributes
    ----------
    cells : ``region service age_group users population`` of the year coverage is held constant at
    stock : ``region age persons``, the denominator by single age
    projection : the population to serve
    coverage_year : 31 December whose coverage is held constant
    denominator : as in :func:`demografi.need`
    """

    cells: pd.DataFrame
    stock: pd.DataFrame
    projection: Projection
    coverage_year: int
    denominator: str


@cache
def departures() -> pd.DataFrame:
    """Return every departure: ``order key changes parameter … neutral also published source formula``.

    They are applied in this order, whatever the order they are given in. What is published is shown, never used
    unasked.
    """
    with files("demografi").joinpath("data", "departures.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, keep_default_na=False, dtype="str")


def departure(key: str, **values: Any) -> Departure:
    """Name one departure from the constant method, with its value.

    Parameters
    ----------
    key
        A row of :func:`departures`.
    values
        The row's parameter, and what it lists under ``also``: ``by`` (the 1 January at which a share is reached; the
        last projected by default), ``toward`` (counted figures of the group to approach), ``ratio`` (person-years at
        home per person-year in institution; 1 by default), ``gained`` (life-years gained a calendar year; the
        projection's own by default).

    Raises
    ------
    ScenarioError
        The departure is not known, lacks its value, has one it does not know, or one outside its range.

    Examples
    --------
    >>> departure("standard_growth", rate=0.005).value
    0.005
    """
    row = _row(key)
    parameter, also = row["parameter"], row["also"].split()
    typed = f"dg.departure({key!r}, {parameter}=…)"
    if parameter not in values:
        published = f"Published: {row['published']}. " if row["published"] else "No published value is at hand. "
        raise ScenarioError(f"{key!r} needs its {parameter}.", where=published + row["source"] + ".", hint=typed)
    odd = sorted(set(values) - {parameter, *also})
    if odd:
        raise ScenarioError(
            f"{key!r} knows no {odd[0]!r}.", where=f"It takes: {', '.join([parameter, *also])}.", hint=typed
        )
    value = values[parameter]
    low, high = float(row["lowest"]), float(row["highest"])
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ScenarioError(
            f"The {parameter} of {key!r} cannot be {value!r}.",
            where=f"It lies between {low:g} and {high:g}; {row['neutral']} changes nothing.",
            hint=f"dg.departure({key!r}, {parameter}={min(max(0.01, low), high):g})",
        )
    if "toward" in also and not hasattr(values.get("toward"), "users"):
        raise ScenarioError(
            f"{key!r} needs the group to approach.",
            where="Counted figures with users.",
            hint=f"dg.departure({key!r}, {parameter}={value}, toward=dg.example('Lakseregionen'))",
        )
    return Departure(key, float(value), tuple((name, values[name]) for name in also if name in values))


def _row(key: str) -> dict[str, str]:
    rows = departures()
    found = rows[rows["key"] == key]
    if found.empty:
        raise ScenarioError(
            f"There is no departure {key!r}.",
            where=f"There are: {', '.join(rows['key'])}.",
            hint="dg.departure('standard_growth', rate=0.005)",
        )
    return {str(name): str(value) for name, value in found.iloc[0].items()}


def apply(cells: pd.DataFrame, asked: Iterable[Departure], base: Base) -> pd.DataFrame:
    """Return cells with every departure applied, in the documented order.

    Parameters
    ----------
    cells
        ``region year service age_group ages persons users standard``.
    asked
        Departures; the same one twice is refused.
    base
        What they depart from.
    """
    chosen = list(asked)
    keys = [one.key for one in chosen]
    double = sorted({key for key in keys if keys.count(key) > 1})
    if double:
        raise ScenarioError(f"The departure {double[0]!r} is given twice.", hint="Give it once, with one value.")
    order = list(departures()["key"])
    for one in sorted(chosen, key=lambda each: order.index(each.key)):
        cells = _APPLIED[one.key](cells, one, base)
    return cells


def _years(cells: pd.DataFrame, base: Base) -> pd.Series[int]:
    return cells["year"] - base.projection.launch


def _progress(cells: pd.DataFrame, one: Departure, base: Base) -> pd.Series[float]:
    """Return how much of a change has come: none at the launch, all at ``by``."""
    by = dict(one.also).get("by", base.projection.to)
    if isinstance(by, bool) or not isinstance(by, int) or by <= base.projection.launch:
        raise ScenarioError(
            f"{one.key!r} cannot be reached by {by!r}.",
            where=f"The launch is 1 January {base.projection.launch}.",
            hint=f"dg.departure({one.key!r}, …, by={base.projection.to})",
        )
    return (_years(cells, base) / (by - base.projection.launch)).clip(0, 1)


def _converge(cells: pd.DataFrame, one: Departure, base: Base) -> pd.DataFrame:
    from demografi.needs.counts import coverage_of

    toward: Observed = dict(one.also)["toward"]
    asked = [str(service) for service in base.cells["service"].unique()]
    theirs, _ = coverage_of(toward, asked, base.denominator)
    theirs = theirs[theirs["year"] == base.coverage_year]
    sums = theirs.groupby(["service", "age_group"])[["users", "population"]].sum()
    wanted = (sums["users"] / sums["population"]).rename("wanted")
    joined = cells.join(wanted, on=["service", "age_group"])
    if joined["wanted"].isna().any():
        row = joined[joined["wanted"].isna()].iloc[0]
        raise ScenarioError(
            f"{toward.region.name} has no coverage of {row['service']} {row['age_group']} in {base.coverage_year}.",
            hint="Choose another group, or another coverage_year.",
        )
    own = base.cells.set_index(CELL)
    level = (own["users"] / own["population"]).rename("level")
    far = (joined["wanted"] - joined.join(level, on=CELL)["level"]) * cells["persons"]
    return cells.assign(users=cells["users"] + one.value * _progress(cells, one, base) * far)


def life_years_gained(projection: Projection) -> pd.Series[float]:
    """Return how much longer people of 67 live than in the first projected year, by 1 January [years].

    Remaining life expectancy at 67 of the calendar year before, both sexes and all members together, from the
    projection's own deaths over those who were alive on 1 January; less that of the first projected year.

    Raises
    ------
    ScenarioError
        The projection holds no deaths.
    """
    if not projection.has("deaths"):
        raise ScenarioError(
            "The projection holds no deaths, so life-years gained are not known.",
            hint="dg.departure('healthier_ageing', share=…, gained=…)   # life-years a calendar year",
        )
    stock = projection.to_frame().groupby(["year", "age"])["persons"].sum().unstack()
    deaths = projection.deaths.groupby(["year", "age"])["deaths"].sum().unstack()
    open_age = int(stock.columns.max())
    found = {projection.launch: 0.0}
    for year in range(projection.launch, projection.to):
        alive = np.array([stock.loc[year, age] for age in range(FIRST_OLD_AGE - 1, open_age + 1)], dtype=float)
        alive = np.concatenate([alive[:-2], [alive[-2] + alive[-1]]])
        died = np.array([deaths.loc[year, age] for age in range(FIRST_OLD_AGE, open_age + 1)], dtype=float)
        left = np.where(alive > 0, 1 - died / np.where(alive > 0, alive, 1.0), 0.0)
        found[year + 1] = float(np.cumprod(np.clip(left, 0, 1)).sum())
    first = found[projection.launch + 1]
    return pd.Series({year: (0.0 if year == projection.launch else e - first) for year, e in found.items()})


def _healthier(cells: pd.DataFrame, one: Departure, base: Base) -> pd.DataFrame:
    given = dict(one.also).get("gained")
    years = range(base.projection.launch, base.projection.to + 1)
    gained = (
        life_years_gained(base.projection)
        if given is None
        else pd.Series({year: float(given) * (year - base.projection.launch) for year in years})
    )
    rates = spread_over_ages(base.cells, base.stock)
    stock = base.projection.to_frame().groupby(["region", "year", "age"])["persons"].sum().unstack()
    people = dict(zip(stock.index.tolist(), stock.to_numpy(float), strict=True))
    factors = []
    for (region, service), rows in rates.groupby(["region", "service"], sort=False):
        by_age = rows.set_index("age")["coverage"].sort_index()
        grid = by_age.index.to_numpy(float)
        for year in years:
            moved = np.interp(grid - one.value * gained[year], grid, by_age.to_numpy(float))
            persons = people[str(region), year][by_age.index.to_numpy()]
            for group in rows["age_group"].unique():
                within = ages.is_within(by_age.index.to_numpy(), str(group))
                then, now = (persons[within] * moved[within]).sum(), (persons[within] * by_age[within]).sum()
                factors.append((region, year, service, group, then / now if now > 0 else 1.0))
    columns = ["region", "year", "service", "age_group", "factor"]
    table = pd.DataFrame(factors, columns=columns).set_index(columns[:4])["factor"]
    return cells.assign(users=cells["users"] * cells.join(table, on=columns[:4])["factor"])


def _compress(cells: pd.DataFrame, one: Departure, base: Base) -> pd.DataFrame:
    return cells.assign(users=cells["users"] * (1 - one.value) ** _years(cells, base))


def _expand(cells: pd.DataFrame, one: Departure, base: Base) -> pd.DataFrame:
    return cells.assign(users=cells["users"] * (1 + one.value) ** _years(cells, base))


def _home_instead(cells: pd.DataFrame, one: Departure, base: Base) -> pd.DataFrame:
    """Move long-stay users to home service, age for age; the person-years they take follow them."""
    ratio = dict(one.also).get("ratio", 1.0)
    if isinstance(ratio, bool) or not isinstance(ratio, int | float) or ratio < 0:
        raise ScenarioError(
            f"The ratio of 'home_instead' cannot be {ratio!r}.",
            where="It is person-years at home per person-year in institution; 1 leaves person-years as they are.",
            hint="dg.departure('home_instead', share=0.1, ratio=0.8)",
        )
    lacking = sorted({"home_service", "long_stay"} - set(cells["service"]))
    if lacking:
        raise ScenarioError(f"'home_instead' needs {lacking[0]!r}.", hint="dg.need(projection)")
    moved = cells["users"] * (one.value * _progress(cells, one, base)).where(cells["service"] == "long_stay", 0.0)
    fte = (moved * cells["standard"]).rename("fte")
    to_home = _spread_home(cells, moved, fte * float(ratio))
    users = cells["users"] - moved + to_home["users"]
    # A moved user takes what they take, not what a home-service user takes.
    more = to_home["fte"] - to_home["users"] * cells["standard"]
    standard = cells["standard"] + (more / users).where(users > 0, 0.0)
    return cells.assign(users=users, standard=standard)


def _spread_home(cells: pd.DataFrame, moved: pd.Series[float], fte: pd.Series[float]) -> pd.DataFrame:
    """Give moved users and their person-years to home-service cells of the same ages, by the users there are."""
    home = cells[cells["service"] == "home_service"]
    found = pd.DataFrame({"users": 0.0, "fte": 0.0}, index=cells.index)
    keys = ["region", "year"]
    for group in cells.loc[cells["service"] == "long_stay", "ages"].unique():
        inside = home[home["ages"].map(lambda own, wide=group: _lies_in(str(own), str(wide)))]
        leaving = cells[(cells["service"] == "long_stay") & (cells["ages"] == group)]
        if inside.empty and moved[leaving.index].any():
            raise ScenarioError(
                f"Long-stay users aged {group} cannot move: home service has no such group.",
                where=f"Home service has: {', '.join(home['ages'].unique())}.",
                hint="dg.need(projection, split='pchip', departures=[…])",
            )
        sums = leaving[keys].assign(users_moved=moved, fte_moved=fte).set_index(keys)
        total = inside.groupby(keys)["users"].transform("sum")
        share = (inside["users"] / total).where(total > 0, 1.0 / max(inside["ages"].nunique(), 1))
        arriving = inside.join(sums, on=keys)
        for name, column in (("users", "users_moved"), ("fte", "fte_moved")):
            found.loc[inside.index, name] += (arriving[column] * share).fillna(0.0)
    return found


def _lies_in(group: str, wide: str) -> bool:
    (low, high), (first, last) = ages.bounds(group), ages.bounds(wide)
    return first <= low and (last is None or (high is not None and high <= last))


def _family_care(cells: pd.DataFrame, one: Departure, base: Base) -> pd.DataFrame:
    of_care = cells["users"].where(cells["standard"].notna(), 0.0)
    users = of_care.groupby([cells["region"], cells["year"]]).sum()
    first = users.xs(base.projection.launch, level="year").rename("first")
    both = users.rename("users").reset_index().join(first, on="region").set_index(["region", "year"])
    share = (both["first"] / both["users"]).where(both["users"] > 0, 1.0)
    factor = (1 + one.value * (1 - share)).rename("factor")
    return cells.assign(standard=cells["standard"] * cells.join(factor, on=["region", "year"])["factor"])


def _grow(cells: pd.DataFrame, one: Departure, base: Base) -> pd.DataFrame:
    return cells.assign(standard=cells["standard"] * (1 + one.value) ** _years(cells, base))


def _save(cells: pd.DataFrame, one: Departure, base: Base) -> pd.DataFrame:
    return cells.assign(standard=cells["standard"] * (1 - one.value) ** _years(cells, base))


_APPLIED: dict[str, Callable[[pd.DataFrame, Departure, Base], pd.DataFrame]] = {
    "coverage_convergence": _converge,
    "healthier_ageing": _healthier,
    "compression": _compress,
    "expansion": _expand,
    "home_instead": _home_instead,
    "family_care": _family_care,
    "standard_growth": _grow,
    "productivity": _save,
}
