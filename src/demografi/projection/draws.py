"""Intervals of a projection: joint draws from past errors, so that a sum has an interval of its own."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from demografi import ages
from demografi.errors import ScenarioError
from demografi.projection.arrays import SEXES, as_array
from demografi.regions import MUNICIPALITIES
from demografi.sources import shipped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from demografi import uncertainty
    from demografi.projection import Projection
    from demografi.rates.pooling import Floats

__all__ = [
    "STORED",
    "cells_with_ends",
    "check_asked",
    "group_draws",
    "group_interval",
    "sampled",
    "sums_with_ends",
    "weighted_draws",
]

STORED = "projection_errors"
CHUNK = 100
"""Draws made at a time; it changes no bit."""


@cache
def _model() -> uncertainty.ErrorModel:
    from demografi import uncertainty

    rows = shipped.read(STORED).fillna("").astype("str")
    return uncertainty.from_rows([(str(a), str(b), str(c)) for a, b, c in rows.itertuples(index=False, name=None)])


def check_asked(scheme: str, members: tuple[str, ...], draws: int, seed: int) -> None:
    """Refuse draws that cannot be made.

    Raises
    ------
    ScenarioError
        Draws or seed are no whole numbers, or the places are not Norwegian municipalities.
    """
    from demografi import uncertainty

    if isinstance(draws, bool) or not isinstance(draws, int) or draws < 0:
        raise ScenarioError(
            f"{draws!r} is no number of draws.", where="Wanted: 0 for none, or 1000.", hint="draws=1000"
        )
    if draws == 0:
        return
    uncertainty.check_seed(seed)
    if scheme != MUNICIPALITIES and not all(len(code) == 4 and code.isdigit() for code in members):
        raise ScenarioError(
            "There is no record of past errors for these places.",
            where="Intervals rest on past projections of Norwegian municipalities; a county is a sum of theirs.",
            hint="dg.project(observed, to=…) without draws, or project the municipalities.",
        )


def _path(projection: Projection) -> Floats:
    years = np.arange(projection.launch, projection.to + 1)
    return as_array(projection.tables["population"], "persons", years, projection.region.members)


def _factors(projection: Projection, path: Floats, draws: range) -> Floats:
    from demografi import uncertainty

    by_age = path.sum(axis=2)
    persons = np.add.reduceat(by_age, list(uncertainty.GROUP_STARTS), axis=-1)
    codes = np.array([int(code) for code in projection.region.members])
    return uncertainty.draw_factors(_model(), persons, codes // 100, draws, int(projection.facts["seed"]), places=codes)


def _chunks(projection: Projection) -> list[range]:
    draws = int(projection.facts["draws"])
    return [range(first, min(first + CHUNK, draws)) for first in range(0, draws, CHUNK)]


def cells_with_ends(projection: Projection, level: float) -> pd.DataFrame:
    """Return the population with ``low high`` for every cell [persons]."""
    from demografi import uncertainty

    path = _path(projection)
    factors = np.concatenate([_factors(projection, path, part) for part in _chunks(projection)])
    ends = [uncertainty.cell_factors(end, path.shape[-1]) for end in uncertainty.quantiles(factors, level)]
    table = projection.table("population")
    index = pd.MultiIndex.from_product(
        [range(projection.launch, projection.to + 1), projection.region.members, SEXES, range(path.shape[-1])]
    )
    order = pd.MultiIndex.from_frame(table[["year", "region", "sex", "age"]])
    for name, end in zip(("low", "high"), ends, strict=True):
        table[name] = pd.Series((path * end[:, :, None, :]).reshape(-1), index=index).reindex(order).to_numpy()
    return table


def group_draws(projection: Projection, age_groups: Sequence[str]) -> Floats:
    """Return the persons of age groups in every draw and place, for what is computed draw by draw.

    Parameters
    ----------
    projection
        Of the members, made with draws.
    age_groups
        ``"80+"``, ``"20-66"``, ``"total"`` …; they may overlap.

    Returns
    -------
    array
        Shape (draw, year, region, age group) [persons]. One draw is one future: figures of the same draw belong
        together, over groups, years and places.

    Raises
    ------
    ScenarioError
        The projection was made without draws.

    Examples
    --------
    >>> import demografi as dg
    >>> projection = dg.project(dg.example("Engerdal"), to=2030, draws=100)
    >>> group_draws(projection, ["80+", "total"]).shape
    (100, 5, 1, 2)
    """
    from demografi import uncertainty

    if not projection.facts["draws"]:
        raise ScenarioError(
            "The projection has no draws.",
            where="It is one path.",
            hint="dg.project(observed, to=…, draws=1000)",
        )
    path = _path(projection)
    by_age = path.sum(axis=2)
    each = np.arange(by_age.shape[-1])
    wanted = np.array([ages.is_within(each, group) for group in age_groups], dtype=float)
    parts = []
    for part in _chunks(projection):
        spread = uncertainty.cell_factors(_factors(projection, path, part), by_age.shape[-1])
        parts.append((spread * by_age) @ wanted.T)
    return np.concatenate(parts)


def weighted_draws(projection: Projection, wanted: Floats) -> Floats:
    """Return weighted sums over sex and age in every draw and place.

    Parameters
    ----------
    projection
        Of the members, made with draws.
    wanted
        (sum, sex, age), women first: how much a person of the cell counts.

    Returns
    -------
    array
        Shape (draw, year, region, sum) [persons]; figures of one draw belong together.
    """
    from demografi import uncertainty

    path = _path(projection)
    by_age = np.einsum("trsa,ksa->trak", path, wanted)
    parts = []
    for part in _chunks(projection):
        spread = uncertainty.cell_factors(_factors(projection, path, part), path.shape[-1])
        parts.append(np.einsum("dtra,trak->dtrk", spread, by_age, optimize=True))
    return np.concatenate(parts)


def _summed_draws(projection: Projection, wanted: Floats) -> Floats:
    """Return weighted sums over sex and age, members together, for each draw: (D, H + 1)."""
    from demografi import uncertainty

    path = _path(projection)
    by_age = np.einsum("trsa,sa->tra", path, wanted)
    parts = []
    for part in _chunks(projection):
        spread = uncertainty.cell_factors(_factors(projection, path, part), path.shape[-1])
        parts.append(np.einsum("dtra,tra->dt", spread, by_age))
    return np.concatenate(parts)


def group_interval(projection: Projection, age_group: str, level: float) -> pd.DataFrame:
    """Return ``year persons low high`` of an age group, each draw summed over members before its ends are found."""
    from demografi import uncertainty

    n_ages = int(projection.tables["population"]["age"].max()) + 1
    wanted = np.tile(ages.is_within(np.arange(n_ages), age_group).astype(float), (2, 1))
    low, high = uncertainty.quantiles(_summed_draws(projection, wanted), level)
    years = np.arange(projection.launch, projection.to + 1)
    persons = [projection.persons(age_group, int(year)) for year in years]
    return pd.DataFrame({"year": years, "persons": persons, "low": low, "high": high})


def sums_with_ends(whole: Projection, members: Projection, level: float) -> pd.DataFrame:
    """Return a region's total with ``low high`` for every cell, from the members' joint draws."""
    from demografi import uncertainty

    path = _path(members)
    parts = []
    for part in _chunks(members):
        spread = uncertainty.cell_factors(_factors(members, path, part), path.shape[-1])
        parts.append(np.einsum("dtra,trsa->dtsa", spread, path))
    low, high = uncertainty.quantiles(np.concatenate(parts), level)
    table = whole.table("population")
    index = pd.MultiIndex.from_product([range(whole.launch, whole.to + 1), SEXES, range(path.shape[-1])])
    order = pd.MultiIndex.from_frame(table[["year", "sex", "age"]])
    for name, end in (("low", low), ("high", high)):
        table[name] = pd.Series(end.reshape(-1), index=index).reindex(order).to_numpy()
    return table


def sampled(projection: Projection, n: int) -> pd.DataFrame:
    """Return ``region year sex age persons draw`` of the first ``n`` trajectories."""
    from demografi import uncertainty

    made = int(projection.facts["draws"])
    if not 0 < n <= made:
        raise ScenarioError(
            f"{n} trajectories cannot be taken.",
            where=f"The projection has {made} draws.",
            hint=f"projection.sample({min(max(n, 1), made)})" if made else "dg.project(observed, to=…, draws=1000)",
        )
    path = _path(projection)
    spread = uncertainty.cell_factors(_factors(projection, path, range(n)), path.shape[-1])
    index = pd.MultiIndex.from_product(
        [
            range(n),
            range(projection.launch, projection.to + 1),
            projection.region.members,
            SEXES,
            range(path.shape[-1]),
        ],
        names=["draw", "year", "region", "sex", "age"],
    )
    values = (path[None] * spread[:, :, :, None, :]).reshape(-1)
    table = pd.DataFrame({"persons": values}, index=index).reset_index()
    return table[["region", "year", "sex", "age", "persons", "draw"]]
