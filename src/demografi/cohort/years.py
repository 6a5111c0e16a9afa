"""Carry any number of draws of any number of regions forward, year by year.

Per year, threads take chunks of draws, which never meet; within a chunk ages are taken youngest first, so that sums
over ages have one order however the work is cut. Where leavers have destinations, the matrix products have threads of
their own, which do badly beside others: chunks are then taken one by one. Equations: United Nations Population
Division, cohort-component method as in its program ccmppWPP.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

from demografi.cohort.blocks import Blocks, Run, age_runs, chunks
from demografi.cohort.checks import Size, check_choice, check_population, check_rates, factors
from demografi.cohort.ledger import Keep, Ledger
from demografi.cohort.migration import Noise, Place, Tile, Work, arrive, check_noise, leave, settle
from demografi.cohort.open_age import narrow
from demografi.cohort.prepare import Moves, Prepared, prepare, product
from demografi.cohort.quantiles import ROWS, Quantiles
from demografi.cohort.rates import Destinations, Migration, NetCounts, NetRates, Pool, Rates, Real
from demografi.cohort.single import FEMALE, MALE
from demografi.errors import ScenarioError, TableError

__all__ = ["Carried", "carry"]

TIMINGS = ("end", "even")
BIRTHS = ("before", "after")

Each: TypeAlias = Callable[[Callable[[Any], None], Iterable[Any]], Iterable[None]]


class Carried(NamedTuple):
    """What a run leaves behind; what was not asked for is empty."""

    last: Real
    """Persons on the last 1 January, (age, sex, region, draw); empty if ``Keep.last`` is false."""
    groups: Real
    """Persons in age groups, (year, group, sex, region, draw); the first year is the one after the start."""
    flows: dict[str, Real]
    """Flows in age groups, (year, group, sex, region, draw), births by age of mother and sex of child."""
    quantiles: Real
    """Quantiles over draws, (year, probability, age, sex, region)."""
    clamped: NDArray[np.int64]
    """Cells held at nobody, (year, region), counted over ages, sexes and draws."""


class _Now(NamedTuple):
    year: int
    offset: int
    rates: Prepared
    women_after: bool
    noise: Noise | None


def carry(
    population: Real,
    years: Sequence[Rates],
    *,
    timing: str,
    births: str,
    keep: Keep | None = None,
    noise: Noise | None = None,
    blocks: Blocks | None = None,
    dtype: DTypeLike = np.float64,
) -> Carried:
    """Carry a population forward one year for each entry of ``years``, all draws at once.

    Parameters
    ----------
    population
        Persons on the first 1 January, (age, sex, region, draw); ages 0 … A with A open, women first, one draw for a
        common start. What is published as 105+ is better carried to a higher open age: see :func:`widen`.
    years
        Rates of each year. The number of draws is the longest draw axis seen.
    timing
        ``"end"``: migrants move on 31 December, at the age they then have. ``"even"``: half of them at the start of the
        year (a count or rate of age a then goes to those who are a at the start), half at its end.
    births
        Births are fertility × the mean of women of the same age at both ends of the year; those at the end are counted
        ``"before"`` or ``"after"`` the migrants of the end. The United Nations' own: ``"end"`` with ``"before"``,
        ``"even"`` with ``"after"``; its World Population Prospects 2019: ``"end"`` with ``"after"``.
    keep
        What to keep beside the last population.
    noise
        Chance in single lives, :func:`demographic_noise`, or persons to add to every cell at the end of the year, after
        migration; see ``Noise``.
    blocks
        How the work is cut; changes no bit, but for ``Destinations``, which go through matrix products.
    dtype
        float64 or float32 of the state.

    Returns
    -------
    Carried
        The last population, the clamps, and what was asked for.

    Raises
    ------
    TableError
        An array has another shape than wanted, or the population is negative.
    ScenarioError
        A rate is outside its range; a word is not known.

    Notes
    -----
    Nobody negative appears. Deaths and leavers are shares of at most 1 of those present; net migration and noise are
    held where they would take more than there are, and each such cell is counted. Local fertility, mortality and
    migration factors multiply national ones cell by cell; nothing is filled or normalised.

    Examples
    --------
    >>> start = np.full((3, 2, 1, 1), 100.0)
    >>> survival = np.array([1.0, 0.9, 0.5]).reshape(3, 1, 1, 1)
    >>> fertility = np.array([0.0, 0.1, 0.0]).reshape(3, 1, 1)
    >>> rates = Rates(survival, fertility, 0.5, NetCounts(np.zeros((1, 1, 1, 1))))
    >>> carry(start, [rates], timing="end", births="before").last[:, FEMALE, 0, 0].tolist()
    [4.75, 90.0, 100.0]
    """
    keep, blocks, size = keep or Keep(), blocks or Blocks(), _size(population, years)
    check_choice("timing", timing, TIMINGS)
    check_choice("births", births, BIRTHS)
    check_noise(noise, len(years), size)
    keep.check(size)
    kind = _dtype(dtype)
    ledger = Ledger(keep, size, len(years), kind)
    alone = any(isinstance(rates.migration, Destinations) for rates in years)
    works = [Work(draws, size, blocks, ledger, kind) for draws in chunks(size.draws, blocks, alone)]
    clamped = np.zeros((len(years), size.regions), np.int64)
    spread = np.zeros((len(years), len(keep.quantiles), (keep.open_age or size.ages - 1) + 1, 2, size.regions), kind)
    with ThreadPoolExecutor(blocks.workers) as threads:
        each: Each = map if blocks.workers == 1 else threads.map
        _do(each, partial(_settle_in, population=population, offset=len(years)), works)
        for year, ready in enumerate(_ready(years, size, timing, kind)):
            now = _Now(year, len(years) - year, ready, births == "after", noise)
            ledger.clear()
            _do(map if alone or len(works) == 1 else each, partial(_live, now=now), works)
            clamped[year] = np.sum([work.clamped for work in works], axis=0)
            _spread(works, now.offset - 1, keep, spread[year], each)
            ledger.close(year, partial(_in_age_order, works, now.offset - 1, each), keep.each_year)
        last = _last(works, keep, each)
    return Carried(last, ledger.stocks, ledger.flows, spread, clamped)


def _ready(years: Sequence[Rates], size: Size, timing: str, kind: np.dtype[Any]) -> Iterator[Prepared]:
    """Check and prepare each year's rates, once where the same rates follow each other."""
    previous = None
    for rates in years:
        if rates is not previous:
            check_rates(rates, size)
            ready, previous = prepare(rates, size, timing, kind), rates
        yield ready


def _live(work: Work, now: _Now) -> None:
    """Carry a chunk of draws one year forward."""
    ages, most, offset = work.size.ages, work.most_ages, now.offset
    work.begin()
    if now.rates.start is not None:
        for run in age_runs(0, ages, offset, ages, most):
            booked = tuple(min(age + 1, ages - 1) for age in range(run.ages.start, run.ages.stop))
            _through(work, now, now.rates.start, run, booked, None)
    for run in age_runs(0, ages - 1, offset, ages, most):
        older = run.to_older()
        _through(work, now, now.rates.end, older, tuple(range(older.ages.start, older.ages.stop)), _grow_older)
    freed = (ages - 1 + offset) % ages
    _through(work, now, now.rates.end, Run(slice(0, 1), slice(freed, freed + 1)), (0,), _be_born)
    if work.ledger.wants_flows:
        _enter_births(work, now)


def _through(
    work: Work,
    now: _Now,
    moves: Moves,
    run: Run,
    booked: tuple[int, ...],
    grow: Callable[[Work, _Now, Tile], None] | None,
) -> None:
    """Take ages through growing older and migration; without growing it is the migration of the start."""
    end, by_chance = grow is not None, callable(now.noise)
    tiles = [
        Tile(work.state[run.slots, :, regions], Place(now.year, run.ages, regions, work.draws, end), booked)
        for regions in work.blocks
    ]
    work.pool.clear()
    for tile in tiles:
        if grow:
            grow(work, now, tile)
        elif by_chance:
            work.lives(tile).at_risk[...] = tile.persons
        leave(work, moves, tile)
        if by_chance:
            work.lives(tile).stayed[...] = 0 if grow is _be_born else tile.persons
        if not moves.couples:
            _end(work, now, moves, tile)
    if moves.couples:
        settle(work, moves, run.ages)
        for tile in tiles:
            _end(work, now, moves, tile)


def _grow_older(work: Work, now: _Now, tile: Tile) -> None:
    """Count the women of the start, let the open age absorb those who reach it, and survive."""
    first, stop = tile.place.ages.start - 1, tile.place.ages.stop - 1
    _bear(work, now, tile, 0, first)
    ages = work.size.ages
    if stop == ages - 1:
        open_slot = (ages - 1 + now.offset) % ages
        tile.persons[-1] += work.state[open_slot][:, tile.place.regions]
    _survive(work, now, tile)
    if not now.women_after:
        _bear(work, now, tile, 1, tile.place.ages.start)


def _be_born(work: Work, now: _Now, tile: Tile) -> None:
    """Put the year's births, who have not met death or migration yet, in the first age."""
    total = work.births[:, tile.place.regions].sum(axis=0)
    for sex, share in enumerate(now.rates.share_of_sex):
        np.multiply(total, share, out=tile.persons[0, sex])
    _survive(work, now, tile)


def _survive(work: Work, now: _Now, tile: Tile) -> None:
    persons, rates = tile.persons, now.rates
    if callable(now.noise):
        work.lives(tile).at_risk[...] = persons
    if rates.dying:
        dead = work.scratch(tile)
        np.multiply(product(rates.dying, tile.key, dead), persons, out=dead)
        persons -= dead
        np.maximum(persons, 0, out=persons)
        work.enter("deaths", tile, dead)
    elif work.ledger.wants_flows:
        before = persons.copy()
        persons *= rates.survival[tile.key]
        work.enter("deaths", tile, before - persons)
    else:
        persons *= rates.survival[tile.key]


def _end(work: Work, now: _Now, moves: Moves, tile: Tile) -> None:
    """Let migrants arrive and chance have its way; at the end of the year, count who is there."""
    arrive(work, moves, tile, now.noise)
    if not tile.place.end:
        return
    if now.women_after:
        _bear(work, now, tile, 1, tile.place.ages.start)
    place = tile.place
    work.ledger.stock(now.year, tile.booked, place.regions, place.draws, tile.persons)


def _bear(work: Work, now: _Now, tile: Tile, end: int, first: int) -> None:
    """Add half the births of a tile's women, whose ages begin at ``first``, in order of age."""
    fertile = now.rates.fertile
    start, stop = max(first, fertile.start), min(first + len(tile.persons), fertile.stop)
    if start >= stop:
        return
    regions, fertility = tile.place.regions, now.rates.fertility
    born, key = work.scratch(tile)[: stop - start, 0], (slice(start, stop), regions, work.draws)
    np.multiply(fertility[0][key], tile.persons[start - first : stop - first, FEMALE], out=born)
    for factor in fertility[1:]:
        born *= factor[key]
    sums = work.births[end, regions]
    for births in born:
        sums += births
    if len(work.by_mother):
        work.by_mother[start:stop, regions] += born


def _enter_births(work: Work, now: _Now) -> None:
    for age in now.rates.fertile:
        born = np.stack([work.by_mother[age] * share for share in now.rates.share_of_sex])
        work.ledger.enter("births", now.year, (age,), slice(None), work.draws, born[None])


def _spread(works: list[Work], offset: int, keep: Keep, out: Real, each: Each) -> None:
    """Find the quantiles over draws of every cell; the last age of ``out`` takes all older."""
    size, top = works[0].size, out.shape[1] - 1

    def at_age(age: int) -> None:
        room = Quantiles(min(ROWS, size.regions), size.draws, keep.quantiles, out.dtype)
        for start in range(0, size.regions, ROWS):
            regions = slice(start, min(start + ROWS, size.regions))
            cells = room.cells[: regions.stop - start]
            for sex in (FEMALE, MALE):
                for work in works:
                    slot = (age + offset) % size.ages
                    cells[:, work.draws] = work.state[slot, sex, regions]
                    for older in range(age + 1, size.ages) if age == top else ():
                        cells[:, work.draws] += work.state[(older + offset) % size.ages, sex, regions]
                out[:, age, sex, regions] = room.find(len(cells))

    if keep.quantiles:
        _do(each, at_age, range(top + 1))


def _settle_in(work: Work, population: Real, offset: int) -> None:
    """Put the start population in its slots."""
    draws = work.draws if population.shape[3] > 1 else slice(None)
    for age, persons in enumerate(population):
        work.state[(age + offset) % work.size.ages] = persons[..., draws]


def _last(works: list[Work], keep: Keep, each: Each) -> Real:
    """Give the last population if it is wanted; after the last year, slots are ages."""
    if not keep.last:
        return np.empty((0,), works[0].state.dtype)
    whole = works[0].state if len(works) == 1 else _in_age_order(works, 0, each, free=True)
    return whole if keep.open_age is None else narrow(whole, keep.open_age)


def _in_age_order(works: list[Work], offset: int, each: Each, *, free: bool = False) -> Real:
    """Put all draws in one array; ``free`` gives up each chunk as it is copied."""
    whole = np.empty(works[0].size.shape, works[0].state.dtype)

    def copy(work: Work) -> None:
        for age in range(len(whole)):
            whole[age, ..., work.draws] = work.state[(age + offset) % len(whole)]
        if free:
            work.state = np.empty((0,), whole.dtype)

    _do(each, copy, works)
    return whole


def _do(each: Each, work: Callable[[Any], None], on: Iterable[Any]) -> None:
    for _ in each(work, on):
        pass


def _size(population: Real, years: Sequence[Rates]) -> Size:
    check_population(population)
    if not len(years):
        raise ScenarioError("There are no years to carry the population through.", hint="Give one Rates for each year.")
    ages, _, regions, draws = population.shape
    for rates in years:
        given = [*factors(rates.fertility), rates.survival, *factors(rates.mortality_ratio), *_of(rates.migration)]
        draws = max([draws, *(array.shape[-1] for array in given if array.ndim)])
    if population.shape[3] not in (1, draws):
        raise TableError(
            f"The population has {population.shape[3]} on the axis draw.",
            where=f"Wanted {draws}, as the rates have, or 1 where constant.",
            hint="The axes are (age, sex, region, draw).",
        )
    return Size(ages, regions, draws)


def _of(migration: Migration) -> tuple[Real, ...]:
    if isinstance(migration, NetCounts):
        return factors(migration.persons)
    if isinstance(migration, NetRates):
        return factors(migration.rates)
    if isinstance(migration, Pool | Destinations):
        flows = (*factors(migration.out), *factors(migration.immigration), *factors(migration.emigration))
        return (*flows, *factors(migration.shares)) if isinstance(migration, Pool) else flows
    return ()


def _dtype(dtype: DTypeLike) -> np.dtype[Any]:
    kind = np.dtype(dtype)
    if kind not in (np.float64, np.float32):
        raise ScenarioError(f"dtype is {kind}.", where="Wanted float64 or float32.", hint="dtype=np.float64")
    return kind
