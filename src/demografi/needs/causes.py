"""Why need changes: more people, their age mix, coverage, the mix of services and the standard, none of them first."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import factorial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from demografi.errors import TableError
from demografi.needs.adding import adding_up
from demografi.needs.counts import rows_of

if TYPE_CHECKING:
    from demografi.needs import Need
    from demografi.uncertainty.model import Floats

__all__ = ["FACTORS", "causes_of", "shapley"]

FACTORS = ("people", "age_mix", "coverage", "service_mix", "standard")


class _State(NamedTuple):
    """One end of a change, over cells: persons of each, users per person, person-years per user; and all people."""

    people: float
    persons: Floats
    rate: Floats
    standard: Floats


def shapley(values: dict[frozenset[str], float], factors: Sequence[str]) -> dict[str, float]:
    """Split a change over factors so that no order is preferred.

    Parameters
    ----------
    values
        The result with each set of factors moved to the end; the empty set is the start.
    factors
        Their names.

    Returns
    -------
    dict
        Parts that sum to the whole change. Reference: Shapley (1953), Contributions to the Theory of Games II.

    Examples
    --------
    >>> both = {frozenset(): 6.0, frozenset("a"): 12.0, frozenset("b"): 9.0, frozenset("ab"): 18.0}
    >>> shapley(both, ["a", "b"])
    {'a': 7.5, 'b': 4.5}
    """
    n = len(factors)
    parts = {}
    for factor in factors:
        others = [other for other in factors if other != factor]
        part = 0.0
        for size in range(n):
            weight = factorial(size) * factorial(n - 1 - size) / factorial(n)
            for chosen in combinations(others, size):
                part += weight * (values[frozenset((*chosen, factor))] - values[frozenset(chosen)])
        parts[factor] = part
    return parts


def causes_of(need: Need, to: int, age_group: str, over: Sequence[str], measure: str) -> pd.DataFrame:
    """Return ``region cause`` and the measure: ``start``, the five factors, ``end``."""
    cells = rows_of(need.tables["cells"], age_group, over)
    if cells.empty or (measure == "fte" and cells["fte"].isna().any()):
        raise TableError(
            f"There is nothing to explain in {measure} of {age_group!r} over {', '.join(over)}.",
            where="Person-years need a standard for each service.",
            hint="need.explain()   # users",
        )
    latest = _latest_coverage(need)
    cells = cells.sort_values(["region", "year", "service", "ages"])
    found = []
    for region in need.region.members:
        own = cells[cells["region"] == region]
        start = _state(own[own["year"] == need.projection.launch], latest)
        end = _state(own[own["year"] == to], None)
        start, end = _filled(start, end), _filled(end, start)
        values = {frozenset(chosen): _value(start, end, frozenset(chosen), own, measure) for chosen in _subsets()}
        parts = shapley(values, FACTORS)
        found.append({"start": values[frozenset()], **parts, "end": values[frozenset(FACTORS)]})
    steps = adding_up({cause: np.array([one[cause] for one in found]) for cause in ("start", *FACTORS, "end")})
    rows = [
        (region, cause, value)
        for region, *values in zip(need.region.members, *steps.values(), strict=True)
        for cause, value in zip(steps, values, strict=True)
    ]
    return pd.DataFrame(rows, columns=["region", "cause", measure])


def _subsets() -> list[tuple[str, ...]]:
    return [chosen for size in range(len(FACTORS) + 1) for chosen in combinations(FACTORS, size)]


def _latest_coverage(need: Need) -> pd.Series[float]:
    """Return users per person of the launch, as last counted, by region, service and group."""
    covered = need.tables["coverage"]
    cells = need.tables["cells"]
    wanted = cells[["region", "service", "age_group"]].drop_duplicates()
    counted = covered.merge(wanted, on=["region", "service", "age_group"])
    whole = counted.groupby("year").size()
    year = int(whole[whole == len(wanted)].index.max())
    keys = ["region", "service", "age_group"]
    rows = counted[counted["year"] == year].set_index(keys)
    if year != need.projection.launch - 1:
        return rows["users"] / rows["population"]
    # What was counted the day before the launch is the start itself, whatever coverage is a share of.
    return rows["users"] / cells[cells["year"] == need.projection.launch].groupby(keys)["persons"].sum()


def _filled(one: _State, other: _State) -> _State:
    """Take rate and standard of the other end where nobody lives, or nobody is a user, at this one."""
    rate = np.nan_to_num(np.where(np.isnan(one.rate), other.rate, one.rate))
    standard = np.nan_to_num(np.where(np.isnan(one.standard), other.standard, one.standard))
    return one._replace(rate=rate, standard=standard)


def _state(rows: pd.DataFrame, counted: pd.Series[float] | None) -> _State:
    persons = rows["persons"].to_numpy(float)
    users = rows["users"].to_numpy(float)
    rate = np.where(persons > 0, users / np.where(persons > 0, persons, 1.0), np.nan)
    if counted is not None:
        rate = _as_counted(rows, rate, counted)
    fte = rows["fte"].to_numpy(float)
    standard = np.where(users > 0, fte / np.where(users > 0, users, 1.0), np.nan)
    people = rows[rows["service"] == rows["service"].iloc[0]]["persons"].sum()
    return _State(float(people), persons, rate, standard)


def _as_counted(rows: pd.DataFrame, rate: Floats, counted: pd.Series[float]) -> Floats:
    """Scale the launch's coverage to what was last counted, group by group; the shape within a group stays."""
    keys = ["region", "service", "age_group"]
    sums = rows.groupby(keys)[["users", "persons"]].sum()
    chosen = (sums["users"] / sums["persons"]).where(sums["persons"] > 0, 0.0)
    at = pd.MultiIndex.from_frame(rows[keys])
    now, then = counted.reindex(at).to_numpy(float), chosen.reindex(at).to_numpy(float)
    return np.asarray(np.where(then > 0, rate * now / np.where(then > 0, then, 1.0), now))


def _value(start: _State, end: _State, moved: frozenset[str], cells: pd.DataFrame, measure: str) -> float:
    people = end.people if "people" in moved else start.people
    mixed = end if "age_mix" in moved else start
    share = mixed.persons / mixed.people if mixed.people > 0 else np.zeros_like(mixed.persons)
    rate = _rate(start, end, "coverage" in moved, "service_mix" in moved, cells)
    if measure == "users":
        return float(people * (share * rate).sum())
    standard = end.standard if "standard" in moved else start.standard
    return float(people * (share * rate * standard).sum())


def _rate(start: _State, end: _State, coverage: bool, mix: bool, cells: pd.DataFrame) -> Floats:
    """Return users per person with the level of coverage, the mix of services, both or none moved to the end."""
    if coverage == mix:
        return end.rate if coverage else start.rate
    level = _level(start, end, cells)
    return start.rate * level if coverage else end.rate / level


def _level(start: _State, end: _State, cells: pd.DataFrame) -> Floats:
    """Return how all services' coverage has moved in the ages they share, for each cell."""
    first = cells[cells["year"] == cells["year"].min()]
    group = _shared_ages(list(first["ages"]), list(first["service"]))
    level = np.ones(len(group))
    for one in np.unique(group):
        inside = group == one
        before = (start.persons * start.rate)[inside].sum()
        after = (start.persons * end.rate)[inside].sum()
        level[inside] = after / before if before > 0 and after > 0 else 1.0
    return level


def _shared_ages(groups: list[str], service: list[str]) -> np.ndarray:
    """Number the ages between which every service has an edge: 0–79 and 80+ where one has 0–79 and one 67–79."""
    from demografi import ages

    starts = [{ages.bounds(g)[0] for g, s in zip(groups, service, strict=True) if s == one} for one in set(service)]
    edges = np.array(sorted(set.intersection(*starts)))
    return np.searchsorted(edges, [ages.bounds(g)[0] for g in groups], side="right")
