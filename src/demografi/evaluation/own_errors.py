"""Errors of past projections of another country, made again from the tables it brings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from demografi.errors import DemografiError, ScenarioError, TableError
from demografi.evaluation.launches import until
from demografi.evaluation.past_errors import FURTHEST
from demografi.evaluation.scores import GROUP_STARTS, group_ages
from demografi.observed import Observed
from demografi.projection.arrays import FEWEST_YEARS, as_array
from demografi.projection.making import project_path
from demografi.projection.own_errors import to_errors
from demografi.regions import OWN
from demografi.tables import must_be
from demografi.uncertainty import PastErrors, fit_short_record

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from demografi.rates.pooling import Floats, Ints

__all__ = ["fit_errors", "own_past_errors"]

FEWEST_LAUNCHES = 5
"""Past launches with an outcome, without which one odd year would be the whole record."""


def fit_errors(observed: Observed, *, counties: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Estimate how wrong projections of another country's places have been, for ``dg.project(…, errors=errors)``.

    The projection is made again at every past 1 January with five years before it, on the rows known then, and set
    beside what came. The errors of the sum are the nation's, what is left are the places'. With R places and T years
    that is T − 6 projections: seconds for few places, minutes for hundreds. Norwegian regions need none; theirs ship.

    Parameters
    ----------
    observed
        A country's own tables, with at least eleven whole years in a row up to the last; more are better.
    counties
        Which larger unit each place belongs to, code by code. Places of one unit then share a part of their errors. By
        default they share the nation's alone: a sum of neighbours has too narrow an interval where neighbours err
        together.

    Returns
    -------
    pandas.DataFrame
        ``name position values``: the model of errors, and the places, ages and launches it is of. Text throughout;
        ``errors.to_csv("errors.csv", index=False)`` keeps it.

    Raises
    ------
    ScenarioError
        The history is too short, the region is Norwegian, or the tables hold neither rates nor events.
    TableError
        The ages are open below 90, or a place has no larger unit.

    Notes
    -----
    Only the main assumptions are tried. Intervals reach as far as the earliest launch has been followed, 25 years at
    most. Places' layer as for Norway; the nation's is a random walk and a line, widened by Student's t for how few
    launches do not overlap (docs/decisions/0010-another-countrys-errors.md).

    Examples
    --------
    >>> import pandas as pd
    >>> import demografi as dg
    >>> parts = [dg.example(name).population for name in ("Trøndelag", "Innlandet")]
    >>> population = pd.concat(parts).query("year >= 2014")[["region", "year", "sex", "age", "persons"]]
    >>> observed = dg.Observed.from_tables(population, name="Two regions")
    >>> errors = fit_errors(observed)
    >>> errors.head(4).to_dict("split")["data"]
    [['launches', '', '2019 2025'], ['open_age', '', '105'], ['place', '0', '34'], ['place', '1', '50']]
    >>> ends = dg.project(observed, to=2030, draws=1000, errors=errors).interval("80+").iloc[-1]
    >>> bool(ends["low"] < ends["persons"] < ends["high"])
    True
    """
    must_be(observed, Observed, "dg.fit_errors", "dg.fit_errors(dg.Observed.from_tables(population=table))")
    if observed.region_scheme != OWN:
        raise ScenarioError(
            "Norwegian places have a record of errors that ships.",
            where=f"{observed.region.name} has codes of {observed.region_scheme}.",
            hint="dg.project(observed, to=…, draws=1000)",
        )
    places = tuple(sorted(observed.region.members))
    units = _units_of(places, counties)
    past = own_past_errors(observed, places, units)
    launches = range(past.outcomes_to - len(past.national), past.outcomes_to)
    open_age = int(observed.population["age"].max())
    # Without larger units all draws are made together: what a unit shares is nil.
    numbers = np.zeros_like(units) if counties is None else units
    return to_errors(fit_short_record(past), places, numbers.tolist(), open_age, launches)


def _units_of(places: tuple[str, ...], counties: Mapping[str, str] | None) -> Ints:
    """Return the number of each place's larger unit; by default each is its own, and shares nothing."""
    if counties is None:
        return np.arange(len(places))
    absent = [code for code in places if code not in counties]
    if absent:
        raise TableError(
            f"{absent[0]!r} belongs to no larger unit.",
            where=f"Places without one: {len(absent)} of {len(places)}.",
            hint=f"counties={{{absent[0]!r}: 'its unit', …}}, or leave counties out",
        )
    names = sorted({str(counties[code]) for code in places})
    return np.array([names.index(str(counties[code])) for code in places], dtype=np.int64)


def own_past_errors(observed: Observed, places: tuple[str, ...], counties: Ints) -> PastErrors:
    """Make every past projection again and set it beside what came, in the order of ``places``.

    Raises
    ------
    ScenarioError
        There are fewer than five launches with an outcome.
    TableError
        The ages are open below 90.
    """
    first, last = _years_in_a_row(observed), observed.last_year
    _refuse_unfit(observed, first)
    launches = range(first + FEWEST_YEARS - 1, last)
    horizon = min(len(launches), FURTHEST)
    whole = _since(observed, first)
    order = np.array([observed.region.members.index(code) for code in places])
    paths = [_made_again(whole, launch, horizon) for launch in launches]
    projected = np.stack([group_ages(path[:, order].sum(axis=2)) for path in paths])
    stock = as_array(whole.population, "persons", np.arange(first, last + 1), places)
    came = _followed(group_ages(stock.sum(axis=2)), [launch - first for launch in launches], horizon)
    before, after = projected.sum(axis=2), came.sum(axis=2)
    return PastErrors(
        last,
        # Half a person on both sides keeps cells with nobody.
        np.log((after + 0.5) / (before + 0.5)),
        before,
        np.zeros(len(launches), dtype=np.int64),
        projected,
        came,
        counties,
    )


def _made_again(observed: Observed, launch: int, horizon: int) -> Floats:
    try:
        return project_path(until(observed, launch), horizon)
    except DemografiError as error:
        fault = f"The projection of 1 January {launch} cannot be made again. {error.fault}"
        raise type(error)(fault, where=error.where, hint=error.hint) from error


def _years_in_a_row(observed: Observed) -> int:
    """Return the first of the latest years without a hole or a year lacking."""
    years = np.sort(observed.population["year"].unique())
    years = years[years >= observed.first_whole_year]
    broken = np.flatnonzero(np.diff(years) != 1)
    return int(years[broken[-1] + 1] if len(broken) else years[0]) if len(years) else observed.last_year


def _refuse_unfit(observed: Observed, first: int) -> None:
    last, oldest = observed.last_year, int(observed.population["age"].max())
    wanted = FEWEST_YEARS + FEWEST_LAUNCHES
    if last - first + 1 < wanted:
        raise ScenarioError(
            f"The history is too short for a record of past errors: {last - first + 1} whole years in a row.",
            where=[
                f"Seen: 1 January {first}–{last}.",
                f"Wanted: {wanted} or more; five come before a launch, and {FEWEST_LAUNCHES} launches need an outcome.",
            ],
            hint=f"Bring 1 January {last - wanted + 1}–{last}, or go without intervals: dg.project(observed, to=…)",
        )
    if oldest < GROUP_STARTS[-1]:
        raise TableError(
            f"The open age is {oldest}; errors are of age groups up to {GROUP_STARTS[-1]}+.",
            hint=f"Give single ages to {GROUP_STARTS[-1]} or more.",
        )


def _since(observed: Observed, first: int) -> Observed:
    """Leave out the population of earlier years; flows of years before it are not used anyway."""
    stock = observed.tables["population"]
    tables = {**observed.tables, "population": stock[stock["year"] >= first].reset_index(drop=True)}
    return Observed(tables, observed.facts, observed.own_sources, observed.own_cautions, observed.rests_on)


def _followed(stock: Floats, starts: list[int], horizon: int) -> Floats:
    """Return what came after each launch, (L, H + 1, R, G), from stocks (T, R, G); NaN where it has not come yet."""
    found = np.full((len(starts), horizon + 1, *stock.shape[1:]), np.nan)
    for launch, start in enumerate(starts):
        known = stock[start : start + horizon + 1]
        found[launch, : len(known)] = known
    return found
