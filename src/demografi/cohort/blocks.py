"""How the work is cut: ages round a ring, draws into chunks for threads, ages and regions into tiles for the cache.

A cohort keeps its place in memory while it ages: in year t of T, age a lies in slot (a + T − t) modulo the number of
ages, so that growing older moves nothing and the last year ends in age order. Nothing here changes a bit of any result.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from demografi.cohort.checks import Size
from demografi.cohort.rates import Real
from demografi.errors import ScenarioError

__all__ = ["Blocks", "ExactSum", "Run", "age_runs", "chunks", "tiles"]

TILE_BYTES = 960_000
CHUNK_DRAWS = 512
LEAST_DRAWS = 64


@dataclass(frozen=True)
class Blocks:
    """Say how the work is cut; 0 means *as fits the machine*.

    Parameters
    ----------
    threads
        Threads that work at once.
    regions
        Regions in a tile.
    draws
        Draws in a chunk; a chunk is the work of one thread.
    """

    threads: int = 0
    regions: int = 0
    draws: int = 0

    def __post_init__(self) -> None:
        for name in ("threads", "regions", "draws"):
            if getattr(self, name) < 0:
                raise ScenarioError(
                    f"Blocks.{name} is {getattr(self, name)}.", where="Wanted: 0 or more.", hint="Blocks(threads=2)"
                )

    @property
    def workers(self) -> int:
        """Give the number of threads."""
        return self.threads or min(os.cpu_count() or 1, 16)


class Run(NamedTuple):
    """Ages that lie side by side in the ring."""

    ages: slice
    slots: slice

    def to_older(self) -> Run:
        """Give the same slots with the ages reached a year later."""
        return Run(slice(self.ages.start + 1, self.ages.stop + 1), self.slots)


def chunks(draws: int, blocks: Blocks, alone: bool = False) -> list[slice]:
    """Cut draws into chunks of whole cache lines; ``alone``: they are taken one by one."""
    width = blocks.draws
    if not width:
        each = max(LEAST_DRAWS, -(-draws // (1 if alone else blocks.workers)))
        width = -(-min(each, 2 * CHUNK_DRAWS if alone else CHUNK_DRAWS) // LEAST_DRAWS) * LEAST_DRAWS
    return [slice(start, min(start + width, draws)) for start in range(0, draws, width)]


def tiles(size: Size, draws: int, blocks: Blocks, itemsize: int) -> tuple[int, list[slice]]:
    """Give the number of ages in a tile, and its regions.

    A tile is whole regions and one age where there are many draws, and many ages where there is one draw.
    """
    cells = TILE_BYTES // itemsize
    width = min(blocks.regions or max(8, cells // (2 * draws)), size.regions)
    n_blocks = -(-size.regions // width)
    width = blocks.regions or -(-size.regions // n_blocks)
    n_ages = max(1, min(size.ages, cells // (2 * draws * size.regions)))
    return n_ages, [slice(r, min(r + width, size.regions)) for r in range(0, size.regions, width)]


def age_runs(first: int, stop: int, offset: int, n_ages: int, most: int) -> Iterator[Run]:
    """Give the ages first … stop − 1 in order, in runs of side by side slots."""
    age = first
    while age < stop:
        slot = (age + offset) % n_ages
        length = min(most, stop - age, n_ages - slot)
        yield Run(slice(age, age + length), slice(slot, slot + length))
        age += length


class ExactSum:
    """Sum over regions so that their order changes no bit.

    Each number is split into a multiple of 2⁻²⁰ and a multiple of 2⁻⁶⁰; both are summed without any rounding, as long
    as the sum stays below 2³² persons and 2¹³ regions (pre-rounding: J. Demmel and H. D. Nguyen, Fast reproducible
    floating-point summation, IEEE Symposium on Computer Arithmetic 2013). Of single precision the multiples of 2⁻²⁰
    are enough: a sum of thousands of persons cannot hold what is smaller.
    """

    COARSE = 1.5 * 2.0**32
    FINE = 1.5 * 2.0**-8

    def __init__(self, shape: tuple[int, ...], *, single: bool = False) -> None:
        self.coarse: NDArray[np.float64] = np.zeros(shape)
        self.fine: NDArray[np.float64] = np.zeros(() if single else shape)
        self.single = single

    def clear(self) -> None:
        """Begin again at nothing."""
        self.coarse[...] = 0
        self.fine[...] = 0

    def add(self, values: Real, scratch: NDArray[np.float64]) -> None:
        """Add numbers (…, region, draw), which are overwritten if they are float64."""
        np.add(values, self.COARSE, out=scratch, dtype=np.float64)
        scratch -= self.COARSE
        self.coarse[: len(values)] += scratch.sum(axis=-2)
        if self.single:
            return
        values -= scratch
        values += self.FINE
        values -= self.FINE
        self.fine[: len(values)] += values.sum(axis=-2)

    def total(self) -> NDArray[np.float64]:
        """Give the sum, (…, draw)."""
        return self.coarse + self.fine
