"""Demographic noise: at given rates, single people live, move, are born and die by chance.

Who of those at risk is still there is binomial, who arrives or is born is Poisson. Cells of some size get a normal
number with the same mean and variance, small cells the counts themselves.
"""

from __future__ import annotations

import numbers
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtrik, ndtri, pdtrik

from demografi.cohort.migration import Lives, NoiseFunction, Place
from demografi.cohort.rates import Real
from demografi.errors import ScenarioError

__all__ = ["demographic_noise"]

TOGETHER = 512
"""Draws whose numbers are made in one stretch; a chunk that cuts a stretch makes it whole and takes its part."""
PER_STEP = 4
"""Numbers of 64 bits that the Philox generator makes for one step of its counter."""
NORMALS, COUNTS = 0, 1
"""Streams."""
LAYER = 3
"""Keeps a seed's numbers here apart from those of the error model, whose layers are 0, 1 and 2."""
MOST_STEPS = 700.0
"""Expected events up to which counts are found by adding probabilities one by one; e to the minus of it is a number."""

Address = tuple[int, slice, int, int]
"""First region, draws, age, number of the year and its end."""
Floats = NDArray[np.float64]
Words = NDArray[np.uint64]


def demographic_noise(seed: int, *, counts_below: float = 5.0) -> NoiseFunction:
    """Make the ``noise`` of :func:`carry` that lets each person live, move or die by chance at the given rates.

    Parameters
    ----------
    seed
        0 or more; the same seed gives the same bits however the work is cut, and a draw's numbers do not depend on
        how many draws there are. Two runs with one seed share their numbers cell by cell, so that the difference of
        two sets of rates is not drowned by chance.
    counts_below
        Expected persons under which a cell gets whole counts; ``numpy.inf`` for counts everywhere, 0 for none.

    Returns
    -------
    NoiseFunction
        For ``carry(..., noise=...)``.

    Raises
    ------
    ScenarioError
        The seed is no whole number of 0 or more, or ``counts_below`` is negative.

    Notes
    -----
    Of N at risk, S = N·x are expected to stay alive and in the region, and A to arrive. The count is
    Binomial(N, x) + Poisson(A); the normal number has its mean S + A and its variance N·x(1 − x) + A. Births are
    Poisson, so age 0 is Poisson as a whole. Net migration is taken as arrivals where positive and as leavers where
    negative, which is the least noise that net figures can have. Where N is no whole number it is rounded up or down
    by chance, its mean kept. Those who move between regions are drawn where they leave and where they arrive apart:
    each region has the right variance, while their sum varies by the moves (of a whole country, under 0.01 %).

    Counts are found by inversion of the distribution, which takes ten times as long as a normal number and more in
    large cells; chances under one in 16 million are not seen. Normal numbers are one of 65,536 equally likely values
    and end 4.2 standard deviations out; held at nobody in cells of few persons they would be too high on average,
    hence the counts there.

    References: Statistics of the binomial and Poisson process of births, deaths and moves: N. Keyfitz and H. Caswell,
    Applied Mathematical Demography (3rd ed., 2005), chapter 16; J. Salmon et al., Parallel random numbers: as easy as
    1, 2, 3 (SC11) for numbers by address.

    Examples
    --------
    >>> from demografi import cohort
    >>> start = np.full((3, 2, 1, 1), 100.0)
    >>> survival = np.broadcast_to(np.array([1.0, 0.9, 0.5]).reshape(3, 1, 1, 1), (3, 2, 1, 20_000))
    >>> rates = cohort.Rates(survival, np.zeros((3, 1, 1)), 0.5, cohort.NetCounts(np.zeros((1, 1, 1, 1))))
    >>> run = cohort.carry(start, [rates], timing="end", births="before", noise=demographic_noise(1))
    >>> round(run.last[1, 0, 0].mean()), round(run.last[1, 0, 0].var())  # 100 × 0.9, and × 0.1
    (90, 9)
    """
    if isinstance(seed, bool) or not isinstance(seed, numbers.Integral) or seed < 0:
        raise ScenarioError(f"The seed is {seed!r}.", where="Wanted: a whole number, 0 or more.", hint="seed=1")
    if not counts_below >= 0:
        raise ScenarioError(
            f"counts_below is {counts_below!r}.",
            where="Wanted: a number of persons, 0 or more.",
            hint="counts_below=numpy.inf for counts in every cell",
        )
    key = np.random.SeedSequence([int(seed), LAYER]).generate_state(2, np.uint64)
    return partial(_people, key, float(counts_below))


def _people(key: Words, counts_below: float, place: Place, lives: Lives) -> Real:
    """Return how many there are, (age, sex, region, draw), in the memory of ``lives.at_risk``."""
    source = np.random.Philox(key=key)
    for n, people in enumerate(zip(*lives, strict=True)):
        address = (place.regions.start, place.draws, place.ages.start + n, 4 * place.year + 2 * place.end)
        _at_age(source, counts_below, address, Lives(*people))
    return lives.at_risk


def _at_age(source: np.random.Philox, counts_below: float, address: Address, lives: Lives) -> None:
    """Put how many there are, (sex, region, draw), in the place of those at risk."""
    found, stayed, expected = lives
    small = expected < counts_below if counts_below else None
    counts = None if small is None or not small.any() else _counts(source, address, lives, small)
    found += np.finfo(found.dtype).tiny
    np.divide(stayed, found, out=found)
    found *= stayed
    np.subtract(expected, found, out=found)
    np.maximum(found, 0, out=found)
    np.sqrt(found, out=found)
    # Without out=, which makes take three times as slow.
    found *= np.take(_normal_values(found.dtype), _numbers(source, NORMALS, address, found.shape[1]))
    found += expected
    if counts is not None:
        found[small] = counts


@cache
def _normal_values(dtype: np.dtype[Any]) -> Real:
    """Return the middles of 65,536 equally likely parts of the normal distribution, scaled to variance 1."""
    values = ndtri((np.arange(2**16) + 0.5) / 2**16)
    return np.asarray(values / values.std(), dtype)


def _counts(source: np.random.Philox, address: Address, lives: Lives, small: NDArray[np.bool_]) -> Floats:
    """Return whole counts of the small cells, (cells,)."""
    word = _numbers(source, COUNTS, address, small.shape[1])[small]
    at_risk, stayed, expected = (array[small].astype(np.float64) for array in lives)
    share = np.minimum(stayed / np.maximum(at_risk, np.finfo(np.float64).tiny), 1)
    persons = np.floor(at_risk)
    rest = at_risk - persons
    if rest.any():
        persons += _uniform(word, 0, 16) < rest
    return _binomial(_uniform(word, 16, 24), persons, share) + _poisson(_uniform(word, 40, 24), expected - stayed)


def _uniform(word: Words, first: int, bits: int) -> Floats:
    """Return numbers between 0 and 1 from some of a word's bits."""
    part = (word >> np.uint64(first)) & np.uint64(2**bits - 1)
    return np.asarray((part.astype(np.float64) + 0.5) * 2.0**-bits)


def _numbers(source: np.random.Philox, stream: int, address: Address, regions: int) -> NDArray[Any]:
    """Return numbers of an age, (sex, region, draw): of 16 bits for normals, of 64 for counts.

    The Philox counter's four words are the place: steps within (region, sex, draw), which stretch of draws, age, and
    (year, end, stream). So numbers lie at addresses, and those of several regions in a stretch are made by one call.
    """
    kind = np.uint16 if stream == NORMALS else np.uint64
    words = 2 * TOGETHER * np.dtype(kind).itemsize // 8
    first_region, draws, age, of_year = address
    parts = []
    state = source.state
    for stretch in range(draws.start // TOGETHER, -(-draws.stop // TOGETHER)):
        state["state"]["counter"] = np.array(
            (first_region * words // PER_STEP, stretch, age, of_year + stream), np.uint64
        )
        source.state = state
        made = source.random_raw(regions * words).view(kind).reshape(regions, 2, TOGETHER)
        begins = stretch * TOGETHER
        parts.append(made[:, :, max(draws.start - begins, 0) : draws.stop - begins])
    whole = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=2)
    return whole.swapaxes(0, 1)


def _binomial(uniform: Floats, persons: Floats, share: Floats) -> Floats:
    """Return the quantile of Binomial(persons, share); the rarer of staying and going is counted."""
    going = share > 0.5
    rarer = np.where(going, 1 - share, share)
    odds = rarer / (1 - rarer)
    at = np.where(going, 1 - uniform, uniform)
    found = _added(at, persons * np.log1p(-rarer), -odds, (persons + 1) * odds)
    many = np.isnan(found)
    found[many] = np.ceil(bdtrik(at[many], persons[many], rarer[many]))
    return np.where(going, persons - found, found)


def _poisson(uniform: Floats, mean: Floats) -> Floats:
    """Return the quantile of Poisson(mean)."""
    found = _added(uniform, -mean, np.zeros_like(mean), mean)
    many = np.isnan(found)
    found[many] = np.ceil(pdtrik(uniform[many], mean[many]))
    return found


def _added(uniform: Floats, log_none: Floats, a: Floats, b: Floats) -> Floats:
    """Return quantiles of a count with P(k) = P(k − 1)·(a + b/k); NaN where P(0), whose log is given, is too small.

    The recursion holds for binomial and Poisson counts alike: H. Panjer, ASTIN Bulletin 12 (1981).
    """
    found = np.where(log_none < -MOST_STEPS, np.nan, 0.0)
    left = np.flatnonzero((log_none >= -MOST_STEPS) & (uniform > np.exp(log_none)))
    chance = np.exp(log_none[left])
    below, at, a, b, k = chance.copy(), uniform[left], a[left], b[left], 0
    while left.size:
        k += 1
        chance *= a + b / k
        below += chance
        found[left] = k
        on = (at > below) & (chance > 0)
        left, chance, below, at, a, b = left[on], chance[on], below[on], at[on], a[on], b[on]
    return found
