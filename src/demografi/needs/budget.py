"""Other things a budget counts from the same figures: places, persons with dementia, kroner."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from demografi import ages
from demografi.errors import ScenarioError, TableError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from demografi.needs.noun import Need
    from demografi.projection import Projection

__all__ = ["demographic_cost", "persons_with_dementia", "round_the_clock_places"]


def round_the_clock_places(need: Need, occupancy: float, over: Sequence[str] = ("long_stay",)) -> pd.DataFrame:
    """Return how many round-the-clock places the residents take: residents ÷ occupancy.

    Parameters
    ----------
    need
        With the services asked for.
    occupancy
        Share of the places that are taken, your own figure (KOSTRA 12293 has it) [0–1].
    over
        Services whose users live there; long stay by default, and staffed housing where the need has it.

    Returns
    -------
    pandas.DataFrame
        ``region year places`` [places].

    Raises
    ------
    ScenarioError
        The occupancy is not above 0 and at most 1.

    Examples
    --------
    >>> import demografi as dg
    >>> need = dg.need(dg.project(dg.example("Engerdal"), to=2030))
    >>> round(float(round_the_clock_places(need, 0.96)["places"].iloc[0]), 9)
    12.5
    """
    if isinstance(occupancy, bool) or not isinstance(occupancy, int | float) or not 0 < occupancy <= 1:
        raise ScenarioError(
            f"The occupancy {occupancy!r} is not a share above 0 and at most 1.",
            where="It is residents over places.",
            hint="needs.round_the_clock_places(need, occupancy=0.95)",
        )
    residents = need.users_of("total", over)
    return residents.assign(places=residents["users"] / occupancy)[["region", "year", "places"]]


def persons_with_dementia(projection: Projection, prevalence: pd.DataFrame, source: str) -> pd.DataFrame:
    """Return persons with dementia: prevalence by age and sex times the projected population.

    Parameters
    ----------
    projection
        The population.
    prevalence
        ``age_group prevalence`` [0–1], and ``sex`` where it is given apart. No table of it ships: give a published
        one.
    source
        Who published it and in which year, which every use of the figure must name.

    Returns
    -------
    pandas.DataFrame
        ``region year persons source``; constant prevalence, no treatment, no trend.

    Raises
    ------
    TableError
        A column is lacking, the groups overlap, or a prevalence is not between 0 and 1.
    ScenarioError
        The source names no year.

    Examples
    --------
    >>> import demografi as dg
    >>> made_up = pd.DataFrame({"age_group": ["80+"], "prevalence": [0.5]})
    >>> found = persons_with_dementia(dg.project(dg.example("Engerdal"), to=2030), made_up, "an example, 2026")
    >>> float(found["persons"].iloc[0])
    60.5
    """
    from demografi.needs.counts import refuse_overlapping_groups

    lacking = {"age_group", "prevalence"} - set(prevalence.columns)
    if lacking or not prevalence["prevalence"].between(0, 1).all():
        raise TableError(
            f"The table of prevalence lacks the column {sorted(lacking)[0]!r}."
            if lacking
            else "A prevalence is not between 0 and 1.",
            where="Wanted: age_group prevalence, and sex where it is given apart.",
            hint="pd.DataFrame({'age_group': ['80-89', '90+'], 'prevalence': […, …]})",
        )
    if not any(character.isdigit() for character in source):
        raise ScenarioError(
            f"The source {source!r} names no year.",
            where="Prevalence changes with who measured it and when.",
            hint="source='publisher, year'",
        )
    refuse_overlapping_groups([str(group) for group in prevalence["age_group"].unique()])
    by_sex = "sex" in prevalence.columns
    people = projection.to_frame() if by_sex else projection.to_frame().drop(columns=["sex"])
    stock = ages.collapse(people, prevalence["age_group"].unique())
    joined = stock.merge(prevalence, on=["age_group", "sex"] if by_sex else ["age_group"])
    found = joined.assign(persons=joined["persons"] * joined["prevalence"])
    return found.groupby(["region", "year"], sort=False, as_index=False)[["persons"]].sum().assign(source=source)


def demographic_cost(projection: Projection, unit_costs: Mapping[str, float], price_year: int) -> pd.DataFrame:
    """Return what the change in population costs at unchanged coverage, resource use and productivity.

    Parameters
    ----------
    projection
        The population.
    unit_costs
        Gross expenditure per inhabitant of each age group, all services together; no figures ship [kroner].
    price_year
        Year whose prices the costs are in, and so the result.

    Returns
    -------
    pandas.DataFrame
        ``region year kroner price_year``: the change during the calendar year [kroner a year].

    Raises
    ------
    TableError
        Age groups overlap.
    ScenarioError
        The price year is no year, or a cost is below nought.

    Notes
    -----
    ΔC = Σ_g c_g · (pop_g,t+1 − pop_g,t): the *demografikostnad* of TBU (note to the consultation meeting, 6 March
    2006), which calls them rough estimates.

    Examples
    --------
    >>> import demografi as dg
    >>> projection = dg.project(dg.example("Engerdal"), to=2030)
    >>> cost = demographic_cost(projection, {"80+": 100_000.0}, price_year=2025)
    >>> grown = projection.persons("80+", 2030) - projection.persons("80+", 2026)
    >>> bool(abs(cost["kroner"].sum() - 100_000 * grown) < 1e-3)
    True
    """
    from demografi.needs.counts import refuse_overlapping_groups

    if isinstance(price_year, bool) or not isinstance(price_year, int) or not 1900 < price_year < 2200:
        raise ScenarioError(
            f"The price year {price_year!r} is no year.",
            where="Kroner mean nothing without it.",
            hint="needs.demographic_cost(projection, unit_costs, price_year=2025)",
        )
    below = [group for group, cost in unit_costs.items() if cost < 0]
    if below or not unit_costs:
        raise ScenarioError(
            f"The unit cost of {below[0]!r} is below nought." if below else "There is no unit cost.",
            hint="unit_costs={'0-5': …, '6-15': …, '80+': …}   # kroner per inhabitant",
        )
    refuse_overlapping_groups(list(unit_costs))
    stock = ages.collapse(projection.to_frame().drop(columns=["sex"]), unit_costs)
    cost = stock["persons"] * stock["age_group"].map(dict(unit_costs)).astype(float)
    whole = stock.assign(kroner=cost).groupby(["region", "year"], sort=False)["kroner"].sum()
    change = whole.groupby("region", sort=False).diff().dropna().reset_index()
    return change.assign(year=change["year"] - 1, price_year=price_year)[["region", "year", "kroner", "price_year"]]
