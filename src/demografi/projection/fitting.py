"""Where the rates come from: fitted on the whole country and stored, or on a country's own tables."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from demografi.errors import ScenarioError, TableError
from demografi.projection.arrays import SEXES, Fitted, as_array, stocks
from demografi.rates import Country, Parameters, Settings, fit_national
from demografi.regions import NATION
from demografi.sources import shipped

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from demografi.observed import Observed
    from demografi.projection.histories import History
    from demografi.rates.pooling import Floats

__all__ = ["NEUTRAL", "fit", "from_table", "neutral_county", "to_table"]

STORED = "projection_parameters"
NEUTRAL = NATION
"""The code of the county that is like the nation: for the nation itself."""


def fit(
    observed: Observed, histories: Sequence[History], horizon: int, schedules: Mapping[str, pd.DataFrame]
) -> Fitted:
    """Return the parameters for a projection: stored ones for Norway, fitted ones for other tables.

    Raises
    ------
    ScenarioError
        No parameters are stored for the launch or so far ahead, or the tables hold neither rates nor events.
    TableError
        A country's own places have histories of different length, so that its national sums have holes.
    """
    unknown = sorted(set(schedules) - {"mortality", "fertility"})
    if unknown:
        raise ScenarioError(
            f"No schedule is called {unknown[0]!r}.",
            where="There are 'mortality' and 'fertility'.",
            hint="dg.project(observed, to=…, schedules={'mortality': table})",
        )
    if observed.region_scheme.startswith("ssb-") and not schedules:
        return _stored(observed, horizon)
    past = histories[0].stocks if len(histories) == 1 else stocks(observed, observed.region.members)
    country = _own_country(observed, past, schedules.get("mortality"), schedules.get("fertility"))
    counties = np.zeros(past.shape[1], dtype=np.int64)
    settings = Settings()
    settings = replace(settings, control=replace(settings.control, official_share=0.0))
    return Fitted(fit_national(country, past, counties, horizon, settings), settings, counties, ())


def _stored(observed: Observed, horizon: int) -> Fitted:
    launch, codes, parameters = _read_stored()
    if observed.last_year != launch:
        raise ScenarioError(
            f"No parameters are stored for a launch in {observed.last_year}.",
            where=f"Those that ship are fitted at {launch}.",
            hint="Give your own: dg.project(observed, to=…, schedules={'mortality': table, 'fertility': table})",
        )
    furthest = len(parameters.survival)
    if horizon > furthest:
        raise ScenarioError(
            f"The projection cannot go to {launch + horizon}.",
            where=f"The national control totals end in {launch + furthest}.",
            hint=f"dg.project(observed, to={launch + furthest})",
        )
    ahead = {name: getattr(parameters, name)[:horizon] for name in BY_YEAR_AHEAD}
    numbers = np.array([codes.index(_county_of(observed, code)) for code in observed.region.members], dtype=np.int64)
    return Fitted(replace(parameters, **ahead), Settings(), numbers, (shipped.source(STORED),))


BY_YEAR_AHEAD = ("survival", "infant", "births", "county_level", "rake")


def _county_of(observed: Observed, code: str) -> str:
    return NEUTRAL if code == NATION else code[:2]


@cache
def _read_stored() -> tuple[int, list[str], Parameters]:
    return from_table(shipped.read(STORED))


def to_table(parameters: Parameters, launch: int, counties: list[str]) -> pd.DataFrame:
    """Write parameters as rows ``name position values``: one row a vector over the last axis.

    Seven significant digits, so that a stored place differs from the whole-country run by about 1e-6.
    """
    rows = [("launch", "", str(launch)), ("counties", "", " ".join(counties))]
    for item in fields(parameters):
        array: Floats = getattr(parameters, item.name)
        for position in np.ndindex(array.shape[:-1]):
            values = " ".join(f"{value:.7g}" for value in array[position])
            rows.append((item.name, " ".join(map(str, position)), values))
    return pd.DataFrame(rows, columns=["name", "position", "values"])


def from_table(table: pd.DataFrame) -> tuple[int, list[str], Parameters]:
    """Read launch, county codes and parameters from what :func:`to_table` wrote."""
    head = table.set_index("name")["values"]
    arrays = {}
    for item in fields(Parameters):
        rows = table[table["name"] == item.name]
        vectors = np.stack([np.array(text.split(), dtype=float) for text in rows["values"]])
        last = rows["position"].iloc[-1]
        shape = [int(n) + 1 for n in last.split()]
        arrays[item.name] = vectors.reshape(*shape, -1) if shape else vectors[0]
    return int(head["launch"]), str(head["counties"]).split(), Parameters(**arrays)


def neutral_county(parameters: Parameters) -> Parameters:
    """Add a county that is like the nation, after the others."""
    one, zero = np.ones(1), np.zeros((1, 1))
    return replace(
        parameters,
        loss_county=np.append(parameters.loss_county, one),
        birth_county=np.append(parameters.birth_county, one),
        county_rate=np.hstack([parameters.county_rate, np.repeat(zero, len(parameters.county_rate), axis=0)]),
        county_level=np.hstack([parameters.county_level, np.repeat(zero, len(parameters.county_level), axis=0)]),
    )


def _own_country(
    observed: Observed, past: Floats, mortality: pd.DataFrame | None, fertility: pd.DataFrame | None
) -> Country:
    """Put a country together from its own tables: events where they are given, schedules where not."""
    members = observed.region.members
    years = np.arange(observed.last_year - len(past) + 1, observed.last_year + 1)
    nation = past.sum(axis=1)
    death_rates = declines = None
    deaths = exposure = np.zeros((0, 2, nation.shape[-1]))
    if mortality is not None:
        death_rates, declines = _mortality_schedule(mortality, nation.shape[-1])
    elif observed.has("deaths"):
        exposure = np.maximum((nation[:-1] + nation[1:]) / 2, 1e-6)
        deaths = _events(observed.deaths, "deaths", years[:-1], members, nation.shape[-1])
    else:
        raise _no_rates(observed, "deaths", "mortality")
    if fertility is not None:
        asfr = _schedule(fertility, nation.shape[-1])[None]
    elif observed.has("births"):
        births = _events(observed.births, "births", years[:-1], members, nation.shape[-1]).sum(axis=1)
        women = (nation[:-1, 0] + nation[1:, 0]) / 2
        asfr = np.divide(births, women, out=np.zeros_like(women), where=women > 0)
    else:
        raise _no_rates(observed, "births", "fertility")
    last = observed.last_year - (death_rates is None)
    return Country(observed.last_year, nation, deaths, exposure, last, asfr, death_rates, declines)


def _no_rates(observed: Observed, events: str, schedule: str) -> ScenarioError:
    return ScenarioError(
        f"There are no {events} and no {schedule} schedule for {observed.region.name}.",
        where="The parameters that ship are Norway's.",
        hint=f"dg.Observed.from_tables(…, {events}=table), or schedules={{'{schedule}': table}} in dg.project",
    )


def _events(table: pd.DataFrame, measure: str, years: np.ndarray, members: tuple[str, ...], n_ages: int) -> Floats:
    rows = table[table["year"].isin(years) & table["region"].isin(members)]
    if rows[measure].isna().any():
        raise TableError(f"The {measure} lack cells.", hint="Leave the table out, or supply the figures.")
    if set(rows["age"]) != set(range(n_ages)):
        raise TableError(
            f"The {measure} do not have the ages of the population.",
            where=[f"Wanted: 0–{n_ages - 1}, the last open.", f"Seen: {rows['age'].min()}–{rows['age'].max()}."],
            hint="A cell where nothing happened holds 0; sum what lies past the open age into it.",
        )
    events = as_array(rows, measure, years, members)
    if np.isnan(events).any():
        raise TableError(
            f"The {measure} do not cover every year, region, sex and age of the population.",
            where=f"Wanted: {years[0]}–{years[-1]}.",
            hint="A cell where nothing happened holds 0.",
        )
    return _by_completed_age(events.sum(axis=1))


def _by_completed_age(events: Floats) -> Floats:
    """Turn events by the age reached at the end of the year into events by completed age.

    Half of a year's events happen before the birthday, so half of those who reach a+1 were still a; infants of the
    year are all 0. The sum is kept.
    """
    half = events / 2
    by_age = half.copy()
    by_age[..., :-1] += half[..., 1:]
    by_age[..., 0] += half[..., 0]
    return np.asarray(by_age)


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
    if (mx < 0).any():
        raise ScenarioError("A death rate is negative.", hint="Rates are per person-year, 0 or more.")
    return mx, decline


def _schedule(fertility: pd.DataFrame, n_ages: int) -> Floats:
    found = np.zeros(n_ages)
    found[fertility["age"].to_numpy()] = fertility["births_per_woman"].to_numpy(float)
    if (found < 0).any():
        raise ScenarioError("A birth rate is negative.", hint="Give births per woman and year, 0 or more.")
    return found
