"""Migration of a tile: who leaves, where the leavers go, who arrives.

Where leavers of one region arrive in another, all regions of an age must have let their leavers go before anybody
arrives; the three steps are therefore functions of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from demografi.cohort.blocks import Blocks, ExactSum, tiles
from demografi.cohort.checks import Size
from demografi.cohort.ledger import Ledger
from demografi.cohort.prepare import Moves, product
from demografi.cohort.rates import Real
from demografi.errors import TableError

__all__ = ["Lives", "Noise", "NoiseFunction", "Place", "Tile", "Work", "arrive", "check_noise", "leave", "settle"]


class Place(NamedTuple):
    """Where a tile lies in the run, for a function of noise; slices count in whole axes."""

    year: int
    ages: slice
    regions: slice
    draws: slice
    end: bool
    """Whether it is the end of the year; with timing ``"even"`` the migration of the start has noise of its own."""


class Lives(NamedTuple):
    """Whom chance may take, each (age, sex, region, draw) [persons].

    A function of noise may overwrite the first two, and return one of them, but not those expected.
    """

    at_risk: Real
    """Those at the start of the year, or before the migration of the start; of those born in the year, the births."""
    stayed: Real
    """Those of them expected to be alive and not to have moved out, at most all who are expected; nobody for those born
    in the year."""
    expected: Real
    """All who are expected to be there, with those who arrive."""


NoiseFunction = Callable[[Place, Lives], Real]
"""Returns how many there are, (age, sex, region, draw); below nobody is held at nobody. To be the same for any cut of
the work, its numbers must depend on the place and not on the order of the calls."""
Noise = NoiseFunction | Real
"""A function, such as :func:`demographic_noise` makes, or persons to add at the end of the year, (year, age, sex,
region, draw), each axis whole or 1."""


class Tile(NamedTuple):
    """Some ages and regions of a chunk of draws."""

    persons: Real
    """(age, sex, region, draw), a view of the state."""
    place: Place
    """Ages here are those that rates are read at."""
    booked: tuple[int, ...]
    """Ages under which flows are entered: those at the end of the year."""

    @property
    def key(self) -> tuple[slice, slice, slice, slice]:
        """Give the tile's place in an array of rates."""
        return self.place.ages, slice(None), self.place.regions, self.place.draws


class Work:
    """One chunk of draws, (age slot, sex, region, draw), and the room a thread needs for it.

    Chunks have memory of their own, as a tile that is one stretch of memory is worked on twice as fast.
    """

    def __init__(self, draws: slice, size: Size, blocks: Blocks, ledger: Ledger, dtype: np.dtype[Any]) -> None:
        self.draws, self.size, self.ledger = draws, size, ledger
        width = draws.stop - draws.start
        self.state: Real = np.empty((*size.shape[:3], width), dtype)
        self.most_ages, self.blocks = tiles(size, width, blocks, dtype.itemsize)
        regions = max(block.stop - block.start for block in self.blocks)
        self._scratch = np.empty((2, self.most_ages, 2, regions, width), dtype)
        self._exact = np.empty((self.most_ages, 2, regions, width))
        self.births = np.zeros((2, size.regions, width), dtype)
        """Births so far to the women of the start and of the end of the year, (end, region, draw)."""
        self.by_mother = np.zeros((size.ages if ledger.wants_flows else 0, size.regions, width), dtype)
        self.clamped: NDArray[np.int64] = np.zeros(size.regions, np.int64)
        self.pool = ExactSum((self.most_ages, 2, width), single=dtype == np.float32)
        self.leavers: Real = np.empty((0,), dtype)
        self.arrivals: Real = np.empty((0,), dtype)
        self._lives: Real = np.empty((0,), dtype)

    def scratch(self, tile: Tile, which: int = 0) -> Real:
        """Give room of the tile's shape."""
        ages, _, regions, _ = tile.persons.shape
        return self._scratch[which, :ages, :, :regions]

    def exact(self, tile: Tile) -> NDArray[np.float64]:
        """Give float64 room of the tile's shape."""
        ages, _, regions, _ = tile.persons.shape
        return self._exact[:ages, :, :regions]

    def begin(self) -> None:
        """Begin a year."""
        self.births[...] = 0
        self.by_mother[...] = 0
        self.clamped[...] = 0

    def make_room(self) -> None:
        """Hold all leavers of an age, (age, sex, origin, draw), and their arrivals."""
        if not self.leavers.size:
            shape = (self.most_ages, 2, self.size.regions, self.births.shape[-1])
            self.leavers, self.arrivals = np.empty(shape, self.state.dtype), np.empty(shape, self.state.dtype)

    def lives(self, tile: Tile) -> Lives:
        """Give room to remember who is at risk and who stayed, till all have arrived, beside those expected now."""
        if not self._lives.size:
            shape = (2, self.most_ages, 2, self.size.regions, self.births.shape[-1])
            self._lives = np.empty(shape, self.state.dtype)
        at_risk, stayed = self._lives[:, : len(tile.persons), :, tile.place.regions]
        return Lives(at_risk, stayed, tile.persons)

    def enter(self, name: str, tile: Tile, values: Real) -> None:
        """Enter a flow in the ledger, if it is wanted."""
        if self.ledger.wants_flows:
            self.ledger.enter(name, tile.place.year, tile.booked, tile.place.regions, self.draws, values)


def leave(work: Work, moves: Moves, tile: Tile) -> None:
    """Take leavers and emigrants out of a tile; both are shares of those present."""
    persons = tile.persons
    gone = work.scratch(tile, 1)
    if moves.emigration:
        np.multiply(product(moves.emigration, tile.key, gone), persons, out=gone)
    if moves.out:
        leavers = work.scratch(tile)
        np.multiply(product(moves.out, tile.key, leavers), persons, out=leavers)
        persons -= leavers
        work.enter("moved_out", tile, leavers)
        if moves.destinations:
            work.make_room()
            work.leavers[: len(persons), :, tile.place.regions] = leavers
        else:
            work.pool.add(leavers, work.exact(tile))
    if moves.emigration:
        persons -= gone
        np.maximum(persons, 0, out=persons)
        work.enter("emigration", tile, gone)


def settle(work: Work, moves: Moves, ages: slice) -> None:
    """Send the leavers of every origin to their destinations."""
    if moves.group_of_age is None:
        return
    for n, age in enumerate(range(ages.start, ages.stop)):
        shares = moves.destinations[int(moves.group_of_age[age])]
        if isinstance(shares, np.ndarray):
            np.matmul(shares, work.leavers[n], out=work.arrivals[n])
            continue
        for leavers, arrivals in zip(work.leavers[n], work.arrivals[n], strict=True):
            arrivals[...] = shares @ leavers


def arrive(work: Work, moves: Moves, tile: Tile, noise: Noise | None) -> None:
    """Add to a tile those who arrive, net migrants and noise; hold cells at nobody, and count that."""
    persons, scratch = tile.persons, work.scratch(tile)
    if moves.shares:
        pool = work.pool.total()[: len(persons), :, None].astype(persons.dtype, copy=False)
        np.multiply(product(moves.shares, tile.key, scratch), pool, out=scratch)
        persons += scratch
        work.enter("moved_in", tile, scratch)
    elif moves.destinations:
        arrivals = work.arrivals[: len(persons), :, tile.place.regions]
        persons += arrivals
        work.enter("moved_in", tile, arrivals)
    if moves.immigration:
        immigrants = product(moves.immigration, tile.key, scratch)
        persons += immigrants
        work.enter("immigration", tile, immigrants)
    if moves.net:
        _add_and_clamp(work, tile, product(moves.net, tile.key, scratch), "net_migration")
    if moves.net_rates:
        np.multiply(product(moves.net_rates, tile.key, scratch), persons, out=scratch)
        _add_and_clamp(work, tile, scratch, "net_migration")
    if callable(noise):
        lives = work.lives(tile)
        if moves.net or moves.net_rates:
            np.minimum(lives.stayed, persons, out=lives.stayed)
        _add_and_clamp(work, tile, noise(tile.place, lives), "noise", instead=True)
    elif noise is not None and tile.place.end:
        _add_and_clamp(work, tile, _noise_of(noise, tile), "noise")


def check_noise(noise: Noise | None, n_years: int, size: Size) -> None:
    """Refuse an array of noise whose axes do not fit."""
    if noise is None or callable(noise):
        return
    wanted = (n_years, *size.shape)
    if noise.ndim != 5 or any(seen not in (1, n) for seen, n in zip(noise.shape, wanted, strict=True)):
        raise TableError(
            f"noise has the shape {noise.shape}.",
            where=f"Wanted (year, age, sex, region, draw) of {wanted}, or 1 where constant.",
            hint="noise=demographic_noise(1)",
        )


def _noise_of(noise: Real, tile: Tile) -> Real:
    keys = (tile.place.year, tile.place.ages, slice(None), tile.place.regions, tile.place.draws)
    whole = slice(None)
    of_year = noise[tile.place.year if len(noise) > 1 else 0]
    return np.asarray(of_year[tuple(key if n > 1 else whole for key, n in zip(keys[1:], of_year.shape, strict=True))])


def _add_and_clamp(work: Work, tile: Tile, added: Real, name: str, *, instead: bool = False) -> None:
    persons = tile.persons
    before = persons.copy() if work.ledger.wants_flows else persons
    if instead:
        persons[...] = added
    else:
        persons += added
    if persons.min() < 0:
        below = np.count_nonzero(persons < 0, axis=(0, 1, 3))
        work.clamped[tile.place.regions] += below
        np.maximum(persons, 0, out=persons)
    if work.ledger.wants_flows:
        work.enter(name, tile, persons - before)
