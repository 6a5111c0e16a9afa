"""Which occupations do the work: shares of person-years by occupation, and need by occupation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from demografi import ages
from demografi.errors import ScenarioError, SourceError, TableError
from demografi.needs import services

if TYPE_CHECKING:
    from collections.abc import Mapping

    from demografi.needs import Need
    from demografi.observed import Observed
    from demografi.rates.pooling import Floats
    from demografi.workforce.supplies import Supply

__all__ = ["growth", "growth_parts", "mix_path", "served", "shortage_of", "skill_mix"]

ALL = "total"
MAIN_SERVICES = ("home_service", "long_stay")


def skill_mix(observed: Observed) -> pd.DataFrame:
    """Return today's shares of person-years by occupation (table 14533).

    Parameters
    ----------
    observed
        Figures with person-years by occupation of at least one place.

    Returns
    -------
    pandas.DataFrame
        ``region occupation share basis``; a place whose own are not whole gets those of the others together, and
        ``basis`` says ``"pooled"``.

    Raises
    ------
    SourceError
        No place has them.

    Examples
    --------
    >>> import demografi as dg
    >>> mix = skill_mix(dg.example("Skaun"))
    >>> round(float(mix.set_index("occupation").loc["nurse", "share"]), 3)
    0.128
    """
    table = observed.person_years
    rows = table[(table["concept"] == "occupation") & table["fte"].notna()]
    if rows.empty or ALL not in set(rows["occupation"]):
        raise SourceError(
            f"There are no person-years by occupation for {observed.region.name}.",
            where="Table 14533 is at hand for Skaun, Heim, Hitra and Orkland, in part for Rindal.",
            hint="dg.gap(need, supply) without a skill mix",
        )
    wide = rows[rows["year"] == rows["year"].max()].pivot_table(index="region", columns="occupation", values="fte")
    whole = wide[(wide.drop(columns=ALL).sum(axis=1) - wide[ALL]).abs() <= 0.02 * wide[ALL] + 1].fillna(0.0)
    pooled = whole.drop(columns=ALL).sum() / whole[ALL].sum()
    parts = []
    for code in observed.region.members:
        own = code in whole.index
        share = whole.loc[code].drop(ALL) / whole.loc[code, ALL] if own else pooled
        part = share.rename("share").rename_axis("occupation").reset_index()
        parts.append(part.assign(region=code, basis="own" if own else "pooled"))
    mix: pd.DataFrame = pd.concat(parts, ignore_index=True)
    return mix.reindex(columns=["region", "occupation", "share", "basis"])


def mix_path(wanted: Mapping[str, float] | None, supply: Supply, observed: Observed) -> Floats:
    """Return each occupation's share of the work over today's share: (year, occupation), from 1, in equal steps.

    Raises
    ------
    TableError
        An occupation is not in the skill mix, or the shares cannot be right.
    """
    names = supply.occupations
    elapsed = supply.to - supply.launch
    if wanted is None:
        return np.ones((elapsed + 1, len(names)))
    lacking = [name for name in names if name not in wanted]
    if lacking:
        raise TableError(
            f"The occupation {lacking[0]!r} is not in the skill mix.",
            where=f"The mix has: {', '.join(wanted)}.",
            hint=f"skill_mix={{…, {lacking[0]!r}: 0.2}}",
        )
    if any(not 0 <= share <= 1 for share in wanted.values()) or sum(wanted.values()) > 1 + 1e-9:
        raise TableError(
            "The shares of the skill mix cannot be right.",
            where=f"They sum to {sum(wanted.values()):g}.",
            hint="Shares of all person-years, each 0–1, together 1 or less.",
        )
    today = _shares_today(supply, observed)
    none = [name for name in names if not today[name] > 0]
    if none:
        raise TableError(f"Nobody works as {none[0]} today, so the share cannot grow from it.", hint="Leave it out.")
    ratio = np.array([wanted[name] / today[name] for name in names])
    return np.asarray(1 + np.linspace(0, 1, elapsed + 1)[:, None] * (ratio - 1))


def _shares_today(supply: Supply, observed: Observed) -> dict[str, float]:
    stock = supply.stock.groupby("occupation")["fte"].sum()
    if supply.facts["own"]:
        return {name: float(stock[name] / stock.sum()) for name in supply.occupations}
    table = observed.person_years
    if "education" in supply.facts["concept"]:
        raise ScenarioError(
            "A skill mix is by occupation, and this supply is by education.",
            where="Both sides of a gap use one concept.",
            hint="dg.supply(observed, to=2040, occupations=['nurse', 'specialist_nurse'])",
        )
    rows = table[(table["concept"] == "occupation") & (table["year"] == supply.launch - 1)]
    wide = rows.pivot_table(index="region", columns="occupation", values="fte").dropna(subset=[ALL])
    return {name: float(wide[name].sum() / wide[ALL].sum()) for name in supply.occupations}


def shortage_of(given: Mapping[str, float] | pd.DataFrame | None, supply: Supply) -> Floats:
    """Return the person-years lacking today (region, occupation); of the region as a whole they are shared by stock.

    Raises
    ------
    TableError
        An occupation or place is not in the supply, or a count is missing.
    """
    regions, names = list(supply.region.members), list(supply.occupations)
    out = np.zeros((len(regions), len(names)))
    if given is None:
        return out
    stock = supply.stock.groupby(["region", "occupation"])["fte"].sum()
    if isinstance(given, pd.DataFrame):
        rows = list(given[["region", "occupation", "shortage"]].itertuples(index=False, name=None))
    else:
        whole = stock.groupby(level=1).sum()
        rows = [(r, o, n * stock[r, o] / whole[o] if o in names else n) for o, n in given.items() for r in regions]
    for region, occupation, number in rows:
        if occupation not in names or region not in regions or not np.isfinite(number):
            raise TableError(
                f"The shortage of {number:g} {occupation} in {region} cannot be entered.",
                where=f"The supply has {', '.join(names)} in {', '.join(regions[:5])}.",
                hint=f"shortage={{{names[0]!r}: 12}}",
            )
        out[regions.index(region), names.index(occupation)] += number
    return out


def growth(need: Need) -> Floats:
    """Return the need over that of the first year: (year, region); person-years, or users where there are none."""
    if need.has("person_years"):
        table = need.person_years.groupby(["year", "region"])["fte"].sum()
    else:
        users = need.to_frame()
        table = users[users["service"].isin(served(need))].groupby(["year", "region"])["users"].sum()
    wide = table.unstack()[list(need.region.members)].to_numpy()
    return np.asarray(wide / wide[0])


def growth_parts(need: Need, elapsed: int) -> dict[str, Floats]:
    """Split the growth of the need into ``ageing``, ``coverage`` and ``standard``, which sum exactly to it.

    ``ageing`` is what the population of each age group does. Where two causes meet, each has half, so the order does
    not matter; (region,) each, as share of the first year's need.
    """
    launch = need.projection.launch
    if not elapsed:
        return dict.fromkeys(("ageing", "coverage", "standard"), np.zeros(len(need.region.members)))
    users = need.to_frame()
    users = users[users["service"].isin(served(need))]
    users = users[users["year"].isin([launch, launch + elapsed])]
    groups = sorted(users["age_group"].unique())
    stock = ages.collapse(need.projection.to_frame().drop(columns=["sex"]), groups)
    both = users.merge(stock.drop_duplicates(["region", "year", "age_group"]), on=["region", "year", "age_group"])
    wide = both.pivot_table(index=["region", "service", "age_group"], columns="year", values=["users", "persons"])
    u, n = (wide[name].to_numpy() for name in ("users", "persons"))
    rate = np.divide(u, n, out=np.zeros_like(u), where=n > 0)
    parts = pd.DataFrame(
        {"ageing": (n[:, 1] - n[:, 0]) * rate.mean(axis=1), "coverage": (rate[:, 1] - rate[:, 0]) * n.mean(axis=1)},
        index=wide.index,
    )
    parts = parts.groupby(level=0).sum().reindex(list(need.region.members))
    by_year = both.groupby(["region", "year"])["users"].sum().unstack().reindex(list(need.region.members))
    first, last = (by_year[year].to_numpy() for year in (launch, launch + elapsed))
    level = growth(need)[elapsed] * first / last
    out = {name: parts[name].to_numpy() / first * (1 + level) / 2 for name in ("ageing", "coverage")}
    return {**out, "standard": (level - 1) * (first + last) / (2 * first)}


def served(need: Need) -> list[str]:
    """Return the services whose users stand for the work: home service and long stay, or what there is of outermost."""
    names = list(need.to_frame()["service"].unique())
    if set(MAIN_SERVICES) <= set(names):
        return list(MAIN_SERVICES)
    known: Any = services().set_index("service")["parent"].fillna("")
    return [name for name in names if known.get(name, "") not in names]
