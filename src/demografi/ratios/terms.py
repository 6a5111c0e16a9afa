"""Numerators and denominators of indicators: ages by sex, flows, users, counted and projected alike."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from demografi import ages
from demografi.errors import SourceError, TableError
from demografi.observed import FLOWS, Observed
from demografi.projection import Projection
from demografi.projection.tidy import tiles
from demografi.ratios.work import NO_WORK, WORKED, Work, person_years, services_of, users, worked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from demografi.rates.pooling import Floats

__all__ = ["COLUMNS", "Side", "definitions", "is_of_ages", "ratios", "weights"]

COLUMNS = ["region", "year", "indicator", "definition", "value", "numerator", "denominator"]
OF_NEED = ("person-years", "first person-years")
_SEXES = ("female", "male")

Sums = pd.Series


@cache
def _definitions() -> pd.DataFrame:
    with files("demografi").joinpath("data", "indicators.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, keep_default_na=False)


def definitions() -> pd.DataFrame:
    """Return the indicators known, one row a definition.

    Returns
    -------
    pandas.DataFrame
        ``indicator definition kind numerator denominator per decimals preset source``. ``kind`` is ``ratio``,
        ``stock`` (1 January of the year) or ``flow`` (of the calendar year). ``preset`` names who uses a definition:
        "agder" Agder county, "parorendeprogrammet" the study of family carers, "kdd" the ministry, "nykommune" and
        "nykommune_80" nykommune.no, "ssb" Statistics Norway, "telemark" Telemark county, "un" the United Nations.
    """
    return _definitions().copy()


def is_of_ages(term: str) -> bool:
    """Tell whether a numerator or denominator is of persons by age alone."""
    return bool(term) and not term.startswith(("change ", "users ", *OF_NEED, *WORKED, *FLOWS))


def _split(term: str) -> list[tuple[str, str]]:
    """Read ``"female 20-39"`` or ``"0-15 67+"`` as sex (or nothing) and age group."""
    first, _, rest = term.partition(" ")
    return [(first, rest)] if first in _SEXES else [("", group) for group in term.split()]


def weights(term: str, n_ages: int) -> Floats:
    """Return which cells by sex and age a term adds up, (sex, age), women first.

    Examples
    --------
    >>> [int(weights(term, 106).sum()) for term in ("female 20-39", "0-15 67+")]
    [20, 110]
    """
    found = np.zeros((2, n_ages))
    for sex, group in _split(term):
        chosen = slice(None) if not sex else slice(_SEXES.index(sex), _SEXES.index(sex) + 1)
        found[chosen] += ages.is_within(np.arange(n_ages), group)
    return found


class Side:
    """One population, counted and projected, and the work that rests on it, whose terms are summed when asked for."""

    def __init__(self, population: Projection | Observed, work: Work = NO_WORK) -> None:
        self.work = work
        self._projection = population if isinstance(population, Projection) else None
        self._observed = population if isinstance(population, Observed) else _behind(population)
        self._known: dict[str, Sums | None] = {}

    def sums(self, term: str) -> Sums | None:
        """Return a term by region and year, or None where the figures do not give it."""
        if term not in self._known:
            self._known[term] = self._found(term)
        return self._known[term]

    def _found(self, term: str) -> Sums | None:
        if term in FLOWS:
            return self._flow(term)
        if term.startswith("users "):
            return self._users(term)
        if term in OF_NEED:
            return person_years(self.work.need, first=term != OF_NEED[0]) if self.work.need else None
        if term.startswith("change "):
            stock = self.sums(term.removeprefix("change "))
            return None if stock is None else _yearly(stock)
        if self._projection is not None and "age_groups" in self._projection.tables:
            return self._of_groups(term)
        people = _whole_years(self._observed) if self._projection is None else self._projection.history_and_future
        return _of_ages(people, term)

    def _flow(self, name: str) -> Sums | None:
        found = []
        for part in (self._observed, self._projection):
            if part is not None and part.has(name):
                table = part.table(name)
                found.append(table.groupby(["region", "year"], sort=False)[name].sum(min_count=1).dropna())
        return pd.concat(found) if found else None

    def _users(self, term: str) -> Sums | None:
        """Return users counted on 31 December at the following year, then those of the need.

        A hidden cell is no value, and gives a sum none; the need, which says how it was filled, has one.
        """
        counted = self._counted_users(term)
        needed = None if self.work.need is None else users(self.work.need, term)
        if counted is None or needed is None:
            return needed if counted is None else counted
        both: Sums = pd.concat([counted, needed[~needed.index.isin(counted.index)]])
        return both

    def _counted_users(self, term: str) -> Sums | None:
        if self._observed is None or not self._observed.has("users"):
            return None
        over, group = services_of(term)
        table = self._observed.users
        chosen = table[table["service"].isin(over) & (table["age_group"] == group) & table["users"].notna()]
        chosen = chosen.assign(year=chosen["year"] + 1)
        summed = chosen.groupby(["region", "year"], sort=False)["users"].agg(["sum", "count"])
        whole: Sums = summed[summed["count"] == len(over)]["sum"]
        return whole if len(whole) else None

    def _of_groups(self, term: str) -> Sums | None:
        projection = self._projection
        assert projection is not None
        table = projection.tables["age_groups"]
        known = list(dict.fromkeys(table["age_group"]))
        chosen = [tiles(known, group) for sex, group in _split(term) if not sex]
        if not chosen or not all(chosen):
            return None
        wanted = [group for part in chosen for group in part]
        future = table[table["age_group"].isin(wanted)].groupby(["region", "year"], sort=False)["persons"].sum()
        if self._observed is None:
            return future
        past = _whole_years(self._observed)
        past = past[past["year"] < projection.launch]
        return pd.concat([_of_ages(past, term), future]) if len(past) else future


def _behind(projection: Projection) -> Observed | None:
    try:
        observed = projection.observed
    except SourceError:
        return None
    return (
        observed.total()
        if projection.region.code not in observed.region.members and not (projection.region.is_group)
        else observed
    )


def _whole_years(observed: Observed | None) -> pd.DataFrame:
    """Return the years in which a place lacks no cell: a sum without one would be too small."""
    assert observed is not None
    table = observed.population
    whole = table["persons"].notna().groupby([table["region"], table["year"]]).transform("all")
    return table[whole]


def _of_ages(people: pd.DataFrame, term: str) -> Sums:
    parts = []
    for sex, group in _split(term):
        rows = people[people["sex"] == sex] if sex else people
        parts.append(ages.select(rows, group).groupby(["region", "year"], sort=False)["persons"].sum())
    return sum(parts[1:], start=parts[0])


def _yearly(stock: Sums) -> Sums:
    """Return next 1 January less this, at this year."""
    after = stock.rename(index=lambda year: year - 1, level="year")
    return (after - stock).dropna()


def ratios(side: Side) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Compute every indicator the figures of one side give.

    Returns
    -------
    tuple
        The table, and the indicators left out because the figures do not give them.
    """
    by_occupation = worked(side.work)
    frames, without = [], []
    for row in _definitions().to_dict("records"):
        found = _of_occupations(row, side, by_occupation) if row["numerator"] in WORKED else _of_people(row, side)
        if not found:
            without.append(f"{row['indicator']} ({row['definition']})")
        frames += [
            frame.reset_index().assign(indicator=row["indicator"], definition=definition)
            for definition, frame in found.items()
        ]
    if not frames:
        raise TableError("The figures give no indicator.", hint="dg.ratios.definitions()")
    return pd.concat(frames, ignore_index=True)[COLUMNS], tuple(without)


def _of_people(row: Mapping[Any, Any], side: Side) -> dict[str, pd.DataFrame]:
    above = side.sums(row["numerator"])
    below = side.sums(row["denominator"]) if row["denominator"] else None
    if above is None or (row["denominator"] and below is None):
        return {}
    return {row["definition"]: _divided(above, below, float(row["per"]))}


def _of_occupations(
    row: Mapping[Any, Any], side: Side, by_occupation: Mapping[str, Mapping[str, Sums]]
) -> dict[str, pd.DataFrame]:
    found = {}
    for name, terms in by_occupation.items():
        below = terms.get(row["denominator"]) if row["denominator"] in WORKED else side.sums(row["denominator"])
        if row["numerator"] in terms and below is not None:
            frame = _divided(terms[row["numerator"]], below, float(row["per"]))
            found[f"{name}: {row['definition']}"] = frame
    return found


def _divided(above: Sums, below: Sums | None, per: float) -> pd.DataFrame:
    if below is None:
        return pd.DataFrame({"numerator": above, "denominator": np.nan, "value": above})
    both = pd.DataFrame({"numerator": above, "denominator": below}).dropna()
    both = both[both["denominator"] > 0]
    return both.assign(value=per * both["numerator"] / both["denominator"])
