"""Need in draws: every future population with a coverage and a standard that may move as they have moved before."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from demografi import ages, uncertainty
from demografi.errors import ScenarioError
from demografi.needs.counts import coverage_of, rows_of
from demografi.needs.past_changes import FREEDOM, ChangeModel, fit_changes, logs_of
from demografi.projection.draws import group_draws
from demografi.projection.own_errors import kept
from demografi.sources import shipped
from demografi.uncertainty.drawing import MOST_AHEAD
from demografi.uncertainty.model import Floats
from demografi.uncertainty.streams import normals, tail_scale, uniforms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from demografi.needs import Need

__all__ = [
    "SERIES",
    "coverage_changes",
    "coverage_errors",
    "drawn_errors",
    "effort_changes",
    "lacking_history",
    "panel_coverage",
    "person_year_draws",
    "person_years_with_ends",
    "sum_with_ends",
    "user_draws",
    "users_with_ends",
]

COVERAGE_SHARED, COVERAGE_PLACE, EFFORT_SHARED, EFFORT_PLACE = 10, 11, 12, 13
"""Layers of random numbers; 0–2 are those of the population."""
EVERYWHERE = 0
MOST_FALL = 0.5
"""Largest correction of a logarithm for the mean of what is skew."""
SERIES = (
    ("home_service", "0-66"),
    ("home_service", "67-79"),
    ("home_service", "80+"),
    ("long_stay", "0-79"),
    ("long_stay", "80+"),
    ("staffed_housing", "total"),
)
"""Services and age groups whose past the shipped panel knows; the order is part of the draws' address."""
EFFORT = (("care", "total"),)
MOST_SERIES = 6
Cell = tuple[str, str, str]
"""Service, age group and ages."""


def user_draws(need: Need, age_group: str = "total", over: Sequence[str] = ("home_service", "long_stay")) -> Floats:
    """Return users in every draw: population and coverage moving together.

    Parameters
    ----------
    need
        Of a projection made with draws.
    age_group
        A group each of the services has, or ``"total"``.
    over
        Services to add, none inside another.

    Returns
    -------
    array
        Shape (draw, year, region) [persons]. Draws are those of the projection: figures of one draw belong together.

    Raises
    ------
    ScenarioError
        The projection was made without draws.
    TableError
        Services overlap, are not known, or lack the age group.

    Examples
    --------
    >>> import demografi as dg
    >>> need = dg.need(dg.project(dg.example("Engerdal"), to=2030, draws=100))
    >>> user_draws(need, "80+").shape
    (100, 5, 1)
    """
    need.users_of(age_group, over)
    total: Floats | None = None
    for _, drawn in _cell_draws(need, over, age_group):
        total = drawn if total is None else total + drawn
    assert total is not None
    return _of_region(need, total)


def person_year_draws(need: Need) -> Floats:
    """Return person-years in every draw, (draw, year, region) [person-years].

    Person-years follow the population and what it took before: coverage and standard move together, because a
    user who is registered in another way changes the one up and the other down and the work not at all.

    Raises
    ------
    ScenarioError
        The projection was made without draws.
    SourceError
        No standard is at hand for the region.
    """
    _ = need.person_years
    _refuse_without_draws(need)
    members = _members(need)
    rates = _rates(members, "fte", members.tables["cells"].dropna(subset="fte"))
    persons, labels = _persons(members, rates)
    total = np.zeros(persons.shape[:3])
    for (_, _, label), rate in rates.items():
        total += persons[..., labels.index(label)] * rate
    return _of_region(need, total * np.exp(_effort_errors(members, len(persons))))


def users_with_ends(need: Need, level: float) -> pd.DataFrame:
    """Return users with ``low high`` for every region, year, service and age group."""
    table = need.table("users")
    sums: dict[tuple[str, str], Floats] = {}
    services = [str(service) for service in table["service"].unique()]
    for (service, group, _), drawn in _cell_draws(need, services, "total"):
        known = sums.get((service, group))
        sums[service, group] = drawn if known is None else known + drawn
    keys = ["year", "region", "service", "age_group"]
    parts = []
    for (service, group), drawn in sums.items():
        low, high = uncertainty.quantiles(_of_region(need, drawn), level)
        index = pd.MultiIndex.from_product([_years(need), need.region.members], names=keys[:2])
        ends = pd.DataFrame({"low": low.ravel(), "high": high.ravel()}, index=index).reset_index()
        parts.append(ends.assign(service=service, age_group=group))
    return table.merge(pd.concat(parts, ignore_index=True), on=keys, how="left")


def sum_with_ends(need: Need, age_group: str, over: Sequence[str], level: float) -> pd.DataFrame:
    """Return ``year users low high``, each draw summed over services and members before its ends are found."""
    path = need.users_of(age_group, over).groupby("year")["users"].sum()
    low, high = uncertainty.quantiles(user_draws(need, age_group, over).sum(axis=2), level)
    return pd.DataFrame({"year": path.index, "users": path.to_numpy(), "low": low, "high": high})


def person_years_with_ends(need: Need, level: float) -> pd.DataFrame:
    """Return ``year fte low high``, each draw summed over members before its ends are found."""
    path = need.person_years.groupby("year")["fte"].sum()
    low, high = uncertainty.quantiles(person_year_draws(need).sum(axis=2), level)
    return pd.DataFrame({"year": path.index, "fte": path.to_numpy(), "low": low, "high": high})


def lacking_history(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Return the services and age groups whose coverage has no past in the shipped panel."""
    return [f"{service} {group}" for service, group in pairs if _series_of(service, group) is None]


def _years(need: Need) -> range:
    return range(need.projection.launch, need.projection.to + 1)


def _members(need: Need) -> Need:
    from demografi.needs import Need as Noun

    part = need.rests_on.get("members", need)
    assert isinstance(part, Noun)
    return part


def _of_region(need: Need, drawn: Floats) -> Floats:
    return drawn.sum(axis=2, keepdims=True) if "members" in need.rests_on else drawn


def _refuse_without_draws(need: Need) -> None:
    if not need.projection.facts.get("draws"):
        raise ScenarioError(
            "The projection has no draws.",
            where="It is one path.",
            hint="dg.need(dg.project(observed, to=…, draws=1000))",
        )


def _cell_draws(need: Need, over: Sequence[str], age_group: str) -> Iterator[tuple[Cell, Floats]]:
    _refuse_without_draws(need)
    members = _members(need)
    rates = _rates(members, "users", rows_of(members.tables["cells"], age_group, over))
    persons, labels = _persons(members, rates)
    errors = coverage_errors(members, len(persons))
    for (service, group, label), rate in rates.items():
        series = _series_of(service, group)
        factor = 1.0 if series is None else np.exp(errors[..., series])
        # Nobody is a user twice: coverage above one is not drawn.
        yield (service, group, label), persons[..., labels.index(label)] * np.minimum(rate * factor, 1.0)


def _persons(need: Need, rates: dict[Cell, Floats]) -> tuple[Floats, list[str]]:
    labels = sorted({label for _, _, label in rates})
    return group_draws(need.projection, labels), labels


def _rates(need: Need, measure: str, cells: pd.DataFrame) -> dict[Cell, Floats]:
    """Return users or person-years per person by service, group and ages: (year, region)."""
    members = list(need.region.members)
    rate = (cells[measure] / cells["persons"]).where(cells["persons"] > 0, 0.0)
    rows = cells.assign(rate=rate).groupby(["service", "age_group", "ages"], sort=False)
    return {
        (str(service), str(group), str(label)): part.pivot(index="year", columns="region", values="rate")[
            members
        ].to_numpy()
        for (service, group, label), part in rows
    }


def _series_of(service: str, group: str) -> int | None:
    """Return the number of the series a cell follows: its own, or that of the wider group it lies in."""
    first, last = ages.bounds(group)
    for k, (known, wider) in enumerate(SERIES):
        low, high = ages.bounds(wider)
        if known == service and low <= first and (high is None or (last is not None and last <= high)):
            return k
    return None


@cache
def panel_coverage() -> pd.DataFrame:
    """Return the coverage of every municipality that ships."""
    from demografi.observed import example

    services = list(dict.fromkeys(service for service, _ in SERIES))
    parts = [coverage_of(example(name), services)[0] for name in ("Lakseregionen", "Engerdal")]
    return pd.concat(parts, ignore_index=True)


@cache
def coverage_changes(known_to: int) -> ChangeModel:
    """Return how coverage has moved in the shipped panel, with nothing later than a year [31 December]."""
    return fit_changes(*logs_of(panel_coverage(), SERIES, known_to), known_to)


@cache
def effort_changes(known_to: int) -> ChangeModel:
    """Return how person-years per expected user have moved where all occupations are at hand.

    Expected users are the population by age times the panel's mean coverage, so that a change in how users are
    registered is no change in work.
    """
    counted = shipped.read("person_years_by_occupation")
    total = counted[(counted["occupation"] == "total") & counted["fte"].notna()][["region", "year", "fte"]]
    panel = panel_coverage()
    panel = panel[panel["service"].isin(["home_service", "long_stay"]) & (panel["year"] <= known_to)]
    mean = panel.groupby(["service", "age_group"])[["users", "population"]].sum()
    expected = panel.join((mean["users"] / mean["population"]).rename("rate"), on=["service", "age_group"])
    expected = expected.assign(expected=expected["rate"] * expected["population"])
    users = expected.groupby(["region", "year"], as_index=False)["expected"].sum()
    rates = total.merge(users, on=["region", "year"]).rename(columns={"fte": "users", "expected": "population"})
    rates = rates.assign(service="care", age_group="total", low=rates["users"], high=rates["users"])
    return fit_changes(*logs_of(rates, EFFORT, known_to), known_to)


def coverage_errors(need: Need, draws: int) -> Floats:
    """Return log errors of coverage (D, H + 1, R, K), none at the launch."""
    model = coverage_changes(need.projection.launch - 1)
    table = need.tables["users"]
    users = table[table["year"] == need.projection.launch].set_index(["region", "service", "age_group"])["users"]
    few = np.array([[_users_of(users, code, *one) for one in SERIES] for code in need.region.members])
    return _errors(need, model, few, draws, (COVERAGE_SHARED, COVERAGE_PLACE))


def _users_of(users: pd.Series[float], code: str, service: str, group: str) -> float:
    key = (code, service, group)
    return max(float(users.loc[key]), 1.0) if key in users.index else np.inf


def _effort_errors(need: Need, draws: int) -> Floats:
    """Return log errors of person-years per expected user (D, H + 1, R)."""
    model = effort_changes(need.projection.launch - 1)
    table = need.person_years
    fte = table[table["year"] == need.projection.launch].groupby("region")["fte"].sum()[list(need.region.members)]
    return np.asarray(_errors(need, model, fte.to_numpy()[:, None], draws, (EFFORT_SHARED, EFFORT_PLACE))[..., 0])


def _errors(need: Need, model: ChangeModel, few: Floats, draws: int, layers: tuple[int, int]) -> Floats:
    horizon = need.projection.to - need.projection.launch
    if kept(need.projection.facts):
        # How coverage has moved is known of Norwegian municipalities, and not of another country.
        return np.zeros((draws, horizon + 1, *few.shape))
    codes = [int(code) for code in need.region.members]
    return drawn_errors(model, few, codes, horizon, range(draws), int(need.projection.facts["seed"]), layers)


def drawn_errors(
    model: ChangeModel,
    few: Floats,
    codes: Sequence[int],
    horizon: int,
    draws: range,
    seed: int,
    layers: tuple[int, int] = (COVERAGE_SHARED, COVERAGE_PLACE),
) -> Floats:
    """Return log errors (D, H + 1, R, K) of places by their code; ``few`` (R, K) users at the launch."""
    root = np.asarray(np.linalg.cholesky(model.correlation), dtype=np.float64)
    found = np.zeros((len(draws), horizon + 1, len(codes), len(model.noise)))
    shared = _path(seed, (layers[0], EVERYWHERE), draws, horizon, root, model.common)
    for r, code in enumerate(codes):
        own = _path(seed, (layers[1], code), draws, horizon, root, model.local, model.noise / few[r])
        found[:, 1:, r] = shared + own
    return found


def _path(
    seed: int,
    address: tuple[int, int],
    draws: range,
    horizon: int,
    root: Floats,
    variance: Floats,
    noise: Floats | None = None,
) -> Floats:
    """Return log errors (D, H, K): a random walk, a line of unknown slope and, at both ends, a count's noise."""
    n = len(root)
    block = 2 + 2 * MOST_AHEAD
    numbers = uniforms(seed, *address, draws, 1 + block * n, 1 + block * MOST_SERIES)
    z = normals(numbers[:, 1:]).reshape(len(draws), n, block)
    mixed = np.einsum("kj,djb->dbk", root, z)
    walk, slope = np.sqrt(variance)
    h = np.arange(1, horizon + 1, dtype=float)[:, None]
    path = walk * np.cumsum(mixed[:, 2 : 2 + horizon], axis=1) + slope * h * mixed[:, :1]
    scale = tail_scale(numbers[:, 0], FREEDOM)[:, None, None]
    if noise is None:
        return np.asarray(scale * path)
    path = path + np.sqrt(noise) * (mixed[:, 2 + MOST_AHEAD : 2 + MOST_AHEAD + horizon] - mixed[:, 1:2])
    # What a place has alone evens out over places; the mean of a log-normal would not.
    fall = 0.5 * (variance[0] * h + variance[1] * h**2 + 2 * noise)
    return np.asarray(scale * path - np.minimum(fall, MOST_FALL))
