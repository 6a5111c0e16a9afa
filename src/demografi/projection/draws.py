"""Intervals of a projection: joint draws from past errors, so that a sum has an interval of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from demografi import ages
from demografi.errors import ScenarioError
from demografi.projection.arrays import SEXES, as_array
from demografi.projection.own_errors import kept, numbers_of
from demografi.projection.room import check_room
from demografi.projection.shards import STORED, Progress, Task, at, counted, error_groups, gathered, named, running
from demografi.regions import MUNICIPALITIES, OWN
from demografi.uncertainty.counts import ends_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from demografi.projection import Projection
    from demografi.rates.pooling import Floats, Ints

__all__ = [
    "STORED",
    "Asked",
    "cells_with_ends",
    "check_asked",
    "group_draws",
    "group_interval",
    "sampled",
    "sums_with_ends",
    "task_of_cells",
    "task_of_groups",
    "weighted_draws",
]

MOST_HELD = 100_000_000
"""Numbers of all draws up to which they are held and sorted, and ends are exact; beyond they are counted."""
WORKING = 100e6
"""What a shard takes while it is made [bytes]."""
BYTES_COUNTED = 12_000.0
"""What a counted cell takes: the pilot's draws, its counts, and those of a shard on its way [bytes]."""
BYTES_OF_A_ROW = 100.0
"""What a row of a sample takes while it is made [bytes]."""
NO_DRAWS = "dg.project(observed, to=…, draws=1000)"


class Asked(NamedTuple):
    """How an interval is wanted."""

    level: float
    progress: Progress | None = None
    memory: float | None = None
    """What may be taken [bytes]; None: what is there."""


def check_asked(scheme: str, members: tuple[str, ...], draws: int, seed: int) -> None:
    """Refuse draws that cannot be made.

    Raises
    ------
    ScenarioError
        Draws or seed are no whole numbers, or the places are counties, whose errors are not kept.
    """
    from demografi import uncertainty

    if isinstance(draws, bool) or not isinstance(draws, int) or draws < 0:
        raise ScenarioError(
            f"{draws!r} is no number of draws.", where="Wanted: 0 for none, or 1000.", hint="draws=1000"
        )
    if draws == 0:
        return
    uncertainty.check_seed(seed)
    municipal = all(len(code) == 4 and code.isdigit() for code in members)
    # Another country's places bring a record of their own (own_errors.check_errors).
    if scheme not in (OWN, MUNICIPALITIES) and not municipal:
        raise ScenarioError(
            "There is no record of past errors for these places.",
            where="Intervals rest on past projections of Norwegian municipalities; a county is a sum of theirs.",
            hint="dg.project(dg.load([its municipalities]), to=…, draws=1000).total()",
        )


def _path(projection: Projection) -> Floats:
    years = np.arange(projection.launch, projection.to + 1)
    return as_array(projection.tables["population"], "persons", years, projection.region.members)


def _drawn(projection: Projection) -> int:
    return int(projection.facts["draws"])


def _task(projection: Projection, by_age: Floats, cells: Floats, group: Ints, into: Ints, *, together: bool) -> Task:
    errors, members = kept(projection.facts), projection.region.members
    if errors:
        codes, counties = numbers_of(errors, members)
    else:
        codes = np.array([int(code) for code in members])
        counties = codes // 100
    seed, versions = int(projection.facts["seed"]), named(running(), errors)
    return Task(versions, seed, errors, codes, counties, error_groups(by_age), cells, group, into, together)


def task_of_groups(projection: Projection, age_groups: Sequence[str], *, together: bool) -> Task:
    """Say what is drawn for sums over age groups."""
    each = np.arange(int(projection.tables["population"]["age"].max()) + 1)
    wanted = np.array([ages.is_within(each, age_group) for age_group in age_groups], dtype=float)
    return _task_of_sums(projection, np.repeat(wanted[:, None], len(SEXES), axis=1), together=together)


def _task_of_sums(projection: Projection, wanted: Floats, *, together: bool) -> Task:
    """Say what is drawn for weighted sums (K, S, A): no more columns than the error groups they meet."""
    path = _path(projection)
    of_age = _error_group(path.shape[-1])
    columns, group, into = [], [], []
    for figure, weights in enumerate(wanted):
        for met in np.unique(of_age[weights.any(axis=0)]):
            inside = of_age == met
            columns.append(np.einsum("trsa,sa->tr", path[..., inside], weights[:, inside]))
            group.append(met)
            into.append(figure)
    cells = np.stack(columns, axis=-1)
    return _task(projection, path.sum(axis=2), cells, np.array(group), np.array(into), together=together)


def task_of_cells(projection: Projection, *, together: bool) -> Task:
    """Say what is drawn for every sex and age."""
    path = _path(projection)
    group = np.tile(_error_group(path.shape[-1]), len(SEXES))
    cells = path.reshape(*path.shape[:2], -1)
    return _task(projection, path.sum(axis=2), cells, group, np.arange(len(group)), together=together)


def _task_of_factors(projection: Projection) -> Task:
    """Say what is drawn for cells of single places: ages of an error group share its factor."""
    from demografi import uncertainty

    by_age = _path(projection).sum(axis=2)
    groups = np.arange(len(uncertainty.GROUPS))
    return _task(projection, by_age, np.ones((1, 1, len(groups))), groups, groups, together=False)


def _error_group(n_ages: int) -> Ints:
    from demografi import uncertainty

    return uncertainty.cell_factors(np.arange(len(uncertainty.GROUPS), dtype=float), n_ages).astype(np.int64)


def _held(task: Task, draws: int, memory: float | None, progress: Progress | None = None) -> Floats:
    """Make all draws and hold them, (D, T, R, K), if there is room."""
    each = 8.0 * float(np.prod(task.shape))
    again = 2 * each / task.shape[0]
    hint = "dg.project(observed, to=…, draws={most})"
    check_room(draws, each + again, WORKING, memory, hint)
    return gathered(task, draws, progress)


def _ends(task: Task, draws: int, asked: Asked) -> tuple[Floats, Floats]:
    """Return the ends of every figure, (T, R, K): exact where the draws can be held, else from counts."""
    from demografi import uncertainty

    uncertainty.check_draws(draws, asked.level)
    if draws * np.prod(task.shape) <= MOST_HELD:
        values = _held(task, draws, asked.memory, asked.progress)
        by_year = [uncertainty.quantiles(values[:, year], asked.level) for year in range(values.shape[1])]
        low, high = (np.stack([ends[n] for ends in by_year]) for n in (0, 1))
        return low, high
    check_room(draws, 0.0, WORKING + BYTES_COUNTED * float(np.prod(task.shape)), asked.memory, "")
    counts, edges = counted(task, draws, asked.progress)
    by_place = [ends_of(found, at(edges, place), asked.level) for place, found in enumerate(counts)]
    low, high = (np.stack([ends[n] for ends in by_place], axis=1) for n in (0, 1))
    return low, high


def cells_with_ends(projection: Projection, asked: Asked) -> pd.DataFrame:
    """Return the population with ``low high`` for every cell [persons]."""
    from demografi import uncertainty

    path = _path(projection)
    ends = _ends(_task_of_factors(projection), _drawn(projection), asked)
    cells = [path * uncertainty.cell_factors(end, path.shape[-1])[:, :, None, :] for end in ends]
    return _beside(projection, cells)


def sums_with_ends(whole: Projection, members: Projection, asked: Asked) -> pd.DataFrame:
    """Return a region's total with ``low high`` for every cell, from the members' joint draws."""
    ends = _ends(task_of_cells(members, together=True), _drawn(members), asked)
    return _beside(whole, [end[:, 0] for end in ends])


def _beside(projection: Projection, ends: Sequence[Floats]) -> pd.DataFrame:
    """Set ends, in the order year, region, sex, age, beside the population."""
    table = projection.table("population")
    n_ages = int(table["age"].max()) + 1
    years = range(projection.launch, projection.to + 1)
    index = pd.MultiIndex.from_product([years, projection.region.members, SEXES, range(n_ages)])
    order = pd.MultiIndex.from_frame(table[["year", "region", "sex", "age"]])
    for name, end in zip(("low", "high"), ends, strict=True):
        table[name] = pd.Series(end.reshape(-1), index=index).reindex(order).to_numpy()
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
    if not projection.facts["draws"]:
        raise ScenarioError(
            "The projection has no draws.",
            where="It is one path.",
            hint=NO_DRAWS,
        )
    return _held(task_of_groups(projection, age_groups, together=False), _drawn(projection), None)


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
    return _held(_task_of_sums(projection, wanted, together=False), _drawn(projection), None)


def group_interval(projection: Projection, age_group: str, asked: Asked) -> pd.DataFrame:
    """Return ``year persons low high`` of an age group, each draw summed over members before its ends are found."""
    task = task_of_groups(projection, [age_group], together=True)
    low, high = _ends(task, _drawn(projection), asked)
    years = np.arange(projection.launch, projection.to + 1)
    persons = [projection.persons(age_group, int(year)) for year in years]
    return pd.DataFrame({"year": years, "persons": persons, "low": low[:, 0, 0], "high": high[:, 0, 0]})


def sampled(projection: Projection, members: Projection, n: int, memory: float | None) -> pd.DataFrame:
    """Return ``region year sex age persons draw`` of the first ``n`` trajectories."""
    drawn = _drawn(members)
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or not 0 < n <= drawn:
        raise ScenarioError(
            f"{n} trajectories cannot be taken.",
            where=f"The projection has {drawn} draws.",
            hint=f"projection.sample({min(max(int(n), 1), drawn)})" if drawn else NO_DRAWS,
        )
    task = task_of_cells(members, together=projection is not members)
    hint = "projection.sample({most}), or all of them in a file: projection.write_draws('draws.parquet')"
    check_room(n, BYTES_OF_A_ROW * float(np.prod(task.shape)), WORKING, memory, hint)
    years = range(projection.launch, projection.to + 1)
    n_ages = task.shape[-1] // len(SEXES)
    names = ["draw", "year", "region", "sex", "age"]
    keys = pd.MultiIndex.from_product([range(n), years, projection.region.members, SEXES, range(n_ages)], names=names)
    table = pd.DataFrame({"persons": gathered(task, n).reshape(-1)}, index=keys).reset_index()
    return table[["region", "year", "sex", "age", "persons", "draw"]]
