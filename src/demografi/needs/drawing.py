"""Need in draws: every future population with a coverage and a standard that may move as they have moved before."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from demografi import ages
from demografi.errors import TableError
from demografi.needs.counts import coverage_of, refuse_overlap
from demografi.needs.counts import services as known_services
from demografi.needs.past_changes import FREEDOM, ChangeModel, fit_changes, logs_of
from demografi.projection.draws import group_draws
from demografi.sources import shipped
from demografi.uncertainty.drawing import MOST_AHEAD
from demografi.uncertainty.model import Floats
from demografi.uncertainty.streams import normals, tail_scale, uniforms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from demografi.needs import Need

__all__ = ["SERIES", "coverage_changes", "effort_changes", "has_history", "person_year_draws", "user_draws"]

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
    refuse_overlap(over)
    rates = _rates(need, age_group, over)
    groups = sorted({group for _, group in rates})
    persons = group_draws(need.projection, groups)
    errors = _coverage_errors(need, len(persons))
    total = np.zeros(persons.shape[:3])
    for (service, group), rate in rates.items():
        series = _series_of(service, group)
        factor = 1.0 if series is None else np.exp(errors[..., series])
        # Nobody is a user twice: coverage above one is not drawn.
        total += persons[..., groups.index(group)] * np.minimum(rate * factor, np.maximum(rate, 1.0))
    return total


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
    fte = need.person_years.groupby(["year", "region"])["fte"].sum().unstack()[list(need.region.members)].to_numpy()
    users = need.to_frame()
    services = _outermost(list(users["service"].unique()))
    rates = _rates(need, "total", services)
    groups = sorted({group for _, group in rates})
    persons = group_draws(need.projection, groups)
    drawn = sum(persons[..., groups.index(group)] * rate for (_, group), rate in rates.items())
    path = _path_users(need, services)
    return np.asarray(drawn / path * fte * np.exp(_effort_errors(need, len(persons))))


def has_history(need: Need, service: str, age_group: str) -> bool:
    """Tell whether the coverage of a service and age group has a past that its uncertainty is taken from."""
    return _series_of(service, age_group) is not None


def _outermost(services: Sequence[str]) -> list[str]:
    parent = known_services().set_index("service")["parent"]
    return [service for service in services if parent.get(service, "") not in services]


def _rates(need: Need, age_group: str, over: Sequence[str]) -> dict[tuple[str, str], Floats]:
    """Return users per person by service and group: (year, region)."""
    table = need.to_frame()
    table = table[table["service"].isin(over)]
    if age_group != "total":
        table = table[table["age_group"] == age_group]
    lacking = set(over) - set(table["service"])
    if lacking:
        raise TableError(
            f"The service '{sorted(lacking)[0]}' has no age group {age_group!r}.",
            hint="need.users_of('80+') or need.users_of('total')",
        )
    members = list(need.region.members)
    stock = ages.collapse(need.projection.to_frame().drop(columns=["sex"]), sorted(table["age_group"].unique()))
    joined = table.merge(stock, on=["region", "year", "age_group"])
    joined["rate"] = (joined["users"] / joined["persons"]).where(joined["persons"] > 0, 0.0)
    return {
        (str(service), str(group)): part.pivot(index="year", columns="region", values="rate")[members].to_numpy()
        for (service, group), part in joined.groupby(["service", "age_group"])
    }


def _path_users(need: Need, services: Sequence[str]) -> Floats:
    table = need.to_frame()
    table = table[table["service"].isin(services)].groupby(["year", "region"])["users"].sum().unstack()
    return np.asarray(table[list(need.region.members)].to_numpy())


def _series_of(service: str, group: str) -> int | None:
    """Return the number of the series a cell follows: its own, or that of the wider group it lies in."""
    first, last = ages.bounds(group)
    for k, (known, wider) in enumerate(SERIES):
        low, high = ages.bounds(wider)
        inside = low <= first and (high is None or (last is not None and last <= high))
        if known == service and inside:
            return k
    return None


@cache
def _panel() -> pd.DataFrame:
    """Return the coverage of every municipality that ships."""
    from demografi.observed import example

    parts = [coverage_of(example(name))[0] for name in ("Lakseregionen", "Engerdal")]
    return pd.concat(parts, ignore_index=True)


@cache
def coverage_changes(known_to: int) -> ChangeModel:
    """Return how coverage has moved in the shipped panel, with nothing later than a year [31 December]."""
    return fit_changes(*logs_of(_panel(), SERIES, known_to), known_to)


@cache
def effort_changes(known_to: int) -> ChangeModel:
    """Return how person-years per expected user have moved where all occupations are at hand."""
    counted = shipped.read("person_years_by_occupation")
    total = counted[(counted["occupation"] == "total") & counted["fte"].notna()][["region", "year", "fte"]]
    panel = _panel()
    panel = panel[panel["service"].isin(["home_service", "long_stay"]) & (panel["year"] <= known_to)]
    mean = panel.groupby(["service", "age_group"])[["users", "population"]].sum()
    expected = panel.join((mean["users"] / mean["population"]).rename("rate"), on=["service", "age_group"])
    expected = expected.assign(expected=expected["rate"] * expected["population"])
    users = expected.groupby(["region", "year"], as_index=False)["expected"].sum()
    rates = total.merge(users, on=["region", "year"]).rename(columns={"fte": "users", "expected": "population"})
    rates = rates.assign(service="care", age_group="total", low=rates["users"], high=rates["users"])
    return fit_changes(*logs_of(rates, EFFORT, known_to), known_to)


def _coverage_errors(need: Need, draws: int) -> Floats:
    """Return log errors of coverage (D, H + 1, R, K), none at the launch."""
    model = coverage_changes(need.projection.launch - 1)
    table = need.to_frame()
    users = table[table["year"] == need.projection.launch].set_index(["region", "service", "age_group"])["users"]
    few = np.array([[_users_of(users, code, *one) for one in SERIES] for code in need.region.members])
    return _errors(need, model, few, draws, (COVERAGE_SHARED, COVERAGE_PLACE))


def _users_of(users: pd.Series[float], code: str, service: str, group: str) -> float:
    key = (code, service, group)
    return float(users.loc[key]) if key in users.index else np.inf


def _effort_errors(need: Need, draws: int) -> Floats:
    """Return log errors of person-years per expected user (D, H + 1, R)."""
    model = effort_changes(need.projection.launch - 1)
    table = need.person_years
    fte = table[table["year"] == need.projection.launch].groupby("region")["fte"].sum()[list(need.region.members)]
    return np.asarray(_errors(need, model, fte.to_numpy()[:, None], draws, (EFFORT_SHARED, EFFORT_PLACE))[..., 0])


def _errors(need: Need, model: ChangeModel, few: Floats, draws: int, layers: tuple[int, int]) -> Floats:
    horizon = need.projection.to - need.projection.launch
    seed = int(need.projection.facts["seed"])
    root = np.asarray(np.linalg.cholesky(model.correlation), dtype=np.float64)
    found = np.zeros((draws, horizon + 1, len(few), len(model.noise)))
    shared = _path(seed, layers[0], EVERYWHERE, range(draws), horizon, root, model.common)
    for r, code in enumerate(need.region.members):
        own = _path(seed, layers[1], int(code), range(draws), horizon, root, model.local, model.noise / few[r])
        found[:, 1:, r] = shared + own
    return found


def _path(
    seed: int,
    layer: int,
    place: int,
    draws: range,
    horizon: int,
    root: Floats,
    variance: Floats,
    noise: Floats | None = None,
) -> Floats:
    """Return log errors (D, H, K): a random walk, a line of unknown slope and, at both ends, a count's noise."""
    n = len(root)
    block = 2 + 2 * MOST_AHEAD
    numbers = uniforms(seed, layer, place, draws, 1 + block * n, 1 + block * len(SERIES))
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
