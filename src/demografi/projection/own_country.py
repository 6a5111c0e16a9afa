"""A country put together from its own tables: events where they are given, cohorts where not, schedules when asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from demografi.errors import ScenarioError, TableError
from demografi.projection.arrays import SEXES, as_array
from demografi.rates import Country, Settings
from demografi.rates.cohort_losses import losses_by_age, nation_rates
from demografi.rates.fertility import standard_schedule
from demografi.tables import Caution

if TYPE_CHECKING:
    from demografi.observed import Observed
    from demografi.rates.pooling import Floats

__all__ = ["own_country"]

FEWEST_LOSSES = 50.0
"""Cohort losses at 60 and over below which stocks are not taken for a record of deaths [persons of each sex]."""


def own_country(
    observed: Observed, mortality: pd.DataFrame | None, fertility: pd.DataFrame | None, settings: Settings
) -> tuple[Country, tuple[Caution, ...]]:
    """Return what a country's own tables say of the nation, and what its reader must know.

    Raises
    ------
    ScenarioError
        Neither events, nor a schedule, nor losses enough to read mortality from.
    TableError
        Events have holes, or a schedule does not fit the ages.
    """
    first, nation = _nation(observed)
    cautions: tuple[Caution, ...] = ()
    last = observed.last_year
    if mortality is not None:
        rates, declines = _mortality_schedule(mortality, nation.shape[-1])
    elif observed.has("deaths"):
        start, deaths = _events(observed, "deaths", first)
        last = start + len(deaths) - 1
        known = nation[start - first : last + 2 - first]
        rates, declines = nation_rates(known, deaths, settings.losses, settings.mortality)
    else:
        last -= 1
        _refuse_too_few(observed, nation, settings)
        rates, declines = nation_rates(nation, None, settings.losses, settings.mortality)
        cautions += (Caution.of("caution_deaths_from_stocks", age=f"{settings.losses.from_age}"),)
    if fertility is not None:
        asfr = _schedule(fertility, nation.shape[-1])[None]
    elif observed.has("births"):
        start, births = _events(observed, "births", first)
        known = nation[start - first : start - first + len(births) + 1, 0]
        women = (known[:-1] + known[1:]) / 2
        asfr = np.divide(births.sum(axis=1), women, out=np.zeros_like(women), where=women > 0)
    elif mortality is not None:
        raise _no_rates(observed, "births", "fertility")
    else:
        asfr = standard_schedule(nation.shape[-1], settings.fertility)[None]
        cautions += (Caution.of("caution_mothers_by_standard", mean=settings.fertility.standard_mean),)
    none = np.zeros((0, *nation.shape[1:]))
    return Country(observed.last_year, nation, none, none, last, asfr, rates, declines), cautions


def _nation(observed: Observed) -> tuple[int, Floats]:
    """Return the first year and the sums (T, S, A) over all places, back to the last year with a hole."""
    table = observed.population
    table = table[table["region"].isin(observed.region.members)]
    years = np.sort(table.loc[table["year"] >= observed.first_whole_year, "year"].unique())
    broken = np.flatnonzero(np.diff(years) != 1)
    years = years[broken[-1] + 1 :] if len(broken) else years
    sums = table[table["year"] >= years[0]].groupby(["year", "sex", "age"])["persons"].sum().unstack("age")
    order = pd.MultiIndex.from_product([years, SEXES])
    return int(years[0]), sums.reindex(order).to_numpy().reshape(len(years), len(SEXES), -1)


def _refuse_too_few(observed: Observed, nation: Floats, settings: Settings) -> None:
    lost = losses_by_age(nation)[..., settings.losses.from_age :].sum(axis=(0, 2))
    if lost.min() < FEWEST_LOSSES:
        raise _no_rates(observed, "deaths", "mortality", f"Its cohorts lost {max(lost.min(), 0):.0f} persons at 60+.")


def _no_rates(observed: Observed, events: str, schedule: str, seen: str = "") -> ScenarioError:
    return ScenarioError(
        f"There are no {events} and no {schedule} schedule for {observed.region.name}.",
        where=[*([seen] if seen else []), "The parameters that ship are Norway's."],
        hint=f"dg.Observed.from_tables(…, {events}=table), or schedules={{'{schedule}': table}} in dg.project",
    )


def _events(observed: Observed, measure: str, first: int) -> tuple[int, Floats]:
    """Return the first year and events (T, S, A) of all places, in the latest years in a row that have them."""
    members, table = observed.region.members, observed.table(measure)
    rows = table[table["year"].between(first, observed.last_year - 1) & table["region"].isin(members)]
    if rows[measure].isna().any():
        raise TableError(f"The {measure} lack cells.", hint="Leave the table out, or supply the figures.")
    years = np.sort(rows["year"].unique())
    wanted = f"Wanted: {first}–{observed.last_year - 1}, or the latest of these years in a row."
    if not len(years) or (np.diff(years) != 1).any():
        raise _not_covered(measure, wanted)
    ages = set(observed.population["age"])
    if set(rows["age"]) != ages:
        raise TableError(
            f"The {measure} do not have the ages of the population.",
            where=[f"Wanted: 0–{max(ages)}, the last open.", f"Seen: {rows['age'].min()}–{rows['age'].max()}."],
            hint="A cell where nothing happened holds 0; sum what lies past the open age into it.",
        )
    events = as_array(rows, measure, years, members)
    if np.isnan(events).any():
        raise _not_covered(measure, wanted)
    return int(years[0]), events.sum(axis=1)


def _not_covered(measure: str, wanted: str) -> TableError:
    return TableError(
        f"The {measure} do not cover every year, region, sex and age of the population.",
        where=wanted,
        hint="A cell where nothing happened holds 0.",
    )


def _mortality_schedule(mortality: pd.DataFrame, n_ages: int) -> tuple[Floats, Floats]:
    """Return a schedule's death rates at the launch and their decline, (S, B)."""
    table = mortality.assign(decline=mortality.get("decline", 0.0)).sort_values("age")
    by_sex = [table[table["sex"] == sex] for sex in SEXES]
    if any(part.empty for part in by_sex) or len(by_sex[0]) != len(by_sex[1]):
        raise TableError(
            "The mortality schedule does not hold the same ages for both sexes.",
            hint="Columns wanted: sex, age, mx and, if known, decline.",
        )
    if len(by_sex[0]) < n_ages:
        raise TableError(
            "The mortality schedule ends before the population's open age.",
            where=f"It has {len(by_sex[0])} ages; wanted at least {n_ages}.",
            hint="Repeat the last rate to the open age.",
        )
    mx, decline = (np.stack([part[name].to_numpy(float) for part in by_sex]) for name in ("mx", "decline"))
    # Rows are read by their order, so an age left out would move all older ones.
    if any((part["age"].to_numpy() != np.arange(len(part))).any() for part in by_sex):
        raise TableError("The mortality schedule lacks an age or has one twice.", hint="Give every age from 0, once.")
    if not (np.isfinite(mx) & np.isfinite(decline)).all():
        raise TableError("The mortality schedule lacks a rate.", hint="Give a rate at every age of both sexes.")
    if (mx < 0).any():
        raise ScenarioError("A death rate is negative.", hint="Rates are per person-year, 0 or more.")
    return mx, decline


def _schedule(fertility: pd.DataFrame, n_ages: int) -> Floats:
    found, at = np.zeros(n_ages), fertility["age"].to_numpy()
    if len(set(at)) < len(at) or not set(at) <= set(range(n_ages)):
        raise TableError(
            "The fertility schedule has an age twice, or one that the population lacks.",
            where=f"Wanted: whole ages within 0–{n_ages - 1}.",
            hint="Leave out ages without births.",
        )
    found[at.astype(int)] = fertility["births_per_woman"].to_numpy(float)
    if not np.isfinite(found).all():
        raise TableError("The fertility schedule lacks a rate.", hint="An age without births holds 0.")
    if (found < 0).any():
        raise ScenarioError("A birth rate is negative.", hint="Give births per woman and year, 0 or more.")
    return found
