"""Person-years per user: what is at hand, together or by service, per user or per age-weighted user."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from demografi.errors import ScenarioError
from demografi.needs.counts import outermost, regional_standard
from demografi.sources import shipped
from demografi.tables import Caution, Source

if TYPE_CHECKING:
    from demografi.observed import Observed

__all__ = ["CARE", "TOGETHER", "age_weighted", "standard_of"]

TOGETHER = "care"
"""Name of person-years that are not told apart by service."""
CARE = ("home_service", "long_stay")
OWN = "own"
Given = Mapping[str, float | Mapping[str, float]]


def age_weighted(fte: float, users: Mapping[str, float], weights: Mapping[str, float]) -> dict[str, float]:
    """Return person-years per user of each age group, so that the weighted users take all person-years.

    Parameters
    ----------
    fte
        Person-years of all [person-years].
    users
        Users by age group [persons].
    weights
        What a user of the group takes, beside a user of another [ratio].

    Notes
    -----
    k = fte / Σ ω·users, and a user of group g takes k·ω (domain: person-years per age-weighted user).

    Examples
    --------
    >>> age_weighted(100, {"0-79": 100, "80+": 50}, {"0-79": 1, "80+": 2})
    {'0-79': 0.5, '80+': 1.0}
    """
    lacking = sorted(set(users) - set(weights))
    if lacking or sum(weights[g] * users[g] for g in users) <= 0:
        raise ScenarioError(
            f"The age group {lacking[0]!r} has no weight." if lacking else "The weighted users are none.",
            where=f"Weights: {dict(weights)}.",
            hint=f"weights={dict.fromkeys(users, 1.0)}",
        )
    per_weight = fte / sum(weights[group] * users[group] for group in users)
    return {group: per_weight * weights[group] for group in users}


def standard_of(
    observed: Observed, base: pd.DataFrame, given: Given | str | None
) -> tuple[pd.DataFrame | None, str, tuple[Source, ...], tuple[Caution, ...]]:
    """Find person-years per user for each service and age group.

    Parameters
    ----------
    base
        ``region service age_group users`` of the year coverage is held constant at.
    given
        ``None``: the project description's where the region lies in Lakseregionen, otherwise the figures' own;
        ``"own"``: the figures' own person-years over their users; or person-years per user by service (``"care"``
        for all together), or by service and age group [person-years per user].

    Returns
    -------
    tuple
        ``region service age_group label standard`` or None; why there is none; sources; cautions.
    """
    cells = base[["region", "service", "age_group", "users"]].drop_duplicates().reset_index(drop=True)
    if isinstance(given, Mapping):
        return _given(cells, given), "", (), (Caution.of("caution_standard_given"),)
    if given is not None and given != OWN:
        raise ScenarioError(
            f"There is no standard {given!r}.",
            where="It is 'own', or person-years per user by service.",
            hint="dg.need(projection, standard={'care': 0.5})",
        )
    ten, regional = regional_standard()
    members = set(observed.region.members)
    if given is None and members <= set(ten) and set(CARE) <= set(cells["service"]):
        care = cells[cells["service"].isin(CARE)]
        return care.assign(label=TOGETHER, standard=regional), "", *_regional_notes(members, set(ten))
    own = _own(observed, cells, int(base["year"].iloc[0]))
    if own is not None:
        return own, "", (), ()
    outside = next((code for code in observed.region.members if code not in ten), observed.region.members[0])
    why = f"No standard (person-years per user) is at hand for {observed.region.name_of(outside)}."
    if given == OWN:
        raise ScenarioError(
            why,
            where="Wanted: person-years of occupation 'total' by service, or of 'care', in the year of coverage.",
            hint="dg.need(projection, standard={'care': 0.5})",
        )
    return None, why, (), ()


def _regional_notes(members: set[str], ten: set[str]) -> tuple[tuple[Source, ...], tuple[Caution, ...]]:
    quoted = shipped.read("project_description").set_index(["figure", "year"])["value"]
    cautions = [Caution.of("caution_standard_2019", standard=float(quoted["person_years", 2019]))]
    if members != ten or len(members) > 1:
        cautions.append(Caution.of("caution_standard_shared"))
    return (shipped.source("project_description"),), tuple(cautions)


def _given(cells: pd.DataFrame, given: Given) -> pd.DataFrame:
    known = set(cells["service"])
    odd = sorted(set(given) - known - {TOGETHER})
    if odd or (TOGETHER in given and len(given) > 1):
        raise ScenarioError(
            f"There is no service {odd[0]!r} in this need." if odd else "'care' is all services together, and not one.",
            where=f"Services: {', '.join(sorted(known))}; or 'care' for all of them together.",
            hint="dg.need(projection, standard={'care': 0.5})",
        )
    parents = dict.fromkeys(known, "")
    asked = outermost(sorted(known), parents) if TOGETHER in given else list(given)
    rows = cells[cells["service"].isin(asked)]
    label = pd.Series(TOGETHER, rows.index) if TOGETHER in given else rows["service"]
    values = [_per_user(given, str(s), str(g)) for s, g in zip(label, rows["age_group"], strict=True)]
    return rows.assign(label=label, standard=values)


def _per_user(given: Given, service: str, group: str) -> float:
    found = given[service]
    if not isinstance(found, Mapping):
        return float(found)
    if group not in found:
        raise ScenarioError(
            f"The standard of {service!r} lacks the age group {group!r}.",
            where=f"It has: {', '.join(found)}.",
            hint=f"standard={{{service!r}: {{…, {group!r}: …}}}}",
        )
    return float(found[group])


def _own(observed: Observed, cells: pd.DataFrame, year: int) -> pd.DataFrame | None:
    """Return the figures' own person-years over their users, by service where they have them so."""
    if not observed.has("person_years"):
        return None
    counted = observed.person_years
    counted = counted[(counted["occupation"] == "total") & (counted["year"] == year) & counted["fte"].notna()]
    apart = [s for s in cells["service"].unique() if s in set(counted["service"])]
    asked = apart or (outermost([str(s) for s in cells["service"].unique()], {}) if len(counted) else [])
    rows = cells[cells["service"].isin(asked)]
    label = rows["service"] if apart else pd.Series(TOGETHER, rows.index)
    rows = rows.assign(label=label)
    fte = counted.groupby(["region", "service"])["fte"].sum()
    users = rows.groupby(["region", "label"])["users"].sum()
    rate = (fte.rename_axis(["region", "label"]) / users).rename("standard")
    rows = rows.join(rate, on=["region", "label"])
    return None if rows.empty or rows["standard"].isna().any() else rows
