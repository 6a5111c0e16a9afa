"""Places whose borders give them histories of different length, each projected from the years it has."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from demografi.errors import TableError
from demografi.projection.arrays import FEWEST_YEARS, MOST_YEARS, Fitted, run, special_block, stocks
from demografi.rates.parameters import LocalRates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from demografi.observed import Observed
    from demografi.rates.pooling import Floats
    from demografi.scenarios import Scenario

__all__ = ["History", "histories_of", "longest_history", "run_apart"]


class History(NamedTuple):
    """Places with equally many counted years, and their stocks (year, region, sex, age)."""

    regions: tuple[str, ...]
    stocks: Floats


def histories_of(observed: Observed, members: tuple[str, ...]) -> tuple[History, ...]:
    """Part the members by how many years they have without a missing cell; the longest histories first.

    Raises
    ------
    TableError
        A place has fewer than six years in a row up to the launch, or its ages have a hole.
    """
    lengths = _whole_years(observed, members)
    for code, years in lengths.items():
        if 0 < years < min(FEWEST_YEARS, longest_history(observed)):
            raise TableError(
                f"{observed.region.name_of(code)} has figures for {years} years in a row; a projection needs six.",
                where=f"They begin on 1 January {observed.last_year - years + 1}; an earlier cell has no value.",
                hint="Leave it out, or bring its earlier years: dg.Observed.from_tables(population=…)",
            )
    if len(set(lengths.values())) <= 1 or min(lengths.values()) < FEWEST_YEARS:
        # One array where all are alike; too short a history is refused there with its first hole.
        return (History(members, stocks(observed, members, max([*lengths.values(), FEWEST_YEARS]))),)
    parts = []
    for length in sorted(set(lengths.values()), reverse=True):
        alike = tuple(code for code in members if lengths[code] == length)
        parts.append(History(alike, stocks(observed, alike, length)))
    return tuple(parts)


def longest_history(observed: Observed) -> int:
    """Count the years a place without missing cells is projected from, eleven at most."""
    return min(MOST_YEARS, observed.last_year - int(observed.population["year"].min()) + 1)


def _whole_years(observed: Observed, members: tuple[str, ...]) -> dict[str, int]:
    table = observed.population
    empty = table[table["persons"].isna()].groupby("region")["year"].max()
    since = {code: observed.last_year - int(empty.get(code, 0)) for code in members}
    return {code: min(years, longest_history(observed)) for code, years in since.items()}


def set_apart(
    histories: Sequence[History], special: pd.DataFrame | None, members: tuple[str, ...]
) -> tuple[tuple[History, ...], Floats]:
    """Take people who do not age in place out of the counted years.

    Returns
    -------
    tuple
        The histories without them, and the people (region, sex, age) in the order of ``members``.

    Raises
    ------
    ScenarioError
        A row names a place that is not projected, or more people than lived in a counted year.
    """
    apart = np.zeros((len(members), *histories[0].stocks.shape[2:]))
    if special is None:
        return tuple(histories), apart
    elsewhere = special[~special["region"].isin(members)]
    left = []
    for number, history in enumerate(histories):
        own = special[special["region"].isin(history.regions)]
        rows = pd.concat([elsewhere, own]) if number == 0 else own
        block = special_block(rows, history.stocks, history.regions)
        apart[[members.index(code) for code in history.regions]] = block
        left.append(History(history.regions, history.stocks - block))
    return tuple(left), apart


def run_apart(
    histories: Sequence[History], fitted: Fitted, scenario: Scenario, launch: int, members: tuple[str, ...]
) -> tuple[Floats, LocalRates, int]:
    """Project every place from its own history; given the parameters no place depends on another.

    Returns
    -------
    tuple
        As `arrays.run` gives it, places in the order of ``members``.
    """
    if len(histories) == 1:
        return run(histories[0].stocks, fitted, scenario, launch, members)
    paths, rates, held = [], [], 0
    order: list[int] = []
    for history in histories:
        places = np.array([members.index(code) for code in history.regions])
        own = fitted._replace(counties=fitted.counties[places])
        path, local, clamped = run(history.stocks, own, scenario, launch, history.regions)
        paths.append(path)
        rates.append(local)
        held += clamped
        order += places.tolist()
    back = np.argsort(order)
    return np.concatenate(paths, axis=1)[:, back], _together(rates, back), held


def _together(rates: Sequence[LocalRates], order: np.ndarray) -> LocalRates:
    def by_place(name: str, axis: int = 0) -> Floats:
        joined = np.concatenate([getattr(part, name) for part in rates], axis=axis)
        return np.asarray(np.take(joined, order, axis=axis))

    return LocalRates(
        loss_ratio=by_place("loss_ratio"),
        birth_ratio=by_place("birth_ratio"),
        level=by_place("level", axis=1),
        shape=by_place("shape"),
        slope=by_place("slope"),
    )
