"""Tables to arrays and back: counted stocks in, stocks and the flows between them out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from demografi.errors import ScenarioError, TableError
from demografi.rates import paths
from demografi.rates.control import rake_factors
from demografi.rates.local import fit_local
from demografi.rates.migration import age_on
from demografi.rates.mortality import local_survival
from demografi.rates.parameters import LocalRates, Parameters
from demografi.scenarios import NO_MIGRATION

if TYPE_CHECKING:
    from demografi.observed import Observed
    from demografi.rates.pooling import Floats, Ints
    from demografi.rates.settings import Settings
    from demografi.scenarios import Scenario
    from demografi.tables import Caution, Source

__all__ = [
    "FEWEST_YEARS",
    "MOST_YEARS",
    "SEXES",
    "Fitted",
    "as_array",
    "as_tables",
    "meet",
    "run",
    "special_block",
    "stocks",
]

SEXES = ("female", "male")
FEWEST_YEARS = 6
MOST_YEARS = 11
"""Ten years of change, the base of migration."""


class Fitted(NamedTuple):
    """What one projection rests on: parameters of the whole country, and the places' counties."""

    parameters: Parameters
    settings: Settings
    counties: Ints
    sources: tuple[Source, ...]
    cautions: tuple[Caution, ...] = ()


def stocks(observed: Observed, members: tuple[str, ...], most_years: int = MOST_YEARS) -> Floats:
    """Return counted stocks as an array (year, region, sex, age), the last row the launch.

    Parameters
    ----------
    most_years
        How many years back to look, the launch included.

    Raises
    ------
    TableError
        A cell has no value, or there are fewer than six years in a row.
    """
    table = observed.population
    table = table[table["region"].isin(members) & (table["year"] > observed.last_year - most_years)]
    if table["persons"].isna().any():
        hole = table[table["persons"].isna()].iloc[0]
        raise TableError(
            f"The population of {observed.region.name_of(hole['region'])} lacks cells.",
            where=f"First: {hole['year']}, {hole['sex']}, age {hole['age']}, status {hole['status']!r}.",
            hint="Leave out the years before it, or supply the figures.",
        )
    years = np.sort(table["year"].unique())
    if len(years) < FEWEST_YEARS or not (np.diff(years) == 1).all():
        raise TableError(
            f"The population has {len(years)} years; local rates need {FEWEST_YEARS} in a row.",
            where=f"Seen: {', '.join(map(str, years))}.",
            hint=f"Give 1 January of {observed.last_year - MOST_YEARS + 1}–{observed.last_year}.",
        )
    ages = np.sort(table["age"].unique())
    if not np.array_equal(ages, np.arange(len(ages))):
        raise TableError(
            "The ages have a hole.",
            where=f"Seen: {len(ages)} ages from {ages[0]} to {ages[-1]}.",
            hint="Give every completed year of age from 0; the last is open.",
        )
    return as_array(table, "persons", years, members)


def as_array(table: pd.DataFrame, measure: str, years: Ints, regions: tuple[str, ...]) -> Floats:
    """Return a complete table as an array (year, region, sex, age)."""
    wide = table.pivot_table(index=["year", "region", "sex"], columns="age", values=measure, sort=True)
    order = pd.MultiIndex.from_product([years, regions, SEXES])
    return np.asarray(wide.reindex(order).to_numpy().reshape(len(years), len(regions), 2, -1))


def run(
    past: Floats, fitted: Fitted, scenario: Scenario, launch: int, regions: tuple[str, ...]
) -> tuple[Floats, LocalRates, int]:
    """Project the places of ``past``, each from its own history.

    Returns
    -------
    tuple
        (H + 1, R, S, A), first row the launch; the local rates; and how many cells were held at nobody because
        more would have left than lived there.
    """
    if scenario.letters == NO_MIGRATION:
        path, local = _without_migration(past, fitted)
        held = 0
    else:
        path, local = paths.project_places(past, fitted.counties, fitted.parameters, fitted.settings)
        held = _held(path, fitted, local)
    if scenario.additions or scenario.fertility_years:
        path = path + _added(path, fitted, local, scenario, launch, regions)
        held += int(np.count_nonzero(path < 0))
        path = np.maximum(path, 0.0)
    return path, local, held


def special_block(special: pd.DataFrame, past: Floats, regions: tuple[str, ...]) -> Floats:
    """Return the people who do not age in place as an array (region, sex, age).

    Raises
    ------
    ScenarioError
        A place is not projected, or the block holds more people than lived in a cell in a counted year.
    """
    block = np.zeros(past.shape[1:])
    for row in special.to_dict("records"):
        if row["region"] not in regions or row["sex"] not in SEXES or not 0 <= row["age"] < past.shape[-1]:
            raise ScenarioError(
                f"The special population has a row that is not projected: {row}.",
                where=f"Projected: {', '.join(regions)}; ages 0–{past.shape[-1] - 1}.",
                hint="special[['region', 'sex', 'age', 'persons']]",
            )
        block[regions.index(row["region"]), SEXES.index(row["sex"]), int(row["age"])] += row["persons"]
    over = np.argwhere((past < block).any(axis=0))
    if len(over) or (block < 0).any():
        place, sex, age = over[0] if len(over) else np.argwhere(block < 0)[0]
        fewest = past[:, place, sex, age].min()
        raise ScenarioError(
            f"The special population of {regions[place]} does not fit in its population.",
            where=f"{SEXES[sex]}, age {age}: {block[place, sex, age]:g} named, {fewest:g} counted.",
            hint="Name only those who live there in every counted year.",
        )
    return block


def meet(path: Floats, control: pd.DataFrame, launch: int) -> Floats:
    """Scale every cell so that the places together meet control totals by sex and age.

    Raises
    ------
    ScenarioError
        The control totals end before the projection, or lack a sex or an age.
    """
    years = np.arange(launch + 1, launch + len(path))
    absent = sorted(set(years) - set(control["year"]))
    if absent:
        raise ScenarioError(
            f"The control totals lack the year {absent[0]}.",
            where=f"They cover {control['year'].min()}–{control['year'].max()}; wanted {years[0]}–{years[-1]}.",
            hint=f"dg.project(observed, to={max(int(control['year'].max()), launch + 1)}, control=totals)",
        )
    wide = control.pivot_table(index=["year", "sex"], columns="age", values="persons", aggfunc="sum")
    wide = wide.reindex(pd.MultiIndex.from_product([years, SEXES]), columns=range(path.shape[-1]))
    if wide.isna().any(axis=None):
        raise ScenarioError(
            "The control totals lack a sex or an age.",
            where=f"Wanted: both sexes, ages 0–{path.shape[-1] - 1}, each year.",
            hint="control[['year', 'sex', 'age', 'persons']]",
        )
    target = wide.to_numpy().reshape(len(years), 2, -1)
    met = path.copy()
    for year, totals in enumerate(target, start=1):
        met[year] *= rake_factors(path[year], totals)
    return met


def _without_migration(past: Floats, fitted: Fitted) -> tuple[Floats, LocalRates]:
    """Project births and deaths alone: nobody moves, so nothing is controlled to a nation that gains people."""
    local = fit_local(past, fitted.counties, fitted.parameters, fitted.settings)
    still = np.zeros_like(past[-1])
    path = [past[-1]]
    for year, survived in enumerate(_survival(fitted, local)):
        births = local.birth_ratio[:, None] * fitted.parameters.births[year]
        path.append(paths.step(path[-1], survived, still, births, fitted.settings.fertility.share_boys))
    return np.stack(path), local


def _added(
    base: Floats, fitted: Fitted, local: LocalRates, scenario: Scenario, launch: int, regions: tuple[str, ...]
) -> Floats:
    """Return the people a scenario adds, as they age, die and have children in turn, (H + 1, R, S, A)."""
    shape = base.shape
    path = np.zeros(shape)
    times = np.ones(shape[0] - 1)
    for year in scenario.fertility_years:
        if 0 <= year - launch < len(times):
            times[year - launch] = scenario.fertility
    # Those who leave are carried forward as those who come, and taken away: the year is linear, but knows no negative.
    for sign in (1.0, -1.0):
        moved = np.zeros(shape)
        children = np.maximum(sign * (times - 1.0), 0.0)
        moved[1:, ..., 0] = children[:, None, None] * base[1:, ..., 0]
        for addition in scenario.additions:
            if np.sign(addition.persons) == sign and addition.region in regions:
                for year in addition.years:
                    people = sign * addition.by_sex_and_age(shape[-1])
                    moved[year + 1 - launch, regions.index(addition.region)] += people
        if moved.any():
            path += sign * _carried(moved, fitted, local, times)
    return path


def _carried(moved: Floats, fitted: Fitted, local: LocalRates, times: Floats) -> Floats:
    """Carry those who come each year forward to the end, (H + 1, R, S, A)."""
    path, still = np.zeros_like(moved), np.zeros_like(moved[0])
    for year, survived in enumerate(_survival(fitted, local)):
        births = times[year] * local.birth_ratio[:, None] * fitted.parameters.births[year]
        later = paths.step(path[year], survived, still, births, fitted.settings.fertility.share_boys)
        path[year + 1] = later + moved[year + 1]
    return path


def _held(path: Floats, fitted: Fitted, local: LocalRates) -> int:
    found = 0
    for year, survived in enumerate(_survival(fitted, local)):
        moving = paths.migration_rates(local, fitted.parameters, year, fitted.settings)
        found += int(np.count_nonzero((survived + moving < 0) & (path[year] > 0)))
    return found


def _survival(fitted: Fitted, local: LocalRates) -> Floats:
    return local_survival(fitted.parameters.survival, local.loss_ratio, fitted.settings.mortality)


def as_tables(
    path: Floats, fitted: Fitted, local: LocalRates, launch: int, regions: tuple[str, ...]
) -> dict[str, pd.DataFrame]:
    """Return stocks and the flows that account for every cell of them.

    Deaths are those of local survival; births are the children aged 0 at the end of the year over
    infant survival, spread over mothers by fertility; everything else that changes a cell, the
    control to the nation and the damped trend included, is net migration.
    """
    survived = _survival(fitted, local)
    infant = fitted.parameters.infant[:, None, :]
    deaths = age_on(path[:-1] * (1.0 - survived))
    born = path[1:, ..., 0] / infant
    deaths[..., 0] = born * (1.0 - infant)
    moved = path[1:] - (age_on(path[:-1]) - deaths)
    moved[..., 0] = 0.0
    rates = local.birth_ratio[:, None] * fitted.parameters.births[:, None, :]
    mothers = rates * (path[:-1, :, 0] + path[1:, :, 0]) / 2
    share = mothers / np.maximum(mothers.sum(axis=-1, keepdims=True), 1e-12)
    births = born[..., None] * share[:, :, None, :]
    return {
        "population": _long(path, launch, regions, "persons"),
        "births": _long(births, launch, regions, "births"),
        "deaths": _long(deaths, launch, regions, "deaths"),
        "net_migration": _long(moved, launch, regions, "net_migration"),
    }


def _long(values: Floats, first_year: int, regions: tuple[str, ...], measure: str) -> pd.DataFrame:
    years, _, _, n_ages = values.shape
    index = pd.MultiIndex.from_product(
        [range(first_year, first_year + years), regions, SEXES, range(n_ages)], names=["year", "region", "sex", "age"]
    )
    return pd.DataFrame({measure: values.reshape(-1)}, index=index).reset_index()
