"""What users, person-years and staff add to indicators: the work beside the people."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from demografi.errors import TableError
from demografi.needs import Need
from demografi.workforce import Gap, Supply

if TYPE_CHECKING:
    from demografi.observed import Observed
    from demografi.projection import Projection

__all__ = ["CARE", "EVERYONE", "NO_WORK", "REPLACED", "WORKED", "Work", "parts_of", "services_of", "worked"]

CARE = ("home_service", "long_stay")
"""Services that do not overlap: users of both are added."""
REPLACED = 10
"""Years of the replacement need."""
EVERYONE = "total"
WORKED = ("exits", "staff", "old staff", "required", "gap")
"""Terms that each occupation has its own of."""

Sums = pd.Series


class Work(NamedTuple):
    """The need, supply and gap of one region, of its members or of the whole; None where not given."""

    need: Need | None = None
    supply: Supply | None = None
    gap: Gap | None = None

    def total(self) -> Work:
        """Return those of the region as a whole."""
        need, supply, gap = self
        return Work(need and need.total(), supply and supply.total(), gap and gap.total())


NO_WORK = Work()


def parts_of(
    given: Projection | Observed | Need | Supply | Gap,
) -> tuple[Projection | Observed, Work]:
    """Return the people of what is given, and the work that rests on them.

    Notes
    -----
    The members' population of a supply is counted only; of a need or a gap it is projected.
    """
    if not isinstance(given, Need | Supply | Gap):
        return given, NO_WORK
    gap = given if isinstance(given, Gap) else None
    need = given if isinstance(given, Need) else gap.need if gap else None
    supply = given if isinstance(given, Supply) else gap.supply if gap else None
    people: Projection | Observed = need.projection if need else supply.rests_on["observed"]  # type: ignore
    work = Work(need, supply, gap)
    return (people.total(), work.total()) if given.region.members != people.region.members else (people, work)


def services_of(term: str) -> tuple[list[str], str]:
    """Read ``"users care 80+"`` as services and age group."""
    _, service, group = term.split()
    return (list(CARE) if service == "care" else [service]), group


def users(need: Need, term: str) -> Sums | None:
    """Return users by region and year, or None where the need lacks the service or the age group."""
    over, group = services_of(term)
    try:
        table = need.users_of(group, over)
    except TableError:
        return None
    return table.set_index(["region", "year"])["users"]


def person_years(need: Need, *, first: bool = False) -> Sums | None:
    """Return person-years of all services by region and year; those of the first year at every year where asked."""
    if not need.has("person_years"):
        return None
    sums = need.person_years.groupby(["region", "year"], sort=False)["fte"].sum(min_count=1)
    return sums.groupby(level="region", sort=False).transform("first") if first else sums


def worked(work: Work) -> dict[str, dict[str, Sums]]:
    """Return by occupation the terms of staff and gap, each by region and year; all together where there are several.

    A place with a hidden occupation has no sum of all, which would give it away.
    """
    tables = [*_of_supply(work.supply), *_of_gap(work.gap)]
    found: dict[str, dict[str, Sums]] = {}
    for term, table in tables:
        keys = ["region", "year"]
        each = {str(name): rows.set_index(keys)["value"].dropna() for name, rows in table.groupby("occupation")}
        if len(each) > 1:
            sums = table.groupby(keys, sort=False)["value"]
            each[EVERYONE] = sums.sum().where(sums.count() == sums.size()).dropna()
        for name, values in each.items():
            found.setdefault(name, {})[term] = values
    return found


def _of_supply(supply: Supply | None) -> list[tuple[str, pd.DataFrame]]:
    if supply is None:
        return []
    bound = supply.quick_bound().assign(year=supply.launch)
    tables = [("staff", bound.assign(value=bound["stock"])), ("old staff", bound.assign(value=bound["old"]))]
    if supply.to >= supply.launch + REPLACED:
        left = supply.replacement(supply.launch + REPLACED)
        tables.append(("exits", left.assign(year=supply.launch, value=left["exits"])))
    return tables


def _of_gap(gap: Gap | None) -> list[tuple[str, pd.DataFrame]]:
    if gap is None:
        return []
    table = gap.to_frame()
    return [("required", table.assign(value=table["need"])), ("gap", table.assign(value=table["gap"]))]
